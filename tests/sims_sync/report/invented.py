"""An invented school's assessment for the report's tests: Austen House with one group of every section."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from sims_sync.compliance.facts import (
    Assessment,
    DataProblem,
    GroupFigures,
    HoldReason,
    HouseFigures,
    Occasion,
    Policy,
    ReadFacts,
    StaffFacts,
    Status,
    StudentClass,
    StudentFacts,
    StudentLine,
)
from sims_sync.report.summary import ComplianceSummary, summarise
from sims_sync.school_year import HalfTermId

MOMENT = datetime(2026, 12, 16, 7, 30, tzinfo=UTC)
BEGAN = datetime(2026, 12, 16, 6, 0, tzinfo=UTC)
AUTUMN_2 = HalfTermId("2026-27", 1)

STAFF = {
    "T1": StaffFacts("T1", "Amara", "Okafor", "Ms"),
    "T2": StaffFacts("T2", "Ben", "Hale", "Mr"),
    "T3": StaffFacts("T3", "Zoë", "Fairweather-Llewellyn", "Dr"),
    "T4": StaffFacts("T4", "Niamh", "O'Rourke", "Mrs"),
    "T5": StaffFacts("T5", "Priya", "Nair", "Miss"),
    "T6": StaffFacts("T6", "Kofi", "Adjei", "Mr"),
    "H1": StaffFacts("H1", "Ruth", "Lindqvist", "Mrs"),
}
READS = (
    ReadFacts("sims", "students", BEGAN),
    ReadFacts("sims", "tutor_groups", BEGAN),
    ReadFacts("workbooks", "proformas", datetime(2026, 12, 16, 0, 5, tzinfo=UTC)),
)
HELD = HoldReason(
    "no-entries",
    "No entry source yielded any entry this half term.",
    "Check the entry reports in SIMS.",
    releasable=True,
)


def group(name: str, tutors: tuple[str, ...], done: int, due: int, status: Status, **more: object) -> GroupFigures:
    """A group's row; whatever is not said is ordinary."""
    flagged = bool(more.pop("flagged", True))
    row = GroupFigures(
        group=name,
        shown=str(more.pop("shown", name)),
        tutors=tutors,
        house="Austen",
        nc_year="8",
        due=due,
        done=done,
        outstanding=due - done,
        percent=100 * done // due if due else None,
        status=status,
        counts={StudentClass.DONE: done, StudentClass.OUTSTANDING: due - done},
        flagged=flagged,
        names_students=True,
        last_entry=date(2026, 11, 12) if done else None,
        interviews_this_year=(1, 3),
    )
    return replace(row, **more)  # type: ignore[arg-type]  # the fields of GroupFigures by name


def house(*groups: GroupFigures, name: str = "Austen", heads: tuple[str, ...] = ("H1",)) -> HouseFigures:
    """A house of these groups."""
    due, done = sum(row.due for row in groups), sum(row.done for row in groups)
    return HouseFigures(name, heads, due, done, due - done, 100 * done // due if due else None, groups)


def golden_house() -> HouseFigures:
    """DOMAIN §6's house: 59 of 92, and one group of every other section."""
    counts = {
        StudentClass.DONE: 4,
        StudentClass.OUTSTANDING: 6,
        StudentClass.NOT_YET_DUE: 1,
        StudentClass.EXCUSED: 1,
        StudentClass.HANDOVER: 1,
        StudentClass.NOT_LISTED: 1,
        StudentClass.BEING_CHECKED: 2,
        StudentClass.AWAITING_DECISION: 3,
    }
    return house(
        group("8C1", ("T3",), 0, 26, Status.NOT_STARTED, incomplete_in_a_row=2),
        group(
            "8A1",
            ("T1", "T6"),
            4,
            10,
            Status.ACTION_NEEDED,
            counts=counts,
            done_since_deadline=1,
            drafts=1,
            too_short=1,
            not_yet_in_sims=1,
            not_reminded=True,
            excused_share=25,
        ),
        group("8D1", ("T4",), 27, 28, Status.NEARLY_THERE),
        group("8E1", ("T5",), 0, 12, Status.NOT_STARTED, shown="8E1 (no active tutor)", flagged=False),
        group("8B1", ("T2",), 28, 28, Status.COMPLETE),
        group("12A", ("T5",), 0, 0, Status.NOT_DUE),
    )


def students() -> dict[str, StudentFacts]:
    """The students of 8A1 who are not done."""
    people = (
        ("S2", "Lowri", "Vantongeren"),
        ("S6", "=Abe", "Émile"),
        ("S7", "Dov", "Zzyzx"),
        ("S0", "Ila", "Quillfeather"),
    )
    return {key: StudentFacts(key, forename, surname, "8") for key, forename, surname in people}


def lines() -> tuple[StudentLine, ...]:
    """One line per student of `students`, one of them in no group."""
    return (
        StudentLine("S2", StudentClass.OUTSTANDING, "8A1", "Austen", "8"),
        StudentLine("S6", StudentClass.OUTSTANDING, "8A1", "Austen", "8", labels=("leaver",)),
        StudentLine("S7", StudentClass.EXCUSED, "8A1", "Austen", "8"),
        StudentLine("S0", StudentClass.NO_TUTOR, None, "Austen", "8"),
    )


PROBLEMS = (
    DataProblem("no-address", "8A1", "A tutor has no e-mail address.", "Add it in SIMS.", house="Austen"),
    DataProblem("no-address", "8D1", "A tutor has no e-mail address.", "Add it in SIMS.", house="Austen"),
    DataProblem("no-head", "Brontë", "A house has no Head of House.", "Name one in roles.csv.", house="Brontë"),
)


def assessment(*houses: HouseFigures, occasion: Occasion = Occasion.DEADLINE, **more: object) -> Assessment:
    """An assessment of these houses, or of the golden one."""
    made = Assessment(
        half_term=AUTUMN_2,
        occasion=occasion,
        policy=Policy.HALF_TERM,
        moment=MOMENT,
        deadline=date(2026, 12, 15),
        houses=houses or (golden_house(),),
        lines=lines(),
        problems=PROBLEMS,
        rules_off=("Enrolment status is not mapped: guests cannot be told apart.",),
    )
    return replace(made, **more)  # type: ignore[arg-type]  # the fields of Assessment by name


def summary(made: Assessment | None = None, **options: object) -> ComplianceSummary:
    """The summary of an assessment, or of the golden one."""
    known: Mapping[str, StudentFacts] = students()
    given: dict[str, object] = {
        "school_name": "Invented Hill School",
        "staff": STAFF,
        "students": known,
        "reads": READS,
    }
    return summarise(made or assessment(), **{**given, **options})  # type: ignore[arg-type]  # options by name
