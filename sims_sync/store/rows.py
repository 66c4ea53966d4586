"""Writes rows by key, the same on SQLite and PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, delete
from sqlalchemy.dialects import postgresql, sqlite

from sims_sync.store.journal import note_removed, note_rows

_BATCH_ROWS = 500  # × the widest table's columns stays below SQLite's 32,766 variables on Windows


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], keep: Collection[str] = ()) -> None:
    """Insert rows, or overwrite those of the same primary key; every row carries the same columns.

    `keep`: the columns that an existing row keeps. What they overwrite is noted for `undo`, in the tables where that is
    kept.
    """
    note_rows(connection, table, rows)
    keys = [column.name for column in table.primary_key.columns]
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    for start in range(0, len(rows), _BATCH_ROWS):
        batch = [dict(row) for row in rows[start : start + _BATCH_ROWS]]
        statement = insert(table)
        others = {name: statement.excluded[name] for name in batch[0] if name not in keys and name not in keep}
        if others:
            statement = statement.on_conflict_do_update(index_elements=keys, set_=others)
        else:
            statement = statement.on_conflict_do_nothing(index_elements=keys)
        connection.execute(statement, batch)


def insert_new(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one of its key is there; whether it was inserted. Waits for another who is about to.

    Nothing is noted for `undo`.
    """
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(dict(row)).on_conflict_do_nothing()
    # Of an INSERT the count is gone with the cursor (psycopg says -1 then), unless it is asked for beforehand.
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1


def remove(connection: Connection, table: Table, by_run: str | None = None, **key: object) -> None:
    """Delete the rows whose columns equal `key`; with `by_run`, noted for `undo` of that run."""
    where = and_(*(table.c[name] == value for name, value in key.items()))
    if by_run is not None:
        note_removed(connection, table, by_run, where)
    connection.execute(delete(table).where(where))
