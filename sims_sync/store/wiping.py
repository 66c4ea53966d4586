"""How is deleted content really gone from the database's own files, and not only from its tables?

SQLite only marks pages as free, and keeps earlier pages in its write-ahead log. So deleted content is overwritten with
zeros (`secure_delete`), the file is written anew (`VACUUM`) and the log is emptied (`wal_checkpoint(TRUNCATE)`).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, text
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from sims_sync.store.session import BUSY_TIMEOUT_SECONDS, Store
from sims_sync.store.tables import metadata

CHECKPOINT_ATTEMPTS = 5
CHECKPOINT_WAIT_SECONDS = 2.0  # in each attempt, for readers to be done


@contextmanager
def wiping(store: Store) -> Iterator[Connection]:
    """A transaction like `Store.writing`, whose deletions are overwritten with zeros."""
    with store.writing() as connection:
        if store.dialect == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
        try:
            yield connection
        finally:
            if store.dialect == "sqlite":
                with suppress(SQLAlchemyError):  # the first fault is what matters
                    connection.exec_driver_sql("PRAGMA secure_delete=OFF")


def wipe(store: Store, *, anew: bool) -> bool:
    """Empty the write-ahead log, and with `anew` write the whole file again before; whether all of it was done.

    False: another process is reading, so earlier pages may still be in the log until the next time. On PostgreSQL it is
    the tables that are written anew; its own log and its backups are the database administrator's.
    """
    if store.dialect != "sqlite":
        return _rewrite(store, anew=anew)
    raw = store.engine.raw_connection()  # VACUUM stands in no transaction, and the store's connections begin one
    try:
        cursor = raw.cursor()
        done = _tried(cursor, "VACUUM") if anew else True
        return _emptied(cursor) and done
    finally:
        raw.close()


def _emptied(cursor: DBAPICursor) -> bool:
    cursor.execute(f"PRAGMA busy_timeout = {int(CHECKPOINT_WAIT_SECONDS * 1000)}")
    try:
        return any(_is_emptied(cursor) for _ in range(CHECKPOINT_ATTEMPTS))
    finally:
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}")


def _is_emptied(cursor: DBAPICursor) -> bool:
    if not _tried(cursor, "PRAGMA wal_checkpoint(TRUNCATE)"):
        return False
    is_busy, *_ = cursor.fetchone() or (1,)
    return not is_busy


def _tried(cursor: DBAPICursor, statement: str) -> bool:
    try:
        cursor.execute(statement)
    except sqlite3.OperationalError:  # in use, or no room for a second copy
        return False
    return True


def _rewrite(store: Store, *, anew: bool) -> bool:
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        try:
            connection.execute(text(f"VACUUM {'FULL' if anew else ''} {names}"))
        except OperationalError:
            return False
    return True
