"""Which reports does the simulated SIMS have, and which rows does each give at a moment?

Captions are those that SIMS prints (SIMS §2), before they are encoded as element names. A caption that a row lacks is
null.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from enum import StrEnum

from sims_sync.demo.days import SCHOOL_TIMEZONE
from sims_sync.demo.sims_file import Setting
from sims_sync.demo.sims_state import ListedResult, SimsState

ReportRow = dict[str, str]


class Report(StrEnum):
    """The saved reports, by name; their order decides which carry an inline schema where every second one does."""

    STUDENTS = "sims-sync students"
    STAFF = "sims-sync staff"
    TUTOR_GROUPS = "sims-sync tutor groups"
    RESULTS = "sims-sync results"
    MENTORING_ENTRIES = "sims-sync mentoring entries"

    @property
    def position(self) -> int:
        """Its place in the list of reports, counted from 1."""
        return tuple(Report).index(self) + 1


SCHOOL_COLUMN = "School DfE"
_RESULT_COLUMNS = (
    "primary_id",
    "UPN",
    "Adno",
    "Legal Surname",
    "Aspect",
    "Result set",
    "Result",
    "Result date",
    SCHOOL_COLUMN,
)
COLUMNS: Mapping[Report, tuple[str, ...]] = {
    Report.STUDENTS: (
        "primary_id",
        "UPN",
        "Adno",
        "Legal Surname",
        "Forename",
        "Reg",
        "Year",
        "House",
        "Enrolment status",
        "Admission date",
        "Leaving date",
        "Reg group start date",
        "House from",
        SCHOOL_COLUMN,
    ),
    Report.STAFF: (
        "ID",
        "Title",
        "PreferredSurname",
        "PreferredForename",
        "StaffCode",
        "WorkEmail",
        "Leaving date",
        SCHOOL_COLUMN,
    ),
    Report.TUTOR_GROUPS: ("Reg", "Year", "House", "Tutor", "Tutor role", "Tutor from", "Tutor to", SCHOOL_COLUMN),
    Report.RESULTS: _RESULT_COLUMNS,
    Report.MENTORING_ENTRIES: _RESULT_COLUMNS,
}
DATE_COLUMNS = frozenset(
    {
        "Admission date",
        "Leaving date",
        "Reg group start date",
        "House from",
        "Tutor from",
        "Tutor to",
        "Result date",
    }
)

# What a user without the permission does not get (SIMS §1: identity columns first).
IDENTITY_COLUMNS = frozenset({"primary_id", "UPN", "Adno", "ID", "StaffCode", "WorkEmail"})


def report_rows(report: Report, state: SimsState, moment: datetime) -> list[ReportRow]:
    """The report's rows at `moment`, each with its captions in the order of `COLUMNS`."""
    school = state.setting(Setting.DFE_NUMBER)
    rows = [_row(report, (*values, school)) for values in _READERS[report](state, moment)]
    if state.setting(Setting.IDENTITY_COLUMNS) == "hidden":
        rows = [without(row, IDENTITY_COLUMNS) for row in rows]
    return rows


def without(row: Mapping[str, str], captions: frozenset[str]) -> ReportRow:
    """The row without some of its captions."""
    return {caption: text for caption, text in row.items() if caption not in captions}


def _row(report: Report, values: tuple[str | None, ...]) -> ReportRow:
    """The values by caption, nulls left out."""
    return {caption: text for caption, text in zip(COLUMNS[report], values, strict=True) if text is not None}


def _students(state: SimsState, moment: datetime) -> Iterator[tuple[str | None, ...]]:
    for student in state.students(moment):
        group, house = student.group, student.house
        yield (
            student.person_id,
            student.upn,
            student.admission_number,
            student.surname,
            student.forename,
            group.value if group else None,
            _year(student.nc_year),
            house.value if house else None,
            student.enrolment,
            _day(student.admitted),
            _day(student.leaves),
            _day(group.first) if group else None,
            _day(house.first) if house else None,
        )


def _staff(state: SimsState, moment: datetime) -> Iterator[tuple[str | None, ...]]:
    for who in state.staff(moment):
        yield who.person_id, who.title, who.surname, who.forename, who.code, who.email, _day(who.leaves)


def _tutor_groups(state: SimsState, moment: datetime) -> Iterator[tuple[str | None, ...]]:
    for tutoring in state.tutor_groups(moment):
        yield (
            tutoring.group,
            _year(tutoring.nc_year),
            tutoring.house,
            tutoring.staff_code,
            tutoring.role,
            _day(tutoring.first),
            _day(tutoring.last),
        )


def _academic(state: SimsState, moment: datetime) -> Iterator[tuple[str | None, ...]]:
    return map(_result, state.results(moment, mentoring=False))


def _mentoring(state: SimsState, moment: datetime) -> Iterator[tuple[str | None, ...]]:
    return map(_result, state.results(moment, mentoring=True))


def _result(result: ListedResult) -> tuple[str | None, ...]:
    return (
        result.person_id,
        result.upn,
        result.admission_number,
        result.surname,
        result.aspect,
        result.result_set,
        result.text,
        _day(result.dated),
    )


_READERS: Mapping[Report, Callable[[SimsState, datetime], Iterator[tuple[str | None, ...]]]] = {
    Report.STUDENTS: _students,
    Report.STAFF: _staff,
    Report.TUTOR_GROUPS: _tutor_groups,
    Report.RESULTS: _academic,
    Report.MENTORING_ENTRIES: _mentoring,
}


def _year(nc_year: int) -> str:
    """The year as SIMS pads it: "Year  9", "Year 10"."""
    return f"Year {nc_year:>2}"


def _day(day: date | None) -> str | None:
    """A date as SIMS writes it: local midnight with its offset, "2026-09-01T00:00:00+01:00"."""
    return datetime.combine(day, time(), SCHOOL_TIMEZONE).isoformat() if day else None
