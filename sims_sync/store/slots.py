"""Due times of jobs: who claimed one, whether its claimer is alive, and how it ended (DESIGN §7).

A slot is claimed before its run, so that of several services one runs it. It is claimed with its owner: where that
process is dead, another may take it over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, select, update

from sims_sync.store.rows import insert_new
from sims_sync.store.runs import is_alive, lease_owner
from sims_sync.store.tables import lease, service, slot

ATTEMPTS_MAX = 3  # a due time whose process died so often is given up, and a person told
CLAIMED = "claimed"
BASELINE = "baseline"  # the first start: what was due before it is not missed
SKIPPED = "skipped"  # no school day, or the job has failed so often that it rests
PAUSED = "paused"  # a person let the job rest
MISSED = "missed"  # its process died, and a later one was due when that was found
GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class Slot:
    """One due time of one job; its state is one of the above or how its run ended."""

    school: str
    job: str
    due_at: datetime
    state: str
    owner: str | None
    claimed_at: datetime | None
    attempts: int


def claim_slot(
    connection: Connection,
    school: str,
    job: str,
    due_at: datetime,
    at: datetime,
    *,
    attempts: int = 1,
    state: str = CLAIMED,
) -> bool:
    """Claim one due time for this process, or settle it at once in another `state`; False: another was first."""
    row = {"school": school, "job": job, "due_at": due_at, "run_id": None, "state": state}
    return insert_new(connection, slot, {**row, "owner": lease_owner(), "claimed_at": at, "attempts": attempts})


def take_over(connection: Connection, found: Slot, at: datetime, *, attempts: int, state: str = CLAIMED) -> bool:
    """Claim a slot that stands as it was found, or settle it in another `state`; False: another was first."""
    chosen = (
        update(slot)
        .where(
            *_is(found.school, found.job, found.due_at), slot.c.state == found.state, slot.c.attempts == found.attempts
        )
        .where(slot.c.owner.is_(None) if found.owner is None else slot.c.owner == found.owner)
        .values(state=state, owner=lease_owner(), claimed_at=at, attempts=attempts)
    )
    return connection.execute(chosen).rowcount == 1


def settle_slot(
    connection: Connection, school: str, job: str, due_at: datetime, state: str, run_id: str | None = None
) -> None:
    """Say how a due time ended that this process claimed."""
    mine = (*_is(school, job, due_at), slot.c.state == CLAIMED, slot.c.owner == lease_owner())
    connection.execute(update(slot).where(*mine).values(state=state, run_id=run_id))


def give_back_slot(connection: Connection, school: str, job: str, due_at: datetime) -> None:
    """Let a due time be claimed again: its run found the school busy, or was to stop."""
    mine = (*_is(school, job, due_at), slot.c.state == CLAIMED, slot.c.owner == lease_owner())
    connection.execute(delete(slot).where(*mine))


def last_slot(connection: Connection, school: str, job: str, until: datetime | None = None) -> Slot | None:
    """A job's newest slot; with `until`, none that a clock which ran ahead has left behind."""
    chosen = select(slot).where(slot.c.school == school, slot.c.job == job).order_by(slot.c.due_at.desc()).limit(1)
    if until is not None:
        chosen = chosen.where(slot.c.due_at <= until)
    row = connection.execute(chosen).mappings().first()
    return None if row is None else _slot(row)


def orphaned_slots(connection: Connection, at: datetime, of: str | None = None) -> tuple[Slot, ...]:
    """The claimed slots whose process is dead, the oldest first; also those of the owner `of`."""
    rows = connection.execute(select(slot).where(slot.c.state == CLAIMED).order_by(slot.c.due_at)).mappings().all()
    signs = _signs_of_life(connection) if rows else {}
    claimed = map(_slot, rows)
    return tuple(found for found in claimed if found.owner == of or not _has_living_owner(found, signs, at))


def is_orphan(connection: Connection, found: Slot, at: datetime) -> bool:
    """Whether a slot is claimed by a process that is dead."""
    return found.state == CLAIMED and not _has_living_owner(found, _signs_of_life(connection), at)


def slots_of(connection: Connection, school: str, job: str) -> Sequence[datetime]:
    """Every due time of a job that was claimed or settled, oldest first."""
    chosen = select(slot.c.due_at).where(slot.c.school == school, slot.c.job == job).order_by(slot.c.due_at)
    return list(connection.execute(chosen).scalars())


def states_of(connection: Connection, school: str, job: str) -> dict[datetime, str]:
    """Due time → state, oldest first."""
    chosen = select(slot.c.due_at, slot.c.state).where(slot.c.school == school, slot.c.job == job)
    return {row.due_at: row.state for row in connection.execute(chosen.order_by(slot.c.due_at))}


def forget_slots(connection: Connection, school: str, job: str, *, before: datetime, after: datetime) -> None:
    """Drop settled slots that are long over, and those that a clock which ran far ahead has left behind."""
    of_job = (slot.c.school == school, slot.c.job == job)
    connection.execute(delete(slot).where(*of_job, slot.c.due_at > after))
    newest = select(slot.c.due_at).where(*of_job).order_by(slot.c.due_at.desc()).limit(1).scalar_subquery()
    old = (slot.c.due_at < before, slot.c.state != CLAIMED, slot.c.due_at < newest)
    connection.execute(delete(slot).where(*of_job, *old))


def _is(school: str, job: str, due_at: datetime) -> tuple[ColumnElement[bool], ...]:
    return slot.c.school == school, slot.c.job == job, slot.c.due_at == due_at


def _signs_of_life(connection: Connection) -> dict[str, datetime]:
    """Owner → when it last said that it is alive: as a service, or as the holder of a lease."""
    signs: dict[str, datetime] = {}
    for table in (service, lease):
        for owner, heartbeat in connection.execute(select(table.c.owner, table.c.heartbeat)):
            signs[owner] = max(heartbeat, signs.get(owner, heartbeat))
    return signs


def _has_living_owner(found: Slot, signs: dict[str, datetime], at: datetime) -> bool:
    if found.owner is None or found.claimed_at is None:
        return False  # claimed by a release that did not write it down: its process is no more
    return is_alive(found.owner, max(found.claimed_at, signs.get(found.owner, found.claimed_at)), at)


def _slot(row: RowMapping) -> Slot:
    names = ("school", "job", "due_at", "state", "owner", "claimed_at", "attempts")
    return Slot(**{name: row[name] for name in names})
