"""Where is a student in the store, and how are all their rows found, shown and taken away (DOMAIN §8)?

Works for several at once: at the roll-over of a year a whole cohort goes.
"""

import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, select, update

from sims_sync.records import Kind
from sims_sync.store.holdings import HOLDINGS, Link
from sims_sync.store.marks import forget_marks
from sims_sync.store.tables import (
    audit,
    delivery,
    entry,
    journal,
    metadata,
    missing,
    plan,
    problem,
    snapshot,
    student,
    student_alias,
    tutor_note,
)

ERASED = "(erased)"
_IDS_PER_STATEMENT = 500
_STUDENT_ID = re.compile(r"s[0-9a-f]{16}")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StudentKeys:
    """Everything by which rows of some students are found.

    `aliases`: (id kind, value); `names`: (forename, surname), to be looked for in free texts; none = do not look.
    """

    student_ids: frozenset[str]
    entry_keys: frozenset[str]
    delivery_keys: frozenset[str]
    aliases: frozenset[tuple[str, str]]
    names: frozenset[tuple[str, str]]

    @property
    def admission_numbers(self) -> frozenset[str]:
        """The numbers by which problems name a student."""
        return frozenset(value for kind, value in self.aliases if kind == "admission_number")


def student_keys(
    connection: Connection, school: str, student_ids: Iterable[str], *, in_free_text: bool = True
) -> StudentKeys:
    """Everything by which these students' rows are found; for a whole cohort free texts are not searched for names."""
    ids = frozenset(student_ids)
    aliases: set[tuple[str, str]] = set()
    names: set[tuple[str, str]] = set()
    for row in _rows(connection, student_alias, school, student_alias.c.student_id, ids):
        aliases.add((row["id_kind"], row["value"]))
    for row in _rows(connection, student, school, student.c.student_id, ids):
        names.add((row["forename"], row["surname"]))
        for kind in ("person_id", "upn", "admission_number"):
            if row[kind]:
                aliases.add((kind, row[kind]))
    entries = {row["entry_key"] for row in _rows(connection, entry, school, entry.c.student_id, ids)}
    deliveries = {row["delivery_key"] for row in _rows(connection, delivery, school, delivery.c.student_id, ids)}
    found = frozenset(names) if in_free_text else frozenset()
    return StudentKeys(ids, frozenset(entries), frozenset(deliveries), frozenset(aliases), found)


def held_on_students(connection: Connection, school: str, keys: StudentKeys) -> dict[str, list[Row]]:
    """Table → every row, or the part of a row, that is about these students; tables without any are left out."""
    found: dict[str, list[Row]] = {}
    for name, holding in HOLDINGS.items():
        table = metadata.tables[name]
        if holding.student is Link.WITHIN:
            rows = list(_WITHIN[name](connection, school, keys)) if name in _WITHIN else []
        elif holding.student is not None:
            rows = list(_linked(connection, table, school, holding.student, keys))
        else:
            continue
        if rows:
            found[name] = rows
    return found


def remove_students(connection: Connection, school: str, keys: StudentKeys) -> Counter[str]:
    """Take them out of every table; table → rows deleted or rid of them. Figures of snapshots stay as they were."""
    counts: Counter[str] = Counter()
    counts["missing"] = _remove_missing(connection, school, keys)
    counts["journal"] = _remove_journal(connection, school, keys)
    counts["plan"] = _clean_plans(connection, school, keys)
    counts["snapshot"] = _clean_snapshots(connection, school, keys)
    counts["audit"] = _clean_audit(connection, school, keys)
    counts["problem"] = _remove_problems(connection, school, keys)
    counts["tutor_note"] = _remove_notes(connection, school, keys)
    for table, column in free_texts():
        counts[table.name] += _clean_text(connection, table, column, school, keys)
    forget_marks(connection, school)  # the next read of results looks at each record again
    for table in reversed(metadata.sorted_tables):  # children before their parents
        link = HOLDINGS[table.name].student
        if link is not None and link is not Link.WITHIN:
            counts[table.name] = _delete(connection, table, school, link, keys)
    return +counts


def _linked(connection: Connection, table: Table, school: str, link: Link, keys: StudentKeys) -> Iterator[Row]:
    yield from _rows(connection, table, school, table.c[link.value], _ids_of(link, keys))


def _delete(connection: Connection, table: Table, school: str, link: Link, keys: StudentKeys) -> int:
    column = table.c[link.value]
    return sum(
        connection.execute(delete(table).where(table.c.school == school, column.in_(batch))).rowcount
        for batch in _batches(_ids_of(link, keys))
    )


def _ids_of(link: Link, keys: StudentKeys) -> frozenset[str]:
    return {Link.STUDENT: keys.student_ids, Link.ENTRY: keys.entry_keys, Link.DELIVERY: keys.delivery_keys}[link]


def _rows(
    connection: Connection, table: Table, school: str, column: ColumnElement[Any], values: Collection[str]
) -> Iterator[Row]:
    for batch in _batches(values):
        chosen = select(table).where(table.c.school == school, column.in_(batch))
        yield from (dict(row) for row in connection.execute(chosen).mappings())


def _batches(values: Collection[str]) -> Iterator[list[str]]:
    listed = sorted(values)
    for start in range(0, len(listed), _IDS_PER_STATEMENT):
        yield listed[start : start + _IDS_PER_STATEMENT]


def _missing(connection: Connection, school: str, keys: StudentKeys) -> Iterator[Row]:
    for kind, ids in ((Kind.STUDENTS, keys.student_ids), (Kind.MENTORING_ENTRIES, keys.entry_keys)):
        rows = _rows(connection, missing, school, missing.c.row_key, ids)
        yield from (row for row in rows if row["kind"] == kind.value)


def _remove_missing(connection: Connection, school: str, keys: StudentKeys) -> int:
    rows = list(_missing(connection, school, keys))
    for row in rows:
        connection.execute(delete(missing).where(_is(missing, row)))
    return len(rows)


def _journal(connection: Connection, school: str, keys: StudentKeys) -> Iterator[Row]:
    for row in connection.execute(select(journal).where(journal.c.school == school)).mappings():
        if _is_of_them(row, keys):
            yield dict(row)


def _is_of_them(row: Mapping[Any, Any], keys: StudentKeys) -> bool:
    key, before = row["row_key"], row["before"] or {}
    if before.get("student_id") in keys.student_ids or before.get("entry_key") in keys.entry_keys:
        return True
    if row["table_name"] == student_alias.name:
        return tuple(key[2:4]) in keys.aliases
    return len(key) > 1 and (key[1] in keys.student_ids or key[1] in keys.entry_keys)


def _remove_journal(connection: Connection, school: str, keys: StudentKeys) -> int:
    rows = list(_journal(connection, school, keys))
    for row in rows:
        connection.execute(delete(journal).where(_is(journal, row)))
    return len(rows)


def _plans(connection: Connection, school: str, keys: StudentKeys) -> Iterator[Row]:
    ours = keys.student_ids | keys.entry_keys
    for row in connection.execute(select(plan).where(plan.c.school == school)).mappings():
        changes = [change for change in row["changes"] if change.get("key") in ours]
        if changes:
            yield {"school": school, "plan_id": row["plan_id"], "created": row["created"], "changes": changes}


def _clean_plans(connection: Connection, school: str, keys: StudentKeys) -> int:
    rows = list(_plans(connection, school, keys))
    ours = keys.student_ids | keys.entry_keys
    for row in rows:
        here = and_(plan.c.school == school, plan.c.plan_id == row["plan_id"])
        changes = connection.execute(select(plan.c.changes).where(here)).scalar_one()
        left = [change for change in changes if change.get("key") not in ours]
        connection.execute(update(plan).where(here).values(changes=left))
    return len(rows)


def _snapshots(connection: Connection, school: str, keys: StudentKeys) -> Iterator[Row]:
    for row in connection.execute(select(snapshot).where(snapshot.c.school == school)).mappings():
        for line in row["content"]["assessment"]["lines"]:
            if line["student_id"] in keys.student_ids:
                names = ("half_term", "occasion", "version", "taken_at")
                yield {"school": school, **{name: row[name] for name in names}, **line}


def _clean_snapshots(connection: Connection, school: str, keys: StudentKeys) -> int:
    """Counts, groups and tutors stay as they were (rule 17); which of its lines was whose is gone."""
    count = 0
    for row in connection.execute(select(snapshot).where(snapshot.c.school == school)).mappings().all():
        content = without_students(row["content"], keys)
        if content is not None:
            connection.execute(update(snapshot).where(_is(snapshot, row)).values(content=content))
            count += 1
    return count


def without_students(content: Mapping[str, Any], keys: StudentKeys) -> Row | None:
    """A snapshot's content in which these students' lines are nobody's; None where they are not in it."""
    assessment = content["assessment"]
    instead: dict[str, str] = defaultdict(lambda: f"erased-{uuid.uuid4().hex[:12]}")
    lines = [
        {**line, "student_id": instead[line["student_id"]], "labels": [], "rule": "", "entry_keys": []}
        if line["student_id"] in keys.student_ids
        else line
        for line in assessment["lines"]
    ]
    problems = [each for each in assessment["problems"] if not _is_about(each, keys)]
    if not instead and len(problems) == len(assessment["problems"]):
        return None
    tutors = {instead.get(each, each): held for each, held in content["tutors"].items()}
    return {**content, "assessment": {**assessment, "lines": lines, "problems": problems}, "tutors": tutors}


def _is_about(found: Mapping[str, Any], keys: StudentKeys) -> bool:
    return found.get("student_id") in keys.student_ids or _names_number(found.get("subject") or "", keys)


def _audit(connection: Connection, school: str, keys: StudentKeys) -> Iterator[Row]:
    for row in connection.execute(select(audit).where(audit.c.school == school)).mappings():
        if (row["subject"], row["detail"]) != (_without(row["subject"], keys), _without(row["detail"], keys)):
            yield dict(row)


def _clean_audit(connection: Connection, school: str, keys: StudentKeys) -> int:
    rows = list(_audit(connection, school, keys))
    for row in rows:
        values = {name: _without(row[name], keys) for name in ("subject", "detail")}
        connection.execute(update(audit).where(_is(audit, row)).values(values))
    return len(rows)


def _without(value: Any, keys: StudentKeys) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {name: _without(item, keys) for name, item in value.items()}
    if isinstance(value, list):
        return [_without(item, keys) for item in value]
    if not isinstance(value, str):
        return value
    if value in keys.entry_keys or any(names_them(value, *name) for name in keys.names):
        return ERASED
    return _STUDENT_ID.sub(lambda found: ERASED if found[0] in keys.student_ids else found[0], value)


def _problems(connection: Connection, school: str, keys: StudentKeys) -> Iterator[Row]:
    for row in connection.execute(select(problem).where(problem.c.school == school)).mappings():
        if _names_number(row["subject"], keys):
            yield dict(row)


def _names_number(subject: str, keys: StudentKeys) -> bool:
    found = re.search(r"admission number ([^,\s]+)", subject)
    return found is not None and found[1] in keys.admission_numbers


def _remove_problems(connection: Connection, school: str, keys: StudentKeys) -> int:
    rows = list(_problems(connection, school, keys))
    for row in rows:
        connection.execute(delete(problem).where(_is(problem, row)))
    return len(rows)


def _notes(connection: Connection, school: str, keys: StudentKeys) -> Iterator[Row]:
    for row in connection.execute(select(tutor_note).where(tutor_note.c.school == school)).mappings():
        if any(names_them(row["text"], *name) for name in keys.names):
            yield dict(row)


def _remove_notes(connection: Connection, school: str, keys: StudentKeys) -> int:
    rows = list(_notes(connection, school, keys))
    for row in rows:
        connection.execute(delete(tutor_note).where(_is(tutor_note, row)))
    return len(rows)


def free_texts() -> Iterator[tuple[Table, Column[str]]]:
    """Each column in which people give a reason: names do not belong there, and yet somebody may have written one."""
    for table in metadata.sorted_tables:
        if HOLDINGS[table.name].student in {None, Link.WITHIN}:
            yield from ((table, column) for column in table.columns if column.name.endswith("reason"))


def _clean_text(connection: Connection, table: Table, column: Column[str], school: str, keys: StudentKeys) -> int:
    values = connection.execute(select(column).where(table.c.school == school).distinct()).scalars().all()
    naming = [text for text in values if text and any(names_them(text, *name) for name in keys.names)]
    done = connection.execute(
        update(table).where(table.c.school == school, column.in_(naming)).values({column: ERASED})
    )
    return int(done.rowcount)


def names_them(text: str, forename: str, surname: str) -> bool:
    """Whether a free text names somebody in full, in either order, in any case."""
    first, last = re.escape(forename.casefold()), re.escape(surname.casefold())
    return bool(re.search(rf"\b(?:{first}\s+{last}|{last},?\s+{first})\b", text.casefold()))


def _is(table: Table, row: Mapping[Any, Any]) -> ColumnElement[bool]:
    return and_(*(column == row[column.name] for column in table.primary_key.columns))


# How a student is found where no column says it. Two tables are not here: `read_mark` holds fingerprints, which are
# forgotten; the rows of `kept_read` only the mapping understands (`person.kept_rows`).
_WITHIN: Mapping[str, Callable[[Connection, str, StudentKeys], Iterator[Row]]] = {
    "missing": _missing,
    "journal": _journal,
    "plan": _plans,
    "snapshot": _snapshots,
    "audit": _audit,
    "problem": _problems,
    "tutor_note": _notes,
}
