"""Who works at the demo school: tutors, cover, Heads of House, Progress Leaders, programme lead?"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from sims_sync.demo.cases import Case
from sims_sync.demo.days import DemoDays
from sims_sync.demo.layout import (
    AWAY_PLACE,
    CO_TUTORS_PLACE,
    COVER_IN_ROLES_PLACE,
    COVER_IN_SIMS_PLACE,
    NO_EMAIL_PLACE,
    TUTOR_LEFT_PLACE,
    TUTORING_HEAD_PLACE,
    TWO_GROUPS_PLACE,
    TWO_GROUPS_SECOND_PLACES,
    TWO_YEARS_PLACES,
    YEARS,
    GroupLayout,
)
from sims_sync.demo.people import Stay, staff_names
from sims_sync.demo.roll import (
    DEMO_EMAIL_DOMAIN,
    InventedGroup,
    InventedRole,
    InventedStaff,
    Tutoring,
)
from sims_sync.records import RoleName

FIRST_STAFF_ID = 101
PROGRESS_LEADER_SUBJECT = "English"
WITHOUT_A_HEAD = "Equiano"
HOUSES_OF_ONE_HEAD = ("Austen", "Darwin")
HOUSE_OF_TWO_HEADS = "Brunel"
HOUSE_OF_TUTORING_HEAD = "Curie"
MATRIX_MEMBERS = 2


@dataclass(slots=True)
class Staffing:
    """Everyone who works at the school, the groups with their tutors, the rows of roles.csv, and who is away."""

    staff: list[InventedStaff] = field(default_factory=list)
    groups: list[InventedGroup] = field(default_factory=list)
    roles: list[InventedRole] = field(default_factory=list)
    away: list[Stay] = field(default_factory=list)
    cases: dict[Case, str] = field(default_factory=dict)


def staff_the_school(layout: Sequence[GroupLayout], days: DemoDays, rng: random.Random) -> Staffing:
    """Give every group its tutors, then every other post its holder."""
    staffing = Staffing()
    agency = _Agency(staffing, rng)
    mains = _main_tutors(layout, agency, staffing)
    for group in layout:
        tutors = _tutors(group, mains[group.place], days, agency, staffing)
        staffing.groups.append(InventedGroup(group.name, group.nc_year, group.house, tutors))
    _fill_posts(mains, agency, staffing)
    _mark_awkward(mains, staffing)
    return staffing


def _main_tutors(layout: Sequence[GroupLayout], agency: "_Agency", staffing: Staffing) -> list[str]:
    """The staff code of each place's main tutor: a newcomer for each but the second groups of two of them."""
    shared: dict[int, int] = {}
    second = next((place for place in TWO_GROUPS_SECOND_PLACES if place < len(layout)), None)
    if second is not None:
        shared[second] = TWO_GROUPS_PLACE
    first_year, second_year = TWO_YEARS_PLACES
    if second_year < len(layout):
        shared[second_year] = first_year
    mains: list[str] = []
    for group in layout:
        mains.append(mains[shared[group.place]] if group.place in shared else agency.hire())
    if second is not None:
        staffing.cases[Case.TWO_GROUPS] = mains[second]
    if second_year < len(layout):
        staffing.cases[Case.TWO_YEARS] = mains[second_year]
    return mains


def _tutors(
    group: GroupLayout, main: str, days: DemoDays, agency: "_Agency", staffing: Staffing
) -> tuple[Tutoring, ...]:
    """Everyone who tutors the group this year, as SIMS has it; cover in roles.csv goes there."""
    alone = Tutoring(main, RoleName.TUTOR, days.starts)
    if group.place == CO_TUTORS_PLACE:
        staffing.cases[Case.CO_TUTORS] = group.name
        return alone, Tutoring(agency.hire(), RoleName.CO_TUTOR, days.starts)
    if group.place == COVER_IN_SIMS_PLACE:
        staffing.cases[Case.COVER_IN_SIMS] = group.name
        return alone, Tutoring(agency.hire(), RoleName.COVER, days.autumn(11, 16), days.last_day)
    if group.place == COVER_IN_ROLES_PLACE:
        staffing.cases[Case.COVER_IN_ROLES] = group.name
        cover = InventedRole(agency.hire(), RoleName.COVER, group.name, days.autumn(11, 23), days.last_day)
        staffing.roles.append(cover)
    if group.place == TUTOR_LEFT_PLACE:
        staffing.cases[Case.TUTOR_LEFT] = group.name
        return _successors(main, agency, staffing, days.autumn(11, 20), days)
    if group.place == AWAY_PLACE:
        staffing.cases[Case.AWAY] = group.name
        staffing.away.append(Stay(main, days.autumn(11, 9), days.last_day))
    return (alone,)


def _successors(main: str, agency: "_Agency", staffing: Staffing, last: date, days: DemoDays) -> tuple[Tutoring, ...]:
    """The tutor who leaves on `last`, a Friday, and the one who follows on Monday."""
    _change(staffing, main, leaves=last)
    gone = Tutoring(main, RoleName.TUTOR, days.starts, last)
    return gone, Tutoring(agency.hire(), RoleName.TUTOR, last + timedelta(days=3))


def _fill_posts(mains: Sequence[str], agency: "_Agency", staffing: Staffing) -> None:
    """Heads of House, House Matrix, Progress Leaders and programme lead, in the order of roles.csv."""
    head_of_two = agency.hire()
    heads = [(head_of_two, house) for house in HOUSES_OF_ONE_HEAD]
    heads += [(agency.hire(), HOUSE_OF_TWO_HEADS), (agency.hire(), HOUSE_OF_TWO_HEADS)]
    heads.append((mains[TUTORING_HEAD_PLACE], HOUSE_OF_TUTORING_HEAD))
    staffing.roles += [InventedRole(code, RoleName.HEAD_OF_HOUSE, house) for code, house in heads]
    matrix = [agency.hire() for _ in range(MATRIX_MEMBERS)]
    houses = (*HOUSES_OF_ONE_HEAD, HOUSE_OF_TWO_HEADS, HOUSE_OF_TUTORING_HEAD)
    staffing.roles += [InventedRole(code, RoleName.HOUSE_MATRIX, house) for house in houses for code in matrix]
    scopes = [*(str(year) for year in YEARS), PROGRESS_LEADER_SUBJECT]
    staffing.roles += [InventedRole(agency.hire(), RoleName.PROGRESS_LEADER, scope) for scope in scopes]
    staffing.roles.append(InventedRole(agency.hire(), RoleName.PROGRAMME_LEAD, ""))
    staffing.cases[Case.TWO_HOUSES] = head_of_two


def _mark_awkward(mains: Sequence[str], staffing: Staffing) -> None:
    """Take an address away, list somebody twice, and note what the posts already show."""
    without_address = mains[NO_EMAIL_PLACE]
    _change(staffing, without_address, email=None)
    lead = staffing.roles[-1].staff_code
    _change(staffing, lead, listings=2)
    staffing.cases |= {
        Case.NO_EMAIL: without_address,
        Case.REPEATED_STAFF: lead,
        Case.TUTORING_HEAD: mains[TUTORING_HEAD_PLACE],
        Case.SHARED_HEADSHIP: HOUSE_OF_TWO_HEADS,
        Case.VACANCY: WITHOUT_A_HEAD,
    }


def _change(staffing: Staffing, code: str, **changes: object) -> None:
    """Replace fields of the member of staff with this code."""
    index = next(n for n, person in enumerate(staffing.staff) if person.code == code)
    staffing.staff[index] = replace(staffing.staff[index], **changes)  # type: ignore[arg-type]


class _Agency:
    """Hires staff: gives each a name, a code and an address nobody else has."""

    def __init__(self, staffing: Staffing, rng: random.Random) -> None:
        self._staffing = staffing
        self._names: Iterator[tuple[str, str, str]] = staff_names(rng)
        self._codes: set[str] = set()

    def hire(self) -> str:
        """The staff code of somebody new."""
        title, surname, forename = next(self._names)
        code = self._new_code(forename, surname)
        address = f"{forename[0]}.{surname}@{DEMO_EMAIL_DOMAIN}".lower()
        person_id = str(FIRST_STAFF_ID + len(self._staffing.staff))
        self._staffing.staff.append(InventedStaff(person_id, code, title, surname, forename, address))
        return code

    def _new_code(self, forename: str, surname: str) -> str:
        """Three letters, e.g. "OBE"; with a number from the second of the same letters on."""
        letters = (forename[0] + surname[:2]).upper()
        number = 1
        code = letters
        while code in self._codes:
            number += 1
            code = f"{letters}{number}"
        self._codes.add(code)
        return code
