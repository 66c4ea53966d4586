"""What is one student, member of staff, tutoring or result of the simulated SIMS, as a row of its file has it?"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sims_sync.demo.people import Stay


@dataclass(frozen=True, slots=True)
class ListedStudent:
    """One student as an export shows them; group, house and their from-dates are None without a group or house."""

    person_id: str
    upn: str | None
    admission_number: str
    surname: str
    forename: str
    nc_year: int
    enrolment: str
    admitted: date
    leaves: date | None
    group: Stay | None
    house: Stay | None


@dataclass(frozen=True, slots=True)
class ListedStaff:
    """One member of staff as an export shows them."""

    person_id: str
    code: str
    title: str
    surname: str
    forename: str
    email: str | None
    leaves: date | None


@dataclass(frozen=True, slots=True)
class ListedTutoring:
    """One tutor of one group as an export shows them, past ones of this year included."""

    group: str
    nc_year: int
    house: str
    staff_code: str
    role: str
    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class ListedResult:
    """One result as an export shows it, with the ids of its student; `typed_at` is aware and UTC.

    `sourced_id` is the id under which OneRoster wrote it; None = typed.
    """

    person_id: str
    upn: str | None
    admission_number: str
    surname: str
    aspect: str
    result_set: str | None
    text: str
    dated: date
    typed_at: datetime | None = None
    sourced_id: str | None = None


def student_of(row: sqlite3.Row, stays: Mapping[str, Mapping[str, Stay]]) -> ListedStudent:
    """The student of one row of `student`; `stays` says where each was, by kind and person id."""
    person_id = row["person_id"]
    return ListedStudent(
        person_id=person_id,
        upn=row["upn"],
        admission_number=row["admission_number"],
        surname=row["surname"],
        forename=row["forename"],
        nc_year=row["nc_year"],
        enrolment=row["enrolment"],
        admitted=date.fromisoformat(row["admitted"]),
        leaves=_date(row["leaves"]),
        group=stays["group"].get(person_id),
        house=stays["house"].get(person_id),
    )


def staff_member_of(row: sqlite3.Row) -> ListedStaff:
    """The member of staff of one row of `staff`."""
    return ListedStaff(
        person_id=row["person_id"],
        code=row["code"],
        title=row["title"],
        surname=row["surname"],
        forename=row["forename"],
        email=row["email"],
        leaves=_date(row["leaves"]),
    )


def tutoring_of(row: sqlite3.Row) -> ListedTutoring:
    """The tutoring of one row of `tutor_group` joined with `tutoring`."""
    return ListedTutoring(
        group=row["name"],
        nc_year=row["nc_year"],
        house=row["house"],
        staff_code=row["staff_code"],
        role=row["role"],
        first=date.fromisoformat(row["first"]),
        last=_date(row["last"]),
    )


def result_of(row: sqlite3.Row) -> ListedResult:
    """The result of one row of `result` joined with `student`."""
    return ListedResult(
        person_id=row["person_id"],
        upn=row["upn"],
        admission_number=row["admission_number"],
        surname=row["surname"],
        aspect=row["aspect"],
        result_set=row["result_set"],
        text=row["text"],
        dated=date.fromisoformat(row["dated"]),
        typed_at=datetime.fromisoformat(row["typed_at"]),
        sourced_id=row["sourced_id"],
    )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
