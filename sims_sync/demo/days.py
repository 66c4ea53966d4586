"""On which days does what happen in the demo school's year?

The days are those of the reference calendar of 2026/27 (DOMAIN §2). Another year's lie whole years of 52 weeks away, so
that weekdays stay weekdays.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SCHOOL_TIMEZONE = ZoneInfo("Europe/London")
REFERENCE_START = 2026
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class DemoDays:
    """The days of one academic year, named by its form "2026-27"."""

    year: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"20\d\d-\d\d", self.year) or (self.first_year + 1) % 100 != int(self.year[-2:]):
            raise ValueError(f'"{self.year}" is no academic year; write it as "2026-27".')

    @property
    def first_year(self) -> int:
        """The calendar year in which the academic year begins."""
        return int(self.year[:4])

    @property
    def starts(self) -> date:
        """The academic year's first day, 1 September."""
        return date(self.first_year, 9, 1)

    @property
    def shown(self) -> str:
        """The year as result sets write it: "2026/27"."""
        return self.year.replace("-", "/")

    @property
    def deadline(self) -> date:
        """Autumn 2's deadline, 15 December 2026."""
        return self.autumn(12, 15)

    @property
    def last_day(self) -> date:
        """Autumn 2's last school day, 18 December 2026."""
        return self.autumn(12, 18)

    def autumn(self, month: int, day: int) -> date:
        """The day that in 2026 is `day`.`month`; e.g. (12, 15) is the deadline of Autumn 2."""
        return date(REFERENCE_START, month, day) + timedelta(days=364 * (self.first_year - REFERENCE_START))

    def autumn_1_interviews(self) -> list[date]:
        """The school days on which interviews of Autumn 1 were held, in order."""
        return weekdays(self.autumn(9, 7), self.autumn(10, 20))

    def autumn_2_interviews(self) -> list[date]:
        """The school days of Autumn 2 up to the eve of its deadline, in order."""
        return weekdays(self.autumn(11, 3), self.autumn(12, 14))

    def result_set(self, half_term: str) -> str:
        """The result set of a half term shown as "Autumn 1": "Mentoring Autumn 1 2026/27" (SIMS §3)."""
        return f"Mentoring {half_term} {self.shown}"


def weekdays(first: date, last: date) -> list[date]:
    """Monday to Friday of `first`..`last`, both inclusive."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if day.weekday() < SATURDAY]


def at(day: date, hour: int, minute: int) -> datetime:
    """The moment of a school-local time of day, aware UTC."""
    return datetime.combine(day, time(hour, minute), SCHOOL_TIMEZONE).astimezone(UTC)


def local_day(moment: datetime) -> date:
    """The school-local date of an aware moment.

    Raises:
        ValueError: a naive datetime, which could mean either of two days.
    """
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    return moment.astimezone(SCHOOL_TIMEZONE).date()
