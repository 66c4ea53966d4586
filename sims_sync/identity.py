"""Which student a row means (DESIGN §3): SIMS person id, then UPN, then admission number with equal surname. Pure.

A workbook that we issued carries our own student id instead: it counts as long as such a student is known here.
"""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sims_sync.errors import RecordError
from sims_sync.records import Student, StudentRef

SIMS = "sims"
_STUDENT_ID_BYTES = 8

Keyed = TypeVar("Keyed")


def sort_key(text: str) -> str:
    """Casefolded and without accents: how names are compared and sorted everywhere."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).casefold()


def new_student_id(school: str, ref: StudentRef, *more: str) -> str:
    """An opaque id that the same first sight always gives: a pull killed and run again ends in the same store."""
    digest = hashlib.blake2b("\x1f".join((school, ref.key, *more)).encode(), digest_size=_STUDENT_ID_BYTES)
    return f"s{digest.hexdigest()}"


@dataclass(slots=True)
class Register:
    """The students known so far: which id belongs to whom.

    `aliases`: (id kind, value) → student id, id kinds as in `alias_pairs`. `surnames`: student id → `sort_key`.
    """

    school: str
    aliases: dict[tuple[str, str], str] = field(default_factory=dict)
    surnames: dict[str, str] = field(default_factory=dict)

    def find(self, ref: StudentRef) -> str | None:
        """The student that `ref` means, or None for somebody new.

        Raises:
            RecordError: its ids belong to different students.
        """
        hits = []
        if ref.person_id:
            hits.append(self.aliases.get(("person_id", ref.person_id)))
        if ref.upn:
            hits.append(self.aliases.get(("upn", ref.upn)))
        if ref.admission_number:
            by_number = self.aliases.get(("admission_number", ref.admission_number))
            if by_number and self._same_surname(by_number, ref):
                hits.append(by_number)
        if ref.student_id in self.surnames:
            hits.append(ref.student_id)
        found = [hit for hit in hits if hit]
        if len(set(found)) > 1:
            raise RecordError("two-students", "id", "its ids belong to different students", "Compare both in SIMS.")
        return found[0] if found else None

    def require(self, ref: StudentRef) -> str:
        """Like `find`, for rows that must belong to a known student.

        Raises:
            RecordError: nobody is known by these ids.
        """
        found = self.find(ref)
        if found is None:
            raise RecordError("unknown-student", "id", "no known student has these ids", "Pull the students first.")
        return found

    def learn(self, student_id: str, ref: StudentRef, surname: str) -> None:
        """Remember that these ids are this student's."""
        for pair in alias_pairs(ref):
            self.aliases.setdefault(pair, student_id)
        self.surnames[student_id] = sort_key(surname)

    def _same_surname(self, student_id: str, ref: StudentRef) -> bool:
        return ref.surname is not None and self.surnames.get(student_id) == sort_key(ref.surname)

    def new_id(self, ref: StudentRef, surname: str) -> str:
        """An id for somebody whom `find` does not know; of a re-used admission number it differs by surname."""
        student_id = new_student_id(self.school, ref)
        if self.surnames.get(student_id) in (None, sort_key(surname)):
            return student_id
        return new_student_id(self.school, ref, sort_key(surname))


def alias_pairs(ref: StudentRef) -> Iterator[tuple[str, str]]:
    """The (id kind, value) pairs that a ref carries."""
    for kind in ("person_id", "upn", "admission_number"):
        value = getattr(ref, kind)
        if value:
            yield kind, value


@dataclass(frozen=True, slots=True)
class Identified:
    """Students by id in source order, how many exact duplicates there were, and the rows that are held."""

    students: Mapping[str, Student]
    duplicates: int
    held: tuple[tuple[int, RecordError, str | None], ...]


def identify(rows: Iterable[tuple[int, Student]], register: Register) -> Identified:
    """Give every student row its student id.

    `rows` are (record number, student). An exact duplicate is counted once; two different rows of one student are both
    held, for nobody can say which is true (a report of several record sets gives such a cross product, SIMS §1).
    `held` has (record number, error, student id or None).
    """
    seen: dict[str, tuple[int, Student]] = {}
    clashes: Counter[str] = Counter()
    held: list[tuple[int, RecordError, str | None]] = []
    duplicates = 0
    for number, student in rows:
        try:
            student_id = register.find(student.ref) or register.new_id(student.ref, student.surname)
        except RecordError as error:
            held.append((number, error, None))
            continue
        before = seen.get(student_id)
        if before is None:
            seen[student_id] = (number, student)
            register.learn(student_id, student.ref, student.surname)
        elif before[1] == student:
            duplicates += 1
        else:
            clashes[student_id] += 1
            held.append((number, _clash(), student_id))
    held.extend((seen[student_id][0], _clash(), student_id) for student_id in clashes)
    students = {key: student for key, (_, student) in seen.items() if key not in clashes}
    return Identified(students, duplicates, tuple(held))


def _clash() -> RecordError:
    do = "Does the report join several record sets? Each student must appear once."
    return RecordError("duplicate-student", "id", "the source holds different rows of one student", do)


def id_texts(
    student_ids: Iterable[str], aliases: Iterable[tuple[str, str]], names: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """The (id kind, text) pairs by which one person is known again when only hashes are kept (`ref_texts`).

    An admission number may be used again for somebody else, so it counts with the surname alone (DESIGN §3).
    """
    surnames = {sort_key(surname) for _, surname in names}
    yield from (("student_id", each) for each in student_ids)
    for kind, value in aliases:
        if kind == "admission_number":
            yield from ((kind, f"{value}\x1f{surname}") for surname in surnames)
        else:
            yield kind, value


def ref_texts(ref: StudentRef) -> Iterator[tuple[str, str]]:
    """The same pairs of how one row names a student."""
    for kind in ("person_id", "upn", "student_id"):
        value = getattr(ref, kind)
        if value:
            yield kind, value
    if ref.admission_number and ref.surname:
        yield "admission_number", f"{ref.admission_number}\x1f{sort_key(ref.surname)}"
