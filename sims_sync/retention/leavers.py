"""Who left so long ago that their rows go, and what goes with them (DOMAIN §8)?

A student whose removal is held has not left: nobody has decided yet. A keyed hash of a leaver's ids stays for a while,
so that old results or entries in an export are left out in silence instead of being held as an unknown student's.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, select

from sims_sync.erasure_key import ErasureKey
from sims_sync.identity import id_texts, ref_texts
from sims_sync.periods import Periods
from sims_sync.pull.erased import load_erased
from sims_sync.records import Kind
from sims_sync.store.disposals import Disposal
from sims_sync.store.erased import LEFT, STUDENT, Erasure, add_erasure
from sims_sync.store.holdings import Rule
from sims_sync.store.one_member import remove_member, staff_keys
from sims_sync.store.one_student import remove_students, student_keys
from sims_sync.store.staff import load_staff
from sims_sync.store.students import load_students
from sims_sync.store.tables import entry, excusal, exemption, missing, staff_member, student

SYSTEM = "retention"
RETURNED = "erased on request; a restored backup brought them back"


def remove_left_students(
    connection: Connection, school: str, cuts: Periods, key: Callable[[], ErasureKey], run_id: str
) -> list[Disposal]:
    """Take out every student who left before the cut; what went, by table."""
    seen_since = _seen_since(connection, school, cuts)
    left = left_long_ago(connection, school, student, "student_id", Kind.STUDENTS, cuts)
    gone = [student_id for student_id in left if student_id not in seen_since]
    if not gone:
        return []
    keys = student_keys(connection, school, gone, in_free_text=False)
    for student_id in gone:
        of_one = student_keys(connection, school, [student_id])
        erasure = Erasure(uuid.uuid4().hex[:12], LEFT, cuts.now, SYSTEM, run_id, None, None, None)
        hashes = key().hashes_of(school, id_texts(of_one.student_ids, of_one.aliases, of_one.names))
        add_erasure(connection, school, erasure, hashes)
    counts = remove_students(connection, school, keys)
    return [Disposal(name, Rule.STUDENT.value, count) for name, count in sorted(counts.items())]


def _seen_since(connection: Connection, school: str, cuts: Periods) -> frozenset[str]:
    """Whom somebody interviewed, excused or exempted after the cut, whatever their leaving date says.

    One with a wrong year must cost nobody their entries, and no tutor the proof of them.
    """
    found: set[str] = set()
    begin, now = datetime.combine(cuts.left_before, time(0), UTC), cuts.now
    for table, within in (
        (entry, entry.c.interview_date.between(cuts.left_before, now.date())),
        (excusal, excusal.c.given_at.between(begin, now)),
        (exemption, exemption.c.given_at.between(begin, now)),
    ):
        found.update(connection.execute(select(table.c.student_id).where(table.c.school == school, within)).scalars())
    return frozenset(found)


def remove_returned(connection: Connection, school: str, base: Path) -> list[Disposal]:
    """Erase again whoever was erased and is back because an older backup was restored.

    Raises:
        RunError: the key of erased people is missing.
    """
    erased = load_erased(connection, school, base)
    if not erased.hashes:
        return []
    back = [key for key, each in load_students(connection, school).items() if erased.has(STUDENT, ref_texts(each.ref))]
    counts = remove_students(connection, school, student_keys(connection, school, back)) if back else {}
    for staff_id, member in load_staff(connection, school).items():
        if erased.staff(member):
            remove_member(connection, school, staff_keys(connection, school, staff_id, frozenset()))
            back.append(staff_id)
    evidence = [Disposal(name, RETURNED, count) for name, count in sorted(counts.items())]
    return [*evidence, Disposal("erased people in a restored backup", RETURNED, len(back))]


def remove_left_staff(connection: Connection, school: str, cuts: Periods) -> list[Disposal]:
    """Take out staff who left before the cut: name, code and address. Their roles go by their own dates."""
    gone = left_long_ago(connection, school, staff_member, "staff_id", Kind.STAFF, cuts)
    for staff_id in gone:
        here = (staff_member.c.school == school, staff_member.c.staff_id == staff_id)
        connection.execute(delete(staff_member).where(*here))
        connection.execute(
            delete(missing).where(
                missing.c.school == school, missing.c.kind == Kind.STAFF.value, missing.c.row_key == staff_id
            )
        )
    return [Disposal("staff_member", Rule.STAFF.value, len(gone))]


def left_long_ago(
    connection: Connection, school: str, table: Table, id_column: str, kind: Kind, cuts: Periods
) -> list[str]:
    """The ids of those with a leaving date, or last seen, before the cut."""
    absent = {
        row["row_key"]: row
        for row in connection.execute(
            select(missing).where(missing.c.school == school, missing.c.kind == kind.value)
        ).mappings()
    }
    chosen = select(table.c[id_column], table.c.leaving_date).where(table.c.school == school)
    return [
        person_id
        for person_id, leaving_date in connection.execute(chosen)
        if (leaving_date is not None and leaving_date < cuts.left_before)
        or _is_long_missing(absent.get(person_id), cuts)
    ]


def _is_long_missing(row: Mapping[Any, Any] | None, cuts: Periods) -> bool:
    if row is None or row["held"]:
        return False
    last_seen = row["last_seen"] or row["since"]
    return bool(last_seen.date() < cuts.left_before)
