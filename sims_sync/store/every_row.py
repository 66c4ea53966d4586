"""Every row of every table, in one view that does not change, and back into an empty store of the same schema.

Cells take one form for SQLite and PostgreSQL alike, so that what one held can be restored into the other: moments and
dates as ISO text, JSON as the text that is stored, bytes as `{"base64": …}`.
"""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Connection, MetaData

ROWS_AT_ONCE = 1000
VERSION_TABLE = "alembic_version"


@dataclass(frozen=True, slots=True)
class StoredTable:
    """One table as the database has it, not as this release wants it; `json` are the columns that hold JSON."""

    name: str
    columns: tuple[str, ...]
    json: frozenset[str]


def stored_tables(connection: Connection) -> list[StoredTable]:
    """Every table, those referred to before those that refer to them."""
    found = MetaData()
    found.reflect(connection)
    return [
        StoredTable(
            table.name,
            tuple(column.name for column in table.columns),
            frozenset(column.name for column in table.columns if isinstance(column.type, JSON)),
        )
        for table in found.sorted_tables
        if table.name != VERSION_TABLE
    ]


def table_lines(connection: Connection, table: StoredTable) -> Iterator[bytes]:
    """One JSON line for each row of a table: its cells in the order of `columns`."""
    quote = connection.dialect.identifier_preparer.quote
    as_text = "::text" if connection.dialect.name == "postgresql" else ""  # else the driver takes JSON apart
    columns = ", ".join(f"{quote(name)}{as_text if name in table.json else ''}" for name in table.columns)
    question = f"SELECT {columns} FROM {quote(table.name)}"  # noqa: S608 - names of our own schema
    result = connection.exec_driver_sql(question, execution_options={"yield_per": ROWS_AT_ONCE})
    for rows in result.partitions():
        for row in rows:
            yield json.dumps(tuple(row), default=_cell, separators=(",", ":")).encode() + b"\n"


def load_lines(connection: Connection, name: str, columns: Sequence[str], lines: Sequence[bytes]) -> int:
    """Put rows that `table_lines` wrote into an empty table; how many they were."""
    rows = [tuple(_value(cell) for cell in json.loads(line)) for line in lines]
    if not rows:
        return 0
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(column) for column in columns)
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {quote(name)} ({names}) VALUES ({places})", rows)  # noqa: S608 - likewise
    else:
        cursor: Any = connection.connection.cursor()
        with cursor.copy(f"COPY {quote(name)} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    return len(rows)


def count_rows(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    quote = connection.dialect.identifier_preparer.quote
    return {
        table.name: int(connection.exec_driver_sql(f"SELECT count(*) FROM {quote(table.name)}").scalar_one())  # noqa: S608 - likewise
        for table in stored_tables(connection)
    }


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="microseconds")  # as SQLite holds it
    if isinstance(value, date):
        return value.isoformat()
    return {"base64": base64.b64encode(memoryview(value)).decode()}  # type: ignore[arg-type]  # bytes are all that is left


def _value(cell: object) -> object:
    return base64.b64decode(cell["base64"]) if isinstance(cell, dict) else cell
