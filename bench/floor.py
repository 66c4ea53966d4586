"""How fast could a pull be at best? The XML read and written with nothing of a product around it (DESIGN §9).

Both are the quickest of the several ways that were tried of saying the same with lxml and the standard library. They
check nothing: a cut file, a web page or another school's file would go straight in.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, cast

from lxml import etree

from bench.load import KEY_COLUMNS, RESULT_COLUMNS, Load
from bench.place import expect_rows, fresh_folder

if TYPE_CHECKING:
    Element = etree._Element  # noqa: SLF001 - the type of an element has no public name

CHUNK_BYTES = 65_536


def floor(folder: Path, size: int) -> float:
    """Seconds for lxml → tuples streamed into an upsert of a new SQLite file: twelve columns, one transaction."""
    database = fresh_folder(folder / "floor") / "floor.db"
    began = perf_counter()
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(_table())
        connection.execute("BEGIN")
        connection.executemany(_upsert(), read_tuples(Load.within(folder).results))
        connection.execute("COMMIT")
    seconds = perf_counter() - began
    with closing(sqlite3.connect(database)) as connection:
        expect_rows(connection.execute("SELECT COUNT(*) FROM result").fetchone()[0], size)
    return seconds


def dicts(folder: Path, size: int) -> float:
    """Seconds for lxml → one dict for each record, which is thrown away."""
    began = perf_counter()
    count = sum(1 for _ in read_dicts(Load.within(folder).results))
    seconds = perf_counter() - began
    expect_rows(count, size)
    return seconds


def read_dicts(path: Path) -> Iterator[dict[str, str | None]]:
    """The records as dicts of element name → text."""
    for record in _records(path):
        yield {field.tag: field.text for field in record}


def read_tuples(path: Path) -> Iterator[tuple[str | None, ...]]:
    """The records as tuples in the order of `RESULT_COLUMNS`; None where an element is absent."""
    places = {column: place for place, column in enumerate(RESULT_COLUMNS)}
    blank: list[str | None] = [None] * len(RESULT_COLUMNS)
    for record in _records(path):
        row = blank[:]
        for field in record:
            row[places[field.tag]] = field.text
        yield tuple(row)


def _records(path: Path) -> "Iterator[Element]":
    """Memory stays flat: what has been read of a chunk is deleted before the next one (DESIGN §12)."""
    parser = etree.XMLPullParser(events=("end",), tag="Record", remove_comments=True, remove_pis=True, no_network=True)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            parser.feed(chunk)
            record = None
            for _, record in cast("Iterator[tuple[str, Element]]", parser.read_events()):
                yield record
            root = record.getparent() if record is not None else None
            if root is not None:
                del root[:-1]
    parser.close()


def _table() -> str:
    columns = ", ".join(f"{column} TEXT" for column in RESULT_COLUMNS)
    return f"CREATE TABLE result ({columns}, PRIMARY KEY ({', '.join(KEY_COLUMNS)}))"


def _upsert() -> str:
    marks = ", ".join("?" * len(RESULT_COLUMNS))
    changes = ", ".join(f"{column} = excluded.{column}" for column in RESULT_COLUMNS if column not in KEY_COLUMNS)
    return (
        f"INSERT INTO result VALUES ({marks}) "  # noqa: S608 - names of constants
        f"ON CONFLICT ({', '.join(KEY_COLUMNS)}) DO UPDATE SET {changes}"
    )
