"""Which days of a half term are school days (DOMAIN §1, "School day")?"""

from collections.abc import Set as AbstractSet
from datetime import date, timedelta

from sims_sync.school_year.model import Calendar, HalfTerm

_SATURDAY = 5


def planned_school_days(half_term: HalfTerm, calendar: Calendar) -> tuple[date, ...]:
    """Its school days in order as the calendar was set: closures entered later are not looked at."""
    return school_days_without(half_term, calendar, frozenset())


def school_days_without(half_term: HalfTerm, calendar: Calendar, closed: AbstractSet[date]) -> tuple[date, ...]:
    """Its school days in order, less the days of `closed`."""
    free = calendar.inset_days | calendar.bank_holidays | calendar.other_closed_days | closed
    span = (half_term.end - half_term.start).days + 1
    days = (half_term.start + timedelta(days=offset) for offset in range(span))
    return tuple(day for day in days if day.weekday() < _SATURDAY and day not in free)
