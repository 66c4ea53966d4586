"""When each job is due: school-local, once per due time, whatever the clocks do (DESIGN §7, P7)."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.schedule import kept_free_until, newest_due, next_due, trigger_of
from tests.sims_sync.builders import LONDON, at

ZONE = "Europe/London"
AUTUMN_CHANGE, SPRING_CHANGE = "2026-10-25", "2027-03-28"


def due_times(schedule: str, first: str, last: str) -> list[datetime]:
    """Every due time from `first` up to `last`, aware UTC."""
    trigger, moment, found = trigger_of(schedule, ZONE), at(first), []
    while (upcoming := next_due(trigger, moment)) is not None and upcoming <= at(last):
        found.append(upcoming)
        moment = upcoming
    return found


@pytest.mark.parametrize("change", [AUTUMN_CHANGE, SPRING_CHANGE])
@pytest.mark.parametrize(
    ("schedule", "clock"), [("0 30 2 * * *", "02:30"), ("0 30 7 * * *", "07:30"), ("0 5 0 * * *", "00:05")]
)
def test_a_daily_time_comes_once_a_day_at_its_local_time_over_a_clock_change(
    change: str, schedule: str, clock: str
) -> None:
    day = datetime.fromisoformat(change).date()
    days = [day + timedelta(days=number) for number in range(-2, 3)]
    found = due_times(schedule, f"{days[0]} 00:00", f"{days[-1]} 23:59")
    assert [moment.astimezone(LONDON).date() for moment in found] == days
    assert {f"{moment.astimezone(LONDON):%H:%M}" for moment in found} == {clock}


@pytest.mark.parametrize("change", [AUTUMN_CHANGE, SPRING_CHANGE])
@pytest.mark.parametrize(("hours", "apart"), [("*", 1), ("*/2", 2)])
def test_hours_with_a_star_are_counted_in_utc_and_never_skip_or_repeat(change: str, hours: str, apart: int) -> None:
    found = due_times(f"0 0 {hours} * * *", f"{change} 00:00", f"{change} 23:59")
    gaps = {later - earlier for earlier, later in pairwise(found)}
    assert gaps == {timedelta(hours=apart)}


def test_only_working_days_where_the_line_says_so() -> None:
    found = due_times("0 30 7 * * mon-fri", "2026-12-14 00:00", "2026-12-20 23:59")
    assert [f"{moment:%a}" for moment in found] == ["Mon", "Tue", "Wed", "Thu", "Fri"]


@given(
    minutes=st.integers(0, 60 * 24 * 30),
    length=st.integers(0, 60 * 24 * 30),
)
def test_the_newest_due_time_is_the_last_one_in_the_span(minutes: int, length: int) -> None:
    trigger = trigger_of("0 0 6 * * *", ZONE)
    after = at("2026-10-10 00:00") + timedelta(minutes=minutes)
    until = after + timedelta(minutes=length)
    found = newest_due(trigger, after, until)
    upcoming = next_due(trigger, after)
    assert upcoming is not None
    if found is None:
        assert upcoming > until
        return
    assert after < found <= until
    following = next_due(trigger, found)
    assert following is not None
    assert following > until


def test_after_years_away_the_newest_due_time_is_found_at_once() -> None:
    assert newest_due(trigger_of("* * * * * *", ZONE), at("2020-01-01"), at("2026-12-14 06:00")) == at(
        "2026-12-14 06:00"
    )
    yearly = trigger_of("0 0 6 1 9 *", ZONE)
    assert newest_due(yearly, at("2020-01-01"), at("2026-08-31")) == at("2025-09-01 06:00")
    assert newest_due(yearly, at("2026-09-02"), at("2027-08-31")) is None


@pytest.mark.parametrize(
    ("moment", "ends"),
    [
        ("2026-12-14 01:59", None),
        ("2026-12-14 02:00", "2026-12-14 04:30"),
        ("2026-12-14 04:29", "2026-12-14 04:30"),
        ("2026-12-14 04:30", None),
        ("2026-12-14 23:00", "2026-12-15 00:15"),
        ("2026-12-14 00:10", "2026-12-14 00:15"),
        ("2026-03-29 02:10", "2026-03-29 04:30"),  # the clocks go forward
        ("2026-10-25 03:00", "2026-10-25 04:30"),  # and back
    ],
)
def test_hours_kept_free_are_school_local_also_over_midnight(moment: str, ends: str | None) -> None:
    found = kept_free_until(["02:00-04:30", "22:45-00:15"], at(moment), LONDON)
    assert found == (at(ends) if ends else None)


def test_windows_that_touch_are_one() -> None:
    windows = ["04:30-06:00", "02:00-04:30", "05:00-07:00"]
    assert kept_free_until(windows, at("2026-12-14 03:00"), LONDON) == at("2026-12-14 07:00")
