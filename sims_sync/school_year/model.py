"""What is a school's calendar made of (DOMAIN §2)?"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Self
from zoneinfo import ZoneInfo

HALF_TERM_NAMES = ("autumn-1", "autumn-2", "spring-1", "spring-2", "summer-1", "summer-2")
WINDOW_OPENS = time(7, 30)
WINDOW_CLOSES = time(17, 0)

_ACADEMIC_YEAR = re.compile(r"(\d{4})-(\d{2})")
_YEARS_IN_A_CENTURY = 100
_DEFAULT_YEAR_START_MONTH = 9


@dataclass(frozen=True, slots=True, order=True)
class HalfTermId:
    """An academic year ("2026-27") and a half term's name ("autumn-2"), in calendar order when sorted.

    `str()` gives "2026-27/autumn-2"; `shown` gives "Autumn 2".
    """

    year: str
    index: int  # 0..5, autumn-1 first

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "2026-27/autumn-2".

        Raises:
            ValueError: not of that form.
        """
        year, _, name = text.strip().partition("/")
        first_year(year)
        if name not in HALF_TERM_NAMES:
            raise ValueError(f'"{text}" is not a half term: write it like 2026-27/autumn-2.')
        return cls(year, HALF_TERM_NAMES.index(name))

    @property
    def name(self) -> str:
        """E.g. "autumn-2"."""
        return HALF_TERM_NAMES[self.index]

    @property
    def shown(self) -> str:
        """E.g. "Autumn 2"."""
        return self.name.replace("-", " ").capitalize()

    def __str__(self) -> str:
        return f"{self.year}/{self.name}"


@dataclass(frozen=True, slots=True)
class HalfTerm:
    """One half term as configured: first and last day (both inclusive; an INSET start is part of it)."""

    id: HalfTermId
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Closure:
    """A day on which the school was closed after the calendar was set; `entered` is aware UTC."""

    day: date
    reason: str
    entered: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """The school's calendar as configured: everything the rules of DOMAIN §2 need.

    `year_starts` gives a year's first day where it is not 1 September. `bank_holidays` are already resolved (the
    library's days, with the config's added and dropped). `announced` holds the deadlines announced so far (rule 4)
    and `announced_at` when (aware): closures entered by then were part of what was announced; without it, those
    entered by the half term's first school day. `deadline_snapshots` says when a half term's deadline snapshot was
    stored (aware): closures entered after it give a restatement, not a new deadline (rule 4).
    """

    half_terms: tuple[HalfTerm, ...]
    inset_days: frozenset[date] = frozenset()
    bank_holidays: frozenset[date] = frozenset()
    other_closed_days: frozenset[date] = frozenset()
    closures: tuple[Closure, ...] = ()
    year_starts: Mapping[str, date] = field(default_factory=dict)
    deadline_days_before_end: int = 3
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/London"))
    announced: Mapping[HalfTermId, date] = field(default_factory=dict)
    announced_at: Mapping[HalfTermId, datetime] = field(default_factory=dict)
    deadline_snapshots: Mapping[HalfTermId, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HalfTermDates:
    """Every date of one half term (the columns of DOMAIN §2's table).

    `deadline` None = not assessed (rule 4: `not_assessed` says why); reminders, report and closing are then None too.
    A reminder or report that does not exist is None. `owns_from`/`owns_to` are the dates it owns (rule 3), both
    inclusive, without the extension by a moved deadline. `school_days` are in order.
    """

    id: HalfTermId
    owns_from: date
    owns_to: date
    school_days: tuple[date, ...]
    deadline: date | None
    reminder_1: date | None
    reminder_2: date | None
    report: date | None
    closing: date | None
    not_assessed: str | None = None

    @property
    def first_school_day(self) -> date | None:
        """The first school day, or None where closures left none."""
        return self.school_days[0] if self.school_days else None

    @property
    def last_school_day(self) -> date | None:
        """The last school day, or None where closures left none."""
        return self.school_days[-1] if self.school_days else None


class CalendarRefused(ValueError):
    """A calendar that breaks rule 2 or cannot be understood; `problems` are sentences."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(self.problems))


def first_year(academic_year: str) -> int:
    """2026 from "2026-27".

    Raises:
        ValueError: not two consecutive years written like that.
    """
    match = _ACADEMIC_YEAR.fullmatch(academic_year)
    if match is None or (int(match[1]) + 1) % _YEARS_IN_A_CENTURY != int(match[2]):
        raise ValueError(f'"{academic_year}" is not an academic year: write it like 2026-27.')
    return int(match[1])


def academic_year_named(first: int) -> str:
    """The academic year that begins in `first`: "2026-27" from 2026."""
    return f"{first}-{(first + 1) % _YEARS_IN_A_CENTURY:02d}"


def default_year_start(academic_year: str) -> date:
    """1 September, where the school says nothing else (rule 1)."""
    return date(first_year(academic_year), _DEFAULT_YEAR_START_MONTH, 1)


def shown_day(day: date) -> str:
    """E.g. "Tue 1 Sep 2026", the same on every system."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The date at the school at an aware moment: the clock change moves nothing (rule 3).

    Raises:
        ValueError: a naive datetime.
    """
    return local_time(moment, zone).date()


def local_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """The wall time at the school at an aware moment.

    Raises:
        ValueError: a naive datetime.
    """
    if moment.utcoffset() is None:
        raise ValueError("A time without a time zone was given: pass an aware datetime.")
    return moment.astimezone(zone)
