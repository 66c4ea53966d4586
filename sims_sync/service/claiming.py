"""Is a job of a school to be run now, and for which due time? Decided and claimed in one transaction (DESIGN §7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy import Connection

from sims_sync.breaker import Breaker
from sims_sync.errors import SimsSyncError
from sims_sync.schedule import newest_due
from sims_sync.school_calendar import build_school_year
from sims_sync.service.scheduled import Scheduled
from sims_sync.store.breakers import load_breaker
from sims_sync.store.decisions import load_closures
from sims_sync.store.pauses import load_pauses, pause_of
from sims_sync.store.runs import lease_holder, lease_owner
from sims_sync.store.slots import (
    ATTEMPTS_MAX,
    BASELINE,
    CLAIMED,
    GIVEN_UP,
    MISSED,
    PAUSED,
    SKIPPED,
    Slot,
    claim_slot,
    forget_slots,
    is_orphan,
    last_slot,
    take_over,
)

KEPT = timedelta(days=60)  # settled slots: the runs themselves say what was done before
AHEAD = timedelta(days=1)  # a slot further ahead than this is from a clock that was wrong

log = structlog.get_logger("sims_sync.service")


class Found(StrEnum):
    """What there is to do for one job of one school."""

    NOTHING = "nothing"
    RUN = "run"
    GIVE_UP = "give up"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Claim:
    """What was found; `due_at` and `attempt` where it is to be run or was given up."""

    found: Found
    due_at: datetime | None = None
    attempt: int = 1


NOTHING = Claim(Found.NOTHING)
BUSY = Claim(Found.BUSY)


def remember_start(connection: Connection, item: Scheduled, now: datetime, at: datetime) -> None:
    """From the very first start on, a due time that passes while the service is down counts as missed.

    Slots that are long over are dropped, and those that a clock which ran ahead has left.
    """
    forget_slots(connection, *item.key, before=now - KEPT, after=now + AHEAD)
    if last_slot(connection, *item.key) is None:
        claim_slot(connection, *item.key, now, at, state=BASELINE)


def claim_due(connection: Connection, item: Scheduled, now: datetime, at: datetime) -> Claim:
    """Claim what is due, or settle what is not to be run; `now` by the school's clock, `at` by the real one.

    Several due times that were missed are one run, for the newest. A due time that finds the school busy, or falls into
    hours that are kept free, waits unclaimed.
    """
    last = last_slot(connection, *item.key, until=now)
    if last is None:
        claim_slot(connection, *item.key, now, at, state=BASELINE)
        return NOTHING
    orphaned = last.state == CLAIMED and (last.owner == lease_owner() or is_orphan(connection, last, at))
    if last.state == CLAIMED and not orphaned:
        return NOTHING  # its process is at it
    if orphaned and last.attempts >= ATTEMPTS_MAX:
        given_up = take_over(connection, last, at, attempts=last.attempts, state=GIVEN_UP)
        return Claim(Found.GIVE_UP, last.due_at, last.attempts) if given_up else NOTHING
    return _claim_after(connection, item, last, now, at, orphaned=orphaned)


def _claim_after(
    connection: Connection, item: Scheduled, last: Slot, now: datetime, at: datetime, *, orphaned: bool
) -> Claim:
    """What is due after the last slot; that one itself, where its process died or its job was paused."""
    breaker = load_breaker(connection, *item.key)
    due_at = _due(item, last, breaker, now)
    if pause_of(load_pauses(connection, item.school.id), *item.key) is not None:
        _rest(connection, item, last, due_at, at, orphaned=orphaned)
        return NOTHING
    due_at = due_at or (last.due_at if orphaned or last.state == PAUSED else None)
    if due_at is None or item.kept_free_until(now) is not None:
        return NOTHING
    if lease_holder(connection, item.school.id, at) is not None:
        return BUSY
    return _claimed(connection, item, last, due_at, now, at, orphaned=orphaned, breaker=breaker)


def _rest(
    connection: Connection, item: Scheduled, last: Slot, due_at: datetime | None, at: datetime, *, orphaned: bool
) -> None:
    """A paused job's due time is settled; the newest is made up for once it works again."""
    if orphaned:
        take_over(connection, last, at, attempts=last.attempts, state=MISSED if due_at else PAUSED)
    if due_at is not None and claim_slot(connection, *item.key, due_at, at, state=PAUSED):
        _say_skipped(item, due_at, "paused")


def _due(item: Scheduled, last: Slot, breaker: Breaker | None, now: datetime) -> datetime | None:
    """The newest due time since the last slot; a job that failed is tried again when its breaker says so."""
    due_at = newest_due(item.trigger, last.due_at, now)
    retry_at = breaker.retry_at if breaker is not None else None
    if retry_at is None or not last.due_at < retry_at <= now:
        return due_at
    return retry_at if due_at is None else max(due_at, retry_at)


def _claimed(
    connection: Connection,
    item: Scheduled,
    last: Slot,
    due_at: datetime,
    now: datetime,
    at: datetime,
    *,
    orphaned: bool,
    breaker: Breaker | None,
) -> Claim:
    attempt = last.attempts + 1 if orphaned else 1
    reason = _why_not(connection, item, due_at, now, None if orphaned else breaker)
    if due_at == last.due_at:
        state = SKIPPED if reason else CLAIMED
        won = take_over(connection, last, at, attempts=attempt, state=state)
    else:
        if orphaned:
            take_over(connection, last, at, attempts=last.attempts, state=MISSED)
        won = claim_slot(connection, *item.key, due_at, at, attempts=attempt, state=SKIPPED if reason else CLAIMED)
    if not won:
        return NOTHING
    if reason:
        _say_skipped(item, due_at, reason)
        return NOTHING
    if orphaned:
        log.warning("a run is taken over", school=item.school.id, job=item.job, due=due_at.isoformat(), attempt=attempt)
    return Claim(Found.RUN, due_at, attempt)


def _why_not(
    connection: Connection, item: Scheduled, due_at: datetime, now: datetime, breaker: Breaker | None
) -> str | None:
    if breaker is not None and breaker.holds(now):
        return "it keeps failing"
    if item.only_on_school_days and not all(_is_school_day(connection, item, each) for each in (due_at, now)):
        return "no school day"
    return None


def _is_school_day(connection: Connection, item: Scheduled, moment: datetime) -> bool:
    """Whether students attend; a day of no configured year is taken for one: pulls never stop for that (rule 2)."""
    day = moment.astimezone(item.zone).date()
    try:
        year = build_school_year(item.school, load_closures(connection, item.school.id))
    except SimsSyncError:
        return True
    return year.owner(day) is None or year.is_school_day(day)


def _say_skipped(item: Scheduled, due_at: datetime, reason: str) -> None:
    log.info("not run", school=item.school.id, job=item.job, due=due_at.isoformat(), reason=reason)
