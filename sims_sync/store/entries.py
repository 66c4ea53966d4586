"""Entries with their targets and reviews, and every earlier version of each."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table, and_, delete, select

from sims_sync.plan import Change
from sims_sync.records import Entry, EntryKind, EntryState, Review, Target
from sims_sync.store.journal import note_removed
from sims_sync.store.json_values import json_ready
from sims_sync.store.rows import upsert
from sims_sync.store.tables import entry, entry_version, review, target

_ENTRY_FIELDS = ("interview_date", "recorded_at", "origin", "author", "half_term", "no_target_reason")
_TARGET_FIELDS = ("text", "area", "criterion", "support", "by_date")
_REVIEW_FIELDS = ("outcome", "text", "evidence", "next_step")
_KEYS_PER_STATEMENT = 500

Child = TypeVar("Child", Target, Review)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where entries of one source come from, and the run that writes them."""

    source: str
    run_id: str


def load_entries(
    connection: Connection, school: str, source: str | None = None, student_ids: Iterable[str] | None = None
) -> dict[str, Entry]:
    """Every entry (of one source, of these students, if named) by key, targets and reviews in order."""
    chosen = select(entry).where(entry.c.school == school)
    if source is not None:
        chosen = chosen.where(entry.c.source == source)
    if student_ids is not None:
        chosen = chosen.where(entry.c.student_id.in_(list(student_ids)))
    keys = None if student_ids is None else chosen.with_only_columns(entry.c.entry_key)
    targets = _children(connection, school, target, Target, _TARGET_FIELDS, keys)
    reviews = _children(connection, school, review, Review, _REVIEW_FIELDS, keys)
    return {
        row["entry_key"]: _entry(row, targets, reviews)
        for row in connection.execute(chosen.order_by(entry.c.entry_key)).mappings()
    }


def load_entry(connection: Connection, school: str, key: str) -> tuple[Entry, str] | None:
    """One entry, and the name of its source."""
    where = (entry.c.school == school, entry.c.entry_key == key)
    row = connection.execute(select(entry).where(*where)).mappings().first()
    if row is None:
        return None
    targets = _children(connection, school, target, Target, _TARGET_FIELDS, [key])
    reviews = _children(connection, school, review, Review, _REVIEW_FIELDS, [key])
    return _entry(row, targets, reviews), row["source"]


def origins_of(connection: Connection, school: str, keys: Iterable[str]) -> dict[str, str]:
    """Entry key → origin, of those of these keys that are there."""
    found: dict[str, str] = {}
    for batch in _batches(list(keys)):
        here = (entry.c.school == school, entry.c.entry_key.in_(batch))
        found.update(
            (row.entry_key, row.origin)
            for row in connection.execute(select(entry.c.entry_key, entry.c.origin).where(*here))
        )
    return found


def entry_origins(connection: Connection, school: str, student_id: str) -> dict[str, tuple[str, str, int]]:
    """Entry key → (source, run that wrote it last, version) of one student's entries."""
    columns = (entry.c.entry_key, entry.c.source, entry.c.run_id, entry.c.version)
    rows = connection.execute(select(*columns).where(entry.c.school == school, entry.c.student_id == student_id))
    return {row.entry_key: (row.source, row.run_id, row.version) for row in rows}


def apply_entries(connection: Connection, school: str, changes: Sequence[Change], origin: Origin) -> None:
    """Write added and changed entries; what a changed one was before is kept as an earlier version."""
    if not changes:
        return
    versions = _next_versions(connection, school, [change.key for change in changes])
    common = {"school": school, "run_id": origin.run_id}
    upsert(connection, entry, [_entry_row(change.record, versions, origin, common) for change in changes])
    keys = [change.key for change in changes]
    for batch in _batches(keys):
        for table in (target, review):
            where = and_(table.c.school == school, table.c.entry_key.in_(batch))
            note_removed(connection, table, origin.run_id, where)
            connection.execute(delete(table).where(where))
    upsert(connection, target, _child_rows(changes, "targets", common))
    upsert(connection, review, _child_rows(changes, "reviews", common))
    upsert(
        connection,
        entry_version,
        [
            {
                **common,
                "entry_key": change.key,
                "version": versions[change.key],
                "recorded_at": change.record.recorded_at,
                "content": json_ready(asdict(change.record)),
            }
            for change in changes
        ],
    )


def _entry(
    row: Mapping[Any, Any], targets: Mapping[str, Sequence[Target]], reviews: Mapping[str, Sequence[Review]]
) -> Entry:
    return Entry(
        entry_key=row["entry_key"],
        student_id=row["student_id"],
        kind=EntryKind(row["kind"]),
        state=EntryState(row["state"]),
        targets=tuple(targets.get(row["entry_key"], ())),
        reviews=tuple(reviews.get(row["entry_key"], ())),
        **{name: row[name] for name in _ENTRY_FIELDS},
    )


def _entry_row(record: Entry, versions: Mapping[str, int], origin: Origin, common: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **common,
        "entry_key": record.entry_key,
        "student_id": record.student_id,
        "kind": record.kind.value,
        "state": record.state.value,
        **{name: getattr(record, name) for name in _ENTRY_FIELDS},
        "source": origin.source,
        "record_fingerprint": record.fingerprint,
        "version": versions[record.entry_key],
    }


def _child_rows(changes: Iterable[Change], name: str, common: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {**common, "entry_key": change.key, "position": position, **asdict(child)}
        for change in changes
        for position, child in enumerate(getattr(change.record, name), start=1)
    ]


def _next_versions(connection: Connection, school: str, keys: Sequence[str]) -> dict[str, int]:
    known: dict[str, int] = {}
    for batch in _batches(keys):
        found = connection.execute(
            select(entry.c.entry_key, entry.c.version).where(entry.c.school == school, entry.c.entry_key.in_(batch))
        )
        known.update((row.entry_key, row.version) for row in found)
    return {key: known.get(key, 0) + 1 for key in keys}


def _children(
    connection: Connection,
    school: str,
    table: Table,
    record: Callable[..., Child],
    names: Sequence[str],
    keys: Sequence[str] | Select[Any] | None,
) -> dict[str, list[Child]]:
    """Of each entry, in order; `keys`: of these alone."""
    chosen = select(table).where(table.c.school == school)
    if keys is not None:
        chosen = chosen.where(table.c.entry_key.in_(keys))
    rows = connection.execute(chosen.order_by(table.c.entry_key, table.c.position)).mappings()
    found: dict[str, list[Child]] = defaultdict(list)
    for row in rows:
        found[row["entry_key"]].append(record(**{name: row[name] for name in names}))
    return found


def _batches(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + _KEYS_PER_STATEMENT] for start in range(0, len(keys), _KEYS_PER_STATEMENT))
