"""Rows are written by key, whatever the database and however many."""

from typing import Any

import pytest
from sqlalchemy import Table, func, select

from sims_sync.store.rows import insert_new, remove, upsert
from sims_sync.store.session import Store
from sims_sync.store.tables import house, lease, snapshot
from tests.sims_sync.builders import at

NOW = at("2026-12-16 06:00")
LEASE = {"owner": "host/1/1", "run_id": "r", "job": "pull_students", "taken": NOW, "heartbeat": NOW}
SNAPSHOT = {"half_term": "2026-27/autumn-2", "occasion": "closing", "taken_at": NOW, "content": {}, "run_id": "r"}


def test_rows_are_added_or_overwritten_by_key_in_any_number(store: Store) -> None:
    rows = [{"school": "austen", "name": f"H{number}", "run_id": "one"} for number in range(1201)]
    with store.writing() as connection:
        upsert(connection, house, rows)
        upsert(connection, house, [{**row, "run_id": "two"} for row in rows[:700]])
        upsert(connection, house, [])
        counts = {
            row.run_id: row[1]
            for row in connection.execute(select(house.c.run_id, func.count()).group_by(house.c.run_id))
        }
    assert counts == {"one": 501, "two": 700}


def test_rows_are_removed_by_the_columns_given(store: Store) -> None:
    with store.writing() as connection:
        upsert(
            connection, house, [{"school": school, "name": "Blue", "run_id": "r"} for school in ("austen", "bronte")]
        )
        remove(connection, house, school="austen", name="Blue")
        assert connection.execute(select(house.c.school)).scalars().all() == ["bronte"]


@pytest.mark.parametrize(
    ("table", "row", "other"),
    [
        (house, {"name": "Blue", "run_id": "r"}, {"name": "Red"}),
        (lease, LEASE, {"school": "bronte"}),
        (snapshot, SNAPSHOT | {"version": 1}, {"version": 2}),
    ],
    ids=lambda value: value.name if isinstance(value, Table) else "",
)
def test_a_row_is_inserted_once_and_each_time_it_is_said_whether_it_was(
    store: Store, table: Table, row: dict[str, Any], other: dict[str, Any]
) -> None:
    first = {"school": "austen", **row}
    with store.writing() as connection:
        told = [insert_new(connection, table, each) for each in (first, first, first | other)]
        count = connection.execute(select(func.count()).select_from(table)).scalar()
    assert (told, count) == ([True, False, True], 2)
