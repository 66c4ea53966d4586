"""Which revision of each entry did its application last send, and what did it say then?

An application sends what it knows again and again. An older revision must not take the place of a newer one, and one
that says nothing new must not take the place of what was typed in SIMS since (DESIGN §5, adoption).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from sims_sync.records import Entry
from sims_sync.store.json_values import json_ready
from sims_sync.store.tables import entry, entry_version

_REVISED_AT = "revised_at"  # beside the record's fields in an entry version's content
_KEYS_PER_QUERY = 500

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Sent:
    """The newest revision that was sent of one entry; `content` is its own where the present version is another."""

    revised_at: datetime
    content: Content | None


@dataclass(frozen=True, slots=True)
class Revisions:
    """Entry key → its newest revision that was sent."""

    sent: Mapping[str, _Sent]

    def is_older(self, key: str, revised_at: datetime | None) -> bool:
        """Whether a later revision than this one was taken over."""
        known = self.sent.get(key)
        return known is not None and revised_at is not None and revised_at < known.revised_at

    def says_nothing_new(self, record: Entry) -> bool:
        """Whether the entry has changed here since, and this is only what was sent before that."""
        known = self.sent.get(record.key)
        return known is not None and known.content is not None and known.content == _said(json_ready(asdict(record)))


def load_revisions(connection: Connection, school: str, source: str) -> Revisions:
    """What was noted of one source's entries."""
    rows = connection.execute(
        select(entry.c.entry_key, entry.c.version, entry_version.c.version.label("of_version"), entry_version.c.content)
        .join(
            entry_version, (entry_version.c.school == entry.c.school) & (entry_version.c.entry_key == entry.c.entry_key)
        )
        .where(entry.c.school == school, entry.c.source == source)
        .order_by(entry.c.entry_key, entry_version.c.version)
    )
    sent = {}
    for row in rows:  # of one entry's versions the last that is noted stays
        if _REVISED_AT in row.content:
            content = None if row.of_version == row.version else _said(row.content)
            sent[row.entry_key] = _Sent(datetime.fromisoformat(row.content[_REVISED_AT]), content)
    return Revisions(sent)


def note_revisions(connection: Connection, school: str, revised: Mapping[str, datetime]) -> None:
    """Remember of which revision (entry key → its moment) the present version of each entry is.

    It is a mark, no content: `undo` of the run that saw it leaves it.
    """
    keys = list(revised)
    chosen = select(entry.c.entry_key, entry.c.version, entry_version.c.content).join(
        entry_version,
        (entry_version.c.school == entry.c.school)
        & (entry_version.c.entry_key == entry.c.entry_key)
        & (entry_version.c.version == entry.c.version),
    )
    marked = [
        {"of_key": key, "of_version": version, "marked": {**content, _REVISED_AT: revised[key].isoformat()}}
        for start in range(0, len(keys), _KEYS_PER_QUERY)
        for key, version, content in connection.execute(
            chosen.where(entry.c.school == school, entry.c.entry_key.in_(keys[start : start + _KEYS_PER_QUERY]))
        ).all()
        if content.get(_REVISED_AT) != revised[key].isoformat()
    ]
    if marked:
        connection.execute(_MARK.where(entry_version.c.school == school), marked)


_MARK = (
    update(entry_version)
    .where(entry_version.c.entry_key == bindparam("of_key"), entry_version.c.version == bindparam("of_version"))
    .values(content=bindparam("marked", type_=entry_version.c.content.type))
)


def _said(content: Content) -> Content:
    """What the version says, without when it was recorded and without marks."""
    return {name: value for name, value in content.items() if name in _SAID}


_SAID = frozenset({"student_id", "kind", "state", "interview_date", "author", "targets", "reviews", "no_target_reason"})
