"""Rows are written by key, whatever the database and however many."""

from sqlalchemy import func, select

from sims_sync.store.rows import remove, upsert
from sims_sync.store.session import Store
from sims_sync.store.tables import house


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
