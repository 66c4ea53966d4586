"""Copies of a SQLite store beside itself, made before its schema is changed where no backups are configured."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import structlog
from sqlalchemy import Engine

from sims_sync.errors import RetriableError

KEPT_DAYS = 14  # DOMAIN §8: as long as every other file of ours that holds rows
_SECONDS_A_DAY = 24 * 60 * 60

log = structlog.get_logger("sims_sync.store")


def copy_beside(engine: Engine, old: str, new: str) -> Path | None:
    """Copy the store, as one moment has it, to `NAME.before-NEW-TIME`; None on a server, whose own tools do that.

    Raises:
        RetriableError: it cannot be copied: nothing should then be changed.
    """
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    store = Path(engine.url.database)
    target = store.with_name(f"{store.name}.before-{new}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    part = target.with_name(f"{target.name}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
        part.replace(target)
    except (OSError, sqlite3.Error):
        part.unlink(missing_ok=True)
        what = "The store could not be copied before its schema is brought up to date."
        raise RetriableError("store", what, "Make room on its disk; nothing was changed.") from None
    log.info("store copied before its schema is changed", old=old, new=new, copy=target.name)
    return target


def copies_of(store: Path) -> list[Path]:
    """The copies beside a SQLite store, the oldest first."""
    return sorted(store.parent.glob(f"{store.name}.before-*"), key=lambda path: path.stat().st_mtime)


def old_copies(store: Path, now: float) -> list[Path]:
    """Those older than `KEPT_DAYS`; `now` in seconds since the epoch, as files' times are."""
    return [path for path in copies_of(store) if now - path.stat().st_mtime > KEPT_DAYS * _SECONDS_A_DAY]
