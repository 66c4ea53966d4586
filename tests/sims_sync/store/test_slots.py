"""Due times: each is claimed once, and taken over where its claimer is dead (DESIGN §7)."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from sims_sync.store.runs import LEASE_SECONDS, lease_owner
from sims_sync.store.services import announce_service
from sims_sync.store.session import Store
from sims_sync.store.slots import (
    CLAIMED,
    claim_slot,
    forget_slots,
    give_back_slot,
    last_slot,
    orphaned_slots,
    settle_slot,
    slots_of,
    states_of,
    take_over,
)
from sims_sync.store.tables import slot
from tests.sims_sync.builders import at
from tests.sims_sync.store.test_runs import both_at_once

NOW = at("2026-12-16 06:00")
JOB = "pull_students"
ELSEWHERE = "another-host/17/t1000"


def claim(store: Store, due_hours: int = 0, job: str = JOB) -> bool:
    with store.writing() as connection:
        return claim_slot(connection, "austen", job, NOW + timedelta(hours=due_hours), NOW)


def owned_by(store: Store, owner: str | None) -> None:
    with store.writing() as connection:
        connection.execute(update(slot).values(owner=owner))


def test_of_two_who_claim_a_slot_at_once_one_gets_it(store: Store) -> None:
    found = both_at_once(store, lambda connection, _: claim_slot(connection, "austen", JOB, NOW, NOW))
    assert found == [True, False]


def test_of_two_who_take_over_a_slot_at_once_one_gets_it(store: Store) -> None:
    claim(store)
    owned_by(store, ELSEWHERE)
    with store.reading() as connection:
        dead = last_slot(connection, "austen", JOB)
    assert dead is not None
    assert both_at_once(store, lambda connection, _: take_over(connection, dead, NOW, attempts=2)) == [True, False]


def test_a_slot_is_claimed_once_and_again_after_it_was_given_back(store: Store) -> None:
    assert claim(store)
    assert not claim(store)
    assert claim(store, job="pull_entries")
    assert claim(store, due_hours=1)
    with store.writing() as connection:
        settle_slot(connection, "austen", JOB, NOW, "done", "run")
        give_back_slot(connection, "austen", JOB, NOW + timedelta(hours=1))
    assert claim(store, due_hours=1)
    with store.reading() as connection:
        assert states_of(connection, "austen", JOB) == {NOW: "done", NOW + timedelta(hours=1): CLAIMED}
        newest = last_slot(connection, "austen", JOB)
        assert newest is not None
        assert newest.due_at == NOW + timedelta(hours=1)
        assert last_slot(connection, "austen", "report_compliance") is None


def test_a_claim_that_is_lost_does_not_spoil_its_transaction(store: Store) -> None:
    with store.writing() as connection:
        assert claim_slot(connection, "austen", JOB, NOW, NOW)
        assert not claim_slot(connection, "austen", JOB, NOW, NOW)
        assert claim_slot(connection, "austen", "pull_entries", NOW, NOW)
    with store.reading() as connection:
        assert last_slot(connection, "austen", "pull_entries") is not None


def test_what_another_took_over_is_settled_by_nobody_else(store: Store) -> None:
    claim(store)
    owned_by(store, ELSEWHERE)
    with store.writing() as connection:
        settle_slot(connection, "austen", JOB, NOW, "done")
        give_back_slot(connection, "austen", JOB, NOW)
        assert states_of(connection, "austen", JOB) == {NOW: CLAIMED}


def orphans(store: Store, seconds: int) -> int:
    with store.reading() as connection:
        return len(orphaned_slots(connection, NOW + timedelta(seconds=seconds)))


def test_a_living_claimer_keeps_its_slot_for_as_long_as_it_takes(store: Store) -> None:
    claim(store)
    assert orphans(store, 90_000) == 0


def test_a_dead_process_of_this_host_loses_its_slot_at_once(store: Store) -> None:
    claim(store)
    owned_by(store, f"{lease_owner()}0")
    assert orphans(store, 0) == 1


@pytest.mark.parametrize("owner", [None, "", "nonsense", "host/x/y"])
def test_a_slot_without_a_proper_owner_is_lost_after_the_lease_time(owner: str | None, store: Store) -> None:
    claim(store)
    owned_by(store, owner)
    assert orphans(store, LEASE_SECONDS) == 1


def test_another_hosts_slot_is_lost_once_its_heart_is_silent(store: Store) -> None:
    claim(store)
    owned_by(store, ELSEWHERE)
    assert orphans(store, LEASE_SECONDS - 1) == 0
    assert orphans(store, LEASE_SECONDS) == 1
    with store.writing() as connection:
        beaten = NOW + timedelta(seconds=LEASE_SECONDS)
        announce_service(connection, ELSEWHERE, version="1", started=NOW, at=beaten, detail={})
    assert orphans(store, LEASE_SECONDS) == 0
    assert orphans(store, 2 * LEASE_SECONDS) == 1


def test_old_slots_go_and_the_newest_stays_however_old(store: Store) -> None:
    for hours in (0, 1, 2, 900):
        claim(store, hours)
    with store.writing() as connection:
        for hours in (0, 1, 2, 900):
            settle_slot(connection, "austen", JOB, NOW + timedelta(hours=hours), "done")
        forget_slots(connection, "austen", JOB, before=NOW + timedelta(days=30), after=NOW + timedelta(days=31))
        assert list(slots_of(connection, "austen", JOB)) == [NOW + timedelta(hours=2)]
