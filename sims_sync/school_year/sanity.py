"""Can a calendar be used at all (DOMAIN rule 2)?"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from sims_sync.school_year.days import planned_school_days
from sims_sync.school_year.model import (
    HALF_TERM_NAMES,
    Calendar,
    CalendarRefused,
    HalfTerm,
    HalfTermId,
    first_year,
    shown_day,
)

MINIMUM_HALF_TERM_SCHOOL_DAYS = 10


def refuse_unusable(calendar: Calendar) -> None:
    """Check rule 2 before anything is computed.

    Raises:
        CalendarRefused: with every problem found.
    """
    # A year nobody can read would make every later question about it meaningless.
    problems = [*_unreadable_years(calendar)] or [
        *_missing(calendar),
        *_misplaced(calendar),
        *_out_of_order(calendar),
        *_too_short(calendar),
        *_wrong_year_starts(calendar),
        *_wrong_settings(calendar),
    ]
    if problems:
        raise CalendarRefused(problems)


def _unreadable_years(calendar: Calendar) -> Iterator[str]:
    for year in sorted({half_term.id.year for half_term in calendar.half_terms} | set(calendar.year_starts)):
        try:
            first_year(year)
        except ValueError as fault:
            yield str(fault)


def _missing(calendar: Calendar) -> Iterator[str]:
    if not calendar.half_terms:
        yield "The calendar has no half terms: add the school's six half terms of the academic year."
    counts = Counter(half_term.id for half_term in calendar.half_terms)
    for year in sorted({half_term.year for half_term in counts}):
        wanted = [HalfTermId(year, index) for index in range(len(HALF_TERM_NAMES))]
        absent = ", ".join(half_term.name for half_term in wanted if half_term not in counts)
        if absent:
            yield f"The academic year {year} lacks {absent}: add the missing half terms."
    for half_term, count in sorted(counts.items()):
        if count > 1:
            yield f"{half_term} occurs {count} times: keep one."


def _misplaced(calendar: Calendar) -> Iterator[str]:
    for half_term in calendar.half_terms:
        year = first_year(half_term.id.year)
        earliest, latest = date(year, 7, 1), date(year + 1, 8, 31)
        if half_term.end < half_term.start:
            yield f"{half_term.id} ends before it starts: exchange its dates."
        elif half_term.start < earliest or half_term.end > latest:
            yield f"{half_term.id} lies outside its academic year: correct its dates or its year."


def _out_of_order(calendar: Calendar) -> Iterator[str]:
    for earlier, later in pairwise(_in_order(calendar)):
        if later.start <= earlier.end:
            yield (
                f"{earlier.id} (to {shown_day(earlier.end)}) and {later.id} (from {shown_day(later.start)}) overlap "
                "or are in the wrong order: correct their dates."
            )


def _too_short(calendar: Calendar) -> Iterator[str]:
    for half_term in _in_order(calendar):
        count = len(planned_school_days(half_term, calendar))
        if half_term.start <= half_term.end and count < MINIMUM_HALF_TERM_SCHOOL_DAYS:
            yield (
                f"{half_term.id} has {count} school days, fewer than {MINIMUM_HALF_TERM_SCHOOL_DAYS}: "
                "correct its dates, INSET days or closed days."
            )


def _wrong_year_starts(calendar: Calendar) -> Iterator[str]:
    ordered = _in_order(calendar)
    for year, start in sorted(calendar.year_starts.items()):
        first = next((half_term for half_term in ordered if half_term.id.year == year), None)
        before = [half_term for half_term in ordered if half_term.id.year < year]
        if first is not None and start > first.start:
            yield (
                f"The academic year {year} is said to start on {shown_day(start)}, after its first half term: "
                "correct year_starts."
            )
        if before and start <= before[-1].end:
            yield (
                f"The academic year {year} is said to start on {shown_day(start)}, before {before[-1].id} ends: "
                "correct year_starts."
            )
        if abs(start.year - first_year(year)) > 1:
            yield f"year_starts gives {shown_day(start)} for {year}: correct the year."


def _wrong_settings(calendar: Calendar) -> Iterator[str]:
    if calendar.deadline_days_before_end < 0:
        yield "deadline_days_before_end is negative: give a number of school days, usually 3."
    moments = [closure.entered for closure in calendar.closures]
    moments += [*calendar.announced_at.values(), *calendar.deadline_snapshots.values()]
    if any(moment.utcoffset() is None for moment in moments):
        yield "A closure or announcement has a time without a time zone: give aware times."


def _in_order(calendar: Calendar) -> list[HalfTerm]:
    return sorted(calendar.half_terms, key=lambda half_term: half_term.id)
