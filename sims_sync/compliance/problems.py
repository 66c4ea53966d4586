"""What is wrong in the data that the rules looked at, and what should be mended in SIMS (DOMAIN §1, rules 3, 12, 13)?

No problem names a student: `student_id` is there for those who may look the student up.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from sims_sync.compliance.classes import Classified
from sims_sync.compliance.facts import DataProblem, GroupFigures, SchoolFacts, StaffFacts
from sims_sync.compliance.roll import Roll
from sims_sync.compliance.viewpoint import Viewpoint
from sims_sync.records import Entry
from sims_sync.school_year import shown_day


def find_problems(
    facts: SchoolFacts, roll: Roll, placed: Sequence[Classified], groups: Sequence[GroupFigures]
) -> tuple[DataProblem, ...]:
    """Every problem seen, sorted by code and subject."""
    found = chain(
        *(_of_student(each) for each in placed),
        *(_of_entries(each) for each in placed),
        *(_of_group(group, roll) for group in groups),
        _of_houses(groups, roll),
        () if facts.settings.vertical_tutoring else _of_years(placed, roll),
        _unknown_authors(facts, placed),
    )
    return tuple(sorted(found, key=lambda problem: (problem.code, problem.subject, problem.student_id or "")))


def rules_that_are_off(facts: SchoolFacts) -> tuple[str, ...]:
    """The rules that no column feeds, as sentences (DESIGN §3)."""
    students = facts.students
    if not students:
        return ()
    told = (
        (
            all(student.enrolment is None for student in students),
            "No enrolment status is mapped: guests and dual registrations count like everyone else (rule 9).",
        ),
        (
            all(student.admission_date is None for student in students),
            "No admission date is mapped: joiners are known from the first list that showed them (rule 9).",
        ),
        (
            all(student.leaving_date is None for student in students),
            "No leaving date was read: leavers are known only once SIMS no longer lists them (rule 9).",
        ),
    )
    return tuple(sentence for holds, sentence in told if holds)


def assumptions(facts: SchoolFacts, view: Viewpoint) -> tuple[str, ...]:
    """What the very first read left to assume in this half term (rule 10), as sentences."""
    first = facts.first_read_on
    if first is None or first <= view.days[0]:
        return ()
    if not any(span.first < first for student in facts.students for span in student.groups):
        return ()
    since = "are taken to have been the same since the year began (rule 10)."
    return (f"The first read was on {shown_day(first)}: groups and tutors without a from-date {since}",)


def _of_student(each: Classified) -> Iterator[DataProblem]:
    line = each.line
    if line.group is None:
        yield DataProblem(
            "student-without-group",
            "a student without a tutor group",
            "No tutor can be due for a student without a tutor group.",
            "Give the student a registration group in SIMS.",
            student_id=line.student_id,
            house=line.house,
        )
    elif each.own_house is not None and line.house is not None and each.own_house != line.house:
        yield DataProblem(
            "house-differs",
            f"group {line.group}",
            "A student's house is not the house of the tutor: the student counts under the tutor's.",
            "Correct the house or the registration group in SIMS.",
            student_id=line.student_id,
            house=line.house,
            group=line.group,
        )


def _of_entries(each: Classified) -> Iterator[DataProblem]:
    told: tuple[tuple[Sequence[Entry], str, str, str], ...] = (
        (
            each.evidence.contradicting,
            "entry-date-against-result-set",
            "An entry's date lies outside the half term that its result set names; the result set decides.",
            "Correct the date or the result set in SIMS.",
        ),
        (
            each.evidence.future,
            "future-dated-entry",
            "An entry is dated later than today.",
            "Correct the date in SIMS.",
        ),
        (
            each.evidence.unreadable,
            "result-set-not-understood",
            "An entry's result set names no half term that could be understood; its date decides.",
            "Check the result set in SIMS and the mapping of result sets.",
        ),
    )
    line = each.line
    for entries, code, what, do in told:
        for _ in entries:
            subject = f"group {line.group}" if line.group else "a student without a tutor group"
            yield DataProblem(code, subject, what, do, line.student_id, line.house, line.group)


def _of_group(group: GroupFigures, roll: Roll) -> Iterator[DataProblem]:
    if not roll.tutors(group.group):
        yield DataProblem(
            "group-without-tutor",
            f"group {group.group}",
            "The group has no tutor.",
            "Name one in SIMS or in roles.csv.",
            house=group.house,
            group=group.group,
        )
    if group.house is None:
        yield DataProblem(
            "group-without-house",
            f"group {group.group}",
            "No house is known for the group: the programme lead receives its row.",
            "Give its students a house in SIMS, or the group in roles.csv.",
            group=group.group,
        )
    for tutor in roll.tutors(group.group):
        yield from _of_staff(tutor, roll, group)


def _of_staff(tutor: str, roll: Roll, group: GroupFigures) -> Iterator[DataProblem]:
    person = roll.staff.get(tutor)
    if person is None:
        yield DataProblem(
            "tutor-not-in-staff-list",
            f"group {group.group}",
            "The group's tutor is not in the staff list, so nobody is named for it.",
            "Add the person to the staff report, or correct roles.csv.",
            house=group.house,
            group=group.group,
        )
    elif not person.email:
        yield _without_address(person, group.house, group.group)


def _of_houses(groups: Sequence[GroupFigures], roll: Roll) -> Iterator[DataProblem]:
    for house in sorted({group.house for group in groups if group.house is not None}):
        heads = roll.heads(house)
        if not heads:
            yield DataProblem(
                "house-without-head",
                house,
                "The house has no Head of House: the programme lead receives its report.",
                "Name one in SIMS or in roles.csv.",
                house=house,
            )
        for person in filter(None, map(roll.staff.get, heads)):
            if not person.email:
                yield _without_address(person, house)


def _without_address(person: StaffFacts, house: str | None, group: str | None = None) -> DataProblem:
    return DataProblem(
        "staff-without-address",
        person.shown,
        "No e-mail address is known, so no message can reach this person.",
        "Add the work e-mail address in SIMS.",
        house=house,
        group=group,
    )


def _of_years(placed: Iterable[Classified], roll: Roll) -> Iterator[DataProblem]:
    """Tutors with students of two years, unless the school tutors vertically (DOMAIN §1)."""
    years: dict[str, set[str]] = defaultdict(set)
    houses: dict[str, str | None] = {}
    for line in (each.line for each in placed if each.line.group is not None):
        for tutor in roll.tutors(line.group or ""):
            years[tutor].add(line.nc_year)
            houses.setdefault(tutor, line.house)
    for tutor, found in years.items():
        if len(found) > 1 and tutor in roll.staff:
            yield DataProblem(
                "tutor-with-two-years",
                roll.staff[tutor].shown,
                "The tutor has students of more than one year.",
                "Correct the groups in SIMS, or set vertical_tutoring.",
                house=houses[tutor],
            )


def _unknown_authors(facts: SchoolFacts, placed: Iterable[Classified]) -> Iterator[DataProblem]:
    """Entries that count although their author is in no staff list: doubt never costs a tutor an entry."""
    known = {person.staff_id.casefold() for person in facts.staff}
    known |= {staff_id.removeprefix("code:") for staff_id in known}
    known |= {person.email.casefold() for person in facts.staff if person.email}
    for each in placed:
        for entry in (*each.evidence.counted, *each.evidence.late):
            if entry.author and entry.author.casefold() not in known:
                yield DataProblem(
                    "author-not-in-staff-list",
                    f"group {each.line.group}" if each.line.group else "a student without a tutor group",
                    "An entry's author is not in the staff list; the entry counts.",
                    "Check who made it, and the staff report.",
                    each.line.student_id,
                    each.line.house,
                    each.line.group,
                )
