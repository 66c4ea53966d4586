"""What few rows tell how a school or the service stands: newest runs, breakers, pauses, counts of what waits?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from sims_sync.store.plans import WAITING
from sims_sync.store.tables import (
    ALL_SCHOOLS,
    audit,
    breaker,
    message,
    missing,
    pause,
    plan,
    problem,
    quarantine,
    run,
    service,
    slot,
)

CLOCK_CONFIRMED = "clock-confirmed"  # the audit log's word for a person who says that the clock is right
NEWEST_BEFORE = "newest_before"  # in that word's detail: the newest moment until then
GIVEN_UP = "given-up"  # a slot that was tried so often that nobody tries it again


@dataclass(frozen=True, slots=True)
class LastRun:
    """One job's newest run that came to an end. `problems`: as `Problem.as_json` wrote them."""

    run_id: str
    job: str
    started: datetime
    ended: datetime
    outcome: str
    problems: Sequence[dict[str, str]] = ()


@dataclass(frozen=True, slots=True)
class OpenBreaker:
    """A job that failed several times in a row and is left alone until `retry_at`."""

    job: str
    failures: int
    failing_since: datetime
    retry_at: datetime | None
    reason: str
    what: str


@dataclass(frozen=True, slots=True)
class Resting:
    """A job ("" = every job) that a person paused."""

    job: str
    since: datetime
    paused_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class WaitingPlan:
    """A plan that waits for a person."""

    plan_id: str
    run_id: str
    kind: str
    source: str
    state: str
    created: datetime


@dataclass(frozen=True, slots=True)
class MessageCount:
    """Messages of one kind in one state: how many, since when, and the newest one's id."""

    kind: str
    state: str
    count: int
    oldest: datetime
    newest: datetime
    newest_id: str


def newest_runs(connection: Connection, school: str, jobs: Iterable[str]) -> tuple[LastRun, ...]:
    """Each job's newest ended run, rehearsals aside, in the order of `jobs`."""
    found = []
    for job in jobs:
        chosen = select(run).where(
            run.c.school == school, run.c.job == job, run.c.as_of.is_(None), run.c.ended.is_not(None)
        )
        row = connection.execute(chosen.order_by(run.c.started.desc()).limit(1)).mappings().first()
        if row is not None:
            names = LastRun.__slots__
            found.append(LastRun(**{name: row[name] for name in names}))
    return tuple(found)


def newest_good_end(connection: Connection, schools: Iterable[str], job: str) -> datetime | None:
    """When a job last ended with nothing wrong, for whichever of some schools."""
    here = (run.c.school.in_(list(schools)), run.c.job == job)
    chosen = select(func.max(run.c.ended)).where(*here, run.c.outcome == "done", run.c.as_of.is_(None))
    return connection.execute(chosen).scalar()


def newest_moment(connection: Connection, school: str) -> datetime | None:
    """The latest moment that the clock has been believed at: a run's start, or a person's word; rehearsals aside.

    A person who confirms a clock that is behind says that it was wrong before: runs between the two are not believed.
    """
    here = (audit.c.school == school, audit.c.action == CLOCK_CONFIRMED)
    words = connection.execute(select(audit.c.at, audit.c.detail).where(*here)).all()
    runs = select(run.c.started).where(run.c.school == school, run.c.as_of.is_(None))
    for word in words:
        before = word.detail.get(NEWEST_BEFORE)
        if before is not None and datetime.fromisoformat(before) > word.at:
            wrong = (run.c.started > word.at) & (run.c.started <= datetime.fromisoformat(before))
            runs = runs.where(~wrong)
    # A run's id begins with its moment: the newest is found without looking at years of them.
    started = connection.execute(runs.order_by(run.c.run_id.desc()).limit(1)).scalar()
    confirmed = [word.at for word in words if not any(_overruled(word.at, other) for other in words)]
    return max((moment for moment in (started, *confirmed) if moment is not None), default=None)


def _overruled(moment: datetime, word: Any) -> bool:  # noqa: ANN401 - SQLAlchemy's row
    before = word.detail.get(NEWEST_BEFORE)
    return before is not None and word.at < moment <= datetime.fromisoformat(before)


def open_breakers(connection: Connection, school: str) -> tuple[OpenBreaker, ...]:
    """Every breaker that has counted a failure, by job."""
    rows = connection.execute(select(breaker).where(breaker.c.school == school).order_by(breaker.c.job)).mappings()
    return tuple(OpenBreaker(**{name: row[name] for name in OpenBreaker.__slots__}) for row in rows)


def resting(connection: Connection, school: str) -> tuple[Resting, ...]:
    """What is paused for a school: its own pauses and those of all schools."""
    here = pause.c.school.in_([school, ALL_SCHOOLS])
    rows = connection.execute(select(pause).where(here).order_by(pause.c.job, pause.c.since)).mappings()
    return tuple(Resting(**{name: row[name] for name in Resting.__slots__}) for row in rows)


def given_up_slots(connection: Connection, school: str) -> dict[str, datetime]:
    """Job → its newest due time that was given up, where no later one was claimed."""
    chosen = select(slot.c.job, func.max(slot.c.due_at).label("newest")).where(slot.c.school == school)
    newest = {row.job: row.newest for row in connection.execute(chosen.group_by(slot.c.job))}
    return {job: due_at for job, due_at in newest.items() if _slot_state(connection, school, job, due_at) == GIVEN_UP}


def _slot_state(connection: Connection, school: str, job: str, due_at: datetime) -> str:
    same = (slot.c.school == school, slot.c.job == job, slot.c.due_at == due_at)
    return str(connection.execute(select(slot.c.state).where(*same)).scalar_one())


def waiting_plans(connection: Connection, school: str) -> tuple[WaitingPlan, ...]:
    """Plans that a person can release, oldest first; without their content."""
    names = WaitingPlan.__slots__
    chosen = select(*(plan.c[name] for name in names)).where(plan.c.school == school, plan.c.state.in_(WAITING))
    rows = connection.execute(chosen.order_by(plan.c.created, plan.c.plan_id)).mappings()
    return tuple(WaitingPlan(**{name: row[name] for name in names}) for row in rows)


def count_quarantine(connection: Connection, school: str) -> int:
    """Rows held now."""
    chosen = select(func.count()).where(quarantine.c.school == school, quarantine.c.state == "held")
    return int(connection.execute(chosen).scalar_one())


def count_missing(connection: Connection, school: str, kinds: Iterable[str]) -> tuple[int, int]:
    """Rows that the newest reads lack, and how many of their removals are held."""
    here = (missing.c.school == school, missing.c.kind.in_(list(kinds)))
    found = [
        int(connection.execute(select(func.count()).select_from(missing).where(*here, *more)).scalar_one())
        for more in ((), (missing.c.held,))
    ]
    return found[0], found[1]


def count_problems(connection: Connection, school: str) -> int:
    """Open data-quality problems."""
    chosen = select(func.count()).where(problem.c.school == school, problem.c.ended.is_(None))
    return int(connection.execute(chosen).scalar_one())


def count_messages(connection: Connection, school: str, states: Iterable[str]) -> tuple[MessageCount, ...]:
    """Messages in some states, by kind and state."""
    here = (message.c.school == school, message.c.state.in_(list(states)))
    chosen = select(
        message.c.kind, message.c.state, func.count(), func.min(message.c.created), func.max(message.c.created)
    ).where(*here)
    groups = connection.execute(chosen.group_by(message.c.kind, message.c.state).order_by(message.c.kind)).all()
    found = []
    for kind, state, count, oldest, newest in groups:
        same = (message.c.kind == kind, message.c.state == state, message.c.created == newest)
        newest_id = connection.execute(select(func.max(message.c.message_id)).where(*here, *same)).scalar_one()
        found.append(MessageCount(kind, state, int(count), oldest, newest, newest_id))
    return tuple(found)


def newest_heartbeat(connection: Connection) -> datetime | None:
    """When a service last said that it is alive; None where none runs that did not end in good order."""
    return connection.execute(select(func.max(service.c.heartbeat))).scalar()


def newest_slots(connection: Connection) -> tuple[tuple[str, str, datetime, datetime | None], ...]:
    """Of each school's jobs that a service has seen: school, job, newest due time, when one was last taken."""
    chosen = select(slot.c.school, slot.c.job, func.max(slot.c.due_at), func.max(slot.c.claimed_at))
    return tuple(tuple(row) for row in connection.execute(chosen.group_by(slot.c.school, slot.c.job)))
