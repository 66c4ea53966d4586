"""Which half term owns a date, when are its dates, and may a staff message leave now (DOMAIN §2)?"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from sims_sync.school_year.days import planned_school_days, school_days_without
from sims_sync.school_year.deadlines import announcement_at, deadline, occasions
from sims_sync.school_year.model import (
    HALF_TERM_NAMES,
    WINDOW_CLOSES,
    WINDOW_OPENS,
    Calendar,
    HalfTerm,
    HalfTermDates,
    HalfTermId,
    academic_year_named,
    default_year_start,
    first_year,
    local_date,
    local_time,
)
from sims_sync.school_year.sanity import refuse_unusable

YEAR_SCHOOL_DAYS_LEAST = 185
YEAR_SCHOOL_DAYS_MOST = 195
NEXT_YEAR_WARNING_SCHOOL_DAYS = 20
_LAST_SECOND = time(23, 59, 59)
_ONE_DAY = timedelta(days=1)


class SchoolYear:
    """A calendar with the questions the rules ask of it. Immutable; build a new one when the calendar changes."""

    def __init__(self, calendar: Calendar) -> None:
        """Check the calendar (rule 2).

        Raises:
            CalendarRefused: half terms that overlap, are missing in a year, or have fewer than 10 school days
                before closures.
        """
        refuse_unusable(calendar)
        self._calendar = calendar
        self._half_terms = tuple(sorted(calendar.half_terms, key=lambda half_term: half_term.id))
        self._years = _by_year(self._half_terms)
        closed = frozenset(closure.day for closure in calendar.closures)
        self._own_days = {each.id: school_days_without(each, calendar, closed) for each in self._half_terms}
        self._school_days = tuple(day for days in self._own_days.values() for day in days)
        self._school_day_set = frozenset(self._school_days)
        self._dates = {each.id: self._work_out(each) for each in self._half_terms}
        self._ids = tuple(self._dates)
        self._owned_from = tuple(dates.owns_from for dates in self._dates.values())

    @property
    def calendar(self) -> Calendar:
        """What it was built from."""
        return self._calendar

    def warnings(self, today: date | None = None) -> tuple[str, ...]:
        """Sentences of rule 2, in order of time.

        A year's total, closures aside, outside 185-195 school days; with `today`, a next year that is missing from 20
        school days before the last configured year ends.
        """
        totals = [self._total_warning(year) for year in self._years]
        missing = self._next_year_warning(today) if today is not None else None
        return tuple(sentence for sentence in (*totals, missing) if sentence)

    def ids(self) -> tuple[HalfTermId, ...]:
        """All configured half terms in order."""
        return self._ids

    def ids_from(self, starts_with: HalfTermId) -> tuple[HalfTermId, ...]:
        """The half terms of the programme, from `starts_with` on (rule 8b): earlier ones have no message, no figure."""
        return tuple(half_term for half_term in self._dates if half_term >= starts_with)

    def dates(self, half_term: HalfTermId) -> HalfTermDates:
        """Every date of one half term; KeyError when it is not configured."""
        return self._dates[half_term]

    def announcements(self, moment: datetime, starts_with: HalfTermId) -> Mapping[HalfTermId, date]:
        """The deadlines to announce and store at `moment` (rule 4), by half term in order.

        Those of the programme's half terms whose first school day has come and that the calendar holds no announcement
        for. Store them with `moment`, and give them back as `announced` and `announced_at`: an announcement made once
        must never be worked out anew.

        Raises:
            ValueError: a naive datetime.
        """
        today = self.local_date(moment)
        waiting = [
            half_term
            for half_term in self._half_terms
            if half_term.id >= starts_with
            and half_term.id not in self._calendar.announced
            and any(day <= today for day in self._own_days[half_term.id])
        ]
        announced = {half_term.id: announcement_at(half_term, self._calendar, moment) for half_term in waiting}
        return {half_term: found.day for half_term, found in announced.items() if found is not None}

    def is_school_day(self, day: date) -> bool:
        """Whether students attend on `day`."""
        return day in self._school_day_set

    def owner(self, day: date) -> HalfTermId | None:
        """The half term that owns `day` (rule 3, without moved deadlines); None outside every configured year."""
        started = self.latest_started(day)
        return started if started is not None and day <= self._dates[started].owns_to else None

    def extended_owner(self, day: date) -> HalfTermId | None:
        """An earlier half term whose moved deadline reaches past its own dates to `day` (rule 3), if any.

        Where several do, the latest of them.
        """
        for dates in reversed(self._dates.values()):
            if dates.owns_to < day and dates.deadline is not None and day <= dates.deadline:
                return dates.id
        return None

    def local_date(self, moment: datetime) -> date:
        """The school-local date of an aware moment.

        Raises:
            ValueError: a naive datetime.
        """
        return local_date(moment, self._calendar.timezone)

    def latest_started(self, day: date) -> HalfTermId | None:
        """The half term meant by a bare name or by "now": the last whose owned dates began by `day`."""
        count = bisect_right(self._owned_from, day)
        return self._ids[count - 1] if count else None

    def resolve(self, text: str, today: date) -> HalfTermId:
        """A half term from "2026-27/autumn-2", or from "autumn-2" alone (the latest started of that name).

        Raises:
            ValueError: unknown; the message lists those configured.
        """
        wanted = text.strip().casefold().replace(" ", "-")
        for half_term in reversed(self._dates):
            if wanted == str(half_term):
                return half_term
            if wanted == half_term.name and self._dates[half_term].owns_from <= today:
                return half_term
        known = ", ".join(str(half_term) for half_term in self._dates)
        started = " has not started by then" if wanted in HALF_TERM_NAMES else " is not in the calendar"
        raise ValueError(f'The half term "{text}"{started}: choose one of {known}.')

    def school_days_between(self, first: date, last: date) -> tuple[date, ...]:
        """The school days of `first`..`last`, both inclusive, in order."""
        return self._school_days[bisect_left(self._school_days, first) : bisect_right(self._school_days, last)]

    def year_end(self, academic_year: str) -> date:
        """The last day an academic year owns: no message outlives it (rule 5); KeyError when not configured."""
        return self._dates[self._years[academic_year][-1].id].owns_to

    def in_send_window(self, moment: datetime) -> bool:
        """Whether a staff message may leave now (rule 6).

        Raises:
            ValueError: a naive datetime.
        """
        local = local_time(moment, self._calendar.timezone)
        return self.is_school_day(local.date()) and WINDOW_OPENS <= local.time() < WINDOW_CLOSES

    def next_send(self, moment: datetime) -> datetime | None:
        """`moment` if it is in the window, else the next opening, aware UTC; None when no school day is known any more.

        Raises:
            ValueError: a naive datetime.
        """
        if self.in_send_window(moment):
            return moment.astimezone(UTC)
        local = local_time(moment, self._calendar.timezone)
        earliest = local.date() if local.time() < WINDOW_OPENS else local.date() + _ONE_DAY
        position = bisect_left(self._school_days, earliest)
        return self._at(self._school_days[position], WINDOW_OPENS) if position < len(self._school_days) else None

    def end_of_day(self, day: date) -> datetime:
        """23:59:59 local of `day`, as aware UTC: an entry recorded up to and including it is on time (rule 14)."""
        return self._at(day, _LAST_SECOND)

    def _at(self, day: date, wall_time: time) -> datetime:
        return datetime.combine(day, wall_time, self._calendar.timezone).astimezone(UTC)

    def _work_out(self, half_term: HalfTerm) -> HalfTermDates:
        year = self._years[half_term.id.year]
        due = deadline(half_term, year, self._calendar)
        own_days = self._own_days[half_term.id]
        year_days = [day for each in year for day in self._own_days[each.id]]
        hanging = occasions(due.day, half_term, year_days, own_days) if due.day is not None else None
        return HalfTermDates(
            id=half_term.id,
            owns_from=self._owns_from(half_term),
            owns_to=self._owns_to(half_term),
            school_days=own_days,
            deadline=due.day,
            reminder_1=hanging.reminder_1 if hanging else None,
            reminder_2=hanging.reminder_2 if hanging else None,
            report=hanging.report if hanging else None,
            closing=hanging.closing if hanging else None,
            not_assessed=due.not_assessed,
        )

    def _owns_from(self, half_term: HalfTerm) -> date:
        return self._year_start(half_term.id.year) if half_term.id.index == 0 else half_term.start

    def _owns_to(self, half_term: HalfTerm) -> date:
        year = self._years[half_term.id.year]
        following = half_term.id.index + 1
        if following < len(year):
            return year[following].start - _ONE_DAY
        return self._year_start(academic_year_named(first_year(half_term.id.year) + 1)) - _ONE_DAY

    def _year_start(self, academic_year: str) -> date:
        start = self._calendar.year_starts.get(academic_year, default_year_start(academic_year))
        # A first half term that begins in the last days of August must own its own days.
        half_terms = self._years.get(academic_year)
        return min(start, half_terms[0].start) if half_terms else start

    def _total_warning(self, academic_year: str) -> str | None:
        total = sum(len(planned_school_days(each, self._calendar)) for each in self._years[academic_year])
        if YEAR_SCHOOL_DAYS_LEAST <= total <= YEAR_SCHOOL_DAYS_MOST:
            return None
        return (
            f"The academic year {academic_year} totals {total} school days, outside {YEAR_SCHOOL_DAYS_LEAST} to "
            f"{YEAR_SCHOOL_DAYS_MOST}: check its half terms, INSET days and closed days."
        )

    def _next_year_warning(self, today: date) -> str | None:
        last_year = max(self._years)
        days = [day for each in self._years[last_year] for day in self._own_days[each.id]]
        left = len(days) - bisect_right(days, today)
        if left > NEXT_YEAR_WARNING_SCHOOL_DAYS:
            return None
        following = academic_year_named(first_year(last_year) + 1)
        return (
            f"The calendar ends with {last_year} (school days left: {left}): add the half terms of {following}, "
            "or no compliance can be computed then."
        )


def _by_year(half_terms: tuple[HalfTerm, ...]) -> dict[str, tuple[HalfTerm, ...]]:
    years: dict[str, tuple[HalfTerm, ...]] = {}
    for half_term in half_terms:
        years[half_term.id.year] = (*years.get(half_term.id.year, ()), half_term)
    return years
