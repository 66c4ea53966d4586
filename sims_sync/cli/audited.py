"""Which commands show or change something about people, and how does that get into the audit log (DOMAIN §8)?

Each command stands in exactly one of four lists; a test fails when one is forgotten. What stands in `VIEWS` or
`CHANGES` is noted here, when it opens the store, before anything is shown.
"""

from datetime import datetime

import click
import structlog

from sims_sync.config import SchoolConfig
from sims_sync.errors import RetriableError
from sims_sync.store.decisions import record_audit
from sims_sync.store.session import Store

# Shows students or staff: noted as "view" with the command's name, without what was typed after it.
VIEWS = frozenset(
    {
        "audit list",
        "deliveries list",
        "deliveries show",
        "disposals",
        "messages list",
        "messages preview",
        "messages show",
        "person erased",
        "plans list",
        "plans show",
        "problems list",
        "quarantine list",
        "quarantine show",
        "report annual",
        "report compliance",
        "report house-matrix",
        "report meeting-pack",
        "report readiness",
        "report sampler",
        "report tutor-lists",
        "roles gaps",
        "snapshots list",
        "snapshots show",
    }
)

# Changes something and has no line of its own: noted as "command".
CHANGES = frozenset(
    {
        "backup",
        "deliveries retry",
        "messages retry",
        "push marksheet-seen",
        "push trial",
        "quarantine retry",
        "restore",
    }
)

# Changes something, or tells of one person, and notes itself what it was about.
NOTED_BY_ITSELF = frozenset(
    {
        "calendar close",
        "calendar import",
        "clock confirm",
        "cover",
        "deliveries discard",
        "deliveries keep-sims",
        "deliveries resend",
        "excuse accept",
        "excuse give",
        "excuse refuse",
        "exempt",
        "messages arrived",
        "messages discard",
        "messages go-live",
        "messages release",
        "messages sample",
        "pause",
        "person erase",
        "person export",
        "person release",
        "plans release",
        "proforma issue",
        "purge",  # in its evidence: the log goes with the rows
        "quarantine discard",
        "reports import",
        "resume",
        "snapshots restate",
        "tutor away",
        "undo",
        "why",
    }
)

# Shows no person and decides nothing about one: settings, jobs, times, counts. A run notes its own decisions.
IMPERSONAL = frozenset(
    {
        "calendar show",
        "check",
        "clock show",
        "db status",
        "db upgrade",
        "demo",
        "init",
        "jobs",
        "mapping suggest",
        "plan",
        "reports show",
        "run",
        "secret list",
        "secret set",
        "secret test",
        "serve",
        "service install",
        "service remove",
        "service status",
        "sims-setup",
        "snapshots totals",
        "status",
        "try",
    }
)

PATIENCE_SECONDS = 2.0  # whoever looks need not wait for a long pull to end

log = structlog.get_logger("sims_sync.audit")

_SAID = ("half_term", "house", "group", "form", "names", "occasion", "version", "state", "kind", "as_json", "year")


def command_name(context: click.Context) -> str:
    """The command that is running, e.g. "report compliance"."""
    return context.command_path.partition(" ")[2]


def note_command(store: Store, school: SchoolConfig, *, who: str, at: datetime) -> None:
    """Note that this command shows or changes something of a school, if it is one of those.

    A store that cannot be written to (in use for long, its disk full) is looked at when something is wrong: a view goes
    on then, and the log file says what the audit log cannot.

    Raises:
        RetriableError: the store cannot be written to, and this command has something to write.
    """
    context = click.get_current_context(silent=True)
    name = command_name(context) if context is not None else ""
    if context is None or name not in VIEWS | CHANGES:
        return
    given = {key: context.params[key] for key in _SAID if context.params.get(key) not in (None, False)}
    if context.params.get("output") is not None:
        given["to"] = "a file"
    detail = {key: value if isinstance(value, int) else str(value) for key, value in given.items()}
    try:
        with store.writing(PATIENCE_SECONDS if name in VIEWS else None) as connection:
            action = "view" if name in VIEWS else "command"
            record_audit(connection, school.id, at=at, who=who, action=action, subject=name, detail=detail)
    except RetriableError:
        if name not in VIEWS:
            raise
        log.warning("view that the audit log could not take", school=school.id, who=who, command=name, **detail)
        click.echo("This view is in the log file, not in the audit log: the store cannot be written to now.", err=True)
