"""Where is a member of staff in the store, and how are their rows found, shown, and their name taken out (DOMAIN §8)?

What they decided stays, for it explains figures and holds: under `FORMER` instead of their name or account. Figures of
closed half terms stay as they were.
"""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, select, update

from sims_sync.identity import sort_key
from sims_sync.records import Kind
from sims_sync.store.holdings import who_columns
from sims_sync.store.tables import (
    audit,
    away,
    cover,
    entry,
    entry_version,
    journal,
    message,
    missing,
    plan,
    role,
    snapshot,
    staff_member,
    student,
    tutor_group,
)

FORMER = "a former member of staff"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StaffKeys:
    """Everything by which one member of staff is found: `texts` are what SIMS and people call them, as `sort_key`.

    `accounts`: the accounts of the operating system under which they ran commands, as the audit log has them.
    `instead`: an id that is nobody's, where figures need one: two people stay two.
    """

    staff_id: str
    texts: frozenset[str]
    accounts: frozenset[str]
    instead: str = field(default_factory=lambda: f"former-{uuid.uuid4().hex[:12]}")

    def called(self, text: object) -> bool:
        """Whether a text is one of their names, codes or addresses, alone."""
        return isinstance(text, str) and sort_key(text) in self.texts

    def acted(self, who: object) -> bool:
        """Whether the one who did something was them: by name, or an account, also one that they became another as."""
        return self.called(who) or (isinstance(who, str) and bool({who, who.partition(" (as ")[0]} & self.accounts))


def staff_keys(connection: Connection, school: str, staff_id: str, accounts: frozenset[str]) -> StaffKeys:
    """Everything by which their rows are found."""
    here = (staff_member.c.school == school, staff_member.c.staff_id == staff_id)
    row = connection.execute(select(staff_member).where(*here)).mappings().one()
    plain = f"{row['forename']} {row['surname']}"
    names = [plain, f"{row['surname']}, {row['forename']}", f"{row['surname']} {row['forename']}"]
    if row["title"]:
        names += [f"{row['title']} {plain}", f"{row['title']} {row['forename'][:1]} {row['surname']}"]
    texts = (*names, row["staff_code"], row["person_id"], row["email"])
    return StaffKeys(staff_id, frozenset(sort_key(text) for text in texts if text), accounts)


def held_on_member(connection: Connection, school: str, keys: StaffKeys) -> dict[str, list[Row]]:
    """Table → every row, or the part of a row, that is about them or says that they did it."""
    found: dict[str, list[Row]] = {}
    for table, rows in _parts(connection, school, keys):
        if rows:
            found.setdefault(table.name, []).extend(rows)
    return found


def remove_member(connection: Connection, school: str, keys: StaffKeys) -> Counter[str]:
    """Take them out of every table; table → rows deleted or rid of them."""
    counts: Counter[str] = Counter()
    for table, rows in _parts(connection, school, keys):
        if table in _DELETED:
            for row in rows:
                counts[table.name] += connection.execute(delete(table).where(_is(table, row))).rowcount
    counts["journal"] += _remove_journal(connection, school, keys)
    counts["tutor_group"] += _clean_groups(connection, school, keys)
    counts["student"] += _blank(connection, student, student.c.tutor, school, keys)
    counts["entry"] += _blank(connection, entry, entry.c.author, school, keys)
    counts["message"] += _rename_messages(connection, school, keys)
    for table, column in (
        (snapshot, snapshot.c.content),
        (entry_version, entry_version.c.content),
        (journal, journal.c.before),
        (plan, plan.c.changes),
        (audit, audit.c.detail),
    ):
        counts[table.name] += _clean_json(connection, table, column, school, keys)
    counts["audit"] += _rename(connection, audit, audit.c.subject, school, keys)
    for table, column in who_columns():
        counts[table.name] += _rename(connection, table, column, school, keys)
    return +counts


_DELETED = (staff_member, role, away, cover, missing)


def _parts(connection: Connection, school: str, keys: StaffKeys) -> Iterator[tuple[Table, list[Row]]]:
    yield staff_member, _where(connection, staff_member, school, staff_member.c.staff_id == keys.staff_id)
    yield role, [row for row in _where(connection, role, school) if keys.called(row["staff_ref"])]
    for table in (away, cover):
        yield table, [row for row in _where(connection, table, school) if keys.called(row["staff_code"])]
    is_theirs = and_(missing.c.kind == Kind.STAFF.value, missing.c.row_key == keys.staff_id)
    yield missing, _where(connection, missing, school, is_theirs)
    groups = _where(connection, tutor_group, school)
    yield tutor_group, [row for row in groups if any(keys.called(post.get("tutor")) for post in row["posts"])]
    yield entry, [_entry(row) for row in _where(connection, entry, school) if keys.called(row["author"])]
    told = _where(connection, message, school, message.c.staff_id == keys.staff_id)
    yield message, [row | {"content": (row["content"] or b"").decode()} for row in told]
    yield snapshot, list(_snapshot_rows(connection, school, keys))
    for table, column in who_columns():
        listed = _where(connection, table, school, column.is_not(None))
        yield table, [_said(row, column.name) for row in listed if keys.acted(row[column.name])]
    yield audit, [row for row in _where(connection, audit, school) if _names(row["subject"], keys)]


def _where(connection: Connection, table: Table, school: str, *where: ColumnElement[bool]) -> list[Row]:
    chosen = select(table).where(table.c.school == school, *where)
    return [dict(row) for row in connection.execute(chosen).mappings()]


def _said(row: Row, column: str) -> Row:
    """What they did, without the student it was about, whose data are not theirs to see."""
    shown = {name: value for name, value in row.items() if name not in {"student_id", "subject", "detail", "content"}}
    return {**shown, "as": column}


def _entry(row: Row) -> Row:
    return {
        name: row[name] for name in ("school", "kind", "state", "interview_date", "recorded_at", "half_term", "author")
    }


def _snapshot_rows(connection: Connection, school: str, keys: StaffKeys) -> Iterator[Row]:
    """Their groups' rows at each deadline and closing: what was told about them."""
    for row in _where(connection, snapshot, school):
        for house in row["content"]["assessment"]["houses"]:
            for group in house["groups"]:
                if keys.staff_id in group["tutors"]:
                    names = ("group", "due", "done", "outstanding", "percent", "status", "incomplete_in_a_row")
                    about = {name: row[name] for name in ("school", "half_term", "occasion", "version", "taken_at")}
                    yield {**about, **{name: group[name] for name in names}}


def _names(subject: str, keys: StaffKeys) -> bool:
    return subject == keys.staff_id or keys.called(subject)


def _clean_groups(connection: Connection, school: str, keys: StaffKeys) -> int:
    count = 0
    for row in _where(connection, tutor_group, school):
        posts = [post for post in row["posts"] if not keys.called(post.get("tutor"))]
        if len(posts) != len(row["posts"]):
            connection.execute(update(tutor_group).where(_is(tutor_group, row)).values(posts=posts))
            count += 1
    return count


def _remove_journal(connection: Connection, school: str, keys: StaffKeys) -> int:
    """What `undo` would put back of them."""
    rows = [
        row
        for row in _where(connection, journal, school)
        if any(part == keys.staff_id or keys.called(part) for part in row["row_key"])
    ]
    for row in rows:
        connection.execute(delete(journal).where(_is(journal, row)))
    return len(rows)


def _blank(connection: Connection, table: Table, column: ColumnElement[Any], school: str, keys: StaffKeys) -> int:
    """An author unknown is still staff (rule 14a)."""
    values = connection.execute(select(column).where(table.c.school == school).distinct()).scalars().all()
    found = [value for value in values if keys.called(value)]
    done = connection.execute(update(table).where(table.c.school == school, column.in_(found)).values({column: None}))
    return int(done.rowcount)


def _rename(connection: Connection, table: Table, column: ColumnElement[Any], school: str, keys: StaffKeys) -> int:
    values = connection.execute(select(column).where(table.c.school == school).distinct()).scalars().all()
    found = [value for value in values if value is not None and (keys.acted(value) or value == keys.staff_id)]
    done = connection.execute(update(table).where(table.c.school == school, column.in_(found)).values({column: FORMER}))
    return int(done.rowcount)


def _rename_messages(connection: Connection, school: str, keys: StaffKeys) -> int:
    """Key and state stay (rule 7): nobody else may take the place of a message that was sent."""
    rows = _where(connection, message, school, message.c.staff_id == keys.staff_id)
    for number, row in enumerate(rows):
        key = row["message_key"].replace(keys.staff_id, f"{keys.instead}-{number}")
        values = {"staff_id": keys.instead, "message_key": key, "content": None}
        connection.execute(update(message).where(_is(message, row)).values(**values, detail=""))
    return len(rows)


def _clean_json(connection: Connection, table: Table, column: ColumnElement[Any], school: str, keys: StaffKeys) -> int:
    count = 0
    for row in _where(connection, table, school):
        value = row[str(column.key)]
        after = _without(value, keys)
        if after != value:
            connection.execute(update(table).where(_is(table, row)).values({column: after}))
            count += 1
    return count


def _without(value: Any, keys: StaffKeys) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        return {_without(name, keys): _without(item, keys) for name, item in value.items()}
    if isinstance(value, list):
        return [_without(item, keys) for item in value]
    if value == keys.staff_id:
        return keys.instead
    return FORMER if keys.acted(value) else value


def _is(table: Table, row: Mapping[Any, Any]) -> ColumnElement[bool]:
    return and_(*(column == row[column.name] for column in table.primary_key.columns))
