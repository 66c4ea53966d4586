"""What did a source last say of each entry, and as of when: in a file that was handed in, or in an application's list?

A source says what it knows again and again. What it said earlier must not take the place of what it said later, and
what says nothing new must not take the place of what was typed in SIMS since (DESIGN §5, adoption).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select, update

from sims_sync.records import Entry
from sims_sync.store.json_values import json_ready
from sims_sync.store.tables import entry, entry_version

_MARK = "last_said"  # beside the record's fields in an entry version's content, which it leaves as they are
_KEYS_PER_QUERY = 500
_SAID = frozenset({"student_id", "kind", "state", "interview_date", "author", "targets", "reviews", "no_target_reason"})

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Saying:
    """The newest that a source said of one entry.

    `as_of`: aware; the moment of the revision, or the file's modification time capped at collection. `file`: its name,
    "" for an application. `content` is what it said then, where the entry has changed here since.
    """

    as_of: datetime
    file: str = ""
    content: Content | None = None

    def is_repeated_by(self, record: Entry) -> bool:
        """Whether the entry has changed here since, and this only says again what was said before that."""
        return self.content is not None and self.content == _said(json_ready(asdict(record)))


def load_last_said(connection: Connection, school: str, source: str) -> dict[str, Saying]:
    """Entry key → what one source last said of it; entries that were never marked are left out."""
    of_entry = and_(entry_version.c.school == entry.c.school, entry_version.c.entry_key == entry.c.entry_key)
    rows = connection.execute(
        select(entry.c.entry_key, entry.c.version, entry_version.c.version.label("of_version"), entry_version.c.content)
        .join(entry_version, of_entry)
        .where(entry.c.school == school, entry.c.source == source)
        .order_by(entry.c.entry_key, entry_version.c.version)
    )
    found = {}
    for row in rows:  # of one entry's versions the last that is marked stays
        if _MARK in row.content:
            mark = row.content[_MARK]
            content = None if row.of_version == row.version else _said(row.content)
            found[row.entry_key] = Saying(datetime.fromisoformat(mark["as_of"]), mark["file"], content)
    return found


def note_last_said(connection: Connection, school: str, sayings: Mapping[str, Saying]) -> None:
    """Remember (entry key → saying) that the present version of each entry is what its source says.

    It is a mark, no content: `undo` of the run that saw it leaves it, and what is marked so already is not written.
    """
    marks = {key: {"as_of": each.as_of.isoformat(), "file": each.file} for key, each in sayings.items()}
    keys = list(marks)
    is_present = and_(
        entry_version.c.school == entry.c.school,
        entry_version.c.entry_key == entry.c.entry_key,
        entry_version.c.version == entry.c.version,
    )
    chosen = select(entry.c.entry_key, entry.c.version, entry_version.c.content).join(entry_version, is_present)
    marked = [
        {"of_key": key, "of_version": version, "marked": {**content, _MARK: marks[key]}}
        for start in range(0, len(keys), _KEYS_PER_QUERY)
        for key, version, content in connection.execute(
            chosen.where(entry.c.school == school, entry.c.entry_key.in_(keys[start : start + _KEYS_PER_QUERY]))
        ).all()
        if content.get(_MARK) != marks[key]
    ]
    if marked:
        connection.execute(_WRITE.where(entry_version.c.school == school), marked)


_WRITE = (
    update(entry_version)
    .where(entry_version.c.entry_key == bindparam("of_key"), entry_version.c.version == bindparam("of_version"))
    .values(content=bindparam("marked", type_=entry_version.c.content.type))
)


def _said(content: Content) -> Content:
    """What the version says, without when it was recorded and without marks."""
    return {name: value for name, value in content.items() if name in _SAID}
