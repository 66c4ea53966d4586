"""Which students does the demo school have, in which groups and houses, and which of them are awkward cases?"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from sims_sync.demo.cases import Case
from sims_sync.demo.days import DemoDays
from sims_sync.demo.layout import GroupLayout
from sims_sync.demo.people import (
    UNKNOWN_LOCAL_AUTHORITY,
    UPN_LETTERS,
    Stay,
    make_upn,
    student_names,
    upn_bodies,
    with_wrong_letter,
)
from sims_sync.demo.roll import DEMO_HOUSES, InventedStudent

FIRST_PERSON_ID = 3001
OTHER_HOUSE_SHARE = 0.01
JOINED_MID_YEAR_SHARE = 0.05

# Which students of which group show what, in the order in which a small group keeps them.
CASES_BY_PLACE: Mapping[int, tuple[Case, ...]] = {
    0: (
        Case.JOINED_TOO_LATE,
        Case.MOVED_TOO_LATE,
        Case.MOVED_IN_TIME,
        Case.GUEST,
        Case.VANISHES,
        Case.NAME_ACCENTED,
        Case.NAME_APOSTROPHE,
    ),
    1: (
        Case.JOINED_IN_TIME,
        Case.LEAVES_AFTER,
        Case.ABSENT_FOR_WEEKS,
        Case.SET_OF_EARLIER,
        Case.TOO_SHORT,
        Case.DONE_AFTER_REPORT,
        Case.KEPT_BACK,
        Case.NAME_DOUBLE_BARREL,
    ),
    2: (
        Case.DONE_LATE,
        Case.SET_NAMES_ANOTHER,
        Case.FUTURE_DATE,
        Case.DATED_NEXT_TERM,
        Case.UPN_TEMPORARY,
        Case.NO_UPN,
        Case.DUAL_MAIN,
        Case.NAME_ALL_CAPS,
    ),
    3: (Case.NO_ACADEMIC_DATA,),
    4: (
        Case.DUPLICATE,
        Case.REVIEW_ONLY,
        Case.NO_RESULT_SET,
        Case.MOVED_HOUSE,
        Case.UPN_WRONG_LETTER,
        Case.UPN_UNKNOWN_AUTHORITY,
        Case.SAME_NAME,
        Case.NAME_DECOMPOSED,
        Case.NAME_PLACEHOLDER,
    ),
}
EXTRA_CASES: Mapping[Case, int] = {Case.LEFT_BEFORE: 0, Case.LEFT_ON_DEADLINE: 4, Case.JOINS_LATER: 2}
MOVED_FROM_PLACES = (5, 1)  # the first that exists: 5 is of the same year


@dataclass(slots=True)
class Enrolment:
    """The students, and which of them shows what."""

    students: list[InventedStudent] = field(default_factory=list)
    cases: dict[Case, str] = field(default_factory=dict)


def enrol(layout: Sequence[GroupLayout], days: DemoDays, rng: random.Random) -> Enrolment:
    """Fill the groups, one student without a group included; the students of `EXTRA_CASES` come on top."""
    office = _Office(layout, days, rng)
    enrolment = Enrolment()
    for group in layout:
        members = [office.newcomer(group) for _ in range(group.size)]
        cases = CASES_BY_PLACE.get(group.place, ())
        for position, case in enumerate(cases[: len(members)]):
            members[position] = office.make(case, members[position], members[-1])
            enrolment.cases[case] = members[position].person_id
        enrolment.students.extend(members)
    _leave_one_without_group(enrolment)
    for case, place in EXTRA_CASES.items():
        student = office.newcomer(layout[place])
        enrolment.students.append(office.make(case, student, student))
        enrolment.cases[case] = student.person_id
    return enrolment


def _leave_one_without_group(enrolment: Enrolment) -> None:
    """Take the last student without a case of their own out of their group."""
    taken = set(enrolment.cases.values())
    index = max(n for n, student in enumerate(enrolment.students) if student.person_id not in taken)
    enrolment.students[index] = replace(enrolment.students[index], groups=())
    enrolment.cases[Case.NO_GROUP] = enrolment.students[index].person_id


class _Office:
    """Admits students: gives each a name and numbers nobody else has."""

    def __init__(self, layout: Sequence[GroupLayout], days: DemoDays, rng: random.Random) -> None:
        self._layout = layout
        self._days = days
        self._rng = rng
        self._names = student_names(rng)
        self._bodies: dict[int, Iterator[str]] = {}
        on_roll = sum(group.size for group in layout) + len(EXTRA_CASES)
        self._person_ids = iter(rng.sample(range(FIRST_PERSON_ID, FIRST_PERSON_ID + 3 * on_roll), on_roll))
        self._admission_number = 1200

    def newcomer(self, group: GroupLayout) -> InventedStudent:
        """A student of `group` without anything awkward, but for a few whose house is another one."""
        surname, forename = next(self._names)
        admitted = self._admitted(group.nc_year)
        self._admission_number += self._rng.randint(1, 3)
        house = group.house if self._rng.random() >= OTHER_HOUSE_SHARE else self._rng.choice(DEMO_HOUSES)
        return InventedStudent(
            person_id=str(next(self._person_ids)),
            upn=make_upn(self._body(group.nc_year)),
            admission_number=f"{self._admission_number:06}",
            surname=surname,
            forename=forename,
            nc_year=group.nc_year,
            groups=(Stay(group.name, self._days.starts),),
            houses=(Stay(house, admitted),),
            admitted=admitted,
        )

    def make(self, case: Case, student: InventedStudent, other: InventedStudent) -> InventedStudent:
        """The same student showing `case`; `other` is another one of the group, whose name may be shared."""
        days = self._days
        edits: dict[Case, Callable[[], InventedStudent]] = {
            Case.JOINED_IN_TIME: lambda: _joins(student, days.autumn(12, 2)),
            Case.JOINED_TOO_LATE: lambda: _joins(student, days.autumn(12, 3)),
            Case.JOINS_LATER: lambda: _joins(student, days.autumn(12, 17)),
            Case.LEFT_BEFORE: lambda: replace(student, leaves=days.autumn(12, 4)),
            Case.LEFT_ON_DEADLINE: lambda: replace(student, leaves=days.deadline),
            Case.LEAVES_AFTER: lambda: replace(student, leaves=days.autumn(12, 16)),
            Case.MOVED_IN_TIME: lambda: self._moved(student, days.autumn(12, 1)),
            Case.MOVED_TOO_LATE: lambda: self._moved(student, days.autumn(12, 4)),
            Case.MOVED_HOUSE: lambda: _moved_house(student, days.autumn(11, 23)),
            Case.VANISHES: lambda: replace(student, unlisted_from=days.autumn(12, 17)),
            Case.GUEST: lambda: replace(student, enrolment="Guest"),
            Case.DUAL_MAIN: lambda: replace(student, enrolment="Main"),
            Case.KEPT_BACK: lambda: self._kept_back(student),
            Case.DUPLICATE: lambda: replace(student, listings=2),
            Case.SAME_NAME: lambda: replace(student, surname=other.surname, forename=other.forename),
            Case.NO_UPN: lambda: replace(student, upn=None),
            Case.UPN_WRONG_LETTER: lambda: replace(student, upn=with_wrong_letter(student.upn or "")),
            Case.UPN_TEMPORARY: lambda: replace(student, upn=self._temporary_upn(student.nc_year)),
            Case.UPN_UNKNOWN_AUTHORITY: lambda: replace(student, upn=self._foreign_upn(student.nc_year)),
            Case.NAME_ACCENTED: lambda: replace(student, surname="Žquïzuvœ"),
            Case.NAME_DECOMPOSED: lambda: replace(student, forename="Xile\u0301quo\u0308"),
            Case.NAME_APOSTROPHE: lambda: replace(student, surname=f"O'{student.surname}"),
            Case.NAME_DOUBLE_BARREL: lambda: replace(student, surname=f"{student.surname}-{other.surname}"),
            Case.NAME_ALL_CAPS: lambda: replace(
                student, surname=student.surname.upper(), forename=student.forename.upper()
            ),
            Case.NAME_PLACEHOLDER: lambda: replace(student, surname="Xxxxx"),
        }
        return edits[case]() if case in edits else student

    def _admitted(self, nc_year: int) -> date:
        """The start of the student's Year 7, for a few some day in between."""
        years_here = nc_year - 7
        admitted = date(self._days.first_year - years_here, 9, 1)
        if years_here and self._rng.random() < JOINED_MID_YEAR_SHARE:
            return admitted + timedelta(days=self._rng.randint(30, 300))
        return admitted

    def _body(self, nc_year: int) -> str:
        """The body of a UPN of the year in which students of this NC year first went to school."""
        entry_year = self._days.first_year - nc_year
        if entry_year not in self._bodies:
            self._bodies[entry_year] = upn_bodies(self._rng, entry_year)
        return next(self._bodies[entry_year])

    def _temporary_upn(self, nc_year: int) -> str:
        return make_upn(self._body(nc_year)[:-1] + self._rng.choice(UPN_LETTERS))

    def _foreign_upn(self, nc_year: int) -> str:
        return make_upn(UNKNOWN_LOCAL_AUTHORITY + self._body(nc_year)[3:])

    def _kept_back(self, student: InventedStudent) -> InventedStudent:
        """Admitted, and given a UPN, with those who are a year above now."""
        admitted = date(self._days.first_year - (student.nc_year - 6), 9, 1)
        house = student.houses[0].value
        upn = make_upn(self._body(student.nc_year + 1))
        return replace(student, admitted=admitted, houses=(Stay(house, admitted),), upn=upn)

    def _moved(self, student: InventedStudent, day: date) -> InventedStudent:
        """Came on `day` from a group of another house, and changed house with the group."""
        old = self._layout[next(place for place in MOVED_FROM_PLACES if place < len(self._layout))]
        eve = day - timedelta(days=1)
        return replace(
            student,
            groups=(Stay(old.name, self._days.starts, eve), Stay(student.groups[0].value, day)),
            houses=(Stay(old.house, student.admitted, eve), Stay(student.houses[0].value, day)),
        )


def _joins(student: InventedStudent, day: date) -> InventedStudent:
    """Admitted on `day`, and in group and house from then on."""
    return replace(
        student,
        admitted=day,
        groups=(Stay(student.groups[0].value, day),),
        houses=(Stay(student.houses[0].value, day),),
    )


def _moved_house(student: InventedStudent, day: date) -> InventedStudent:
    """In the next house from `day` on."""
    house = student.houses[0].value
    following = DEMO_HOUSES[(DEMO_HOUSES.index(house) + 1) % len(DEMO_HOUSES)]
    return replace(student, houses=(Stay(house, student.admitted, day - timedelta(days=1)), Stay(following, day)))
