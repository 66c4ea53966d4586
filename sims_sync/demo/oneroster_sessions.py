"""Which academic sessions does the simulated SIMS show: its year, its terms, and a grading period for each result set?

The days are those of the reference calendar of 2026/27 (DOMAIN §2); another year's lie whole weeks away, as in `days`.
OneRoster wants both days of every session; a result set whose name tells no term has those of the year.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sims_sync.demo.days import REFERENCE_START, DemoDays

HALF_TERM_DAYS = {
    "Autumn 1": (date(2026, 9, 1), date(2026, 10, 23)),
    "Autumn 2": (date(2026, 11, 2), date(2026, 12, 18)),
    "Spring 1": (date(2027, 1, 4), date(2027, 2, 12)),
    "Spring 2": (date(2027, 2, 22), date(2027, 3, 25)),
    "Summer 1": (date(2027, 4, 12), date(2027, 5, 28)),
    "Summer 2": (date(2027, 6, 7), date(2027, 7, 20)),
}
TERMS = ("Autumn", "Spring", "Summer")

# "Mentoring Autumn 2 2026/27", or "Summer 2026", which is the summer of 2025/26.
_NAME = re.compile(r"\b(Autumn|Spring|Summer)(?: ([12]))? (20\d\d)(/\d\d)?$")


@dataclass(frozen=True, slots=True)
class Session:
    """One session: `kind` is the standard's type, `above` the id of the session that it is part of."""

    sourced_id: str
    title: str
    kind: str
    first: date
    last: date
    above: str | None = None
    school_year: str = ""  # the calendar year in which it ends, as the standard has it


def year_and_terms(days: DemoDays) -> Iterator[Session]:
    """The school year, then its three terms."""
    first, last = _days_of(days, "Autumn 1", "Summer 2")
    ends = str(days.first_year + 1)
    yield Session(_year_id(days), days.shown, "schoolYear", first, last, None, ends)
    for term in TERMS:
        first, last = _days_of(days, f"{term} 1", f"{term} 2")
        yield Session(term_id(days, term), f"{term} {days.shown}", "term", first, last, _year_id(days), ends)


def term_id(days: DemoDays, term: str) -> str:
    """The id of one of the year's terms."""
    return f"term-{days.year}-{term.casefold()}"


def grading_period(sourced_id: str, name: str, now: DemoDays) -> Session:
    """The grading period that a result set of that name is; `now` is the year for a name that tells none."""
    found = _NAME.search(name)
    if found is None:
        first, last = _days_of(now, "Autumn 1", "Summer 2")
        return Session(sourced_id, name, "gradingPeriod", first, last, _year_id(now), str(now.first_year + 1))
    term, half, year, slash = found.groups()
    days = year_from(int(year) if slash or term == "Autumn" else int(year) - 1)
    first, last = _days_of(days, f"{term} {half or 1}", f"{term} {half or 2}")
    return Session(sourced_id, name, "gradingPeriod", first, last, term_id(days, term), str(days.first_year + 1))


def year_from(first_year: int) -> DemoDays:
    """The academic year that begins in that calendar year."""
    return DemoDays(f"{first_year}-{(first_year + 1) % 100:02}")


def _days_of(days: DemoDays, first: str, last: str) -> tuple[date, date]:
    shift = timedelta(days=364 * (days.first_year - REFERENCE_START))
    return HALF_TERM_DAYS[first][0] + shift, HALF_TERM_DAYS[last][1] + shift


def _year_id(days: DemoDays) -> str:
    return f"year-{days.year}"
