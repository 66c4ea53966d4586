"""The school's calendar put together: config, imported file, England's bank holidays, closures and announcements."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from sims_sync.bank_holidays import england_bank_holidays
from sims_sync.calendar_files import ImportedCalendar, read_calendar_toml
from sims_sync.config import SchoolConfig
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.school_year import Calendar, CalendarRefused, Closure, HalfTerm, HalfTermId, SchoolYear

CALENDAR_FILE = "calendar.toml"


Announced = Mapping[HalfTermId, tuple[date, datetime]]  # the deadline, and when it was announced


def build_school_year(
    school: SchoolConfig,
    closures: Sequence[Closure] = (),
    announced: Announced | None = None,
    snapshots: Mapping[HalfTermId, datetime] | None = None,
) -> SchoolYear:
    """The school year that every rule asks; `snapshots` says when each deadline snapshot was taken (rule 4).

    Raises:
        ConfigurationError: no half terms, an unreadable file, or a calendar that DOMAIN rule 2 refuses; all at once.
    """
    calendar = replace(_calendar(school, closures, announced or {}), deadline_snapshots=dict(snapshots or {}))
    try:
        return _worked_out(_Same(calendar))
    except CalendarRefused as refused:
        do = "Mend the calendar, or import it again with `sims-sync calendar import FILE`."
        raise ConfigurationError(
            [ConfigProblem(f"{school.id}: calendar", problem, do) for problem in refused.problems]
        ) from None


class _Same:
    """A calendar as a key: two that say the same are the same."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self._content = tuple(_hashable(getattr(calendar, each.name)) for each in fields(calendar))

    def __hash__(self) -> int:
        return hash(self._content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._content == other._content


@lru_cache(maxsize=256)  # a trust's schools ask for theirs many times in each run
def _worked_out(same: _Same) -> SchoolYear:
    return SchoolYear(same.calendar)


def _hashable(value: object) -> object:
    return tuple(sorted(value.items())) if isinstance(value, Mapping) else value


def _calendar(school: SchoolConfig, closures: Sequence[Closure], announced: Announced) -> Calendar:
    section = school.calendar
    half_terms = tuple(HalfTerm(HalfTermId.parse(item.id), item.start, item.end) for item in section.half_terms)
    inset, closed, year_starts = set(section.inset_days), set(section.closed_days), dict(section.year_starts)
    if section.file is not None:
        imported = _imported(school, section.file)
        own = {half_term.id for half_term in half_terms}
        half_terms = (*half_terms, *(each for each in imported.half_terms if each.id not in own))
        inset |= imported.inset_days
        closed |= imported.other_closed_days
        year_starts = {**imported.year_starts, **year_starts}
    if not half_terms:
        do = "Run `sims-sync calendar import FILE`, or write [[calendar.half_terms]]."
        raise ConfigurationError([ConfigProblem(f"{school.id}: calendar", "has no half terms.", do)])
    years = range(min(each.start.year for each in half_terms), max(each.end.year for each in half_terms) + 1)
    holidays = england_bank_holidays(tuple(years)) | set(section.add_bank_holidays)
    return Calendar(
        half_terms=tuple(sorted(half_terms, key=lambda each: each.id)),
        inset_days=frozenset(inset),
        bank_holidays=frozenset(holidays - set(section.drop_bank_holidays)),
        other_closed_days=frozenset(closed),
        closures=tuple(closures),
        year_starts=year_starts,
        deadline_days_before_end=school.programme.deadline_days_before_end,
        timezone=ZoneInfo(school.school.timezone),
        announced={half_term: deadline for half_term, (deadline, _) in announced.items()},
        announced_at={half_term: at for half_term, (_, at) in announced.items()},
    )


def _imported(school: SchoolConfig, name: str) -> ImportedCalendar:
    path = school.path(name)
    try:
        return read_calendar_toml(path)
    except OSError:
        do = "Run `sims-sync calendar import FILE`, or remove `file`."
        raise ConfigurationError([ConfigProblem(f"{school.id}: calendar.file", "cannot be read.", do)]) from None
    except CalendarRefused as refused:
        problems = [ConfigProblem(f"{school.id}: calendar.file", problem, "") for problem in refused.problems]
        raise ConfigurationError(problems) from None
