"""Would a backup save this school: is one made, sealed, young enough, elsewhere, and has a restore been rehearsed?"""

import stat
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sims_sync.backup.keeping import KEPT_DAYS_MAX, backups_in
from sims_sync.backup.making import backup_folder, backup_passphrase
from sims_sync.backup.rehearsals import last_rehearsal
from sims_sync.config import Config
from sims_sync.connector import Finding, Severity
from sims_sync.context import school_clock, system_clock
from sims_sync.doctor.place import store_path
from sims_sync.store.copies import KEPT_DAYS, copies_of

WARN_AFTER = timedelta(hours=48)
WRONG_AFTER = timedelta(days=7)
REHEARSE_AFTER = timedelta(days=92)
SUBJECT = "backup"


def backup_findings(config: Config) -> Iterator[Finding]:
    """What there is to say of backups.

    Raises:
        ConfigurationError: the passphrase is missing, cannot be had, or is too short.
    """
    yield from _copies(config)
    if config.backup.folder is None:
        what = "none is configured: if this disk fails, decisions, excusals and what was sent are lost."
        yield Finding(Severity.WARN, SUBJECT, what, "Set [backup] folder and passphrase: docs/backup.md.")
        return
    folder = backup_folder(config)
    yield from _schedule(config)
    yield from _age(config, folder)
    yield from _elsewhere(config, folder)
    backup_passphrase(config)


def _schedule(config: Config) -> Iterator[Finding]:
    jobs = (school.jobs.get("backup") for school in config.schools.values())
    if not any(job is not None and job.enabled and job.schedule for job in jobs):
        yield Finding(Severity.WARN, SUBJECT, "is made by hand only.", "Give [jobs.backup] a schedule.")


def _age(config: Config, folder: Path) -> Iterator[Finding]:
    found, now = backups_in(folder), _now(config)
    if not found:
        yield Finding(Severity.WARN, SUBJECT, f"there is none in {folder} yet.", "Run `sims-sync backup`.")
        return
    newest = found[0].made
    what = f"the newest is of {newest:%d %b %Y %H:%M} UTC, {len(found)} are kept."
    if now - newest > timedelta(days=KEPT_DAYS_MAX):
        do = "It should be gone after six months: make a new one, and look why none was made."
        yield Finding(Severity.WRONG, SUBJECT, what, do)
    elif now - newest > WARN_AFTER:
        severity = Severity.WRONG if now - newest > WRONG_AFTER else Severity.WARN
        yield Finding(severity, SUBJECT, what, "Run `sims-sync backup`, and look at the job's last run.")
    else:
        yield Finding(Severity.FINE, SUBJECT, what)
    yield _rehearsal(folder)


def _rehearsal(folder: Path) -> Finding:
    last = last_rehearsal(folder)
    do = "Run `sims-sync backup --verify`."
    if last is None:
        return Finding(Severity.WARN, SUBJECT, "a restore has never been rehearsed.", do)
    what = f"a restore was last rehearsed on {last.at:%d %b %Y}."
    old = system_clock() - last.at > REHEARSE_AFTER
    return Finding(Severity.WARN, SUBJECT, what, do) if old else Finding(Severity.FINE, SUBJECT, what)


def _elsewhere(config: Config, folder: Path) -> Iterator[Finding]:
    store = store_path(config)
    if sys.platform != "win32" and folder.exists() and folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(Severity.WARN, SUBJECT, f"{folder} is open to other accounts.", f"Run: chmod 700 {folder}")
    if store is None or not folder.exists() or not store.parent.exists():
        return
    if folder.stat().st_dev == store.parent.stat().st_dev:
        what = f"{folder} is on the same disk as the store."
        yield Finding(Severity.WARN, SUBJECT, what, "Set backup.folder to another disk, or to a share.")


def _copies(config: Config) -> Iterator[Finding]:
    store = store_path(config)
    for path in copies_of(store) if store is not None else ():
        if time.time() - path.stat().st_mtime > KEPT_DAYS * 24 * 60 * 60:
            what = f"{path} is a copy from before an upgrade, more than {KEPT_DAYS} days old."
            yield Finding(Severity.WARN, SUBJECT, what, "Delete it: it holds children's data, unsealed.")


def _now(config: Config) -> datetime:
    return school_clock(next((school.demo for school in config.schools.values()), None))()
