"""The job `backup`: one sealed file a night, whichever school's turn comes first."""

from sims_sync.backup.evidence import keep_evidence
from sims_sync.backup.making import make_backup, recent_backup
from sims_sync.context import RunContext
from sims_sync.outcome import Outcome


def back_up(context: RunContext) -> Outcome:
    """Make the night's backup, unless one was made within the last hours.

    Raises:
        ConfigurationError: no folder or no passphrase is configured.
        RunError: it could not be written, or did not read back.
    """
    config = context.config
    if config is None:
        raise ValueError("the backup needs the whole configuration")
    if config.backup.folder is None and not _is_scheduled(context):
        return Outcome(notes=("No backup is configured: nothing was done. Set [backup].",))
    now = context.now()
    found = recent_backup(config, now)
    if found is not None:
        return Outcome(notes=(f"There is a backup of {found.made:%d %b %Y %H:%M} UTC: nothing to do.",))
    if context.dry or context.rehearsal:
        return Outcome(notes=(f"A backup would be written into {config.backup.folder}.",))
    made = make_backup(config, context.store, now)
    keep_evidence(context.store, context.school_id, context.run_id, made, now)
    note = f"{made.path.name}: {made.rows} rows of {made.tables} tables and {made.files} files, read back and right."
    gone = (f"Older ones removed, as [backup] says: {made.removed}.",) if made.removed else ()
    return Outcome(counts={"read": made.rows}, notes=(note, *gone))


def _is_scheduled(context: RunContext) -> bool:
    """`run --all` runs every job, wanted or not; who scheduled this one wants backups."""
    section = context.school.jobs.get("backup")
    return section is not None and section.enabled and section.schedule is not None
