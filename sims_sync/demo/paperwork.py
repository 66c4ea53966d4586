"""Which papers does the demo school hand in besides SIMS: roles.csv and two returned pro-formas?"""

import csv
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sims_sync.demo.cases import Case
from sims_sync.demo.days import DemoDays, at
from sims_sync.demo.roll import InventedSchool, InventedStudent, TypedResult
from sims_sync.demo.sims_state import MENTORING_PREFIX
from sims_sync.demo.texts import REVIEWS, TARGETS
from sims_sync.demo.typed import AUTUMN_2, NOT_IN_TIME, WITHOUT_ENTRY, target_aspect
from sims_sync.records import EntryKind, EntryState, RoleName

ROLE_COLUMNS = ("staff_code", "role", "scope", "from", "to")
PROFORMA_COLUMNS = (
    "row_id",
    "admission_number",
    "surname",
    "interview_date",
    "author",
    "state",
    "kind",
    "area",
    "text",
    "criterion",
    "support",
    "by_date",
    "outcome",
    "evidence",
    "next_step",
    "no_target_reason",
    "excusal_reason",
)
ABSENCES_FILE = "absences.csv"
PROFORMAS_HANDED_IN = (12, 14)  # month and day, a day before the deadline

ProformaRow = dict[str, str]


@dataclass(frozen=True, slots=True)
class Proforma:
    """One returned pro-forma: file name, encoding (one as Excel saves "CSV UTF-8", one as plain CSV), its rows."""

    file_name: str
    encoding: str
    rows: tuple[ProformaRow, ...]


def demo_roles_csv(school: InventedSchool) -> str:
    """The text of roles.csv: staff_code, role, scope, from, to; empty = open, dates as 2026-11-23.

    Lines end in a plain newline, for a file opened as text.
    Roles are the values of `RoleName`; the scope is a house, a tutor group, an NC year ("8") or a subject, and empty
    for the programme lead. A house without a row of its own has no Head of House.
    """
    rows = [
        {
            "staff_code": role.staff_code,
            "role": role.role.value,
            "scope": role.scope,
            "from": role.first.isoformat() if role.first else "",
            "to": role.last.isoformat() if role.last else "",
        }
        for role in school.roles
    ]
    return _csv_text(ROLE_COLUMNS, rows, "\n")


def demo_workbook_rows(school: InventedSchool) -> tuple[Proforma, Proforma]:
    """Two returned pro-formas of Autumn 2.

    The first is a tutor's: interviews that are not in SIMS, one of them with two targets, a "no new target", a draft, a
    request to excuse a student who is long absent, and one interview that is in SIMS too. The second is a Head of
    House's, recorded for another tutor's students: an interview and a review.
    """
    days = DemoDays(school.year)
    own, other = _groups_of(school)
    tutor = _tutor_of(school, own)
    head = next(role.staff_code for role in school.roles if role.role is RoleName.HEAD_OF_HOUSE)
    first = Proforma(f"proforma {own} autumn 2.csv", "utf-8-sig", _tutors_rows(school, own, tutor, days))
    second = Proforma(f"proforma {other} autumn 2.csv", "cp1252", _heads_rows(school, other, head, days))
    return first, second


def write_demo_proformas(school: InventedSchool, folder: Path) -> tuple[Path, ...]:
    """Write both pro-formas as CSV files last changed the day before the deadline (DOMAIN rule 14a).

    A pro-forma for which a very small school has no student is left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handed_in = at(DemoDays(school.year).autumn(*PROFORMAS_HANDED_IN), 15, 40).timestamp()
    paths = []
    for proforma in filter(lambda each: each.rows, demo_workbook_rows(school)):
        path = folder / proforma.file_name
        # The line ends of Excel, whatever the platform.
        path.write_bytes(_csv_text(PROFORMA_COLUMNS, proforma.rows, "\r\n").encode(proforma.encoding))
        os.utime(path, (handed_in, handed_in))
        paths.append(path)
    return tuple(paths)


def write_absences(school: InventedSchool, folder: Path) -> None:
    """Who is away from when to when, as `read_absences` reads it."""
    rows = [{"staff_code": each.value, "from": each.first.isoformat(), "to": _iso(each.last)} for each in school.away]
    text = _csv_text(("staff_code", "from", "to"), rows, "\n")
    (folder / ABSENCES_FILE).write_text(text, encoding="utf-8", newline="")


def read_absences(folder: Path) -> list[tuple[str, date, date | None]]:
    """(staff code, first day, last day or None) of each absence of the demo."""
    with (folder / ABSENCES_FILE).open(encoding="utf-8", newline="") as file:
        return [
            (row["staff_code"], date.fromisoformat(row["from"]), date.fromisoformat(row["to"]) if row["to"] else None)
            for row in csv.DictReader(file)
        ]


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _tutors_rows(school: InventedSchool, group: str, tutor: str, days: DemoDays) -> tuple[ProformaRow, ...]:
    """The rows of the tutor's own pro-forma; a small group leaves out the last ones."""
    day = days.autumn(12, 8)
    rows: list[ProformaRow] = []
    if absent := school.cases.get(Case.ABSENT_FOR_WEEKS):
        rows.append(_row(school.student(absent), day.isoformat(), tutor, excusal_reason="long-term absence"))
    missing = iter(_without_entry(school, group, days))
    if student := next(missing, None):
        rows += [_target(student, day.isoformat(), tutor, number) for number in (0, 1)]
    if student := next(missing, None):
        reason = "Still working on both targets of the first half term"
        rows.append(_row(student, day.isoformat(), tutor, no_target_reason=reason))
    if student := next(missing, None):
        rows.append(_target(student, day.isoformat(), tutor, 2) | {"state": EntryState.DRAFT.value})
    if typed := next(_typed_on_time(school, group, days), None):
        student = school.student(typed.person_id)
        rows.append(_target(student, typed.dated.isoformat(), tutor, 3) | {"text": typed.text})
    return _numbered(group, rows)


def _heads_rows(school: InventedSchool, group: str, head: str, days: DemoDays) -> tuple[ProformaRow, ...]:
    """An interview and a review that the Head of House held for another tutor."""
    day = days.autumn(12, 9).isoformat()
    missing = iter(_without_entry(school, group, days))
    rows: list[ProformaRow] = []
    if student := next(missing, None):
        rows.append(_target(student, day, head, 4))
    if student := next(missing, None):
        review = {
            "kind": EntryKind.REVIEW.value,
            "area": "Homework",
            "text": TARGETS[1],
            "outcome": "partly",
            "evidence": REVIEWS[1],
            "next_step": "Keep to the same plan and look at it again in January",
        }
        rows.append(_row(student, day, head) | review)
    return _numbered(group, rows)


def _row(student: InventedStudent, interview_date: str, author: str, **filled: str) -> ProformaRow:
    """A submitted interview with the columns given; all others are empty."""
    start = {
        "admission_number": student.admission_number,
        "surname": student.surname,
        "interview_date": interview_date,
        "author": author,
        "state": EntryState.SUBMITTED.value,
        "kind": EntryKind.INTERVIEW.value,
    }
    return dict.fromkeys(PROFORMA_COLUMNS, "") | start | filled


def _target(student: InventedStudent, interview_date: str, author: str, number: int) -> ProformaRow:
    """An interview's row with the target of this number."""
    return _row(
        student,
        interview_date,
        author,
        area="Study skills",
        text=TARGETS[number],
        criterion="Seen in four of five lessons",
        support="A weekly look at the planner",
        by_date=f"{int(interview_date[:4]) + 1}-01-29",
    )


def _numbered(group: str, rows: Sequence[ProformaRow]) -> tuple[ProformaRow, ...]:
    """The rows with their ids, which stay the same when the file is handed in again."""
    return tuple(row | {"row_id": f"{group}-A2-{number:03}"} for number, row in enumerate(rows, start=1))


def _groups_of(school: InventedSchool) -> tuple[str, str]:
    """The group of the student who is long absent, and the one with most missing of those that have begun."""
    days = DemoDays(school.year)
    absent = school.cases.get(Case.ABSENT_FOR_WEEKS)
    own = school.student(absent).groups[-1].value if absent else school.groups[1].name
    others = [group.name for group in school.groups if group.name != own]
    begun = [name for name in others if next(_typed_on_time(school, name, days), None)]
    return own, max(begun or others, key=lambda name: len(_without_entry(school, name, days)))


def _tutor_of(school: InventedSchool, name: str) -> str:
    """The staff code of a group's main tutor."""
    return next(group for group in school.groups if group.name == name).tutors[0].staff_code


def _members(school: InventedSchool, group: str, days: DemoDays) -> list[InventedStudent]:
    """Students who spent the whole half term in the group, without a case of their own that an entry would spoil."""
    spoilt = {school.cases[case] for case in WITHOUT_ENTRY | NOT_IN_TIME if case in school.cases}
    return [
        student
        for student in school.listed(days.deadline)
        if student.person_id not in spoilt and len(student.groups) == 1 and student.groups[0].value == group
    ]


def _without_entry(school: InventedSchool, group: str, days: DemoDays) -> list[InventedStudent]:
    """Students of the group for whom nothing of this half term is in SIMS, nor will be at its end."""
    first = days.autumn(11, 2)
    typed = {
        result.person_id
        for result in school.results
        if result.aspect.startswith(MENTORING_PREFIX) and result.dated >= first
    }
    return [student for student in _members(school, group, days) if student.person_id not in typed]


def _typed_on_time(school: InventedSchool, group: str, days: DemoDays) -> Iterator[TypedResult]:
    """The first targets of this half term that were in SIMS before its deadline, for students of the group."""
    members = {student.person_id for student in _members(school, group, days)}
    latest = at(days.deadline, 0, 0) - timedelta(days=1)
    for result in school.results:
        of_this_half_term = result.result_set == days.result_set(AUTUMN_2) and result.aspect == target_aspect(1)
        if of_this_half_term and result.person_id in members and result.typed_at <= latest:
            yield result


def _csv_text(columns: Sequence[str], rows: Sequence[dict[str, str]], line_end: str) -> str:
    """CSV with a header line."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator=line_end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
