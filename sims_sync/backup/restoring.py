"""Brings a backup back: into a fresh folder for use, or into a passing one to prove that it could be (a rehearsal)."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, text

from sims_sync.backup.archive import FORMAT, ArchiveReader, safe_place
from sims_sync.backup.sealed import damaged
from sims_sync.errors import RunError
from sims_sync.formats.whole_writing import patiently
from sims_sync.store.audits import RESTORED
from sims_sync.store.decisions import record_audit
from sims_sync.store.every_row import count_rows, load_lines
from sims_sync.store.session import Store, schema_revision, store_as_it_is
from sims_sync.store.tables import ALL_SCHOOLS, pause
from sims_sync.store.upgrade import is_known, upgrade

STORE_FILE = "sims-sync.db"
_STAGE = ".restoring"
_OWNER_ONLY_FOLDER, _OWNER_ONLY_FILE = 0o700, 0o600


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: `about` as the backup says it, rows by table, the files' places, and where the store is."""

    about: Mapping[str, Any]
    rows: Mapping[str, int]
    files: tuple[str, ...]
    store_url: str

    @property
    def made(self) -> datetime:
        """When the backup was made."""
        return datetime.fromisoformat(self.about["made"])


@dataclass(frozen=True, slots=True)
class Rest:
    """Who restored, and when: everything then rests until a person has looked."""

    by: str
    at: datetime


def restore(file: Path, passphrase: str, into: Path, rest: Rest, store_url: str | None = None) -> Restored:
    """Restore a backup into `into`, which is new or empty, and the store to `store_url` (else SQLite in `into`).

    Every job is paused: what was sent after the backup is not known here. That it was restored stands in the audit log
    of each school: by it no mail that was due by then leaves again when all goes on (`messages.outbox`).

    Raises:
        RunError: no backup, damaged, another passphrase, a newer release's, or a place that is not empty. Nothing is
            then left in `into`.
        RetriableError, ConfigurationError: the database of `store_url` cannot be used.
    """
    into = into.absolute()  # a relative store would be looked for from the stage
    with _reader(file, passphrase) as reader, _fresh(into) as stage:
        done = _bring_back(reader, stage, store_url, rest)
        for path in sorted(stage.iterdir(), key=lambda each: each.name == reader.about["config_file"]):
            place = into / path.name  # config.toml comes last: without it the folder is of no use, and cannot mislead
            patiently(lambda path=path, place=place: path.replace(place))  # type: ignore[misc]  # bound at once
    url = store_url or f"sqlite:///{into / _store_file(reader.about)}"
    return Restored(done.about, done.rows, done.files, url)


def rehearse(file: Path, passphrase: str, work: Path) -> Restored:
    """Restore a backup into a folder below `work` that is gone again afterwards.

    Raises:
        RunError: as `restore`.
    """
    work = work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="rehearsal-", dir=work, ignore_cleanup_errors=True) as folder,
        _reader(file, passphrase) as reader,
    ):
        return _bring_back(reader, Path(folder), None, None)


@contextmanager
def _reader(file: Path, passphrase: str) -> Iterator[ArchiveReader]:
    try:
        opened = file.open("rb")
    except OSError:
        what = f"The backup {file} cannot be opened."
        raise RunError("backup-unreadable", what, "Is it there, and may this account read it?") from None
    with opened:
        reader = ArchiveReader(opened, passphrase)
        if reader.about["format"] > FORMAT or not is_known(reader.about["schema"]):
            what = f"This backup was made by a newer release ({reader.about['version']})."
            raise RunError("backup-newer", what, "Install that release, or a newer one, and restore with it.")
        yield reader


def _bring_back(reader: ArchiveReader, folder: Path, store_url: str | None, rest: Rest | None) -> Restored:
    place = folder / _store_file(reader.about)
    store = store_as_it_is(store_url or f"sqlite:///{place}", folder)
    try:
        rows, files = _load(reader, store, folder)
        _prove(store)
        upgrade(store.engine)
        if rest is not None:
            _let_everything_rest(store, reader.about, rest)
    finally:
        store.close()
    if store_url is None:
        place.chmod(_OWNER_ONLY_FILE)
    return Restored(reader.about, rows, tuple(files), store_url or str(place))


def _load(reader: ArchiveReader, store: Store, folder: Path) -> tuple[dict[str, int], list[str]]:
    _refuse_rows_already_there(store, reader.about["schema"])
    upgrade(store.engine, reader.about["schema"])
    columns: dict[str, list[str]] = reader.about["columns"]
    expected = dict.fromkeys(columns, 0)
    files: list[str] = []
    with store.writing() as connection:  # all or nothing: the last part may yet prove to be damaged
        for part in reader.parts():
            if part.table:
                lines = part.content.splitlines()
                expected[part.table] += load_lines(connection, part.table, columns[part.table], lines)
            else:
                _put_file(safe_place(folder, part.file), part.content)
                files.append(part.file)
        found = count_rows(connection)
        if found != expected:
            raise damaged()
    return found, files


def _put_file(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY_FOLDER)
    path.write_bytes(content)
    path.chmod(_OWNER_ONLY_FILE)


def _prove(store: Store) -> None:
    """SQLite looks through its whole file, and at every reference; PostgreSQL has checked each while loading."""
    if store.dialect != "sqlite":
        return
    with store.reading() as connection:
        said = connection.execute(text("PRAGMA integrity_check")).scalars().all()
        loose = connection.execute(text("PRAGMA foreign_key_check")).first()
    if said != ["ok"] or loose is not None:
        raise damaged()


def _refuse_rows_already_there(store: Store, schema: str) -> None:
    with store.reading() as connection:
        now = schema_revision(connection)
        empty = now is None or (now == schema and not any(count_rows(connection).values()))
    if not empty:
        what = "The database to restore into holds something already."
        raise RunError("restore-place", what, "Name an empty one: a restore never overwrites.")


def _let_everything_rest(store: Store, about: Mapping[str, Any], rest: Rest) -> None:
    made = datetime.fromisoformat(about["made"])
    reason = f"restored from the backup of {made:%a %d %b %Y %H:%M} UTC; look first what has been sent since"
    values = {"school": ALL_SCHOOLS, "job": "", "since": rest.at, "paused_by": rest.by, "reason": reason}
    with store.writing() as connection:
        if not _rests(connection):
            connection.execute(insert(pause).values(values))
        for school in about["schools"]:
            detail = {"made": about["made"]}
            record_audit(connection, school, at=rest.at, who=rest.by, action=RESTORED, subject="backup", detail=detail)


def _rests(connection: Connection) -> bool:
    found = connection.execute(pause.select().where(pause.c.school == ALL_SCHOOLS, pause.c.job == "")).first()
    return found is not None


def _store_file(about: Mapping[str, Any]) -> str:
    return about["store_file"] or STORE_FILE


@contextmanager
def _fresh(into: Path) -> Iterator[Path]:
    """A stage inside `into`, so that nothing half restored is ever found in the place itself."""
    made = not into.exists()
    try:
        into.mkdir(parents=True, exist_ok=True, mode=_OWNER_ONLY_FOLDER)
        occupied = any(into.iterdir())
    except OSError:
        what = f"The folder {into} cannot be made or looked into."
        raise RunError("restore-place", what, "Name another, or give this account the right.") from None
    if occupied:
        raise RunError("restore-place", f"{into} is not empty.", "Name a new folder: a restore never overwrites.")
    stage = into / _STAGE
    stage.mkdir(mode=_OWNER_ONLY_FOLDER)
    whole = False
    try:
        yield stage
        whole = True
    except OSError as error:
        what = f"The backup could not be restored into {into} ({type(error).__name__})."
        raise RunError("restore-place", what, "Is its disk full, and may this account write there?") from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if not whole and made and not any(into.iterdir()):
            into.rmdir()
