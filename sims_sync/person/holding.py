"""What is held on one person, gathered from the store and from the files?"""

from sqlalchemy import Connection

from sims_sync.context import RunContext
from sims_sync.person.document import Held
from sims_sync.person.kept_rows import kept_rows, kept_staff_rows
from sims_sync.person.mentions import Marks, mentions
from sims_sync.store.holdings import HOLDINGS
from sims_sync.store.one_member import StaffKeys, held_on_member, staff_keys
from sims_sync.store.one_student import StudentKeys, held_on_students, student_keys
from sims_sync.store.staff import load_staff

STUDENT, STAFF = "student", "staff"
_SHORTEST_NUMBER = 5  # a shorter number stands in any file by chance


def held_on_student(context: RunContext, student_id: str) -> Held:
    """Everything held on one student."""
    with context.store.reading() as connection:
        keys = student_keys(connection, context.school_id, [student_id])
        found = held_on_students(connection, context.school_id, keys)
        kept = kept_rows(connection, context, keys)
    if kept:
        found["kept_read"] = kept
    forename, surname = next(iter(keys.names))
    files = [(each.what, each.path.name) for each in mentions(context.school, student_marks(keys))]
    in_order = {name: found[name] for name in HOLDINGS if name in found}
    name, kept_for = f"{forename} {surname}", context.school.retention
    return Held(context.school.school.name, STUDENT, name, context.now(), in_order, kept_for, files)


def held_on_staff(context: RunContext, staff_id: str, accounts: frozenset[str]) -> Held:
    """Everything held on one member of staff, and what they did under `accounts`."""
    with context.store.reading() as connection:
        keys = staff_keys(connection, context.school_id, staff_id, accounts)
        found = held_on_member(connection, context.school_id, keys)
        kept = kept_staff_rows(connection, context, keys)
        member = load_staff(connection, context.school_id)[staff_id]
        marks = staff_marks(connection, context, keys)
    if kept:
        found.setdefault("kept_read", []).extend(kept)
    files = [(each.what, each.path.name) for each in mentions(context.school, marks)]
    in_order = {name: found[name] for name in HOLDINGS if name in found}
    name, kept_for = f"{member.forename} {member.surname}", context.school.retention
    return Held(context.school.school.name, STAFF, name, context.now(), in_order, kept_for, files)


def student_marks(keys: StudentKeys) -> Marks:
    """By what a file tells of a student: UPN, admission number, or forename and surname."""
    forename, surname = next(iter(keys.names))
    ids = [value for kind, value in keys.aliases if kind == "upn" or len(value) > _SHORTEST_NUMBER]
    return Marks((*sorted(ids), *sorted(keys.student_ids)), (forename, surname))


def staff_marks(connection: Connection, context: RunContext, keys: StaffKeys) -> Marks:
    """By what a file tells of a member of staff: address, or forename and surname."""
    member = load_staff(connection, context.school_id)[keys.staff_id]
    return Marks((member.email,) if member.email else (), (member.forename, member.surname))
