"""Which calendars can the demo and the tests use?

The first is DOMAIN §2's reference calendar; the other two are invented. Each has 190 school days in 2026-27.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from sims_sync.bank_holidays import england_bank_holidays
from sims_sync.school_year import Calendar, HalfTerm, HalfTermId

_YEAR = "2026-27"


def reference_calendar() -> Calendar:
    """DOMAIN §2's reference calendar for 2026-27."""
    return _calendar(
        (
            (date(2026, 9, 1), date(2026, 10, 23)),
            (date(2026, 11, 2), date(2026, 12, 18)),
            (date(2027, 1, 4), date(2027, 2, 12)),
            (date(2027, 2, 22), date(2027, 3, 25)),
            (date(2027, 4, 12), date(2027, 5, 28)),
            (date(2027, 6, 7), date(2027, 7, 20)),
        ),
        inset_days=(date(2026, 9, 1), date(2026, 9, 2), date(2026, 11, 2), date(2027, 1, 4)),
    )


def two_week_october_calendar() -> Calendar:
    """An invented school with a fortnight off in October."""
    return _calendar(
        (
            (date(2026, 9, 1), date(2026, 10, 16)),
            (date(2026, 11, 2), date(2026, 12, 18)),
            (date(2027, 1, 4), date(2027, 2, 12)),
            (date(2027, 2, 22), date(2027, 3, 25)),
            (date(2027, 4, 12), date(2027, 5, 28)),
            (date(2027, 6, 7), date(2027, 7, 23)),
        ),
        inset_days=(date(2026, 9, 1), date(2027, 1, 4)),
    )


def five_week_summer_calendar() -> Calendar:
    """An invented school with a five-week summer holiday: its year starts in August, and Easter lies in its term."""
    return _calendar(
        (
            (date(2026, 8, 24), date(2026, 10, 16)),
            (date(2026, 11, 2), date(2026, 12, 18)),
            (date(2027, 1, 4), date(2027, 2, 12)),
            (date(2027, 3, 1), date(2027, 4, 2)),
            (date(2027, 4, 19), date(2027, 5, 28)),
            (date(2027, 6, 7), date(2027, 7, 23)),
        ),
        inset_days=(date(2026, 8, 24),),
        year_starts={_YEAR: date(2026, 8, 24), "2027-28": date(2027, 8, 31)},
    )


def _calendar(
    spans: Iterable[tuple[date, date]],
    *,
    inset_days: Iterable[date],
    year_starts: Mapping[str, date] | None = None,
) -> Calendar:
    return Calendar(
        half_terms=tuple(HalfTerm(HalfTermId(_YEAR, index), start, end) for index, (start, end) in enumerate(spans)),
        inset_days=frozenset(inset_days),
        bank_holidays=england_bank_holidays((2026, 2027)),
        year_starts=year_starts or {},
    )
