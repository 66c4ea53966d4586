"""Who owns a date, when may a message leave, and which calendars are refused (DOMAIN rules 1-3 and 6)?"""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.bank_holidays import england_bank_holidays
from sims_sync.demo.calendar import five_week_summer_calendar, reference_calendar, two_week_october_calendar
from sims_sync.school_year import Calendar, CalendarRefused, Closure, HalfTerm, HalfTermId, SchoolYear

LONDON = ZoneInfo("Europe/London")
CALENDARS = (reference_calendar(), two_week_october_calendar(), five_week_summer_calendar())
AUTUMN_1, AUTUMN_2, SPRING_1, SPRING_2, SUMMER_1, SUMMER_2 = (HalfTermId("2026-27", index) for index in range(6))
MOMENTS = st.datetimes(datetime(2026, 8, 1), datetime(2027, 9, 30), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive


def with_half_term(index: int, start: date, end: date, year: str = "2026-27") -> Calendar:
    calendar = reference_calendar()
    half_terms = list(calendar.half_terms)
    half_terms[index] = HalfTerm(HalfTermId(year, index), start, end)
    return replace(calendar, half_terms=tuple(half_terms))


def two_years() -> Calendar:
    calendar = reference_calendar()
    a_year = timedelta(days=364)
    following = tuple(
        HalfTerm(HalfTermId("2027-28", each.id.index), each.start + a_year, each.end + a_year)
        for each in calendar.half_terms
    )
    return replace(calendar, half_terms=calendar.half_terms + following)


def test_half_term_ids_read_as_they_are_written() -> None:
    half_term = HalfTermId.parse("2026-27/autumn-2")
    assert (half_term.year, half_term.index, half_term.shown) == ("2026-27", 1, "Autumn 2")
    assert str(half_term) == "2026-27/autumn-2"
    assert HalfTermId.parse("1999-00/summer-2") < half_term


@pytest.mark.parametrize("text", ["", "autumn-2", "2026-27", "2026-28/autumn-2", "2026-27/autumn-3", "26-27/autumn-1"])
def test_other_texts_are_no_half_term_ids(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 2026-27"):
        HalfTermId.parse(text)


@pytest.mark.parametrize("calendar", CALENDARS)
def test_the_demo_calendars_total_190_school_days(calendar: Calendar) -> None:
    school_year = SchoolYear(calendar)
    assert sum(len(school_year.dates(half_term).school_days) for half_term in school_year.ids()) == 190
    assert school_year.warnings() == ()


@pytest.mark.parametrize(
    ("day", "owner"),
    [
        (date(2026, 8, 31), None),
        (date(2026, 9, 1), AUTUMN_1),
        (date(2026, 10, 29), AUTUMN_1),
        (date(2026, 11, 1), AUTUMN_1),
        (date(2026, 11, 2), AUTUMN_2),
        (date(2027, 1, 3), AUTUMN_2),
        (date(2027, 1, 4), SPRING_1),
        (date(2027, 2, 21), SPRING_1),
        (date(2027, 4, 11), SPRING_2),
        (date(2027, 5, 3), SUMMER_1),
        (date(2027, 8, 31), SUMMER_2),
        (date(2027, 9, 1), None),
    ],
)
def test_a_half_term_owns_its_dates_to_the_eve_of_the_next(day: date, owner: HalfTermId | None) -> None:
    assert SchoolYear(reference_calendar()).owner(day) == owner


def test_a_year_may_start_in_august() -> None:
    school_year = SchoolYear(five_week_summer_calendar())
    assert school_year.owner(date(2026, 8, 23)) is None
    assert school_year.owner(date(2026, 8, 24)) == AUTUMN_1
    assert school_year.owner(date(2027, 8, 30)) == SUMMER_2
    assert school_year.owner(date(2027, 8, 31)) is None


def test_a_first_half_term_before_september_owns_its_own_days() -> None:
    school_year = SchoolYear(with_half_term(0, date(2026, 8, 27), date(2026, 10, 23)))
    assert school_year.owner(date(2026, 8, 27)) == AUTUMN_1
    assert school_year.owner(date(2026, 8, 26)) is None


@given(days=st.integers(0, 364 * 2 + 1))
def test_each_date_of_the_years_has_exactly_one_owner(days: int) -> None:
    school_year = SchoolYear(two_years())
    day = date(2026, 9, 1) + timedelta(days=days)
    owners = [
        half_term
        for half_term in school_year.ids()
        if school_year.dates(half_term).owns_from <= day <= school_year.dates(half_term).owns_to
    ]
    assert owners == [school_year.owner(day)]


def test_a_bare_name_means_the_latest_started() -> None:
    school_year = SchoolYear(two_years())
    assert school_year.resolve("autumn-2", date(2027, 9, 10)) == AUTUMN_2
    assert school_year.resolve("autumn-2", date(2027, 12, 1)) == HalfTermId("2027-28", 1)
    assert school_year.resolve("Autumn 2", date(2027, 9, 10)) == AUTUMN_2
    assert school_year.resolve("2027-28/summer-1", date(2026, 9, 10)) == HalfTermId("2027-28", 4)
    assert school_year.latest_started(date(2026, 11, 1)) == AUTUMN_1
    assert school_year.latest_started(date(2026, 8, 1)) is None


@pytest.mark.parametrize("text", ["spring-1", "winter-1", "2030-31/autumn-1"])
def test_an_unknown_half_term_is_answered_with_those_configured(text: str) -> None:
    with pytest.raises(ValueError, match="2026-27/autumn-1, 2026-27/autumn-2"):
        SchoolYear(reference_calendar()).resolve(text, date(2026, 10, 1))


def test_dates_of_an_unconfigured_half_term_are_unknown() -> None:
    with pytest.raises(KeyError):
        SchoolYear(reference_calendar()).dates(HalfTermId("2027-28", 0))


def test_inset_bank_holidays_weekends_and_closures_are_no_school_days() -> None:
    snow = Closure(date(2027, 1, 6), "snow", datetime(2027, 1, 6, 6, tzinfo=UTC))
    calendar = replace(reference_calendar(), closures=(snow,), other_closed_days=frozenset({date(2027, 1, 7)}))
    school_year = SchoolYear(calendar)
    for day in (4, 6, 7, 9, 10):
        assert not school_year.is_school_day(date(2027, 1, day))
    assert not school_year.is_school_day(date(2027, 5, 3))
    assert school_year.school_days_between(date(2027, 1, 1), date(2027, 1, 11)) == (
        date(2027, 1, 5),
        date(2027, 1, 8),
        date(2027, 1, 11),
    )


def test_englands_bank_holidays_hold_easter_and_substitute_days() -> None:
    found = england_bank_holidays((2026, 2027))
    assert {date(2027, 3, 26), date(2027, 3, 29), date(2027, 5, 3), date(2026, 12, 28), date(2027, 12, 27)} <= found
    assert date(2027, 3, 17) not in found


# Rule 2


def refusal(calendar: Calendar) -> str:
    with pytest.raises(CalendarRefused) as caught:
        SchoolYear(calendar)
    assert all(problem.endswith(".") for problem in caught.value.problems)
    return str(caught.value)


def test_overlapping_half_terms_are_refused() -> None:
    assert "2026-27/autumn-1 (to Mon 2 Nov 2026) and 2026-27/autumn-2 (from Mon 2 Nov 2026) overlap" in refusal(
        with_half_term(0, date(2026, 9, 1), date(2026, 11, 2))
    )


def test_a_missing_half_term_is_refused_by_name() -> None:
    calendar = reference_calendar()
    assert "2026-27 lacks spring-2" in refusal(
        replace(calendar, half_terms=tuple(each for each in calendar.half_terms if each.id != SPRING_2))
    )


def test_a_calendar_without_half_terms_is_refused() -> None:
    assert "no half terms" in refusal(Calendar(half_terms=()))


def test_a_half_term_given_twice_is_refused() -> None:
    calendar = reference_calendar()
    assert "2026-27/autumn-1 occurs 2 times" in refusal(
        replace(calendar, half_terms=(*calendar.half_terms, calendar.half_terms[0]))
    )


def test_a_half_term_with_nine_school_days_is_refused_and_one_with_ten_is_not() -> None:
    assert "2026-27/spring-2 has 9 school days" in refusal(with_half_term(3, date(2027, 2, 22), date(2027, 3, 4)))
    SchoolYear(with_half_term(3, date(2027, 2, 22), date(2027, 3, 5)))


def test_closures_refuse_no_calendar() -> None:
    start = date(2027, 2, 22)
    snow = [Closure(start + timedelta(days=offset), "snow", datetime(2027, 2, 22, tzinfo=UTC)) for offset in range(28)]
    assert SchoolYear(replace(reference_calendar(), closures=tuple(snow))).warnings() == ()


def test_every_problem_is_told_at_once() -> None:
    calendar = with_half_term(0, date(2026, 11, 1), date(2026, 10, 1))
    half_terms = tuple(each for each in calendar.half_terms if each.id != SUMMER_2)
    told = refusal(replace(calendar, half_terms=half_terms, deadline_days_before_end=-1))
    assert "ends before it starts" in told
    assert "lacks summer-2" in told
    assert "deadline_days_before_end" in told


def test_dates_of_another_year_are_refused() -> None:
    assert "2026-27/autumn-1 lies outside its academic year" in refusal(
        with_half_term(0, date(2025, 9, 1), date(2025, 10, 23))
    )


def test_an_unreadable_year_is_refused() -> None:
    assert '"2026-29" is not an academic year' in refusal(
        with_half_term(0, date(2026, 9, 1), date(2026, 10, 23), year="2026-29")
    )


def test_a_year_that_starts_inside_its_half_terms_is_refused() -> None:
    assert "correct year_starts" in refusal(replace(reference_calendar(), year_starts={"2026-27": date(2026, 9, 7)}))
    assert "before 2026-27/summer-2 ends" in refusal(
        replace(reference_calendar(), year_starts={"2027-28": date(2027, 7, 19)})
    )


def test_naive_times_are_refused() -> None:
    naive = datetime(2027, 1, 6, 6)  # noqa: DTZ001 - what the test is about
    assert "without a time zone" in refusal(
        replace(reference_calendar(), closures=(Closure(date(2027, 1, 6), "snow", naive),))
    )
    school_year = SchoolYear(reference_calendar())
    for question in (school_year.local_date, school_year.in_send_window, school_year.next_send):
        with pytest.raises(ValueError, match="time zone"):
            question(naive)


def test_a_year_of_184_or_196_school_days_warns() -> None:
    longer = SchoolYear(with_half_term(5, date(2027, 6, 7), date(2027, 7, 28)))
    shorter = SchoolYear(with_half_term(5, date(2027, 6, 7), date(2027, 7, 12)))
    assert "totals 196 school days" in longer.warnings()[0]
    assert "totals 184 school days" in shorter.warnings()[0]


def test_a_missing_next_year_warns_from_twenty_school_days_before_the_end() -> None:
    school_year = SchoolYear(reference_calendar())
    twenty_left = school_year.school_days_between(date(2027, 6, 1), date(2027, 8, 1))[-21]
    assert school_year.warnings(twenty_left - timedelta(days=1)) == ()
    assert "add the half terms of 2027-28" in school_year.warnings(twenty_left)[0]
    assert school_year.warnings(date(2027, 8, 20)) != ()
    assert SchoolYear(two_years()).warnings(twenty_left) == ()


# Rule 6


def test_a_message_of_friday_evening_before_half_term_waits_for_the_first_school_day() -> None:
    produced = datetime(2026, 10, 23, 17, 5, tzinfo=LONDON)
    assert SchoolYear(reference_calendar()).next_send(produced) == datetime(2026, 11, 3, 7, 30, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        (datetime(2026, 9, 10, 6, 29, 59, tzinfo=UTC), False),
        (datetime(2026, 9, 10, 6, 30, tzinfo=UTC), True),
        (datetime(2026, 9, 10, 15, 59, 59, 999999, tzinfo=UTC), True),
        (datetime(2026, 9, 10, 16, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 10, 7, 29, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 10, 7, 30, tzinfo=UTC), True),
        (datetime(2026, 11, 10, 16, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 10, 17, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 14, 12, 0, tzinfo=UTC), False),
    ],
)
def test_the_window_follows_the_schools_wall_clock(moment: datetime, inside: bool) -> None:
    assert SchoolYear(reference_calendar()).in_send_window(moment) is inside


def test_nothing_can_be_sent_after_the_last_known_school_day() -> None:
    school_year = SchoolYear(reference_calendar())
    assert school_year.next_send(datetime(2027, 7, 20, 16, tzinfo=UTC)) is None
    assert school_year.next_send(datetime(2027, 7, 20, 6, tzinfo=UTC)) == datetime(2027, 7, 20, 6, 30, tzinfo=UTC)


@given(calendar=st.sampled_from(CALENDARS), moment=MOMENTS)
def test_the_next_send_is_the_first_moment_of_a_school_days_window(calendar: Calendar, moment: datetime) -> None:
    school_year = SchoolYear(calendar)
    found = school_year.next_send(moment)
    later_days = school_year.school_days_between(school_year.local_date(moment) + timedelta(days=1), date(2028, 1, 1))
    if found is None:
        assert not later_days
        return
    assert found.tzinfo is UTC
    assert found >= moment
    assert school_year.in_send_window(found)
    assert school_year.next_send(found) == found
    if found != moment:
        day = school_year.local_date(found)
        assert found.astimezone(LONDON).time() == time(7, 30)
        assert [each for each in later_days if each < day] == []


@given(day=st.dates(date(2026, 9, 1), date(2027, 8, 31)), minute=st.integers(0, 24 * 60 - 1))
def test_the_clock_change_moves_no_date(day: date, minute: int) -> None:
    wall = datetime.combine(day, time(minute // 60, minute % 60), LONDON)
    school_year = SchoolYear(reference_calendar())
    local = school_year.local_date(wall.astimezone(UTC))
    assert local == day
    assert wall.astimezone(UTC) <= school_year.end_of_day(day)


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 10, 24), datetime(2026, 10, 24, 22, 59, 59, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 25, 23, 59, 59, tzinfo=UTC)),
        (date(2027, 3, 27), datetime(2027, 3, 27, 23, 59, 59, tzinfo=UTC)),
        (date(2027, 3, 28), datetime(2027, 3, 28, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_day_ends_by_the_schools_clock(day: date, end: datetime) -> None:
    assert SchoolYear(reference_calendar()).end_of_day(day) == end
