"""One school's trouble keeps no other from its turn; a stop is heeded by all, and waits for none too long."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from sims_sync.config import Config, DemoSection, JobSection, SchoolConfig, ServiceSection
from sims_sync.context import RunContext, system_clock
from sims_sync.errors import RunInterrupted
from sims_sync.outcome import Ending, Outcome
from sims_sync.run import RunOptions, RunReport, run_step
from sims_sync.service import Service, Stop, heartbeat, outlook
from sims_sync.service.hooks import Hooks
from sims_sync.store.decisions import record_audit
from sims_sync.store.runs import start_run
from sims_sync.store.services import load_services
from sims_sync.store.session import Store
from sims_sync.store.slots import claim_slot, states_of
from sims_sync.store.standing import CLOCK_CONFIRMED, NEWEST_BEFORE
from tests.sims_sync.builders import World, at
from tests.sims_sync.service.watch import Job, running, standing

NOW = at("2026-12-15 06:00")
EVERY_HOUR = JobSection(schedule="0 0 * * * *")
PATIENCE_SECONDS = 30


def school_names(count: int) -> list[str]:
    return [f"school{number:02}" for number in range(count)]


def config_of(world: World, schools: list[str], jobs: list[str], workers: int = 2) -> Config:
    """Schools with the same jobs, each with a due time at `NOW` and a first start an hour before."""
    made = {}
    for name in schools:
        named = world.school.school.model_copy(update={"id": name})
        made[name] = world.school.model_copy(update={"school": named, "jobs": dict.fromkeys(jobs, EVERY_HOUR)})
        with world.store.writing() as connection:
            for job in jobs:
                claim_slot(connection, name, job, at("2026-12-15 05:00"), NOW, state="done")
    section = ServiceSection(workers=workers, stop_seconds=1)
    return Config(file=world.school.base / "config.toml", schools=made, service=section)


class Serving:
    """A service at work in a thread, each run of which is noted."""

    def __init__(self, world: World, config: Config, job: Job, hooks: Hooks | None = None) -> None:
        self.ran: list[tuple[str, str]] = []
        self.ended_well: bool | None = None
        self.stop = Stop()
        hooks = hooks or Hooks()
        hooks.after_run.append(lambda report: self.ran.append((report.school, report.job)))
        self.service = Service(
            world.store, config, hooks=hooks, stop=self.stop, clocks=standing(NOW), runner=running(job)
        )
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        self.ended_well = self.service.serve()

    def until(self, is_so: Callable[[], bool]) -> None:
        until(is_so, self.ran)

    def end(self) -> bool | None:
        self.stop.ask()
        self._thread.join(PATIENCE_SECONDS)
        return self.ended_well


def until(is_so: Callable[[], bool], ran: object = None) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end, ran
        time.sleep(0.01)


def test_sixty_schools_all_run_in_the_order_of_the_cycle_while_one_hangs(sqlite_world: World) -> None:
    schools = school_names(60)
    jobs = ["pull_students", "report_compliance"]
    hangs = threading.Event()

    def job(context: RunContext) -> Outcome:
        if context.school_id == "school00":
            hangs.wait(PATIENCE_SECONDS)
        return Outcome(Ending.FAILED if context.school_id == "school01" else Ending.DONE)

    serving = Serving(sqlite_world, config_of(sqlite_world, schools, jobs), job)
    serving.until(lambda: len(serving.ran) == 59 * 2)
    assert not [school for school, _ in serving.ran if school == "school00"]
    hangs.set()
    serving.until(lambda: len(serving.ran) == 60 * 2)
    assert serving.end()
    for school in schools:
        assert [job for name, job in serving.ran if name == school] == jobs


def test_schools_take_turns_job_by_job(sqlite_world: World) -> None:
    """With one worker nobody's second job runs before everybody's first."""
    jobs = ["pull_students", "pull_entries"]
    config = config_of(sqlite_world, school_names(4), jobs, workers=1)
    serving = Serving(sqlite_world, config, lambda _: Outcome())
    serving.until(lambda: len(serving.ran) == 8)
    assert serving.end()
    assert [job for _, job in serving.ran] == ["pull_students"] * 4 + ["pull_entries"] * 4


def test_a_stop_interrupts_between_records_and_gives_the_due_time_back(world: World) -> None:
    at_work = threading.Event()

    def job(context: RunContext) -> Outcome:
        at_work.set()
        while True:
            context.go_on()
            time.sleep(0.01)

    serving = Serving(world, config_of(world, ["school00"], ["pull_students"]), job)
    assert at_work.wait(PATIENCE_SECONDS)
    with world.store.reading() as connection:
        (announced,) = load_services(connection)
    assert (announced.detail["mode"], announced.detail["schools"]) == ("full", 1)
    assert serving.end() is True
    with world.store.reading() as connection:
        assert NOW not in states_of(connection, "school00", "pull_students")
        assert load_services(connection) == ()


def test_a_run_that_will_not_end_is_left_behind_and_its_due_time_stays_claimed(sqlite_world: World) -> None:
    at_work, hangs = threading.Event(), threading.Event()

    def job(_: RunContext) -> Outcome:
        at_work.set()
        hangs.wait(PATIENCE_SECONDS)
        return Outcome()

    serving = Serving(sqlite_world, config_of(sqlite_world, ["school00"], ["pull_students"]), job)
    assert at_work.wait(PATIENCE_SECONDS)
    assert serving.end() is False  # after stop_seconds
    with sqlite_world.store.reading() as connection:
        assert states_of(connection, "school00", "pull_students")[NOW] == "claimed"
    hangs.set()


def test_what_fails_beside_the_runs_stops_nothing(sqlite_world: World) -> None:
    called = threading.Event()

    def beside() -> None:
        called.set()
        raise KeyError("its fault")

    def told(_: object) -> None:
        raise KeyError("another")

    hooks = Hooks(after_run=[told], beside=beside)
    serving = Serving(
        sqlite_world, config_of(sqlite_world, school_names(3), ["pull_students"]), lambda _: Outcome(), hooks
    )
    serving.until(lambda: len(serving.ran) == 3)
    assert called.wait(PATIENCE_SECONDS)
    assert serving.end() is True


def test_while_a_mail_server_hangs_beside_the_runs_the_service_is_seen_to_live(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0)
    monkeypatch.setattr(outlook, "WAKE_SECONDS", 0.05)
    hangs, is_hanging = threading.Event(), threading.Event()

    def beside() -> None:
        is_hanging.set()
        hangs.wait(PATIENCE_SECONDS)

    def beaten() -> datetime:
        with sqlite_world.store.reading() as connection:
            return load_services(connection)[0].heartbeat

    serving = Serving(sqlite_world, config_of(sqlite_world, [], []), lambda _: Outcome(), Hooks(beside=beside))
    assert is_hanging.wait(PATIENCE_SECONDS)
    before = beaten()
    serving.until(lambda: beaten() > before)
    hangs.set()
    assert serving.end() is True


def test_what_still_waits_for_its_turn_when_the_configuration_changes_runs_under_the_new_one(
    sqlite_world: World,
) -> None:
    """Or the mails would go that somebody has just switched off."""
    at_work, go, modes = threading.Event(), threading.Event(), list[str]()

    def job(context: RunContext) -> Outcome:
        modes.append(context.school.messages.mode)
        at_work.set()
        go.wait(PATIENCE_SECONDS)
        return Outcome()

    config = config_of(sqlite_world, ["school00"], ["pull_students", "send_messages"])
    serving = Serving(sqlite_world, config, job)
    assert at_work.wait(PATIENCE_SECONDS)
    school = config.schools["school00"]
    off = school.model_copy(update={"messages": school.messages.model_copy(update={"mode": "off"})})
    serving.service.replace(config.model_copy(update={"schools": {"school00": off}}))
    go.set()
    serving.until(lambda: len(serving.ran) == 2)
    assert serving.end() is True
    assert modes == [school.messages.mode, "off"]


def test_once_a_person_says_that_the_clock_is_right_what_it_stopped_runs_at_once(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And meanwhile the log is not filled with one line after the other."""
    monkeypatch.setattr(outlook, "BUSY_SECONDS", 0.1)
    world, ran = sqlite_world, list[str]()
    config = config_of(world, ["school00"], ["pull_students", "backup"])
    monitoring = world.school.monitoring.model_copy(update={"clock_jump_days": 30})
    demo = DemoSection(clock=NOW, started=system_clock())
    school = config.schools["school00"].model_copy(update={"monitoring": monitoring, "demo": demo})
    long_ago = NOW - timedelta(days=45)
    with world.store.writing() as connection:
        row = {"run_id": "20261031T060000-a", "job": "backup", "owner": "host/1/1", "counts": {}, "problems": []}
        start_run(connection, "school00", {**row, "started": long_ago, "heartbeat": long_ago, "ended": long_ago})

    def run(store: Store, config: Config, school: SchoolConfig, name: str, options: RunOptions) -> RunReport:
        return run_step(store, school, name, lambda _: Outcome(), options, config)

    told = Hooks(after_run=[lambda report: ran.append(f"{report.job} {report.outcome.ending}")])
    service = Service(
        world.store,
        config.model_copy(update={"schools": {"school00": school}}),
        hooks=told,
        clocks=standing(NOW),
        runner=run,
    )
    thread = threading.Thread(target=service.serve, daemon=True)
    thread.start()
    until(lambda: len(ran) == 1)
    time.sleep(0.5)
    assert ran == ["pull_students stopped"]
    with world.store.writing() as connection:
        detail = {NEWEST_BEFORE: long_ago.isoformat()}
        record_audit(connection, "school00", at=NOW, who="it", action=CLOCK_CONFIRMED, subject="clock", detail=detail)
    until(lambda: len(ran) == 3)
    service.stop()
    thread.join(PATIENCE_SECONDS)
    assert ran[1:] == ["pull_students done", "backup done"]


@pytest.mark.parametrize("ending", [Ending.DONE, Ending.FAILED, Ending.INTERRUPTED])
def test_what_ends_while_the_service_stops(ending: Ending, sqlite_world: World) -> None:
    """What failed was cut off, and is done again; what was done is done."""
    at_work, go = threading.Event(), threading.Event()

    def job(_: RunContext) -> Outcome:
        at_work.set()
        go.wait(PATIENCE_SECONDS)
        if ending is Ending.INTERRUPTED:
            raise RunInterrupted
        return Outcome(ending)

    serving = Serving(sqlite_world, config_of(sqlite_world, ["school00"], ["pull_students"]), job)
    assert at_work.wait(PATIENCE_SECONDS)
    serving.stop.ask()
    go.set()
    assert serving.end() is True
    with sqlite_world.store.reading() as connection:
        states = states_of(connection, "school00", "pull_students")
    assert states.get(NOW) == ("done" if ending is Ending.DONE else None)
