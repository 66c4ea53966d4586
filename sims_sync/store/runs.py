"""Runs, and the lease that lets one run at a time work on a school (DESIGN §7)."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Connection, RowMapping, select, update

from sims_sync.errors import LeaseHeld
from sims_sync.store.rows import insert_new, remove, upsert
from sims_sync.store.tables import lease, run

LEASE_SECONDS = 120  # another host's run that has not beaten its heart for so long is taken for dead
_FROM_A_WRONG_CLOCK = timedelta(hours=2)  # a heartbeat so far ahead: its host would seem to live on long after its end
_PROC = Path("/proc")
_FORSAKEN: set[str] = set()  # runs of this process that are over, but could not give back their lease
_STARTED_FIELD = 19  # of /proc/PID/stat, counted behind the command's name: clock ticks from boot to its start


@dataclass(frozen=True, slots=True)
class StoredRun:
    """One run as `status` and `jobs` show it."""

    run_id: str
    job: str
    started: datetime
    ended: datetime | None
    outcome: str | None
    counts: dict[str, int]
    problems: list[dict[str, str]]


def lease_owner() -> str:
    """Who holds a lease: host, process and when it started, so that a reused process id is not taken for it."""
    return f"{socket.gethostname()}/{os.getpid()}/{started_of(os.getpid())}"


def take_lease(connection: Connection, school: str, run_id: str, job: str, at: datetime) -> None:
    """Take the school's lease; a dead process on this host is replaced at once, another host's after the lease ends.

    Raises:
        LeaseHeld: a living run holds it; the sentence says who and since when.
    """
    row = {"school": school, "owner": lease_owner(), "run_id": run_id, "job": job, "taken": at, "heartbeat": at}
    while not insert_new(connection, lease, row):
        # Locked, so that of two who find a dead run's lease only one takes it.
        chosen = select(lease).where(lease.c.school == school).with_for_update()
        held = connection.execute(chosen).mappings().first()
        if held is None:
            continue  # given back in between
        if _is_at_work(held, at) and held["run_id"] != run_id:
            what = f"{held['job']} has been running for {school} since {held['taken']:%H:%M:%S} UTC ({held['owner']})."
            raise LeaseHeld("busy", what, "Wait for it to end, or look at `sims-sync status`.")
        upsert(connection, lease, [row])
        return


def beat(connection: Connection, school: str, run_id: str, at: datetime) -> bool:
    """Say that the run is alive; False: another run has taken its lease over."""
    chosen = update(lease).where(lease.c.school == school, lease.c.run_id == run_id).values(heartbeat=at)
    return connection.execute(chosen).rowcount == 1


def give_back_lease(connection: Connection, school: str, run_id: str) -> None:
    """Give the lease back."""
    remove(connection, lease, school=school, run_id=run_id)


def forsake_lease(run_id: str) -> None:
    """Say that a run of this process is over whose lease could not be given back: the store was gone.

    The process lives on, so that nothing else tells the others of this process that the school is free.
    """
    _FORSAKEN.add(run_id)


def start_run(connection: Connection, school: str, row: dict[str, Any]) -> None:
    """Store a run's start; earlier runs that a dead process left open are closed as interrupted."""
    connection.execute(
        update(run)
        .where(run.c.school == school, run.c.ended.is_(None), run.c.run_id != row["run_id"])
        .values(ended=row["started"], outcome="interrupted")
    )
    upsert(connection, run, [{"school": school, **row}])


def end_run(connection: Connection, school: str, run_id: str, values: dict[str, Any]) -> None:
    """Store a run's end: ended, outcome, counts, problems."""
    connection.execute(update(run).where(run.c.school == school, run.c.run_id == run_id).values(**values))


def last_runs(connection: Connection, school: str) -> tuple[StoredRun, ...]:
    """Each job's newest run, newest first."""
    rows = connection.execute(
        select(run).where(run.c.school == school).order_by(run.c.started.desc(), run.c.run_id.desc()).limit(500)
    ).mappings()
    seen: dict[str, StoredRun] = {}
    for row in rows:
        if row["job"] not in seen:
            fields = ("run_id", "job", "started", "ended", "outcome", "counts", "problems")
            seen[row["job"]] = StoredRun(**{name: row[name] for name in fields})
    return tuple(seen.values())


def ended_well_since(connection: Connection, school: str, job: str, since: datetime) -> bool:
    """Whether a run of the job that began after a moment ended with nothing wrong."""
    chosen = select(run.c.run_id).where(
        run.c.school == school, run.c.job == job, run.c.started > since, run.c.outcome == "done", run.c.as_of.is_(None)
    )
    return connection.execute(chosen.limit(1)).first() is not None


def lease_holder(connection: Connection, school: str, at: datetime) -> tuple[str, datetime] | None:
    """The job of the living run that holds a school's lease, and since when (by the real clock); None: it is free."""
    held = connection.execute(select(lease).where(lease.c.school == school)).mappings().first()
    return (held["job"], held["taken"]) if held is not None and _is_at_work(held, at) else None


def _is_at_work(held: RowMapping, at: datetime) -> bool:
    """Whether the run that holds a lease lives."""
    return held["run_id"] not in _FORSAKEN and is_alive(held["owner"], held["heartbeat"], at)


def is_alive(owner: str, heartbeat: datetime, at: datetime) -> bool:
    """Whether an owner is alive: on this host its process is there; another host's heart has beaten of late."""
    host, _, rest = owner.partition("/")
    pid, _, started = rest.partition("/")
    if host != socket.gethostname():
        return -_FROM_A_WRONG_CLOCK < at - heartbeat < timedelta(seconds=LEASE_SECONDS)
    try:
        return started_of(int(pid)) == started
    except ValueError:
        return False


def started_of(pid: int) -> str | None:
    """When a living process started, by a count that no change of the clock moves; None: there is none."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _started_elsewhere(pid)
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else f"t{fields[_STARTED_FIELD]}-{_boot()}"


@cache
def _boot() -> str:
    """Which start of this machine: after another, process ids and ticks begin anew."""
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        return ""


def _started_elsewhere(pid: int) -> str | None:
    """Where there is no /proc the system keeps the moment itself, and it stays as it is."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else str(int(process.create_time()))
    except psutil.Error:
        return None
