"""What a service runs as time goes on: each due time once, missed ones once, whatever the clock does (P7)."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from sims_sync.config import JobSection, ServiceSection
from sims_sync.outcome import Ending
from sims_sync.school_year import Closure
from sims_sync.store.decisions import add_closure
from sims_sync.store.runs import lease_owner, take_lease
from tests.sims_sync.builders import LONDON, World, at
from tests.sims_sync.service.watch import JOB, Watch, claimed_by, dead_process, parent_process

AUTUMN_CHANGE, SPRING_CHANGE = "2026-10-25", "2027-03-28"


def test_nothing_is_due_before_the_service_was_ever_started(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.start("2026-12-14 12:00")
    assert watch.wake("2026-12-14 12:00") == []
    assert watch.wake("2026-12-15 05:59") == []


def test_a_due_time_runs_once(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.start("2026-12-14 12:00")
    assert watch.wake("2026-12-15 06:00") == [JOB]
    assert watch.wake("2026-12-15 06:01") == []
    assert watch.wake("2026-12-16 06:00") == [JOB]
    assert [report.outcome.ending for report in watch.seen] == [Ending.DONE, Ending.DONE]


def test_due_times_missed_while_the_service_was_down_run_once_after_its_start(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.start("2026-12-14 12:00")
    assert watch.wake("2026-12-15 06:00") == [JOB]
    watch.start("2026-12-21 09:00")  # a reboot later: no new baseline
    assert watch.wake("2026-12-21 09:00") == [JOB]
    assert watch.wake("2026-12-21 09:01") == []
    assert watch.slots()[-1] == at("2026-12-21 06:00")


@pytest.mark.parametrize("change", [AUTUMN_CHANGE, SPRING_CHANGE])
def test_every_day_around_a_clock_change_has_one_run(change: str, sqlite_world: World) -> None:
    watch = Watch(sqlite_world, "0 30 2 * * *")
    midnight = at(f"{change} 00:00") - timedelta(days=1)
    watch.start(f"{midnight.astimezone(LONDON):%Y-%m-%d %H:%M}")
    ran = []
    for half_hours in range(1, 48 * 3):
        moment = (midnight + timedelta(minutes=30 * half_hours)).astimezone(LONDON)
        ran += watch.wake(f"{moment:%Y-%m-%d %H:%M}") if moment.fold == 0 else []
    assert len(ran) == 3


def test_a_due_time_that_another_process_claimed_is_left_to_it(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.start("2026-12-14 12:00")
    claimed_by(sqlite_world, parent_process())
    assert watch.wake("2026-12-15 06:00") == []
    assert watch.state("2026-12-15 06:00") == "claimed"


def test_a_due_time_that_finds_the_school_busy_is_tried_again(world: World) -> None:
    watch = Watch(world)
    watch.start("2026-12-14 12:00")
    with world.store.writing() as connection:
        take_lease(connection, world.id, "theirs", "pull_entries", at("2026-12-15 05:59"))
    service = watch.service("2026-12-15 06:00")
    assert service.run_due() == []
    assert service.found_busy() == [world.id]
    with world.store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM lease")
    assert watch.wake("2026-12-15 06:01") == [JOB]
    assert watch.wake("2026-12-15 06:02") == []


def test_jobs_due_together_run_in_the_order_of_the_cycle(sqlite_world: World) -> None:
    watch = Watch(sqlite_world, report_compliance="0 0 6 * * *", pull_entries="0 0 6 * * *")
    watch.start("2026-12-14 12:00")
    assert watch.wake("2026-12-15 06:00") == [JOB, "pull_entries", "report_compliance"]


def test_a_job_that_is_switched_off_never_runs(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.jobs[JOB] = JobSection(schedule="0 0 6 * * *", enabled=False)
    watch.start("2026-12-14 12:00")
    assert watch.wake("2026-12-15 06:00") == []


def test_a_service_that_was_asked_to_stop_begins_nothing(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.start("2026-12-14 12:00")
    service = watch.service("2026-12-15 06:00")
    service.stop()
    assert service.run_due() == []
    assert watch.wake("2026-12-15 06:00") == [JOB]


def test_a_due_time_whose_process_died_is_taken_over(world: World) -> None:
    watch = Watch(world)
    watch.start("2026-12-14 12:00")
    claimed_by(world, dead_process())
    assert watch.wake("2026-12-15 06:01") == [JOB]
    assert watch.state("2026-12-15 06:00") == "done"
    assert watch.wake("2026-12-15 06:02") == []


def test_where_a_later_one_is_due_by_then_that_one_runs_and_the_first_is_missed(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.start("2026-12-14 12:00")
    claimed_by(sqlite_world, dead_process())
    assert watch.wake("2026-12-17 09:00") == [JOB]
    assert watch.state("2026-12-15 06:00") == "missed"
    assert watch.slots()[-1] == at("2026-12-17 06:00")


def test_a_due_time_whose_process_died_three_times_is_given_up_and_told(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.start("2026-12-14 12:00")
    claimed_by(sqlite_world, dead_process(), attempts=2)
    assert watch.wake("2026-12-15 06:01") == [JOB]  # its third try
    claimed_by(sqlite_world, dead_process(), "2026-12-16 06:00", attempts=3)
    (report,) = watch.service("2026-12-16 06:01").run_due()
    assert [problem.code for problem in report.outcome.problems] == ["given-up"]
    assert "3 times" in report.outcome.problems[0].what
    assert watch.state("2026-12-16 06:00") == "given-up"
    assert watch.wake("2026-12-16 06:02") == []
    assert watch.wake("2026-12-17 06:00") == [JOB]


def test_what_this_process_could_not_settle_is_done_again(sqlite_world: World) -> None:
    """The store was gone when its run ended."""
    watch = Watch(sqlite_world)
    watch.start("2026-12-14 12:00")
    claimed_by(sqlite_world, lease_owner())
    assert watch.wake("2026-12-15 06:01") == [JOB]


def test_while_one_job_runs_elsewhere_the_schools_others_wait_unclaimed(sqlite_world: World) -> None:
    watch = Watch(sqlite_world, pull_entries="0 0 6 * * *")
    watch.start("2026-12-14 12:00")
    claimed_by(sqlite_world, parent_process())
    with sqlite_world.store.writing() as connection:
        take_lease(connection, sqlite_world.id, "theirs", JOB, at("2026-12-15 06:00"))
    assert watch.wake("2026-12-15 06:00") == []
    assert watch.state("2026-12-15 06:00", "pull_entries") is None


def test_after_weeks_away_everything_missed_runs_once_in_the_order_of_the_cycle(sqlite_world: World) -> None:
    watch = Watch(
        sqlite_world, report_compliance="0 30 7 * * *", pull_entries="0 */5 * * * *", push_targets="0 0 7 * * *"
    )
    watch.start("2026-12-14 12:00")
    assert watch.wake("2027-01-07 09:00") == [JOB, "pull_entries", "push_targets", "report_compliance"]
    assert watch.wake("2027-01-07 09:01") == []


def test_a_clock_that_went_back_runs_nothing_twice(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.start("2026-12-14 12:00")
    assert watch.wake("2026-12-15 06:00") == [JOB]
    for moment in ("2026-12-15 05:59", "2026-12-14 20:00", "2026-12-15 06:00", "2026-12-15 07:00"):
        assert watch.wake(moment) == []
    assert watch.wake("2026-12-16 06:00") == [JOB]


def test_a_clock_that_ran_a_month_ahead_blocks_nothing_once_it_is_put_right(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.start("2026-12-14 12:00")
    assert watch.wake("2027-01-20 09:00") == [JOB]
    watch.start("2026-12-15 05:00")
    assert watch.wake("2026-12-15 06:00") == [JOB]
    assert watch.wake("2027-01-20 06:00") == [JOB]


def test_a_week_forward_runs_what_was_missed_once(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.start("2026-12-14 12:00")
    assert [watch.wake(when) for when in ("2026-12-21 12:00", "2026-12-21 12:01")] == [[JOB], []]


def test_in_hours_kept_free_nothing_begins_and_after_them_it_runs_once(sqlite_world: World) -> None:
    watch = Watch(sqlite_world, "0 */15 * * * *")
    watch.section = ServiceSection(blackouts=("02:00-04:30",))
    watch.start("2026-12-15 01:58")
    assert watch.wake("2026-12-15 02:00") == []
    assert watch.wake("2026-12-15 04:29") == []
    assert watch.wake("2026-12-15 04:30") == [JOB]
    assert watch.wake("2026-12-15 04:31") == []
    assert [f"{due:%H:%M}" for due in watch.slots()[1:]] == ["04:30"]


def test_a_schools_own_hours_count_beside_the_services(sqlite_world: World) -> None:
    school = sqlite_world.school.school.model_copy(update={"blackouts": ("05:30-06:30",)})
    watch = Watch(sqlite_world.with_school(school=school))
    watch.start("2026-12-14 12:00")
    assert watch.wake("2026-12-15 06:00") == []
    assert watch.wake("2026-12-15 06:30") == [JOB]


def test_on_a_day_without_school_a_job_for_school_days_is_left_out_and_not_made_up_for(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.jobs[JOB] = JobSection(schedule="0 0 6 * * *", school_days_only=True)
    watch.start("2026-12-17 12:00")
    assert watch.wake("2026-12-18 06:00") == [JOB]  # the last day of the half term
    with capture_logs() as logged:
        assert watch.wake("2026-12-19 06:00") == []
    assert [(entry["event"], entry["reason"]) for entry in logged] == [("not run", "no school day")]
    assert watch.state("2026-12-19 06:00") == "skipped"
    assert watch.wake("2027-01-04 06:00") == []  # INSET
    assert watch.wake("2027-01-05 05:59") == []
    assert watch.wake("2027-01-05 06:00") == [JOB]


def test_a_closure_is_no_school_day(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.jobs[JOB] = JobSection(schedule="0 0 6 * * *", school_days_only=True)
    watch.start("2026-12-09 12:00")
    with sqlite_world.store.writing() as connection:
        day = at("2026-12-10").date()
        add_closure(connection, sqlite_world.id, Closure(day, "snow", at("2026-12-09")), "it")
    assert watch.wake("2026-12-10 06:00") == []
    assert watch.wake("2026-12-11 06:00") == [JOB]


def test_in_a_year_without_a_calendar_a_job_for_school_days_goes_on(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.jobs[JOB] = JobSection(schedule="0 0 6 * * *", school_days_only=True)
    watch.end()
    watch.start("2027-09-20 12:00")
    assert watch.wake("2027-09-21 06:00") == [JOB]
