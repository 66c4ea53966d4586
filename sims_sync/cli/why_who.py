"""Whom does `why WHO` mean: a member of staff, a tutor group or a student, and which of several of one name?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from sims_sync.compliance.facts import StaffFacts
from sims_sync.compliance.roll import fold
from sims_sync.config import SchoolConfig
from sims_sync.identity import sort_key
from sims_sync.records import StaffMember, Student
from sims_sync.report.summary import clean
from sims_sync.roles_file import read_roles
from sims_sync.store.staff import load_groups, load_roles, load_staff
from sims_sync.store.students import load_students


class WhoKind(StrEnum):
    """What a candidate is; the value is what stands before the colon in "code:T1"."""

    STAFF = "code"
    GROUP = "group"
    STUDENT = "student"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One whom WHO may mean. `key`: staff id, group name or student id; `choose`: what to type to mean only this one.

    `about` tells candidates apart in a list; of a student it has no name.
    """

    kind: WhoKind
    key: str
    choose: str
    about: str
    shown: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """Everyone and every group known, to look WHO up in."""

    staff: Mapping[str, StaffMember]
    groups: tuple[str, ...]
    students: Mapping[str, Student]
    unlisted: tuple[str, ...] = ()  # how SIMS or roles.csv call tutors, where there is no staff list at all

    def find(self, who: str) -> tuple[Candidate, ...]:
        """All whom WHO may mean, staff before groups before students; a code or number beats a name."""
        prefix, colon, rest = who.partition(":")
        kinds = {kind.value: kind for kind in WhoKind}
        wanted = kinds.get(prefix.strip().casefold()) if colon else None
        text = rest.strip() if wanted else who.strip()
        exact = [each for each in self._exact(text) if wanted in {None, each.kind}]
        if exact or wanted is not None:
            return tuple(exact)
        return tuple(self._by_name(text))

    def _exact(self, text: str) -> Iterator[Candidate]:
        for staff_id, member in self.staff.items():
            if member.staff_code and sort_key(member.staff_code) == sort_key(text):
                yield _staff(staff_id, member)
        yield from (_unlisted(name) for name in self.unlisted if sort_key(name) == sort_key(text))
        yield from (_group(name) for name in self.groups if fold(name) == fold(text))
        for student_id, student in self.students.items():
            if text in {student_id, student.ref.admission_number}:
                yield _student(student_id, student)

    def _by_name(self, text: str) -> Iterator[Candidate]:
        wanted = sort_key(" ".join(text.replace(",", " ").split()))
        for staff_id, member in self.staff.items():
            if wanted in set(map(sort_key, _names(member))) or wanted == sort_key(member.email or "\0"):
                yield _staff(staff_id, member)
        for student_id, student in self.students.items():
            names = (f"{student.forename} {student.surname}", f"{student.surname} {student.forename}")
            if wanted in set(map(sort_key, names)):
                yield _student(student_id, student)


def load_people(connection: Connection, school: SchoolConfig) -> People:
    """Everyone as the store has them.

    Raises:
        ConfigurationError: roles.csv cannot be used.
    """
    staff, students = load_staff(connection, school.id), load_students(connection, school.id)
    roles = [role for listed in load_roles(connection, school.id).values() for role in listed]
    roles += read_roles(school.path(school.roles.file))
    named = [*load_groups(connection, school.id), *(each.tutor_group for each in students.values() if each.tutor_group)]
    groups = {fold(name): name for name in reversed(named)}
    unlisted = () if staff else tuple(dict.fromkeys(role.staff_id for role in roles))
    return People(staff, tuple(groups.values()), students, unlisted)


def _names(member: StaffMember) -> Iterator[str]:
    plain = f"{member.forename} {member.surname}"
    yield from (plain, f"{member.surname} {member.forename}", member.surname)
    if member.title:
        yield from (f"{member.title} {plain}", f"{member.title} {member.surname}")
        yield f"{member.title} {member.forename[:1]} {member.surname}"


def _staff(staff_id: str, member: StaffMember) -> Candidate:
    shown = StaffFacts(staff_id, member.forename, member.surname, member.title).shown
    code = member.staff_code or ""
    return Candidate(WhoKind.STAFF, staff_id, f"code:{code}" if code else staff_id, clean(shown), clean(shown), code)


def _unlisted(name: str) -> Candidate:
    return Candidate(WhoKind.STAFF, f"unlisted:{name}", f"code:{name}", clean(name), clean(name))


def _group(name: str) -> Candidate:
    return Candidate(WhoKind.GROUP, name, f"group:{name}", "tutor group", clean(name))


def _student(student_id: str, student: Student) -> Candidate:
    about = f"student of {clean(student.tutor_group or 'no tutor group')}"
    number = student.ref.admission_number or student_id
    return Candidate(WhoKind.STUDENT, student_id, f"student:{number}", about, about)
