"""What a run overwrote, row by row, so that `undo` can put it back (DESIGN §4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Date, Table, and_, delete, func, insert, select, tuple_, update
from sqlalchemy.sql import ColumnElement

from sims_sync.store.json_values import json_ready
from sims_sync.store.tables import (
    UtcDateTime,
    entry,
    entry_version,
    excusal,
    exemption,
    house,
    journal,
    metadata,
    result,
    review,
    role,
    staff_member,
    student,
    student_alias,
    student_span,
    target,
    tutor_group,
)

JOURNALED = frozenset(
    table.name
    for table in (
        entry,
        entry_version,
        house,
        review,
        role,
        staff_member,
        student,
        student_alias,
        student_span,
        target,
        tutor_group,
    )
)
_OF_A_STUDENT = frozenset(table.name for table in (student, student_alias, student_span))
_KEYS_PER_QUERY = 200


@dataclass(frozen=True, slots=True)
class Undone:
    """How many rows were put back or taken out again, and how many were left because something touched them later."""

    restored: int
    left: int


def note_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Remember what stands at these rows' keys before they are written; each row carries its school and run."""
    if table.name not in JOURNALED or not rows:
        return
    keys = [column.name for column in table.primary_key.columns]
    for start in range(0, len(rows), _KEYS_PER_QUERY):
        batch = rows[start : start + _KEYS_PER_QUERY]
        wanted = [tuple(row[name] for name in keys) for row in batch]
        columns = tuple_(*(table.c[name] for name in keys))
        found = connection.execute(select(table).where(columns.in_(wanted))).mappings()
        before = {tuple(row[name] for name in keys): dict(row) for row in found}
        _write(connection, table, [(key, before.get(key)) for key in wanted], batch[0]["school"], batch[0]["run_id"])


def note_removed(connection: Connection, table: Table, run_id: str, where: ColumnElement[bool]) -> None:
    """Remember rows that are about to be deleted."""
    if table.name not in JOURNALED:
        return
    keys = [column.name for column in table.primary_key.columns]
    rows = [dict(row) for row in connection.execute(select(table).where(where)).mappings()]
    if rows:
        _write(connection, table, [(tuple(row[name] for name in keys), row) for row in rows], rows[0]["school"], run_id)


def put_back(connection: Connection, school: str, run_id: str) -> Undone:
    """Restore every journaled row of a run, last first, unless a later run wrote it since.

    A student that the run brought, and that something later speaks of (an entry, a result, a decision), stays whole.
    """
    rows = connection.execute(
        select(journal).where(journal.c.school == school, journal.c.run_id == run_id).order_by(journal.c.place.desc())
    ).mappings()
    restored = left = 0
    listed = rows.all()
    needed = _needed_students(connection, school, run_id)
    for row in listed:
        table = metadata.tables[row["table_name"]]
        if _student_of(connection, table, row) in needed or _touched_later(connection, table, row["row_key"], run_id):
            left += 1
            continue
        _restore(connection, table, row["row_key"], row["before"])
        restored += 1
    connection.execute(delete(journal).where(journal.c.school == school, journal.c.run_id == run_id))
    return Undone(restored, left)


def has_journal(connection: Connection, school: str, run_id: str) -> bool:
    """Whether a run wrote anything that can be put back."""
    chosen = select(func.count()).select_from(journal).where(journal.c.school == school, journal.c.run_id == run_id)
    return bool(connection.execute(chosen).scalar())


def _write(
    connection: Connection,
    table: Table,
    pairs: Sequence[tuple[tuple[Any, ...], Mapping[str, Any] | None]],
    school: str,
    run_id: str,
) -> None:
    same_run = (journal.c.school == school, journal.c.run_id == run_id)
    first = int(connection.execute(select(func.coalesce(func.max(journal.c.place), 0)).where(*same_run)).scalar() or 0)
    connection.execute(
        insert(journal),
        [
            {
                "school": school,
                "run_id": run_id,
                "place": first + number,
                "table_name": table.name,
                "row_key": json_ready(list(key)),
                "before": json_ready(dict(before)) if before is not None else None,
            }
            for number, (key, before) in enumerate(pairs, start=1)
        ],
    )


def _needed_students(connection: Connection, school: str, run_id: str) -> frozenset[str]:
    found: set[str] = set()
    for table in (entry, result):
        chosen = select(table.c.student_id).where(table.c.school == school, table.c.run_id != run_id).distinct()
        found.update(connection.execute(chosen).scalars())
    for table in (excusal, exemption):
        found.update(connection.execute(select(table.c.student_id).where(table.c.school == school)).scalars())
    return frozenset(found)


def _student_of(connection: Connection, table: Table, row: Mapping[Any, Any]) -> str | None:
    """The student whom a run brought, of one of the tables that make up a student; else None."""
    if row["before"] is not None or table.name not in _OF_A_STUDENT:
        return None
    found = connection.execute(select(table.c.student_id).where(_at(table, row["row_key"]))).scalar()
    return str(found) if found is not None else None


def _touched_later(connection: Connection, table: Table, key: Sequence[Any], run_id: str) -> bool:
    now = connection.execute(select(table.c.run_id).where(_at(table, key))).scalar()
    return now is not None and now != run_id


def _restore(connection: Connection, table: Table, key: Sequence[Any], before: Mapping[str, Any] | None) -> None:
    if before is None:
        connection.execute(delete(table).where(_at(table, key)))
        return
    # Not deleted and written again: other rows may refer to it.
    values = {name: _value(table, name, item) for name, item in before.items()}
    if not connection.execute(update(table).where(_at(table, key)).values(values)).rowcount:
        connection.execute(insert(table).values(values))


def _at(table: Table, key: Sequence[Any]) -> ColumnElement[bool]:
    columns = table.primary_key.columns
    return and_(*(column == _value(table, column.name, item) for column, item in zip(columns, key, strict=True)))


def _value(table: Table, name: str, item: Any) -> Any:  # noqa: ANN401 - any column's value
    kind = table.c[name].type
    if isinstance(item, str) and isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(item)
    return date.fromisoformat(item) if isinstance(item, str) and isinstance(kind, Date) else item
