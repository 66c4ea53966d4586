"""When each job is due: school-local, once per due time, whatever the clocks do (DESIGN §7, P7)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.config import Config, DemoSection, JobSection
from sims_sync.outcome import Ending
from sims_sync.run import RunReport
from sims_sync.schedule import Service, newest_due, next_due, trigger_of
from sims_sync.store.runs import claim_slot, slots_of, take_lease
from tests.sims_sync.builders import LONDON, World, at

ZONE = "Europe/London"
AUTUMN_CHANGE, SPRING_CHANGE = "2026-10-25", "2027-03-28"
JOB = "pull_students"


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


class Watch:
    """A service whose clock a test moves."""

    def __init__(self, world: World, schedule: str = "0 0 6 * * *", **more: str) -> None:
        self.world = world
        self.seen: list[RunReport] = []
        jobs = {JOB: schedule, **more}
        self.jobs = {name: JobSection(schedule=line) for name, line in jobs.items()}

    def service(self, when: str) -> Service:
        demo = DemoSection(clock=at(when), started=datetime.now(UTC))
        school = self.world.school.model_copy(update={"demo": demo, "jobs": self.jobs})
        config = Config(file=school.base / "config.toml", schools={school.id: school})
        return Service(self.world.store, config, self.seen.append)

    def start(self, when: str) -> None:
        self.service(when).remember_start()

    def wake(self, when: str) -> list[str]:
        """What ran at `when`."""
        return [report.job for report in self.service(when).run_due()]

    def slots(self) -> Sequence[datetime]:
        with self.world.store.reading() as connection:
            return slots_of(connection, self.world.id, JOB)


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
    with sqlite_world.store.writing() as connection:
        claim_slot(connection, sqlite_world.id, JOB, at("2026-12-15 06:00"), "theirs")
    assert watch.wake("2026-12-15 06:00") == []


def test_a_due_time_that_finds_the_school_busy_is_tried_again(world: World) -> None:
    watch = Watch(world)
    watch.start("2026-12-14 12:00")
    with world.store.writing() as connection:
        take_lease(connection, world.id, "theirs", "pull_entries", at("2026-12-15 05:59"))
    (report,) = watch.service("2026-12-15 06:00").run_due()
    assert report.outcome.ending is Ending.BUSY
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
