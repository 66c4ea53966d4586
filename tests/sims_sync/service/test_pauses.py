"""A job that a person let rest is left out, and catches up once."""

import pytest

from sims_sync.store.pauses import Pause, end_pause, load_pauses, pause_of, save_pause
from sims_sync.store.session import Store
from sims_sync.store.tables import ALL_SCHOOLS
from tests.sims_sync.builders import World, at
from tests.sims_sync.service.watch import JOB, Watch, claimed_by, dead_process

SINCE = at("2026-12-14 12:00")


def pause(store: Store, school: str, job: str = JOB, reason: str = "SIMS is upgraded") -> bool:
    with store.writing() as connection:
        return save_pause(connection, Pause(school, job, SINCE, "kerra", reason))


def resume(store: Store, school: str, job: str = JOB) -> Pause | None:
    with store.writing() as connection:
        return end_pause(connection, school, job)


def test_a_pause_stands_as_it_was_first_given_and_ends_once(store: Store) -> None:
    assert pause(store, "austen")
    assert not pause(store, "austen", reason="another")
    with store.reading() as connection:
        (stored,) = load_pauses(connection, "austen")
        assert load_pauses(connection, "bronte") == ()
    assert stored.shown == "paused since Mon 14 Dec 2026 12:00 UTC by kerra: SIMS is upgraded"
    assert resume(store, "austen") == stored
    assert resume(store, "austen") is None


@pytest.mark.parametrize(
    ("school", "job", "rests"),
    [("austen", JOB, True), ("austen", "", True), (ALL_SCHOOLS, "", True), ("austen", "pull_entries", False)],
)
def test_what_a_pause_covers(school: str, job: str, rests: bool, sqlite_store: Store) -> None:
    pause(sqlite_store, school, job)
    with sqlite_store.reading() as connection:
        assert (pause_of(load_pauses(connection, "austen"), "austen", JOB) is not None) == rests


def test_what_a_paused_job_missed_runs_once_after_it(world: World) -> None:
    watch = Watch(world)
    watch.start("2026-12-14 12:00")
    pause(world.store, world.id)
    assert watch.wake("2026-12-15 06:00") == []
    assert watch.wake("2026-12-16 06:00") == []
    assert watch.state("2026-12-16 06:00") == "paused"
    resume(world.store, world.id)
    assert watch.wake("2026-12-16 09:00") == [JOB]
    assert watch.wake("2026-12-16 09:01") == []
    assert watch.state("2026-12-16 06:00") == "done"
    assert watch.wake("2026-12-17 06:00") == [JOB]


def test_a_pause_in_which_nothing_was_due_changes_nothing(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.start("2026-12-14 12:00")
    pause(sqlite_world.store, sqlite_world.id)
    assert watch.wake("2026-12-14 18:00") == []
    resume(sqlite_world.store, sqlite_world.id)
    assert watch.wake("2026-12-14 19:00") == []
    assert watch.wake("2026-12-15 06:00") == [JOB]


def test_the_same_service_notices_a_pause_and_a_resume(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.start("2026-12-14 12:00")
    service = watch.service("2026-12-15 06:00")
    pause(sqlite_world.store, sqlite_world.id)
    assert service.run_due() == []
    resume(sqlite_world.store, sqlite_world.id)
    assert [report.job for report in service.run_due()] == [JOB]


def test_what_a_dead_process_left_waits_for_the_end_of_a_pause(sqlite_world: World) -> None:
    watch = Watch(sqlite_world)
    watch.start("2026-12-14 12:00")
    claimed_by(sqlite_world, dead_process())
    pause(sqlite_world.store, ALL_SCHOOLS, "")
    assert watch.wake("2026-12-15 06:30") == []
    resume(sqlite_world.store, ALL_SCHOOLS, "")
    assert watch.wake("2026-12-15 07:00") == [JOB]
    assert watch.wake("2026-12-15 07:01") == []
