"""The invented school whose exports are spoilt: eight tutor groups of ten students in two houses, all made by rule.

One tutor has half of the entries still to make and one two of them; the others are done. Its rows are what SIMS would
print, by caption (SIMS §2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sims_sync.config import SchoolConfig
from sims_sync.connector import Options
from sims_sync.records import Kind
from sims_sync.registry import connector_class
from sims_sync.school_year import HalfTermId
from sims_sync.upn import check_letter

SCHOOL_ID = "self-test"
DFE_NUMBER = "123/4567"
DEADLINE_OVER = datetime(2026, 12, 16, 6, tzinfo=UTC)  # the morning after the deadline: figures may be shown
HALF_TERM = HalfTermId.parse("2026-27/autumn-2")
RESULT_SET = "Mentoring Autumn 2 2026/27"
STUDENTS_IN_A_GROUP = 10
CONNECTOR = "drop_folder"
JOB_OF = {
    Kind.STUDENTS: "pull_students",
    Kind.STAFF: "pull_students",
    Kind.TUTOR_GROUPS: "pull_students",
    Kind.MENTORING_ENTRIES: "pull_entries",
    Kind.RESULTS: "pull_results",
}
PERSONAL_CAPTIONS = frozenset(
    {"UPN", "Legal Surname", "Forename", "Preferred Surname", "Preferred Forename", "Work Email", "Result"}
)

Row = Mapping[str, str]
Rows = tuple[Row, ...]

_GROUPS = ("7A", "7B", "8A", "8B", "9A", "9B", "10A", "10B")
_HOUSES = ("Elm & Oak", "Riverside")  # the ampersand is an entity in XML
_OUTSTANDING = {"8A": 5, "9B": 2}
_SURNAME_STARTS = ("Alder", "Brock", "Cawd", "Dunstan", "Ever", "Farrow", "Grims", "Haver", "Ingle", "Kelder")
_SURNAME_ENDS = ("mere", "wick", "ington", "thwaite", "bourne", "cotter", "shaw", "garth")
_FORENAMES = (
    "Zoë",
    "Ambrosine",
    "Bertram",
    "Crispian",
    "Dorothée",
    "Emrys",
    "Fenella",
    "Gwendolen",
    "Hereward",
    "Isolde",
)
_TUTOR_SURNAMES = (
    "Pemberwell", "Quillfeather", "Rookhurst", "Silverdale", "Tattersfield", "Umberleigh", "Vavasour", "Wetherlam",
)  # fmt: skip
_HEADS = ("Yarborough", "Zennorcliffe")
_HALF_TERMS = (
    ("2026-27/autumn-1", "2026-09-01", "2026-10-23"),
    ("2026-27/autumn-2", "2026-11-02", "2026-12-18"),
    ("2026-27/spring-1", "2027-01-04", "2027-02-12"),
    ("2026-27/spring-2", "2027-02-22", "2027-03-25"),
    ("2026-27/summer-1", "2027-04-12", "2027-05-28"),
    ("2026-27/summer-2", "2027-06-07", "2027-07-20"),
)
_MAPPINGS = {
    Kind.STUDENTS: "sims_students",
    Kind.STAFF: "sims_staff",
    Kind.TUTOR_GROUPS: "sims_tutor_groups",
    Kind.MENTORING_ENTRIES: "sims_mentoring_entries",
    Kind.RESULTS: "sims_results",
}


@dataclass(frozen=True, slots=True)
class InventedSchool:
    """Its rows by kind, in the order of the report."""

    rows: Mapping[Kind, Rows]

    @property
    def students(self) -> Rows:
        """One row for each student."""
        return self.rows[Kind.STUDENTS]

    @property
    def staff(self) -> Rows:
        """One row for each member of staff."""
        return self.rows[Kind.STAFF]

    @property
    def tutor_groups(self) -> Rows:
        """One row for each tutor group."""
        return self.rows[Kind.TUTOR_GROUPS]

    @property
    def entries(self) -> Rows:
        """One row for each target that a tutor typed."""
        return self.rows[Kind.MENTORING_ENTRIES]

    @property
    def results(self) -> Rows:
        """Two results for each student."""
        return self.rows[Kind.RESULTS]

    def personal_texts(self) -> frozenset[str]:
        """Every text that may stand in no sentence, casefolded: names, addresses, UPNs, targets, grades aside."""
        return frozenset(
            row[caption].casefold()
            for kind, rows in self.rows.items()
            if kind is not Kind.RESULTS
            for row in rows
            for caption in PERSONAL_CAPTIONS & row.keys()
        )


def invented_school() -> InventedSchool:
    """The school as it is in every trial."""
    students = tuple(_student(number) for number in range(len(_GROUPS) * STUDENTS_IN_A_GROUP))
    return InventedSchool(
        {
            Kind.STAFF: tuple(_staff()),
            Kind.STUDENTS: students,
            Kind.TUTOR_GROUPS: tuple(_tutor_group(number) for number in range(len(_GROUPS))),
            Kind.MENTORING_ENTRIES: tuple(
                _entry(number, row) for number, row in enumerate(students) if not _is_outstanding(number)
            ),
            Kind.RESULTS: tuple(
                _result(row, subject) for row in students for subject in ("English Grade", "Maths Grade")
            ),
        }
    )


def school_config(folder: Path) -> SchoolConfig:
    """The configuration that reads this school's exports from folders of `folder`, one for each kind."""
    sources = {
        kind.value: {"kind": kind.value, "connector": CONNECTOR, "mapping": mapping, "folder": kind.value}
        for kind, mapping in _MAPPINGS.items()
    }
    address = "nobody@self-test.example"
    school = SchoolConfig.model_validate(
        {
            "base": folder,
            "school": {"id": SCHOOL_ID, "name": "Self-test", "dfe_number": DFE_NUMBER},
            "people": {"programme_lead": address, "admin": address},
            "programme": {"policy": "half-term", "starts_with": str(HALF_TERM)},
            "calendar": {
                "half_terms": [{"id": each, "start": first, "end": last} for each, first, last in _HALF_TERMS],
                "inset_days": ["2026-09-01", "2026-09-02", "2026-11-02", "2027-01-04"],
            },
            "sources": sources,
            "messages": {"mode": "off", "sender": address, "allowed_domains": ["self-test.example"]},
        }
    )
    options: dict[str, Options] = {
        name: connector_class(CONNECTOR, "source").Options.model_validate(source.options)
        for name, source in school.sources.items()
    }
    return school.model_copy(update={"source_options": options})


def of_another_school(school: InventedSchool, dfe_number: str | None) -> InventedSchool:
    """The same reports of people whom nobody here knows, with that DfE number, or none at all."""
    return replace(
        school, rows={kind: tuple(_foreign(row, dfe_number) for row in rows) for kind, rows in school.rows.items()}
    )


def _foreign(row: Row, dfe_number: str | None) -> Row:
    changed = {
        caption: f"9{text}" if caption in {"primary_id", "ID", "Adno"} else text
        for caption, text in row.items()
        if caption != "School DfE"
    }
    for caption in {"Reg", "Staff Code", "Tutor Code"} & changed.keys():
        changed[caption] = f"{changed[caption]}Q"
    if "UPN" in changed:
        changed["UPN"] = _upn(changed["UPN"][1:4], 9_000_000 + int(changed["UPN"][4:]) % 1_000_000)
    return changed if dfe_number is None else {**changed, "School DfE": dfe_number}


def _student(number: int) -> Row:
    group = number // STUDENTS_IN_A_GROUP
    year = _GROUPS[group][:-1]
    return {
        "primary_id": str(4001 + number),
        "UPN": _upn("801", 200_026_000 + number),
        "Adno": f"{1001 + number:06}",
        "Legal Surname": f"{_SURNAME_STARTS[number % 10]}{_SURNAME_ENDS[number // 10]}",
        "Forename": _FORENAMES[number % len(_FORENAMES)],
        "Reg": _GROUPS[group],
        "Year": f"Year {year:>2}",
        "House": _HOUSES[group % 2],
        "Enrolment status": "Single Registration",
        "Admission date": "2024-09-03T00:00:00+01:00",
        "School DfE": DFE_NUMBER,
    }


def _staff() -> list[Row]:
    tutors = [_member(number, surname) for number, surname in enumerate(_TUTOR_SURNAMES)]
    heads = [
        {**_member(len(tutors) + number, surname), "Head of House": _HOUSES[number]}
        for number, surname in enumerate(_HEADS)
    ]
    return [*tutors, *heads]


def _member(number: int, surname: str) -> dict[str, str]:
    return {
        "ID": str(901 + number),
        "Staff Code": surname[:3].upper(),
        "Title": "Ms" if number % 2 else "Mr",
        "Preferred Surname": surname,
        "Preferred Forename": _FORENAMES[-1 - number],
        "Work Email": f"{surname.casefold()}@self-test.example",
        "School DfE": DFE_NUMBER,
    }


def _tutor_group(number: int) -> Row:
    name = _GROUPS[number]
    return {
        "Reg": name,
        "Year": f"Year {name[:-1]:>2}",
        "House": _HOUSES[number % 2],
        "Tutor Code": _TUTOR_SURNAMES[number][:3].upper(),
        "School DfE": DFE_NUMBER,
    }


def _is_outstanding(number: int) -> bool:
    return number % STUDENTS_IN_A_GROUP < _OUTSTANDING.get(_GROUPS[number // STUDENTS_IN_A_GROUP], 0)


def _entry(number: int, student: Row) -> Row:
    made_on = datetime(2026, 11, 9, tzinfo=UTC) + timedelta(days=number % 5)
    return {
        **{caption: student[caption] for caption in ("primary_id", "UPN", "Adno", "Legal Surname")},
        "Aspect": "Mentoring Target 1",
        "Result set": RESULT_SET,
        "Result": f"Practise the {number + 1} times table & tell the tutor how it went",
        "Result date": f"{made_on:%Y-%m-%d}T00:00:00+00:00",
        "School DfE": DFE_NUMBER,
    }


def _result(student: Row, aspect: str) -> Row:
    return {
        **{caption: student[caption] for caption in ("primary_id", "UPN", "Adno", "Legal Surname")},
        "Aspect": aspect,
        "Result set": "Autumn 2026",
        "Result": "B",
        "Result date": "2026-11-20T00:00:00+00:00",
        "School DfE": DFE_NUMBER,
    }


def _upn(authority: str, serial: int) -> str:
    body = f"{authority}{serial:09}"
    return f"{check_letter(body)}{body}"
