"""Makes one backup: sealed, written through, read back, and only then given its name; older ones go by rule."""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import make_url

from sims_sync import __version__
from sims_sync.backup.archive import ArchiveReader, Tally, write_archive
from sims_sync.backup.belongings import Belongings, belongings
from sims_sync.backup.keeping import BackupFile, backup_name, backups_in, dispensable, expired, unfinished_in
from sims_sync.config import Config
from sims_sync.errors import ConfigProblem, ConfigurationError, RunError
from sims_sync.formats.whole_writing import patiently
from sims_sync.secrets import read_secret
from sims_sync.store.session import Store, schema_revision

PASSPHRASE_LENGTH_MIN = 12
SPACING = timedelta(hours=6)  # the schools of a trust share one store: the first one's job of a night makes its backup
_OWNER_ONLY = 0o700


@dataclass(frozen=True, slots=True)
class BackupMade:
    """One backup: its file, how many rows and files it holds, what is not in it, and how many older ones went."""

    path: Path
    tables: int
    rows: int
    files: int
    size: int
    left_out: tuple[str, ...]
    removed: int


def backup_folder(config: Config) -> Path:
    """Where backups go.

    Raises:
        ConfigurationError: no folder is configured.
    """
    if config.backup.folder is None:
        do = "Set it to a folder on another disk, and backup.passphrase: docs/backup.md."
        raise ConfigurationError([ConfigProblem("backup.folder", "is not set, so no backup is made.", do)])
    return Path(os.path.normpath(config.base / config.backup.folder))


def backup_passphrase(config: Config) -> str:
    """What backups are sealed with: there is none without, for they hold children's data.

    Raises:
        ConfigurationError: none is configured, it cannot be had, or it is too short.
    """
    if config.backup.passphrase is None:
        what = "is not set: a backup holds children's data and is never written without one."
        do = "Run `sims-sync secret set backup`, and write the reference that it shows."
        raise ConfigurationError([ConfigProblem("backup.passphrase", what, do)])
    passphrase = read_secret(config.backup.passphrase, config.base)
    if len(passphrase) < PASSPHRASE_LENGTH_MIN:
        what = f"has fewer than {PASSPHRASE_LENGTH_MIN} characters."
        raise ConfigurationError([ConfigProblem("backup.passphrase", what, "Choose a longer one, e.g. five words.")])
    return passphrase


def make_backup(config: Config, store: Store, now: datetime) -> BackupMade:
    """Make a backup of this moment, look whether it reads back, and remove those that the rule no longer keeps.

    Raises:
        ConfigurationError: folder or passphrase are missing.
        RunError: it could not be written or did not read back; nothing stays under a backup's name.
    """
    folder, passphrase = backup_folder(config), backup_passphrase(config)
    remove_expired(config, now)
    with _sentences(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY)
        for leftover in unfinished_in(folder, time.time()):
            leftover.unlink(missing_ok=True)
        path = _free_name(folder, now)
        part = path.with_name(f"{path.name}.part")
        try:
            kept = belongings(config)
            tally = _write(part, passphrase, config, store, kept, now)
            _read_back(part, passphrase, tally)
            patiently(lambda: part.replace(path))
            _write_through(folder)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        removed = _remove_dispensable(config, folder, path) + remove_expired(config, now)
        rows = sum(tally.rows.values())
        size = path.stat().st_size
    return BackupMade(path, len(tally.rows), rows, len(tally.files), size, kept.left_out, removed)


def remove_expired(config: Config, now: datetime) -> int:
    """Remove backups older than any rule allows, even where no new one can be made; how many went."""
    gone = 0
    for each in expired(backups_in(backup_folder(config)), now):
        with suppress(OSError):
            each.path.unlink(missing_ok=True)
            gone += 1
    return gone


def recent_backup(config: Config, now: datetime) -> BackupFile | None:
    """A backup that is as good as one made now for a nightly job."""
    found = backups_in(backup_folder(config))
    return next((each for each in found if now - SPACING < each.made <= now), None)


def _write(part: Path, passphrase: str, config: Config, store: Store, kept: Belongings, now: datetime) -> Tally:
    with _new_private(part) as descriptor, os.fdopen(descriptor, "wb") as file:
        with store.reading() as connection:
            about = {
                "made": now.isoformat(),
                "version": __version__,
                "schema": schema_revision(connection),
                "database": store.dialect,
                "store_file": _store_file(config),
                "config_file": config.file.name,
                "schools": sorted({*config.schools, *config.broken}),
                "left_out": list(kept.left_out),
            }
            tally = write_archive(file, passphrase, connection, about, kept)
        file.flush()
        os.fsync(file.fileno())
    return tally


@contextmanager
def _new_private(path: Path) -> Iterator[int]:
    """A new file that only this account may read; Windows gives it the folder's rights."""
    yield os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)


def _read_back(part: Path, passphrase: str, tally: Tally) -> None:
    with part.open("rb") as file:
        reader = ArchiveReader(file, passphrase)
        for _ in reader.parts():
            pass  # it counts and compares by itself
    if set(reader.about["columns"]) != set(tally.rows):
        raise RunError("backup-failed", "The backup did not read back as it was written.", "Look at that disk.")


def _store_file(config: Config) -> str | None:
    """The SQLite file's place below the configuration's folder; None where config.toml names another."""
    address = make_url(config.store.url)
    if address.get_backend_name() != "sqlite" or Path(address.database or "").is_absolute():
        return None
    path, base = (config.base / (address.database or "sims-sync.db")).resolve(), config.base.resolve()
    return path.relative_to(base).as_posix() if base in path.parents else None


def _free_name(folder: Path, now: datetime) -> Path:
    path = folder / backup_name(now)
    number = 1
    while path.exists() or path.with_name(f"{path.name}.part").exists():
        number += 1
        path = folder / backup_name(now).replace("Z.", f"Z-{number}.")
    return path


def _remove_dispensable(config: Config, folder: Path, just_made: Path) -> int:
    """By rule, but never the one just made: under a clock that was put back it is not the newest by name."""
    keep = config.backup
    gone = 0
    for each in dispensable(backups_in(folder), keep.keep_daily, keep.keep_weekly, keep.keep_monthly):
        if each.path == just_made:
            continue
        with suppress(OSError):  # held by another program for a moment: the next backup removes it
            each.path.unlink(missing_ok=True)
            gone += 1
    return gone


def _write_through(folder: Path) -> None:
    """A name is in the folder after a power cut too; Windows has no such call and needs none."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _sentences(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        reason = "its disk is full" if full else "it cannot be written to"
        what = f"No backup was made in {folder}: {reason} ({type(error).__name__})."
        do = "Make room there." if full else "Is the disk there, and may this account write to it?"
        raise RunError("backup-failed", what, f"{do} Nothing half-made was left behind.") from None
