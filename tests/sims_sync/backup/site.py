"""What do the tests of backups share: a configured school with rows in every table, and a look at what is stored?"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Date, DateTime, Float, Integer, LargeBinary, Table

from sims_sync.config import BackupSection, Config, StoreSection
from sims_sync.store.every_row import VERSION_TABLE
from sims_sync.store.session import Store
from sims_sync.store.tables import UtcDateTime, metadata
from tests.sims_sync.builders import make_school

PASSPHRASE = "five words are long enough"
NOW = datetime(2026, 12, 16, 22, 30, tzinfo=UTC)
MARKER = "Zorblatt"


@dataclass(frozen=True, slots=True)
class Site:
    """A school's folder, its configuration and its open store."""

    folder: Path
    config: Config
    store: Store

    @property
    def backups(self) -> Path:
        return self.folder.parent / "backups"


def make_site(folder: Path, store: Store, url: str = "sqlite:///store.db") -> Site:
    """A school that backs up into `../backups`, with the passphrase in a file."""
    folder.mkdir(parents=True, exist_ok=True)
    write_secret(folder / "secrets" / "backup", PASSPHRASE)
    (folder / "config.toml").write_text("version = 1\n", encoding="utf-8")
    (folder / "roles.csv").write_text("staff_code,role\nT1,head_of_house\n", encoding="utf-8")
    (folder / "mappings").mkdir(exist_ok=True)
    (folder / "mappings" / "own.toml").write_text("version = 1\n", encoding="utf-8")
    school = make_school(folder)
    config = Config(
        file=folder / "config.toml",
        store=StoreSection(url=url),
        backup=BackupSection(folder="../backups", passphrase="file:secrets/backup"),
        schools={school.id: school},
    )
    return Site(folder, config, store)


def write_secret(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def fill(connection: Connection, tables: Sequence[Table] | None = None, count: int = 3, school: str = "austen") -> None:
    """Rows in every table, every column filled, with whatever a cell can hold; those referred to come first."""
    for table in tables if tables is not None else metadata.sorted_tables:
        if table.name != VERSION_TABLE:
            connection.execute(table.insert(), [_row(table, number, school) for number in range(_most(table, count))])


def _most(table: Table, count: int) -> int:
    return 1 if [column.name for column in table.primary_key] == ["school"] else count


def _row(table: Table, number: int, school: str) -> dict[str, Any]:
    return {column.name: _cell(column.type, column.name, number) for column in table.columns} | {"school": school}


def _cell(kind: object, name: str, number: int) -> object:
    if isinstance(kind, UtcDateTime):
        return datetime(2026, 12, 16, 7, 30, number, 123456, tzinfo=UTC)
    values: list[tuple[type, object]] = [
        (DateTime, datetime(2026, 12, 16, 7, 30, number)),  # noqa: DTZ001 - as an old schema's column holds it
        (Date, date(2026, 12, 1 + number)),
        (Boolean, number % 2 == 0),
        (Integer, number),
        (Float, number + 0.5),
        (LargeBinary, bytes([0, 255, number]) + base64.b64decode("/w==")),
        (JSON, [None, {}, {"a": [1, "é"]}][number % 3]),
    ]
    for type_of_column, value in values:
        if isinstance(kind, type_of_column):
            return value
    return f"{MARKER} “{name}”\n{number}"


def every_row(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table as the product reads it."""
    return {
        table.name: sorted((tuple(row) for row in connection.execute(table.select())), key=repr)
        for table in metadata.sorted_tables
    }
