"""Deliveries are read in parts, and what has come equally far is written at once."""

from dataclasses import replace
from pathlib import Path

import pytest

from sims_sync.delivery import DeliveryState, StoredDelivery
from sims_sync.push.queueing import queue_deliveries
from sims_sync.records import Kind
from sims_sync.store.deliveries import (
    begin_attempts,
    list_keys,
    load_deliveries,
    load_story,
    mark_attempted,
    save_progress,
    tell,
)
from sims_sync.store.entries import load_entries, origins_of
from sims_sync.store.session import Store
from tests.sims_sync.builders import World, at, make_world, proforma, students

MORNING, NOON, LATER = "2026-11-20 06:00", "2026-11-20 12:00", at("2026-11-20 13:00")
AUTUMN_2 = "2026-27/autumn-2"
COUNT = 12  # more than are written one by one


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    made = make_world(store, tmp_path, (Kind.STUDENTS, Kind.PROFORMAS))
    made.read_well(Kind.STUDENTS, students(30), MORNING)
    made.read(Kind.PROFORMAS, [proforma(f"r{number}", number) for number in range(1, COUNT + 1)], MORNING)
    queue_deliveries(made.context(NOON))
    return made


def rows_of(world: World) -> list[StoredDelivery]:
    with world.store.reading() as connection:
        return list(load_deliveries(connection, world.id).values())


def test_deliveries_are_found_by_key_student_half_term_and_state(world: World) -> None:
    rows = rows_of(world)
    some = [row.delivery_key for row in rows[3:6]]
    with world.store.reading() as connection:
        assert list(load_deliveries(connection, world.id, keys=reversed(some)).values()) == rows[3:6]
        assert list(load_deliveries(connection, world.id, student_ids=[rows[0].student_id])) == [rows[0].delivery_key]
        assert load_deliveries(connection, world.id, half_terms=["2026-27/autumn-1"]) == {}
        assert load_deliveries(connection, world.id, keys=some, states=[DeliveryState.SENT]) == {}
        assert list_keys(connection, world.id, [DeliveryState.QUEUED], AUTUMN_2) == [row.delivery_key for row in rows]
        assert list_keys(connection, world.id, [DeliveryState.SENT]) == []


def test_progress_is_written_alike_for_many_and_for_one(world: World) -> None:
    before = rows_of(world)
    sent = [replace(row, state=DeliveryState.SENT, attempts=1, sent_at=LATER) for row in before[:-1]]
    other = replace(before[-1], state=DeliveryState.CONFLICT, reason="typed-in-sims", sims_text="Typed there")
    with world.store.writing() as connection:
        save_progress(connection, world.id, [*sent, other], "r")
    assert rows_of(world) == [*sent, other]


def test_only_the_columns_named_are_written(world: World) -> None:
    before = rows_of(world)
    with world.store.writing() as connection:
        rows = [replace(row, reason="not-kept", attempts=7) for row in before]
        save_progress(connection, world.id, rows, "r", ("state", "reason"))
    assert rows_of(world) == [replace(row, reason="not-kept") for row in before]


def test_an_attempt_makes_the_text_ours_until_it_is_taken_back(world: World) -> None:
    before = rows_of(world)
    with world.store.writing() as connection:
        begin_attempts(connection, world.id, before, LATER, "r")
    begun = rows_of(world)
    assert {(row.state, row.attempts, row.attempted_at) for row in begun} == {(DeliveryState.SENDING, 1, LATER)}
    assert all(row.ours == {row.text} for row in begun)
    with world.store.writing() as connection:
        mark_attempted(connection, world.id, before[:2], None)
    assert [row.was_attempted for row in rows_of(world)] == [False, False] + [True] * (COUNT - 2)


def test_a_story_grows_by_one_line_for_each_delivery(world: World) -> None:
    before = rows_of(world)
    with world.store.writing() as connection:
        save_progress(connection, world.id, [replace(row, state=DeliveryState.SENT) for row in before], "r")
        tell(connection, world.id, [(row, "" if row == before[0] else "an admin") for row in before], LATER, "r")
        stories = [load_story(connection, world.id, row.delivery_key) for row in before]
    assert {tuple(event.state for event in story) for story in stories} == {("queued", "sent")}
    assert [story[-1].who for story in stories] == ["", *["an admin"] * (COUNT - 1)]
    assert {story[-1].at for story in stories} == {LATER}


def test_entries_of_some_students_come_with_their_texts(world: World) -> None:
    with world.store.reading() as connection:
        every = load_entries(connection, world.id)
        chosen = sorted({entry.student_id for entry in every.values()})[:3]
        found = load_entries(connection, world.id, student_ids=chosen)
        origins = origins_of(connection, world.id, [*found, "never-there"])
    assert found == {key: entry for key, entry in every.items() if entry.student_id in chosen}
    assert all(entry.targets for entry in found.values())
    assert origins == dict.fromkeys(found, "proforma")
