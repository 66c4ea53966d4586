"""An invented school to ask the rules about: the golden case of DOMAIN §6, and small pieces to build others from."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sims_sync.compliance.classes import classify
from sims_sync.compliance.facts import (
    Excusal,
    GroupFigures,
    Occasion,
    Policy,
    RoleFacts,
    SchoolFacts,
    Settings,
    Span,
    StaffFacts,
    StudentClass,
    StudentFacts,
    StudentLine,
)
from sims_sync.compliance.figures import assess
from sims_sync.demo.calendar import reference_calendar
from sims_sync.records import Entry, EntryKind, EntryState, Review, RoleName, Target
from sims_sync.school_year import HalfTermId, SchoolYear

YEAR = "2026-27"
AUTUMN_1, AUTUMN_2, SPRING_1, SPRING_2, SUMMER_1, SUMMER_2 = (HalfTermId(YEAR, index) for index in range(6))
SCHOOL_YEAR = SchoolYear(reference_calendar())
YEAR_START = date(2026, 9, 1)
LONDON = ZoneInfo("Europe/London")
REPORT_MOMENT = datetime(2026, 12, 16, 7, 30, tzinfo=LONDON)
AFTER_CLOSING = datetime(2026, 12, 19, 6, 0, tzinfo=LONDON)
TEXT = "Hand in every piece of maths homework"


def at(day: date, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    """A local time of a day, as aware UTC."""
    return datetime.combine(day, time(hour, minute, second), LONDON).astimezone(UTC)


def entry(
    student: str,
    day: date,
    *,
    recorded: datetime | None = None,
    key: str = "",
    kind: EntryKind = EntryKind.INTERVIEW,
    state: EntryState = EntryState.SUBMITTED,
    text: str = TEXT,
    author: str | None = None,
    half_term: str | None = None,
) -> Entry:
    """One entry, an interview with one target unless told otherwise, recorded at noon of its day."""
    interview = kind is EntryKind.INTERVIEW
    return Entry(
        entry_key=key or f"{student} {day} {kind}",
        student_id=student,
        kind=kind,
        state=state,
        interview_date=day,
        recorded_at=recorded or at(day),
        origin="sims",
        author=author,
        half_term=half_term,
        targets=(Target(text),) if interview else (),
        reviews=() if interview else (Review(None, text),),
    )


def student(student_id: str, group: str | None = "8A1", *, house: str | None = "Austen") -> StudentFacts:
    """One Year 8 student, in the same group and house all year."""
    return StudentFacts(
        student_id,
        f"Forename{student_id}",
        f"Surname{student_id}",
        "Year  8",
        enrolment="Current (single registration at this school)",
        admission_date=date(2024, 9, 1),
        groups=(Span(group, YEAR_START),) if group else (),
        houses=(Span(house, YEAR_START),) if house else (),
    )


def tutor(staff_id: str, group: str, *, first: date | None = None, last: date | None = None) -> RoleFacts:
    """A main tutor's role."""
    return RoleFacts(staff_id, RoleName.TUTOR, group, first, last)


def head(staff_id: str, house: str = "Austen") -> RoleFacts:
    """A Head of House's role."""
    return RoleFacts(staff_id, RoleName.HEAD_OF_HOUSE, house)


def staff(staff_id: str, surname: str = "", *, email: str | None = "x@school.example") -> StaffFacts:
    """One member of staff."""
    return StaffFacts(staff_id, "Kim", surname or staff_id, email=email)


def school(
    *students: StudentFacts,
    entries: tuple[Entry, ...] = (),
    roles: tuple[RoleFacts, ...] = (tutor("T1", "8A1"), head("H1")),
    policy: Policy = Policy.HALF_TERM,
) -> SchoolFacts:
    """A school of these students, with T1 as tutor of 8A1 and H1 as Head of House unless told otherwise."""
    everyone = dict.fromkeys(role.staff_id for role in roles)
    return SchoolFacts(
        SCHOOL_YEAR,
        Settings(policy, AUTUMN_1),
        students=students,
        staff=tuple(staff(staff_id) for staff_id in everyone),
        roles=roles,
        entries=entries,
    )


def lines(
    facts: SchoolFacts,
    occasion: Occasion = Occasion.DEADLINE,
    moment: datetime = REPORT_MOMENT,
    half_term: HalfTermId = AUTUMN_2,
) -> dict[str, StudentLine]:
    """Each student's line, by student id."""
    return {line.student_id: line for line in classify(facts, half_term, occasion, moment)}


def only_class(facts: SchoolFacts, occasion: Occasion = Occasion.DEADLINE) -> StudentClass:
    """The class of a school's only student in autumn-2."""
    (line,) = lines(facts, occasion).values()
    return line.student_class


def only_group(
    facts: SchoolFacts,
    occasion: Occasion = Occasion.DEADLINE,
    moment: datetime = REPORT_MOMENT,
    half_term: HalfTermId = AUTUMN_2,
) -> GroupFigures:
    """The row of a school's only group."""
    (group,) = assess(facts, half_term, occasion, moment).groups
    return group


def golden_group(policy: Policy = Policy.HALF_TERM) -> SchoolFacts:
    """The 15 students of DOMAIN §6 in group 8A1."""
    usual = {f"S{number}": student(f"S{number}") for number in range(1, 16)}
    before_8a1 = Span("8B2", YEAR_START, date(2026, 11, 30))
    special = {
        "S3": replace(usual["S3"], admission_date=date(2026, 12, 2)),
        "S4": replace(usual["S4"], admission_date=date(2026, 12, 3)),
        "S5": replace(usual["S5"], leaving_date=date(2026, 12, 4)),
        "S6": replace(usual["S6"], leaving_date=date(2026, 12, 16)),
        "S10": replace(usual["S10"], groups=(before_8a1, Span("8A1", date(2026, 12, 1)))),
        "S11": replace(
            usual["S11"], groups=(replace(before_8a1, last=date(2026, 12, 3)), Span("8A1", date(2026, 12, 4)))
        ),
        "S13": replace(usual["S13"], enrolment="Guest (pupil not registered at this school)"),
    }
    entries = (
        entry("S1", date(2026, 11, 12), author="T1"),
        entry("S8", date(2026, 12, 16), author="T1"),
        entry("S9", date(2026, 11, 20), author="H1"),
        entry("S10", date(2026, 11, 10), author="T9"),
        entry("S12", date(2026, 12, 1), state=EntryState.DRAFT, author="T1"),
        entry("S14", date(2026, 12, 14), key="workbook row", author="T1"),
        entry("S15", date(2026, 10, 29), half_term=f"{YEAR}/autumn-1"),
    )
    facts = school(
        *(usual | special).values(),
        entries=entries,
        roles=(tutor("T1", "8A1"), tutor("T9", "8B2"), head("H1")),
        policy=policy,
    )
    excusal = Excusal("S7", AUTUMN_2, "long-term absence", date(2026, 11, 9), accepted=True)
    return replace(facts, excusals=(excusal,), not_yet_in_sims=frozenset({"workbook row"}))


def golden_house(policy: Policy = Policy.HALF_TERM) -> SchoolFacts:
    """The golden group and three more of the same house: T2 28 of 28, T3 0 of 26, T4 27 of 28."""
    facts = golden_group(policy)
    more = {"T2": ("8A2", 28, 28), "T3": ("8A3", 26, 0), "T4": ("8A4", 28, 27)}
    students = tuple(
        student(f"{group} {number}", group) for group, size, _ in more.values() for number in range(1, size + 1)
    )
    entries = tuple(
        entry(f"{group} {number}", date(2026, 11, 17))
        for group, _, done in more.values()
        for number in range(1, done + 1)
    )
    return replace(
        facts,
        students=facts.students + students,
        entries=facts.entries + entries,
        roles=facts.roles + tuple(tutor(staff_id, group) for staff_id, (group, _, _) in more.items()),
        staff=facts.staff + tuple(staff(staff_id) for staff_id in more),
    )
