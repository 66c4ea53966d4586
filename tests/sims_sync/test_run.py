"""One run of one job: under the lease, with its row, and every fault becomes one sentence."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from jobs import pull_students
from sims_sync import run as run_module
from sims_sync.config import Config
from sims_sync.context import RunContext, system_clock
from sims_sync.errors import ConfigurationError, RetriableError, SimsSyncError, SourceFailed
from sims_sync.outcome import Ending, Outcome, Problem
from sims_sync.records import Kind
from sims_sync.run import RunOptions, RunReport, run_job
from sims_sync.store.decisions import load_announced
from sims_sync.store.runs import StoredRun, last_runs, take_lease
from sims_sync.store.tables import lease
from sims_sync.store.tables import run as run_table
from tests.sims_sync.builders import AUTUMN_2, DEADLINE, World, at, staff, students

WHEN = "2026-11-20 06:00"
SECRET = "Vorrin"

Job = Callable[[RunContext], Outcome]


def run(world: World, job: Job | None = None, options: RunOptions | None = None) -> RunReport:
    """Run a function as if it were the job `pull_students`."""
    config = Config(file=world.school.base / "config.toml", schools={world.id: world.school})
    with pytest.MonkeyPatch.context() as patch:
        if job is not None:
            patch.setattr(run_module, "job_function", lambda _: job)
        return run_job(world.store, config, world.school, "pull_students", options or RunOptions())


def raising(error: BaseException) -> Job:
    def job(_: RunContext) -> Outcome:
        raise error

    return job


def newest(world: World) -> StoredRun:
    with world.store.reading() as connection:
        return last_runs(connection, world.id)[0]


def leases(world: World) -> list[Any]:
    with world.store.reading() as connection:
        return list(connection.execute(select(lease.c.run_id)).scalars())


def test_a_run_leaves_its_row_and_gives_the_lease_back(world: World) -> None:
    outcome = Outcome(Ending.HELD, {"read": 3}, (Problem("held", "One is held.", "Look.", "students"),), ("A note.",))
    report = run(world, lambda _: outcome)
    assert report.outcome == outcome
    row = newest(world)
    assert (row.run_id, row.job, row.outcome, row.counts) == (report.run_id, "pull_students", "held", {"read": 3})
    assert row.problems == [{"code": "held", "what": "One is held.", "do": "Look.", "source": "students"}]
    assert row.ended is not None
    assert leases(world) == []


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (SourceFailed("error", "SIMS said no.", "Look."), Ending.FAILED),
        (ConfigurationError([]), Ending.MISCONFIGURED),
        (RetriableError("store", "The store is locked.", "Wait."), Ending.FAILED),
    ],
)
def test_a_foreseeable_fault_becomes_one_sentence(error: SimsSyncError, ending: Ending, sqlite_world: World) -> None:
    report = run(sqlite_world, raising(error))
    assert report.outcome.ending is ending
    assert [problem.code for problem in report.outcome.problems] == [error.code]
    assert newest(sqlite_world).outcome == ending.value
    assert leases(sqlite_world) == []


def test_an_unforeseen_fault_becomes_one_sentence_without_its_content(sqlite_world: World) -> None:
    with capture_logs() as logged:
        report = run(sqlite_world, raising(KeyError(SECRET)))
    (problem,) = report.outcome.problems
    assert report.outcome.ending is Ending.FAILED
    assert problem.what == "An unforeseen fault stopped this run (KeyError)."
    assert SECRET not in str(report.as_json())
    assert [entry["log_level"] for entry in logged if entry["event"] == "unforeseen fault"] == ["error"]
    assert leases(sqlite_world) == []


def test_log_lines_say_what_happened_without_content(sqlite_world: World) -> None:
    with capture_logs() as logged:
        run(sqlite_world, lambda _: Outcome(Ending.HELD, {"held": 1}, (Problem("quarantine", "1 row is held."),)))
    assert [entry["event"] for entry in logged] == ["run ended", "problem"]
    assert logged[1]["code"] == "quarantine"


def test_an_interruption_is_recorded_and_goes_on(sqlite_world: World) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(sqlite_world, raising(KeyboardInterrupt()))
    assert newest(sqlite_world).outcome == "interrupted"
    assert leases(sqlite_world) == []


def test_a_run_that_is_to_stop_is_interrupted_and_what_it_was_at_is_there_for_the_next(world: World) -> None:
    world.put(Kind.STAFF, [staff("AB")], WHEN)
    reading = world.put(Kind.STUDENTS, students(3), WHEN)
    asked = iter([False])  # before the staff; then the service is to stop
    report = run(world, pull_students.run, RunOptions(stopping=lambda: next(asked, True), as_of=at(WHEN)))
    assert report.outcome.ending is Ending.INTERRUPTED
    assert [problem.code for problem in report.outcome.problems] == ["stopping"]
    assert newest(world).outcome == "interrupted"
    assert leases(world) == []
    assert reading.settled is None


def test_what_fails_while_the_service_stops_was_cut_off(sqlite_world: World) -> None:
    stopping = RunOptions(stopping=lambda: True)
    failed = run(sqlite_world, raising(SourceFailed("error", "SIMS said no.", "Look.")), stopping)
    assert failed.outcome.ending is Ending.INTERRUPTED
    assert [problem.code for problem in failed.outcome.problems] == ["stopping", "error"]
    assert run(sqlite_world, lambda _: Outcome(), stopping).outcome.ending is Ending.DONE


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)  # a SQLite store has one host: nobody takes over
def test_a_run_that_another_machine_took_over_ends_before_its_next_record(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This machine was asleep; both would write to SIMS else."""
    monkeypatch.setattr(run_module, "HEARTBEAT_SECONDS", 0.02)

    def job(context: RunContext) -> Outcome:
        with context.store.writing() as connection:
            connection.execute(update(lease).values(owner="another-host/17/1000", run_id="theirs"))
        for _ in range(500):
            context.go_on()
            time.sleep(0.02)
        return Outcome()

    report = run(world, job)
    assert report.outcome.ending is Ending.INTERRUPTED
    assert [problem.code for problem in report.outcome.problems] == ["taken-over"]
    assert leases(world) == ["theirs"]


def test_an_unknown_job_is_refused_before_anything_begins(sqlite_world: World) -> None:
    config = Config(file=sqlite_world.school.base / "config.toml", schools={})
    with pytest.raises(ConfigurationError, match="is no job"):
        run_job(sqlite_world.store, config, sqlite_world.school, "pull_everything")
    assert leases(sqlite_world) == []


def test_while_another_run_is_at_work_nothing_happens(world: World) -> None:
    with world.store.writing() as connection:
        take_lease(connection, world.id, "theirs", "pull_entries", at(WHEN))
    called: list[RunContext] = []

    def job(context: RunContext) -> Outcome:
        called.append(context)
        return Outcome()

    report = run(world, job)
    assert (report.outcome.ending, report.outcome.exit_code) == (Ending.BUSY, 5)
    assert "pull_entries has been running" in report.outcome.problems[0].what
    assert called == []
    assert leases(world) == ["theirs"]


def test_a_rehearsal_of_another_time_takes_no_living_runs_lease(world: World) -> None:
    with world.store.writing() as connection:
        take_lease(connection, world.id, "theirs", "pull_entries", system_clock())
        connection.execute(update(lease).values(owner="another-host/17/1000"))
    report = run(world, lambda _: Outcome(), RunOptions(as_of=at("2027-06-01")))
    assert report.outcome.ending is Ending.BUSY


@pytest.mark.parametrize("address", ["postgresql"], indirect=True)  # a SQLite store has one host: nobody asks
def test_the_heart_beats_while_a_job_is_at_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "HEARTBEAT_SECONDS", 0.02)
    seen: list[bool] = []

    def job(context: RunContext) -> Outcome:
        for _ in range(200):
            with context.store.reading() as connection:
                taken, beaten = connection.execute(select(lease.c.taken, lease.c.heartbeat)).one()
            if beaten > taken:
                seen.append(True)
                break
            time.sleep(0.02)
        return Outcome()

    run(world, job)
    assert seen == [True]
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def test_the_programmes_deadline_is_announced_by_the_first_run_and_stands(sqlite_world: World) -> None:
    sqlite_world.run("pull_students", "2026-11-02 06:00")  # an INSET day: the half term's first school day is to come
    assert announced(sqlite_world) == {}
    sqlite_world.run("pull_students", "2026-11-09 06:00")
    sqlite_world.run("pull_students", "2026-11-10 06:00")
    assert announced(sqlite_world) == {AUTUMN_2: DEADLINE}


def announced(world: World) -> dict[Any, Any]:
    with world.store.reading() as connection:
        return {half_term: day for half_term, (day, _) in load_announced(connection, world.id).items()}


def test_a_plan_and_a_rehearsal_announce_nothing(sqlite_world: World) -> None:
    run(sqlite_world, lambda _: Outcome(), RunOptions(as_of=at(WHEN)))
    sqlite_world.run("pull_students", WHEN, dry=True)
    assert announced(sqlite_world) == {}


def test_the_row_says_for_which_slot_and_moment_it_ran(sqlite_world: World) -> None:
    run(sqlite_world, lambda _: Outcome(), RunOptions(as_of=at(WHEN), slot_due=at("2026-11-20 05:00")))
    with sqlite_world.store.reading() as connection:
        row = connection.execute(select(run_table.c.as_of, run_table.c.slot_due)).one()
    assert tuple(row) == (at(WHEN), at("2026-11-20 05:00"))


def test_as_json_it_has_the_documented_shape(sqlite_world: World) -> None:
    document = run(sqlite_world, lambda _: Outcome(Ending.DONE, {"read": 3})).as_json()
    assert {"run", "job", "school", "outcome", "started", "ended", "counts", "problems"} <= set(document)
    assert document["counts"] == {"read": 3, "added": 0, "changed": 0, "missing": 0, "unchanged": 0, "held": 0}
    assert (document["job"], document["school"], document["outcome"]) == ("pull_students", "austen", "done")
