"""Which lists were written into a folder, so that a copy somebody changed is known from one that nobody touched."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from sims_sync.store.rows import remove, upsert
from sims_sync.store.tables import written_list


@dataclass(frozen=True, slots=True)
class WrittenList:
    """One list: `fingerprint` of the bytes we wrote; `collected` that of the last changed copy that was collected."""

    name: str
    fingerprint: str
    written_at: datetime
    collected: str = ""
    collected_at: datetime | None = None


def load_written(connection: Connection, school: str) -> Mapping[str, WrittenList]:
    """Every list that lies in a folder, by its name, in the order of names."""
    chosen = select(written_list).where(written_list.c.school == school).order_by(written_list.c.name)
    names = WrittenList.__slots__
    rows = connection.execute(chosen).mappings()
    return {row["name"]: WrittenList(**{name: row[name] for name in names}) for row in rows}


def save_written(connection: Connection, school: str, written: WrittenList) -> None:
    """Remember what was written, or collected."""
    row = {name: getattr(written, name) for name in WrittenList.__slots__}
    upsert(connection, written_list, [{"school": school, **row}])


def forget_written(connection: Connection, school: str, name: str) -> None:
    """A list whose file was taken away."""
    remove(connection, written_list, school=school, name=name)
