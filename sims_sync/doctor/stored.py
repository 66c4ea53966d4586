"""Is the store well: its schema, what SQLite says of its file, its size, and its log?"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

from sims_sync.config import Config
from sims_sync.connector import Finding, Severity
from sims_sync.doctor.place import store_path
from sims_sync.store.session import Store

SAFE_SQLITE = (3, 51, 3)  # earlier ones can lose a commit when the write-ahead log is reset under load
LOOKED_THROUGH_BYTES_MAX = 1_000_000_000  # beyond it takes long; a rehearsed restore looks through all of it
LOG_WARN_BYTES = 200_000_000


def store_findings(config: Config, store: Store) -> Iterator[Finding]:
    """What there is to say of the open store.

    Raises:
        RetriableError: it does not answer.
    """
    path = store_path(config)
    if store.dialect != "sqlite" or path is None:
        with store.reading() as connection:
            size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        yield Finding(Severity.FINE, "store", f"{store.dialect}, schema up to date, {_mb(size)}.")
        return
    size = path.stat().st_size
    yield Finding(Severity.FINE, "store", f"sqlite, schema up to date, {_mb(size)}.")
    yield from _integrity(store, size)
    yield from _log(path)
    if sqlite3.sqlite_version_info < SAFE_SQLITE:
        what = f"SQLite {sqlite3.sqlite_version} has a rare fault when its log is reset while two programs write."
        yield Finding(Severity.WARN, "store", what, "Use a Python that brings SQLite 3.51.3 or newer when you can.")


def _integrity(store: Store, size: int) -> Iterator[Finding]:
    if size > LOOKED_THROUGH_BYTES_MAX:
        what = "is too large to be looked through here; `sims-sync backup --verify` does it."
        yield Finding(Severity.FINE, "store", what)
        return
    with store.reading() as connection:
        said = connection.execute(text("PRAGMA quick_check(1)")).scalars().all()
    if said == ["ok"]:
        yield Finding(Severity.FINE, "store", "SQLite finds its file whole.")
    else:
        do = "Stop the service, keep the file, and restore a backup: docs/backup.md."
        yield Finding(Severity.WRONG, "store", "SQLite finds its file damaged.", do)


def _log(path: Path) -> Iterator[Finding]:
    log = path.with_name(f"{path.name}-wal")
    size = log.stat().st_size if log.exists() else 0
    if size > LOG_WARN_BYTES:
        what = f"its log ({log.name}) has grown to {_mb(size)}: some program has been reading for long."
        yield Finding(Severity.WARN, "store", what, "Restart the service when nothing is running.")


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
