"""When is a half term's deadline, and what hangs on it (DOMAIN rules 4 and 5)?"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sims_sync.school_year.days import planned_school_days, school_days_without
from sims_sync.school_year.model import Calendar, HalfTerm, local_date

MINIMUM_SCHOOL_DAYS_TO_DEADLINE = 10
REMINDER_1_SCHOOL_DAYS_BEFORE = 10
REMINDER_1_NEEDS_SCHOOL_DAYS = 15
REMINDER_2_SCHOOL_DAYS_BEFORE = 3


@dataclass(frozen=True, slots=True)
class Announcement:
    """A deadline as announced: its day, and its ordinal (1 = first) among the school days then known."""

    day: date
    ordinal: int


@dataclass(frozen=True, slots=True)
class Deadline:
    """The deadline in force, or None and the sentence that says why the half term is not assessed."""

    day: date | None
    not_assessed: str | None = None


@dataclass(frozen=True, slots=True)
class Occasions:
    """What hangs on a deadline (rule 5); None = there is none."""

    reminder_1: date | None
    reminder_2: date | None
    report: date | None
    closing: date | None


def announcement(half_term: HalfTerm, calendar: Calendar) -> Announcement | None:
    """The announced deadline: the stored one, else the one of the half term's first school day.

    None where fewer school days are left than the deadline's distance from the end.
    """
    days = school_days_without(half_term, calendar, _closed_when_announced(half_term, calendar))
    stored = calendar.announced.get(half_term.id)
    if stored is not None:
        return Announcement(stored, max(1, bisect_right(days, stored)))
    return _announced_over(days, calendar)


def announcement_at(half_term: HalfTerm, calendar: Calendar, moment: datetime) -> Announcement | None:
    """The deadline to announce at `moment` (aware), with the closures entered by then; what is stored is ignored."""
    closed = frozenset(closure.day for closure in calendar.closures if closure.entered <= moment)
    return _announced_over(school_days_without(half_term, calendar, closed), calendar)


def deadline(half_term: HalfTerm, year: Sequence[HalfTerm], calendar: Calendar) -> Deadline:
    """The deadline of rule 4; `year` holds the half terms of the same academic year in order."""
    announced = announcement(half_term, calendar)
    if announced is None:
        return Deadline(None, "Closures left no school day on which a deadline could fall.")
    closed = _closed_at_snapshot(half_term, calendar)
    own_days = school_days_without(half_term, calendar, closed)
    year_days = [day for each in year for day in school_days_without(each, calendar, closed)]
    moved = own_days[min(announced.ordinal, len(own_days)) - 1] if own_days else announced.day
    position = bisect_left(year_days, max(moved, announced.day))
    if position == len(year_days):
        return Deadline(None, "No school day is left in the academic year for the deadline.")
    lead = position + 1 - bisect_left(year_days, half_term.start)
    if lead < MINIMUM_SCHOOL_DAYS_TO_DEADLINE:
        return Deadline(
            None,
            f"Only {lead} school days lead up to the deadline, fewer than {MINIMUM_SCHOOL_DAYS_TO_DEADLINE}.",
        )
    return Deadline(year_days[position])


def occasions(due: date, half_term: HalfTerm, year_days: Sequence[date], own_days: Sequence[date]) -> Occasions:
    """The dates of rule 5 for the deadline `due`; both sequences hold school days in order, closures left out.

    Reminder 1 has exactly 10 school days from the next one to the deadline, and needs 15 up to and including it.
    """
    before = [day for day in year_days if half_term.start <= day < due]
    after = bisect_right(year_days, due)
    return Occasions(
        reminder_1=_from_end(before, REMINDER_1_SCHOOL_DAYS_BEFORE)
        if len(before) + 1 >= REMINDER_1_NEEDS_SCHOOL_DAYS
        else None,
        reminder_2=_from_end(before, REMINDER_2_SCHOOL_DAYS_BEFORE),
        report=year_days[after] if after < len(year_days) else None,
        closing=max(due, own_days[-1]) if own_days else due,
    )


def _announced_over(days: Sequence[date], calendar: Calendar) -> Announcement | None:
    ordinal = len(days) - calendar.deadline_days_before_end
    return Announcement(days[ordinal - 1], ordinal) if ordinal >= 1 else None


def _closed_when_announced(half_term: HalfTerm, calendar: Calendar) -> frozenset[date]:
    moment = calendar.announced_at.get(half_term.id)
    if moment is not None:
        return frozenset(closure.day for closure in calendar.closures if closure.entered <= moment)
    # Walk with the knowledge of each morning: a closure entered later must not change which day was the first.
    closed: frozenset[date] = frozenset()
    for day in planned_school_days(half_term, calendar):
        closed = _closed_by(day, calendar)
        if day not in closed:
            break
    return closed


def _closed_by(day: date, calendar: Calendar) -> frozenset[date]:
    return frozenset(
        closure.day for closure in calendar.closures if local_date(closure.entered, calendar.timezone) <= day
    )


def _closed_at_snapshot(half_term: HalfTerm, calendar: Calendar) -> frozenset[date]:
    moment = calendar.deadline_snapshots.get(half_term.id)
    return frozenset(closure.day for closure in calendar.closures if moment is None or closure.entered <= moment)


def _from_end(days: Sequence[date], count: int) -> date | None:
    return days[-count] if len(days) >= count else None
