"""A job that keeps failing is left alone for longer and longer, and tried again by itself (DESIGN §7)."""

from datetime import timedelta
from itertools import pairwise

import pytest

from sims_sync.breaker import Breaker, after_run, wait_after
from sims_sync.outcome import Ending, Problem
from sims_sync.run import RunOptions, run_step
from sims_sync.store.breakers import load_breakers
from tests.sims_sync.builders import World, at
from tests.sims_sync.service.watch import JOB, Watch

NOW = at("2026-12-15 06:00")


def breaker(world: World) -> Breaker | None:
    with world.store.reading() as connection:
        found = load_breakers(connection, world.id)
    return found[0] if found else None


def test_the_waits_are_as_documented() -> None:
    minutes = [wait_after(failures).total_seconds() / 60 for failures in range(1, 10)]
    assert minutes == [15, 15, 15, 30, 60, 120, 240, 240, 240]


def test_only_technical_failures_count_and_every_run_that_did_its_work_closes_it() -> None:
    failed = after_run(None, "austen", JOB, Ending.FAILED, [Problem("share", "Gone."), Problem("mail", "No.")], NOW)
    assert failed is not None
    assert (failed.failures, failed.failing_since, failed.reason) == (1, NOW, "mail share")
    again = after_run(
        failed, "austen", JOB, Ending.MISCONFIGURED, [Problem("share", "Gone.")], NOW + timedelta(hours=1)
    )
    assert again is not None
    assert (again.failures, again.failing_since, again.reason) == (2, NOW, "share")
    for ending in (Ending.BUSY, Ending.INTERRUPTED):
        assert after_run(again, "austen", JOB, ending, [], NOW) == again
    for ending in (Ending.DONE, Ending.HELD, Ending.STOPPED):
        assert after_run(again, "austen", JOB, ending, [], NOW) is None


def test_a_wait_that_a_wrong_clock_has_left_holds_nothing_back() -> None:
    found = Breaker("austen", JOB, 3, NOW, NOW + timedelta(days=90), "share", "Gone.")
    assert not found.holds(NOW)
    assert found.holds(NOW + timedelta(days=90, minutes=-15))


def test_after_each_failure_the_job_is_tried_again_by_itself(world: World) -> None:
    watch = Watch(world)
    watch.start("2026-12-14 12:00")
    watch.fail()
    assert watch.wake("2026-12-15 06:00") == [JOB]
    assert watch.wake("2026-12-15 06:10") == []
    watch.end()
    assert watch.wake("2026-12-15 06:16") == [JOB]
    assert breaker(world) is None
    assert watch.wake("2026-12-15 07:00") == []
    assert watch.wake("2026-12-16 06:00") == [JOB]


def test_from_the_third_failure_on_its_own_due_times_are_left_out_while_it_waits(sqlite_world: World) -> None:
    watch = Watch(sqlite_world, "0 */5 * * * *")
    watch.start("2026-12-15 05:56")
    watch.fail()
    ran = [minute for minute in range(60) if watch.wake(f"2026-12-15 06:{minute:02}")]
    assert ran[:3] == [0, 5, 10]
    # Then it waits 15, and 30 minutes; a run ends a moment after it began, so that may be the minute after.
    assert [later - earlier for earlier, later in pairwise(ran[2:])] in ([15, 30], [15, 31], [16, 30], [16, 31])
    assert watch.state("2026-12-15 06:15") == "skipped"
    found = breaker(sqlite_world)
    assert found is not None
    assert (found.failures, found.reason, found.what) == (5, "share", "SIMS did not answer.")


def test_a_success_closes_it_and_its_own_due_times_count_again(sqlite_world: World) -> None:
    watch = Watch(sqlite_world, "0 */5 * * * *")
    watch.start("2026-12-15 05:56")
    watch.fail()
    for minute in (0, 5, 10):
        watch.wake(f"2026-12-15 06:{minute:02}")
    watch.end()
    assert watch.wake("2026-12-15 06:15") == []
    assert watch.wake("2026-12-15 06:26") == [JOB]
    assert breaker(sqlite_world) is None
    assert watch.wake("2026-12-15 06:30") == [JOB]


def test_a_run_by_hand_waits_for_nothing_and_counts(sqlite_world: World) -> None:
    watch = Watch(sqlite_world, "0 */5 * * * *")
    watch.start("2026-12-15 05:56")
    watch.fail()
    for minute in (0, 5, 10):
        watch.wake(f"2026-12-15 06:{minute:02}")
    watch.end()
    assert watch.job is not None
    run_step(sqlite_world.store, watch.config("2026-12-15 06:12").schools[sqlite_world.id], JOB, watch.job)
    assert breaker(sqlite_world) is None
    assert watch.wake("2026-12-15 06:15") == [JOB]


@pytest.mark.parametrize("options", [RunOptions(dry=True), RunOptions(as_of=NOW)])
def test_a_plan_and_a_rehearsal_count_for_nothing(options: RunOptions, sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.fail()
    assert watch.job is not None
    run_step(sqlite_world.store, sqlite_world.school, JOB, watch.job, options)
    assert breaker(sqlite_world) is None


def test_one_job_that_fails_keeps_no_other_of_its_school_waiting(sqlite_world: World) -> None:
    watch = Watch(sqlite_world, pull_entries="0 0 6 * * *")
    watch.start("2026-12-14 12:00")
    watch.fail()
    assert watch.wake("2026-12-15 06:00") == [JOB, "pull_entries"]
