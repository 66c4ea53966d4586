"""Are deadlines, reminders and reports those of DOMAIN rules 4 and 5?"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.demo.calendar import five_week_summer_calendar, reference_calendar, two_week_october_calendar
from sims_sync.school_year import Calendar, Closure, HalfTermId, SchoolYear

IN_SPRING = datetime(2027, 1, 20, 9, tzinfo=UTC)
IN_SUMMER = datetime(2027, 6, 20, 9, tzinfo=UTC)
BEFORE_THE_YEAR = datetime(2026, 7, 1, 9, tzinfo=UTC)
CALENDARS = (reference_calendar(), two_week_october_calendar(), five_week_summer_calendar())
SPRING_1 = HalfTermId("2026-27", 2)
SUMMER_2 = HalfTermId("2026-27", 5)


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def closed(calendar: Calendar, closed_days: Iterable[date], entered: datetime = IN_SPRING) -> Calendar:
    closures = tuple(Closure(day, "snow", entered) for day in closed_days)
    return replace(calendar, closures=(*calendar.closures, *closures))


@pytest.mark.parametrize(
    ("name", "first", "last", "count", "reminder_1", "reminder_2", "deadline", "report"),
    [
        ("autumn-1", (2026, 9, 3), (2026, 10, 23), 37, (2026, 10, 6), (2026, 10, 15), (2026, 10, 20), (2026, 10, 21)),
        ("autumn-2", (2026, 11, 3), (2026, 12, 18), 34, (2026, 12, 1), (2026, 12, 10), (2026, 12, 15), (2026, 12, 16)),
        ("spring-1", (2027, 1, 5), (2027, 2, 12), 29, (2027, 1, 26), (2027, 2, 4), (2027, 2, 9), (2027, 2, 10)),
        ("spring-2", (2027, 2, 22), (2027, 3, 25), 24, (2027, 3, 8), (2027, 3, 17), (2027, 3, 22), (2027, 3, 23)),
        ("summer-1", (2027, 4, 12), (2027, 5, 28), 34, (2027, 5, 11), (2027, 5, 20), (2027, 5, 25), (2027, 5, 26)),
        ("summer-2", (2027, 6, 7), (2027, 7, 20), 32, (2027, 7, 1), (2027, 7, 12), (2027, 7, 15), (2027, 7, 16)),
    ],
)
def test_reference_calendar_gives_the_published_dates(
    name: str,
    first: tuple[int, int, int],
    last: tuple[int, int, int],
    count: int,
    reminder_1: tuple[int, int, int],
    reminder_2: tuple[int, int, int],
    deadline: tuple[int, int, int],
    report: tuple[int, int, int],
) -> None:
    dates = SchoolYear(reference_calendar()).dates(HalfTermId.parse(f"2026-27/{name}"))
    assert (dates.first_school_day, dates.last_school_day, len(dates.school_days)) == (date(*first), date(*last), count)
    assert (dates.reminder_1, dates.reminder_2) == (date(*reminder_1), date(*reminder_2))
    assert (dates.deadline, dates.report, dates.closing) == (date(*deadline), date(*report), date(*last))
    assert dates.not_assessed is None


@pytest.mark.parametrize("calendar", CALENDARS)
def test_a_deadline_without_closures_has_three_school_days_after_it(calendar: Calendar) -> None:
    school_year = SchoolYear(calendar)
    for half_term in school_year.ids():
        dates = school_year.dates(half_term)
        assert dates.deadline == dates.school_days[-4]


@pytest.mark.parametrize(
    ("first", "last", "deadline", "report"),
    [
        (date(2027, 2, 1), date(2027, 2, 2), date(2027, 2, 11), date(2027, 2, 12)),
        (date(2027, 2, 8), date(2027, 2, 10), date(2027, 2, 12), date(2027, 2, 22)),
        (date(2027, 2, 8), date(2027, 2, 12), date(2027, 2, 22), date(2027, 2, 23)),
    ],
)
def test_closures_move_the_spring_1_deadline_as_worked(first: date, last: date, deadline: date, report: date) -> None:
    dates = SchoolYear(closed(reference_calendar(), days(first, last))).dates(SPRING_1)
    assert (dates.deadline, dates.report) == (deadline, report)


def test_a_deadline_moved_into_the_next_half_term_closes_there_and_takes_its_dates() -> None:
    school_year = SchoolYear(closed(reference_calendar(), days(date(2027, 2, 8), date(2027, 2, 12))))
    assert school_year.dates(SPRING_1).closing == date(2027, 2, 22)
    assert school_year.extended_owner(date(2027, 2, 22)) == SPRING_1
    assert school_year.owner(date(2027, 2, 22)) == HalfTermId("2026-27", 3)
    assert school_year.extended_owner(date(2027, 2, 23)) is None
    assert school_year.extended_owner(date(2027, 2, 21)) is None


def test_closures_at_the_very_end_leave_a_deadline_without_a_report() -> None:
    dates = SchoolYear(closed(reference_calendar(), days(date(2027, 7, 12), date(2027, 7, 16)), IN_SUMMER)).dates(
        SUMMER_2
    )
    assert (dates.deadline, dates.report, dates.closing) == (date(2027, 7, 20), None, date(2027, 7, 20))


def test_a_half_term_closed_to_the_end_of_the_year_is_not_assessed() -> None:
    dates = SchoolYear(closed(reference_calendar(), days(date(2027, 7, 12), date(2027, 7, 20)), IN_SUMMER)).dates(
        SUMMER_2
    )
    assert dates.deadline is None
    assert dates.not_assessed == "No school day is left in the academic year for the deadline."
    assert (dates.reminder_1, dates.reminder_2, dates.report, dates.closing) == (None, None, None, None)


def test_a_half_term_with_nine_school_days_to_the_deadline_is_not_assessed() -> None:
    # 29 planned days, ordinal 26: of the 26 days up to 9 February only nine stay open.
    calendar = reference_calendar()
    open_days = SchoolYear(calendar).dates(SPRING_1).school_days
    nine_left = SchoolYear(closed(calendar, open_days[:20])).dates(SPRING_1)
    ten_left = SchoolYear(closed(calendar, open_days[:19])).dates(SPRING_1)
    assert nine_left.deadline is None
    assert nine_left.not_assessed == "Only 9 school days lead up to the deadline, fewer than 10."
    assert ten_left.deadline == date(2027, 2, 12)


def test_a_half_term_that_never_opens_is_not_assessed() -> None:
    closures = days(date(2027, 1, 5), date(2027, 2, 12))
    for entered in (BEFORE_THE_YEAR, IN_SPRING):
        dates = SchoolYear(closed(reference_calendar(), closures, entered)).dates(SPRING_1)
        assert dates.deadline is None
        assert dates.not_assessed
        assert dates.first_school_day is None
        assert dates.last_school_day is None


def test_the_first_reminder_is_skipped_where_fewer_than_fifteen_school_days_lead_to_the_deadline() -> None:
    calendar = reference_calendar()
    open_days = SchoolYear(calendar).dates(SPRING_1).school_days
    fifteen = SchoolYear(closed(calendar, open_days[:14])).dates(SPRING_1)
    fourteen = SchoolYear(closed(calendar, open_days[:15])).dates(SPRING_1)
    assert fifteen.reminder_1 == fifteen.school_days[4]
    assert fourteen.reminder_1 is None
    assert fourteen.reminder_2 == fourteen.school_days[-4]


def test_a_closure_known_on_the_first_school_day_is_part_of_the_announcement() -> None:
    # 9 February closed leaves 28 days: 8 February has three after it, and 10 February is the 26th.
    known = closed(reference_calendar(), [date(2027, 2, 9)], datetime(2027, 1, 5, 23, 30, tzinfo=UTC))
    later = closed(reference_calendar(), [date(2027, 2, 9)], datetime(2027, 1, 6, 0, 30, tzinfo=UTC))
    assert SchoolYear(known).dates(SPRING_1).deadline == date(2027, 2, 8)
    assert SchoolYear(later).dates(SPRING_1).deadline == date(2027, 2, 10)


def test_a_closure_is_known_by_its_school_local_date() -> None:
    # 23:30 UTC on 6 June is already 7 June in summer time, summer-2's first school day.
    last_second = closed(reference_calendar(), [date(2027, 7, 15)], datetime(2027, 6, 7, 22, 59, tzinfo=UTC))
    next_day = closed(reference_calendar(), [date(2027, 7, 15)], datetime(2027, 6, 7, 23, 0, tzinfo=UTC))
    assert SchoolYear(last_second).dates(SUMMER_2).deadline == date(2027, 7, 14)
    assert SchoolYear(next_day).dates(SUMMER_2).deadline == date(2027, 7, 16)


def test_a_first_school_day_lost_to_snow_announces_on_the_next_one() -> None:
    morning_of_the_5th, evening_of_the_6th = datetime(2027, 1, 5, 6, tzinfo=UTC), datetime(2027, 1, 6, 20, tzinfo=UTC)
    calendar = closed(reference_calendar(), [date(2027, 1, 5)], morning_of_the_5th)
    calendar = closed(calendar, [date(2027, 2, 9)], evening_of_the_6th)
    assert SchoolYear(calendar).dates(SPRING_1).deadline == date(2027, 2, 8)


def test_a_stored_announcement_is_authoritative() -> None:
    calendar = replace(reference_calendar(), announced={SPRING_1: date(2027, 2, 10)})
    assert SchoolYear(calendar).dates(SPRING_1).deadline == date(2027, 2, 10)
    # Ordinal 27 of 29; with two days gone the 27th is the last.
    moved = closed(calendar, [date(2027, 2, 1), date(2027, 2, 2)])
    assert SchoolYear(moved).dates(SPRING_1).deadline == date(2027, 2, 12)


def test_a_deadline_announced_after_a_closure_does_not_move_for_it_again() -> None:
    calendar = closed(reference_calendar(), [date(2027, 2, 1), date(2027, 2, 2)])
    installed = datetime(2027, 2, 3, 9, tzinfo=UTC)
    announced = SchoolYear(calendar).announcements(installed, SPRING_1)
    assert announced == {SPRING_1: date(2027, 2, 9)}
    stored = replace(calendar, announced=announced, announced_at={SPRING_1: installed})
    assert SchoolYear(stored).dates(SPRING_1).deadline == date(2027, 2, 9)
    assert SchoolYear(stored).announcements(installed, SPRING_1) == {}


def test_a_deadline_is_announced_from_the_first_school_day_and_not_before() -> None:
    school_year = SchoolYear(reference_calendar())
    starts_with = HalfTermId("2026-27", 0)
    assert school_year.announcements(datetime(2026, 9, 2, 12, tzinfo=UTC), starts_with) == {}
    assert school_year.announcements(datetime(2026, 9, 3, 0, tzinfo=UTC), starts_with) == {
        starts_with: date(2026, 10, 20)
    }


def test_a_closure_entered_after_the_deadline_snapshot_moves_no_deadline() -> None:
    calendar = replace(reference_calendar(), deadline_snapshots={SPRING_1: datetime(2027, 2, 10, 6, tzinfo=UTC)})
    calendar = closed(calendar, days(date(2027, 2, 1), date(2027, 2, 2)), datetime(2027, 2, 10, 7, tzinfo=UTC))
    assert SchoolYear(calendar).dates(SPRING_1).deadline == date(2027, 2, 9)


def test_a_closure_the_day_after_the_deadline_moves_only_the_report() -> None:
    calendar = closed(reference_calendar(), [date(2027, 2, 10)], datetime(2027, 2, 9, 18, tzinfo=UTC))
    dates = SchoolYear(calendar).dates(SPRING_1)
    assert (dates.deadline, dates.report) == (date(2027, 2, 9), date(2027, 2, 11))


_ENTERED = st.datetimes(datetime(2026, 8, 1), datetime(2027, 8, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
_CLOSURES = st.lists(
    st.builds(Closure, st.dates(date(2026, 8, 24), date(2027, 7, 31)), st.just("snow"), _ENTERED), max_size=60
)


@given(calendar=st.sampled_from(CALENDARS), closures=_CLOSURES)
def test_a_deadline_is_a_school_day_not_before_the_announced_one(calendar: Calendar, closures: list[Closure]) -> None:
    with_closures = SchoolYear(replace(calendar, closures=tuple(closures)))
    for half_term in with_closures.ids():
        announced = deadline_announced(calendar, closures, half_term)
        dates = with_closures.dates(half_term)
        if dates.deadline is None:
            assert dates.not_assessed
            continue
        assert with_closures.is_school_day(dates.deadline)
        assert announced is not None
        assert dates.deadline >= announced
        assert len(with_closures.school_days_between(dates.owns_from, dates.deadline)) >= 10


@given(calendar=st.sampled_from(CALENDARS), closures=_CLOSURES)
def test_everything_that_hangs_on_a_deadline_is_a_school_day_in_order(
    calendar: Calendar, closures: list[Closure]
) -> None:
    school_year = SchoolYear(replace(calendar, closures=tuple(closures)))
    for half_term in school_year.ids():
        dates = school_year.dates(half_term)
        in_order = [day for day in (dates.reminder_1, dates.reminder_2, dates.deadline, dates.report) if day]
        assert in_order == sorted(set(in_order))
        assert all(school_year.is_school_day(day) for day in in_order)
        if dates.deadline and dates.last_school_day:
            assert dates.closing == max(dates.deadline, dates.last_school_day)
        if dates.report:
            assert dates.report <= school_year.year_end(half_term.year)


@given(closures=_CLOSURES, announced=st.dates(date(2027, 1, 5), date(2027, 2, 12)))
def test_a_stored_announcement_never_moves_earlier(closures: list[Closure], announced: date) -> None:
    calendar = replace(reference_calendar(), closures=tuple(closures), announced={SPRING_1: announced})
    deadline = SchoolYear(calendar).dates(SPRING_1).deadline
    assert deadline is None or deadline >= announced


@given(
    calendar=st.sampled_from(CALENDARS),
    installed=st.datetimes(datetime(2026, 8, 24), datetime(2027, 8, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
    starts_with=st.integers(0, 5),
)
def test_nothing_is_announced_before_the_programme_on_any_day_of_installation(
    calendar: Calendar, installed: datetime, starts_with: int
) -> None:
    school_year = SchoolYear(calendar)
    first = HalfTermId("2026-27", starts_with)
    assert all(half_term >= first for half_term in school_year.announcements(installed, first))
    assert school_year.ids_from(first) == school_year.ids()[starts_with:]


def deadline_announced(calendar: Calendar, closures: list[Closure], half_term: HalfTermId) -> date | None:
    """The deadline as announced: that of the closures entered by the first day on which students came."""
    zone = calendar.timezone
    for day in SchoolYear(calendar).dates(half_term).school_days:
        known = tuple(each for each in closures if each.entered.astimezone(zone).date() <= day)
        if day not in {each.day for each in known}:
            open_days = SchoolYear(replace(calendar, closures=known)).dates(half_term).school_days
            return open_days[-4] if len(open_days) > 3 else None
    return None
