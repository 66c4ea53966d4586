"""Which rows of a read are about somebody who was erased, and so are left out in silence (DOMAIN §8)?

Not held: a held row is told to people night after night, and may stand for an entry. Whoever was erased is not due, is
not counted, and comes back by no road until a person lets them in again. A leaver whom retention took out is left out
of results and entries only as long as they are on no list of students.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from sims_sync.context import RunContext
from sims_sync.erasure_key import KEY_FILE, ErasureKey, load_key, noted_erasures
from sims_sync.errors import RecordError, RunError
from sims_sync.identity import Register, ref_texts
from sims_sync.mapping import Mapper
from sims_sync.periods import periods
from sims_sync.pull.reading import MappedRead
from sims_sync.records import Kind, StaffMember, Student, StudentRef
from sims_sync.store.erased import LEFT, STAFF, STUDENT, load_hashes, take_over_notes
from sims_sync.store.students import load_register


@dataclass(frozen=True, slots=True)
class Erased:
    """Everyone who stays out. `hashes`: → "student", "staff" or "left"; `key` None where nobody was ever erased."""

    school: str
    key: ErasureKey | None
    hashes: dict[str, str]

    def student(self, ref: StudentRef, register: Register, *, is_list: bool) -> bool:
        """Whether a row is about a student who stays out; `is_list`: it is a row of the list of students itself."""
        kinds = self._kinds(ref_texts(ref))
        if STUDENT in kinds:
            return True
        return LEFT in kinds and not is_list and not _is_known(register, ref)

    def has(self, kind: str, pairs: Iterable[tuple[str, str]]) -> bool:
        """Whether one of these (id kind, text) pairs is an erased person's of this kind."""
        return kind in self._kinds(pairs)

    def staff(self, member: StaffMember) -> bool:
        """Whether a member of staff stays out."""
        return STAFF in self._kinds(staff_texts(member))

    def _kinds(self, pairs: Iterable[tuple[str, str]]) -> set[str]:
        if self.key is None or not self.hashes:
            return set()
        found = (self.hashes.get(self.key.hash_of(self.school, kind, text)) for kind, text in pairs)
        return {kind for kind in found if kind is not None}


def staff_texts(member: StaffMember) -> Iterable[tuple[str, str]]:
    """The (id kind, text) pairs by which a member of staff is known again."""
    if member.staff_code:
        yield "staff_code", member.staff_code.casefold()
    if member.person_id:
        yield "staff_person_id", member.person_id
    if member.email:
        yield "email", member.email.casefold()


def load_erased(connection: Connection, school: str, base: Path) -> Erased:
    """Everyone who stays out, also after an older backup was restored; the connection is one that writes.

    Raises:
        RunError: their key is missing or another one: then nobody can say who they are, and nothing may be pulled.
    """
    take_over_notes(connection, school, noted_erasures(base, school))
    hashes = load_hashes(connection, school)
    key = load_key(base) if hashes else None
    asked_for = [each for each, kind in hashes.items() if kind != LEFT]
    if asked_for and (key is None or any(not each.startswith(f"{key.mark}:") for each in asked_for)):
        what = f"The key of erased people is missing or another one: {base / KEY_FILE}. Nothing was pulled."
        do = (
            "Put the saved copy of that file back. Without it let each in again: sims-sync person erased, then release."
        )
        raise RunError("erasure-key", what, do)
    return Erased(school, key, hashes)


def without_erased(connection: Connection, context: RunContext, read: MappedRead) -> MappedRead:
    """The read without rows about people who stay out, also among its held and its raw rows.

    Raises:
        RunError: see `load_erased`.
    """
    kind = read.section.kind
    erased = load_erased(connection, context.school_id, context.school.base)
    cut = _left_before(context) if kind is Kind.STUDENTS else None
    if not erased.hashes and not (cut and any(_left(record, cut) for _, record in read.records)):
        return read
    register = load_register(connection, context.school_id)

    def is_out(record: Any) -> bool:  # noqa: ANN401 - a record of any kind
        if isinstance(record, StaffMember):
            return erased.staff(record)
        ref = getattr(record, "ref", None) or getattr(record, "student", None)
        if ref is None:
            return False
        is_list = isinstance(record, Student)
        too_old = is_list and cut is not None and _left(record, cut) and not _is_known(register, ref)
        return too_old or erased.student(ref, register, is_list=is_list)

    return _cut(read, is_out, lambda ref: erased.student(ref, register, is_list=kind is Kind.STUDENTS))


def _cut(read: MappedRead, is_out: Callable[[Any], bool], ref_is_out: Callable[[StudentRef], bool]) -> MappedRead:
    records = [(number, record) for number, record in read.records if not is_out(record)]
    held = [each for each in read.held if each[2] is None or not ref_is_out(each[2])]
    kept = {number for number, _ in records} | {number for number, _, _ in held}
    came = {number for number, _ in read.records} | {number for number, _, _ in read.held}
    out = came - kept
    if not out:
        return read
    mapper = Mapper(read.rules, result_set=read.section.result_set)
    raw = tuple(row for row in read.raw if row.number not in out and not _names(mapper.student_ref(row), ref_is_out))
    note = f"{len(out)} rows of people who were erased, or left long ago, were left out."
    return replace(read, records=records, held=held, raw=raw, notes=(*read.notes, note))


def _names(ref: StudentRef | None, ref_is_out: Callable[[StudentRef], bool]) -> bool:
    return ref is not None and ref_is_out(ref)


def _left_before(context: RunContext) -> date:
    return periods(context.now(), context.school_year(), context.school.retention).left_before


def _left(record: Any, cut: date) -> bool:  # noqa: ANN401 - a record of any kind
    return isinstance(record, Student) and record.leaving_date is not None and record.leaving_date < cut


def _is_known(register: Register, ref: StudentRef) -> bool:
    try:
        return register.find(ref) is not None
    except RecordError:
        return True
