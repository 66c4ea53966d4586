"""Leases: one run at a time per school (DESIGN §7)."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from sims_sync.errors import LeaseHeld
from sims_sync.store.runs import (
    LEASE_SECONDS,
    beat,
    end_run,
    give_back_lease,
    last_runs,
    lease_owner,
    start_run,
    take_lease,
)
from sims_sync.store.session import Store
from sims_sync.store.tables import lease
from tests.sims_sync.builders import at

NOW = at("2026-12-16 06:00")
ELSEWHERE = "another-host/17/1000"


def take(store: Store, run_id: str, when: datetime = NOW) -> None:
    with store.writing() as connection:
        take_lease(connection, "austen", run_id, "pull_students", when)


def owned_by(store: Store, owner: str, heartbeat: datetime = NOW) -> None:
    """Let the lease be somebody else's."""
    take(store, "theirs", heartbeat)
    with store.writing() as connection:
        connection.execute(update(lease).values(owner=owner))


def run_row(run_id: str, started: datetime = NOW, job: str = "pull_students") -> dict[str, Any]:
    common: dict[str, Any] = {
        "slot_due": None,
        "attempt": 1,
        "owner": lease_owner(),
        "counts": {},
        "problems": [],
        "as_of": None,
    }
    return {"run_id": run_id, "job": job, "started": started, "heartbeat": started, "as_of": None, **common}


def test_the_owner_is_this_host_and_process() -> None:
    assert f"/{os.getpid()}/" in lease_owner()


def test_a_living_run_is_not_disturbed_and_the_sentence_says_which(store: Store) -> None:
    take(store, "mine")
    with pytest.raises(LeaseHeld, match=r"pull_students has been running for austen since 06:00:00 UTC") as caught:
        take(store, "other", NOW + timedelta(hours=9))
    assert caught.value.exit_code == 5


def test_a_lease_given_back_can_be_taken(store: Store) -> None:
    take(store, "mine")
    with store.writing() as connection:
        give_back_lease(connection, "austen", "mine")
    take(store, "other")


def test_only_its_own_run_gives_a_lease_back(store: Store) -> None:
    take(store, "mine")
    with store.writing() as connection:
        give_back_lease(connection, "austen", "other")
    with pytest.raises(LeaseHeld):
        take(store, "other")


def test_the_lease_of_a_dead_process_on_this_host_is_taken_at_once(store: Store) -> None:
    owner = subprocess.run(
        [sys.executable, "-c", "from sims_sync.store.runs import lease_owner; print(lease_owner())"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout.strip()
    assert owner.split("/")[0] == lease_owner().split("/")[0]
    owned_by(store, owner)
    take(store, "mine")


def test_a_process_id_used_again_by_another_process_is_not_its_owner(store: Store) -> None:
    host, pid, born = lease_owner().split("/")
    owned_by(store, f"{host}/{pid}/{born}0")
    take(store, "mine")


@pytest.mark.parametrize(("seconds", "free"), [(0, False), (LEASE_SECONDS - 1, False), (LEASE_SECONDS, True)])
def test_another_hosts_lease_ends_after_its_time_without_a_heartbeat(seconds: int, free: bool, store: Store) -> None:
    assert LEASE_SECONDS == 120
    owned_by(store, ELSEWHERE)
    when = NOW + timedelta(seconds=seconds)
    if free:
        take(store, "mine", when)
        return
    with pytest.raises(LeaseHeld):
        take(store, "mine", when)


def test_a_dead_host_whose_clock_was_days_ahead_locks_no_school(store: Store) -> None:
    owned_by(store, ELSEWHERE)
    with store.writing() as connection:
        beat(connection, "austen", "theirs", NOW + timedelta(days=400))
    take(store, "mine", NOW + timedelta(minutes=5))


def test_a_heartbeat_keeps_the_lease(store: Store) -> None:
    owned_by(store, ELSEWHERE)
    with store.writing() as connection:
        beat(connection, "austen", "theirs", NOW + timedelta(seconds=100))
    with pytest.raises(LeaseHeld):
        take(store, "mine", NOW + timedelta(seconds=200))


def test_schools_do_not_wait_for_each_other(store: Store) -> None:
    take(store, "mine")
    with store.writing() as connection:
        take_lease(connection, "bronte", "other", "pull_students", NOW)


def both_at_once(store: Store, act: Callable[[Any, str], Any]) -> list[Any]:
    """Let two transactions of two threads overlap; what each of them got."""
    found: list[Any] = []
    first_is_in = threading.Event()

    def second() -> None:
        first_is_in.wait(10)
        try:
            with store.writing() as connection:
                found.append(act(connection, "second"))
        except LeaseHeld:
            found.append(LeaseHeld)

    other = threading.Thread(target=second)
    other.start()
    with store.writing() as connection:
        found.append(act(connection, "first"))
        first_is_in.set()
        time.sleep(0.2)  # so that the other is well under way before this one commits
    other.join(20)
    return found


def test_of_two_who_take_a_lease_at_once_one_gets_it(store: Store) -> None:
    found = both_at_once(store, lambda connection, who: take_lease(connection, "austen", who, "pull_students", NOW))
    assert found == [None, LeaseHeld]


def test_of_two_who_take_a_dead_ones_lease_at_once_one_gets_it(store: Store) -> None:
    owned_by(store, ELSEWHERE, NOW - timedelta(hours=1))
    found = both_at_once(store, lambda connection, who: take_lease(connection, "austen", who, "pull_students", NOW))
    assert found == [None, LeaseHeld]


def test_a_run_that_a_dead_process_left_open_is_closed_as_interrupted(store: Store) -> None:
    with store.writing() as connection:
        start_run(connection, "austen", run_row("one"))
        start_run(connection, "austen", run_row("two", NOW + timedelta(hours=1), "pull_entries"))
        start_run(connection, "bronte", run_row("three"))
        values = {"ended": NOW + timedelta(hours=2), "outcome": "done", "counts": {"read": 3}, "problems": []}
        end_run(connection, "austen", "two", values)
        newest, oldest = last_runs(connection, "austen")
    assert (oldest.run_id, oldest.outcome, oldest.ended) == ("one", "interrupted", NOW + timedelta(hours=1))
    assert (newest.run_id, newest.outcome, newest.counts) == ("two", "done", {"read": 3})


def test_of_each_job_only_the_newest_run_is_shown(store: Store) -> None:
    with store.writing() as connection:
        for number in range(3):
            start_run(connection, "austen", run_row(f"run{number}", NOW + timedelta(hours=number)))
        assert [run.run_id for run in last_runs(connection, "austen")] == ["run2"]
