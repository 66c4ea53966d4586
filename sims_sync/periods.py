"""From when on is something too old to be kept? Pure: a moment, the calendar and `[retention]` in, cuts out."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sims_sync.config import RetentionSection
from sims_sync.school_year import HalfTermId, SchoolYear

_SEPTEMBER = 9
_DAYS_PER_YEAR = 365


@dataclass(frozen=True, slots=True)
class Periods:
    """The cuts of one night. A date or moment *before* a cut is too old; moments are aware UTC.

    `left_before`: whoever left before this day goes. `year_start`: first day of this academic year.
    `snapshots_from`, `totals_from`: the first calendar year of the oldest academic year that is kept.
    `history_before`: of runs, reads and plans. Worked: on 2 Sep 2028 with the defaults, who left before 1 Sep 2027
    goes; snapshots of 2027-28 and 2028-29 stay, totals from 2022-23 on.
    """

    now: datetime
    year_start: date
    left_before: date
    snapshots_from: int
    totals_from: int
    totals_before: datetime
    history_before: datetime
    files_before: datetime
    mail_before: datetime
    audit_before: datetime


def periods(now: datetime, school_year: SchoolYear, settings: RetentionSection) -> Periods:
    """The cuts at a moment."""
    today = school_year.local_date(now)
    this_year = academic_year_of(today, school_year)
    snapshots_from = this_year - settings.snapshot_years + 1
    totals_from = this_year - settings.totals_years
    return Periods(
        now=now,
        year_start=first_day(this_year, school_year),
        left_before=first_day(this_year - settings.student_years, school_year),
        snapshots_from=snapshots_from,
        totals_from=totals_from,
        totals_before=_midnight(first_day(totals_from, school_year)),
        history_before=_midnight(first_day(snapshots_from, school_year)),
        files_before=now - timedelta(days=settings.files_days),
        mail_before=now - timedelta(days=settings.sent_mail_days),
        audit_before=now - timedelta(days=_DAYS_PER_YEAR * settings.audit_years),
    )


def academic_year_of(day: date, school_year: SchoolYear) -> int:
    """The calendar year in which the academic year that owns `day` began; outside the calendar by 1 September."""
    owner = school_year.owner(day)
    if owner is not None:
        return first_calendar_year(owner)
    return day.year if day.month >= _SEPTEMBER else day.year - 1


def first_day(calendar_year: int, school_year: SchoolYear) -> date:
    """The first day of the academic year that began in a calendar year."""
    begun = [
        school_year.dates(each).owns_from for each in school_year.ids() if first_calendar_year(each) == calendar_year
    ]
    return min(begun) if begun else date(calendar_year, _SEPTEMBER, 1)


def first_calendar_year(half_term: HalfTermId) -> int:
    """2026 of "2026-27/autumn-2"."""
    return int(half_term.year[:4])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)
