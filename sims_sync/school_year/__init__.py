"""Which days are school days, which half term owns a date, and when deadlines and messages fall (DOMAIN §2): pure."""

from sims_sync.school_year.model import (
    HALF_TERM_NAMES,
    WINDOW_CLOSES,
    WINDOW_OPENS,
    Calendar,
    CalendarRefused,
    Closure,
    HalfTerm,
    HalfTermDates,
    HalfTermId,
    academic_year_named,
    default_year_start,
    first_year,
    shown_day,
)
from sims_sync.school_year.year import SchoolYear

__all__ = [
    "HALF_TERM_NAMES",
    "WINDOW_CLOSES",
    "WINDOW_OPENS",
    "Calendar",
    "CalendarRefused",
    "Closure",
    "HalfTerm",
    "HalfTermDates",
    "HalfTermId",
    "SchoolYear",
    "academic_year_named",
    "default_year_start",
    "first_year",
    "shown_day",
]
