"""Runs, their slots and the lease that lets one run at a time work on a school (DESIGN §7)."""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psutil
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from sims_sync.errors import LeaseHeld
from sims_sync.store.rows import insert_new, remove, upsert
from sims_sync.store.tables import lease, run, slot

LEASE_SECONDS = 120  # another host's run that has not beaten its heart for so long is taken for dead
_UNKNOWN_BOOT = 0


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
    process = psutil.Process(os.getpid())
    return f"{socket.gethostname()}/{process.pid}/{int(process.create_time())}"


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
        if _alive(held["owner"], held["heartbeat"], at) and held["run_id"] != run_id:
            what = f"{held['job']} has been running for {school} since {held['taken']:%H:%M:%S} UTC ({held['owner']})."
            raise LeaseHeld("busy", what, "Wait for it to end, or look at `sims-sync status`.")
        upsert(connection, lease, [row])
        return


def beat(connection: Connection, school: str, run_id: str, at: datetime) -> None:
    """Say that the run is alive."""
    connection.execute(update(lease).where(lease.c.school == school, lease.c.run_id == run_id).values(heartbeat=at))


def give_back_lease(connection: Connection, school: str, run_id: str) -> None:
    """Give the lease back."""
    remove(connection, lease, school=school, run_id=run_id)


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


def claim_slot(connection: Connection, school: str, job: str, due_at: datetime, run_id: str) -> bool:
    """Claim one due time; False when another process has it already."""
    try:
        with connection.begin_nested():
            connection.execute(
                slot.insert().values(school=school, job=job, due_at=due_at, run_id=run_id, state="claimed")
            )
    except IntegrityError:
        return False
    return True


def settle_slot(connection: Connection, school: str, job: str, due_at: datetime, state: str) -> None:
    """Say how a claimed due time ended."""
    same = (slot.c.school == school, slot.c.job == job, slot.c.due_at == due_at)
    connection.execute(update(slot).where(*same).values(state=state))


def give_back_slot(connection: Connection, school: str, job: str, due_at: datetime) -> None:
    """Let a due time be claimed again: its run found the school busy."""
    remove(connection, slot, school=school, job=job, due_at=due_at)


def last_slot(connection: Connection, school: str, job: str) -> datetime | None:
    """The newest due time of a job that was claimed."""
    chosen = select(slot.c.due_at).where(slot.c.school == school, slot.c.job == job).order_by(slot.c.due_at.desc())
    return connection.execute(chosen.limit(1)).scalar()


def slots_of(connection: Connection, school: str, job: str) -> Sequence[datetime]:
    """Every claimed due time of a job, oldest first."""
    chosen = select(slot.c.due_at).where(slot.c.school == school, slot.c.job == job).order_by(slot.c.due_at)
    return list(connection.execute(chosen).scalars())


def _alive(owner: str, heartbeat: datetime, at: datetime) -> bool:
    host, _, rest = owner.partition("/")
    pid, _, created = rest.partition("/")
    if host != socket.gethostname():
        return at - heartbeat < timedelta(seconds=LEASE_SECONDS)
    try:
        return int(psutil.Process(int(pid)).create_time()) == int(created or _UNKNOWN_BOOT)
    except (psutil.Error, ValueError):
        return False
