"""Deleted content is gone from the bytes of the database and of its log, not only from the tables."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from sims_sync.store.session import Store
from sims_sync.store.tables import house
from sims_sync.store.wiping import wipe, wiping

MARK = "plughxyzzy"


def fill(store: Store, count: int = 500) -> None:
    with store.writing() as connection:
        rows = [{"school": "austen", "name": f"{MARK} {number} {'x' * 200}", "run_id": "r"} for number in range(count)]
        connection.execute(insert(house), rows)


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("store.db*")))


def test_deleted_content_is_overwritten_without_writing_the_file_anew(sqlite_store: Store, tmp_path: Path) -> None:
    fill(sqlite_store)
    assert MARK.encode() in bytes_of(tmp_path)
    with wiping(sqlite_store) as connection:
        connection.execute(delete(house))
    assert wipe(sqlite_store, anew=False)
    assert MARK.encode() not in bytes_of(tmp_path)


def test_what_was_deleted_earlier_goes_when_the_file_is_written_anew(sqlite_store: Store, tmp_path: Path) -> None:
    fill(sqlite_store)
    with sqlite_store.writing() as connection:
        connection.execute(delete(house))
    assert wipe(sqlite_store, anew=True)
    assert MARK.encode() not in bytes_of(tmp_path)


def test_a_reader_in_the_way_is_told_and_not_waited_for_long(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sims_sync.store.wiping.CHECKPOINT_WAIT_SECONDS", 0)
    monkeypatch.setattr("sims_sync.store.wiping.CHECKPOINT_ATTEMPTS", 1)
    fill(sqlite_store)
    with closing(sqlite3.connect(tmp_path / "store.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM house").fetchone()
        with wiping(sqlite_store) as connection:
            connection.execute(delete(house))
        assert not wipe(sqlite_store, anew=False)
    assert wipe(sqlite_store, anew=False)
    assert MARK.encode() not in bytes_of(tmp_path)


def test_it_is_done_on_either_database(store: Store) -> None:
    fill(store, 5)
    with wiping(store) as connection:
        connection.execute(delete(house))
    assert wipe(store, anew=True)
