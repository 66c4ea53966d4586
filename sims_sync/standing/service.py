"""How does the service itself stand: its process, its disk, its backups, schools whose configuration is broken?"""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sims_sync.config import Config, SchoolConfig
from sims_sync.connector import Severity
from sims_sync.context import school_clock, system_clock
from sims_sync.schedule import newest_due, trigger_of
from sims_sync.standing.condition import Condition, Standing, worst_first
from sims_sync.standing.words import shown_at
from sims_sync.store.session import Store
from sims_sync.store.standing import newest_good_end, newest_heartbeat, newest_slots
from sims_sync.store.tables import ALL_SCHOOLS

SERVICE_SILENT = timedelta(minutes=5)
OVERDUE = timedelta(hours=1)  # so long a due time waits where nothing serves, before that is said
THE_SERVICE = "the service"
BACKUP_AGE = timedelta(hours=49)  # a nightly one was missed
LOW_DISK_BYTES = 1_000_000_000
VERY_LOW_DISK_BYTES = 100_000_000
BACKUP_JOB = "backup"
_ZONE = ZoneInfo("Europe/London")


def service_now(config: Config) -> datetime:
    """The moment it is for the service: a demo's, where every school is one."""
    demos = [school.demo for school in config.schools.values()]
    return school_clock(demos[0] if demos else None)()


def service_standing(store: Store, config: Config, *, with_broken: bool = True) -> Standing:
    """What is the matter with the service, whichever school asks.

    Raises:
        RetriableError: the store does not answer.
    """
    with store.reading() as connection:
        heartbeat = newest_heartbeat(connection)
        slots = newest_slots(connection) if heartbeat is None else ()
        backed_up = _backed_up(connection, config)
    # A heart beats by the real clock, a demo's jobs by the demo's.
    found = [
        *_silent(heartbeat, system_clock()),
        *_unserved(config, slots),
        *_disk(config),
        *_backup(config, backed_up, service_now(config)),
    ]
    found += _broken(config) if with_broken else []
    return Standing(ALL_SCHOOLS, THE_SERVICE, worst_first(found))


def _backed_up(connection: Connection, config: Config) -> datetime | None:
    return newest_good_end(connection, config.schools, BACKUP_JOB) if config.backup.folder else None


def _silent(heartbeat: datetime | None, now: datetime) -> Iterator[Condition]:
    if heartbeat is not None and now - heartbeat > SERVICE_SILENT:
        what = f"The service has not been heard of since {shown_at(heartbeat, _ZONE)}."
        do = "Start it again; the log says why it ended."
        yield Condition("service-down", "", Severity.WRONG, what, do, since=heartbeat)


def _unserved(config: Config, slots: Sequence[tuple[str, str, datetime, datetime | None]]) -> Iterator[Condition]:
    """Nothing serves, one did before, and what it ran is due: it was stopped in good order and never started again.

    Where all is run by hand nothing was ever due; where the system's own timer calls `serve --once`, nothing stays so.
    """
    overdue = sum(_is_overdue(config.schools.get(school), job, due_at) for school, job, due_at, _ in slots)
    if not overdue:
        return
    since = max((taken for *_, taken in slots if taken is not None), default=None)
    when = f" since {shown_at(since, _ZONE)}" if since is not None else ""
    many = "1 job is" if overdue == 1 else f"{overdue} jobs are"
    what = f"No service runs: nothing has begun by itself{when}, and {many} due."
    do = "Start the service (`sims-sync serve`); where you run all by hand, take the schedules out."
    yield Condition("service-down", "", Severity.WARN, what, do, reason="stopped", since=since)


def _is_overdue(school: SchoolConfig | None, job: str, due_at: datetime) -> bool:
    section = school.jobs.get(job) if school is not None else None
    if school is None or section is None or not section.enabled or section.schedule is None:
        return False
    trigger = trigger_of(section.schedule, school.school.timezone)
    return newest_due(trigger, due_at, school_clock(school.demo)() - OVERDUE) is not None


def _disk(config: Config) -> Iterator[Condition]:
    try:
        free = shutil.disk_usage(config.base).free
    except OSError:
        return  # what cannot be asked is no condition: the store's own faults are
    if free < LOW_DISK_BYTES:
        very = free < VERY_LOW_DISK_BYTES
        what = f"{_size(free)} are free on the disk of {config.base}."
        do = "Make room: a full disk stops every run."
        severity = Severity.WRONG if very else Severity.WARN
        yield Condition("disk-low", "", severity, what, do, reason="very low" if very else "low")


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= VERY_LOW_DISK_BYTES else f"{count / 1e6:.0f} MB"


def _backup(config: Config, backed_up: datetime | None, now: datetime) -> Iterator[Condition]:
    if not config.backup.folder:
        return
    do = "`sims-sync backup` makes one now and says what is in its way."
    if backed_up is None:
        what = "No backup has been made yet."
        yield Condition("backup-old", "", Severity.WARN, what, do, reason="never", patience=timedelta(days=2))
    elif now - backed_up > BACKUP_AGE:
        what = f"The last good backup is of {shown_at(backed_up, _ZONE)}."
        yield Condition("backup-old", "", Severity.WRONG, what, do, reason="old", since=backed_up)


def _broken(config: Config) -> Iterator[Condition]:
    for name, problems in config.broken.items():
        what = f"The configuration of {name} is broken, and the school is left out: {' '.join(problems)}"
        reason = hashlib.blake2b("\n".join(problems).encode(), digest_size=4).hexdigest()
        do = "Mend it; `sims-sync check` says when it is right."
        yield Condition("config-broken", name, Severity.WRONG, what, do, reason=reason)
