"""Of which file, last changed when, is an entry's present version (two copies of a pro-forma may differ)?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, select, update

from sims_sync.store.tables import entry, entry_version

_FILE = "file"  # beside the record's fields in an entry version's content
_AS_OF = "file_as_of"
_KEYS_PER_QUERY = 500
_PRESENT = and_(
    entry_version.c.school == entry.c.school,
    entry_version.c.entry_key == entry.c.entry_key,
    entry_version.c.version == entry.c.version,
)


@dataclass(frozen=True, slots=True)
class FileSeen:
    """A file that was handed in: its name, and its modification time (aware) capped at collection."""

    name: str
    as_of: datetime


def load_files(connection: Connection, school: str, source: str) -> dict[str, FileSeen]:
    """Entry key → the newest file that held exactly its present version; entries without one are left out."""
    rows = connection.execute(
        select(entry.c.entry_key, entry_version.c.content)
        .join(entry_version, _PRESENT)
        .where(entry.c.school == school, entry.c.source == source)
    )
    return {
        key: FileSeen(content[_FILE], datetime.fromisoformat(content[_AS_OF]))
        for key, content in rows
        if _AS_OF in content
    }


def note_file(connection: Connection, school: str, keys: Collection[str], seen: FileSeen) -> None:
    """Remember that the present versions of these entries stand in that file.

    It is a mark, no content: `undo` of the run that saw it leaves it.
    """
    if not keys:
        return
    mark = {_FILE: seen.name, _AS_OF: seen.as_of.isoformat()}
    chosen = select(entry.c.entry_key, entry.c.version, entry_version.c.content).join(entry_version, _PRESENT)
    listed = list(keys)
    marked = [
        {"of_key": key, "of_version": version, "marked": {**content, **mark}}
        for start in range(0, len(listed), _KEYS_PER_QUERY)
        for key, version, content in connection.execute(
            chosen.where(entry.c.school == school, entry.c.entry_key.in_(listed[start : start + _KEYS_PER_QUERY]))
        ).all()
    ]
    connection.execute(
        update(entry_version)
        .where(
            entry_version.c.school == school,
            entry_version.c.entry_key == bindparam("of_key"),
            entry_version.c.version == bindparam("of_version"),
        )
        .values(content=bindparam("marked", type_=entry_version.c.content.type)),
        marked,
    )
