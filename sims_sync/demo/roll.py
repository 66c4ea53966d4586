"""What is an invented school made of: students, staff, groups, roles and what stands in its SIMS?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sims_sync.demo.cases import Case
from sims_sync.demo.people import Stay
from sims_sync.records import RoleName

DEMO_SCHOOL_NAME = "Austen Academy"
DEMO_DFE_NUMBER = "8019999"
DEMO_EMAIL_DOMAIN = "austen-academy.example"
DEMO_HOUSES = ("Austen", "Brunel", "Curie", "Darwin", "Equiano")
DEMO_STUDENTS = 1063
FEWEST_STUDENTS = 20


@dataclass(frozen=True, slots=True)
class InventedStudent:
    """One student. `nc_year` 7..11; `unlisted_from`: from then on no export shows them, though they have not left.

    `listings` 2 = the export repeats the record.
    """

    person_id: str
    upn: str | None
    admission_number: str
    surname: str
    forename: str
    nc_year: int
    groups: tuple[Stay, ...]
    houses: tuple[Stay, ...]
    admitted: date
    enrolment: str = "Current"
    leaves: date | None = None
    unlisted_from: date | None = None
    listings: int = 1

    def listed(self, day: date) -> bool:
        """Whether an export of `day` shows them: on roll from admission to the leaving date, both inclusive."""
        on_roll = self.admitted <= day and (self.leaves is None or day <= self.leaves)
        return on_roll and (self.unlisted_from is None or day < self.unlisted_from)


@dataclass(frozen=True, slots=True)
class InventedStaff:
    """One member of staff; `listings` 2 = the export repeats the record."""

    person_id: str
    code: str
    title: str
    surname: str
    forename: str
    email: str | None
    leaves: date | None = None
    listings: int = 1


@dataclass(frozen=True, slots=True)
class Tutoring:
    """One tutor of a group: staff code, role (tutor, co-tutor, cover), first and last day (None = still)."""

    staff_code: str
    role: RoleName
    first: date
    last: date | None = None


@dataclass(frozen=True, slots=True)
class InventedGroup:
    """One tutor group, the house of most of its students, and everyone who tutored it this year."""

    name: str
    nc_year: int
    house: str
    tutors: tuple[Tutoring, ...]


@dataclass(frozen=True, slots=True)
class InventedRole:
    """One row of roles.csv; `scope` is a group, house, NC year or subject, empty for the whole school."""

    staff_code: str
    role: RoleName
    scope: str
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class TypedResult:
    """One value somebody typed in SIMS: an academic result or a mentoring entry. `typed_at` is aware UTC."""

    person_id: str
    aspect: str
    text: str
    dated: date
    typed_at: datetime
    result_set: str | None = None


@dataclass(frozen=True, slots=True)
class InventedSchool:
    """A whole school. `away`: staff codes with the days they are away (no reason is kept, DOMAIN rule 12).

    `students` holds everyone of the year, those who left or come later included; `cases` says who or what shows
    which awkward case: a person id, staff code, group or house.
    """

    year: str
    seed: int
    students: tuple[InventedStudent, ...]
    staff: tuple[InventedStaff, ...]
    groups: tuple[InventedGroup, ...]
    roles: tuple[InventedRole, ...]
    away: tuple[Stay, ...]
    results: tuple[TypedResult, ...]
    name: str = DEMO_SCHOOL_NAME
    dfe_number: str = DEMO_DFE_NUMBER
    houses: tuple[str, ...] = DEMO_HOUSES
    cases: Mapping[Case, str] = field(default_factory=dict)

    def student(self, person_id: str) -> InventedStudent:
        """The student with this person id; KeyError when there is none."""
        for student in self.students:
            if student.person_id == person_id:
                return student
        raise KeyError(person_id)

    def listed(self, day: date) -> tuple[InventedStudent, ...]:
        """The students whom an export of `day` shows."""
        return tuple(student for student in self.students if student.listed(day))
