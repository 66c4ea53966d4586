"""Which fields may a mapping fill, for each kind, and how do a row's values become a record?

The fields' names are those of `records`; `school_dfe` goes into no record: the guard counts it (DESIGN §4).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sims_sync.errors import RecordError
from sims_sync.records import (
    EntryKind,
    EntryState,
    Kind,
    ProformaRow,
    Result,
    RoleName,
    SimsEntry,
    StaffMember,
    Student,
    StudentRef,
    TutorGroup,
)

Record = Student | StaffMember | TutorGroup | Result | SimsEntry | ProformaRow
# A row's values in the order of its kind's fields, None = null, with the student it names where the kind has one.
Build = Callable[[Sequence[Any], StudentRef], Record]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field that a mapping of this kind may fill.

    `converters` are those that yield its type. `needed`: every mapping must map it as required. `may_be_empty`: a row
    without it is kept all the same. `holds_if_bad`: an unreadable value holds the row although the field is optional,
    because without it a tutor could be named wrongly ("wherever the product does not know, it names nobody", DOMAIN).
    """

    name: str
    converters: tuple[str, ...]
    needed: bool = False
    may_be_empty: bool = False
    holds_if_bad: bool = False


_TEXT = ("text", "code")
_DATE = ("date",)
_STUDENT_IDS = (
    FieldSpec("person_id", ("person_id", "code", "text")),
    FieldSpec("upn", ("upn",)),
    FieldSpec("admission_number", ("admission_number", "code", "text")),
)
_STUDENT_REF = (*_STUDENT_IDS, FieldSpec("surname", _TEXT))
_SCHOOL_DFE = FieldSpec("school_dfe", ("dfe_number",))

# The order is that in which the builders below take the values apart.
FIELDS: Mapping[Kind, tuple[FieldSpec, ...]] = {
    Kind.STUDENTS: (
        *_STUDENT_IDS,
        FieldSpec("surname", _TEXT, needed=True),
        FieldSpec("forename", _TEXT, needed=True),
        FieldSpec("nc_year", ("nc_year",), needed=True),
        FieldSpec("tutor_group", _TEXT, needed=True, may_be_empty=True),
        FieldSpec("house", _TEXT),
        FieldSpec("enrolment_status", ("enrolment",)),
        FieldSpec("admission_date", _DATE),
        FieldSpec("leaving_date", _DATE, holds_if_bad=True),
        FieldSpec("tutor_group_from", _DATE),
        FieldSpec("house_from", _DATE),
        FieldSpec("tutor", _TEXT),
        _SCHOOL_DFE,
    ),
    Kind.STAFF: (
        FieldSpec("staff_code", _TEXT),
        FieldSpec("person_id", ("person_id", "code", "text")),
        FieldSpec("email", ("email",)),
        FieldSpec("surname", _TEXT, needed=True),
        FieldSpec("forename", _TEXT, needed=True),
        FieldSpec("title", _TEXT),
        FieldSpec("tutor_group", _TEXT),
        FieldSpec("head_of_house", _TEXT),
        FieldSpec("leaving_date", _DATE, holds_if_bad=True),
        _SCHOOL_DFE,
    ),
    Kind.TUTOR_GROUPS: (
        FieldSpec("name", _TEXT, needed=True),
        FieldSpec("nc_year", ("nc_year",)),
        FieldSpec("house", _TEXT),
        FieldSpec("tutor", _TEXT, needed=True, may_be_empty=True),
        FieldSpec("tutor_role", ("tutor_role",), holds_if_bad=True),
        FieldSpec("main_tutor", ("boolean",), holds_if_bad=True),
        FieldSpec("tutor_from", _DATE, holds_if_bad=True),
        FieldSpec("tutor_to", _DATE, holds_if_bad=True),
        _SCHOOL_DFE,
    ),
    Kind.RESULTS: (
        *_STUDENT_REF,
        FieldSpec("aspect", _TEXT, needed=True),
        FieldSpec("value", _TEXT, needed=True, may_be_empty=True),
        FieldSpec("result_set", _TEXT),
        FieldSpec("result_date", _DATE),
        _SCHOOL_DFE,
    ),
    Kind.MENTORING_ENTRIES: (
        *_STUDENT_REF,
        FieldSpec("aspect", _TEXT, needed=True),
        FieldSpec("text", _TEXT, needed=True, may_be_empty=True),
        FieldSpec("result_set", _TEXT),
        FieldSpec("result_date", _DATE, holds_if_bad=True),
        _SCHOOL_DFE,
    ),
    Kind.PROFORMAS: (
        *_STUDENT_REF,
        FieldSpec("student_id", _TEXT),
        FieldSpec("row_id", _TEXT, needed=True),
        FieldSpec("kind", ("entry_kind",), needed=True, may_be_empty=True),
        FieldSpec("state", ("entry_state",), needed=True, may_be_empty=True),
        FieldSpec("interview_date", _DATE, needed=True, may_be_empty=True),
        FieldSpec("author", _TEXT),
        FieldSpec("area", _TEXT),
        FieldSpec("text", _TEXT, needed=True, may_be_empty=True),
        FieldSpec("criterion", _TEXT),
        FieldSpec("support", _TEXT),
        FieldSpec("by_date", _DATE),
        FieldSpec("outcome", _TEXT),
        FieldSpec("evidence", _TEXT),
        FieldSpec("next_step", _TEXT),
        FieldSpec("no_target_reason", _TEXT),
        FieldSpec("excusal_reason", ("excusal_reason",), holds_if_bad=True),
        FieldSpec("recorded_at", ("moment",), holds_if_bad=True),
        FieldSpec("revised_at", ("moment",), holds_if_bad=True),
        _SCHOOL_DFE,
    ),
}

# At least one of these must be a column of the source, and every row must fill one (DESIGN §3, identity).
ID_FIELDS: Mapping[Kind, tuple[str, ...]] = {
    kind: ("staff_code", "person_id", "email")
    if kind is Kind.STAFF
    else ()
    if kind is Kind.TUTOR_GROUPS
    else ("person_id", "upn", "admission_number", *(("student_id",) if kind is Kind.PROFORMAS else ()))
    for kind in Kind
}

# A row without any of these says nothing: it yields no record and is not held. So it is with the row SIMS writes for a
# student who has no result yet (the child 0 of SIMS §2), and with the untouched rows of a pro-forma.
CONTENT_FIELDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.RESULTS: ("value",),
    Kind.MENTORING_ENTRIES: ("text",),
    Kind.PROFORMAS: (
        "interview_date",
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
    ),
}


def spec_of(kind: Kind, name: str) -> FieldSpec | None:
    """The field of that name, or None where the kind has no such field."""
    return next((spec for spec in FIELDS[kind] if spec.name == name), None)


def student_fields(kind: Kind) -> int:
    """How many of the kind's first fields name a student: those of `StudentRef`, in its order; 0 = none does."""
    if kind in {Kind.STAFF, Kind.TUTOR_GROUPS}:
        return 0
    return len(_STUDENT_REF) + (kind is Kind.PROFORMAS)


def names_student(kind: Kind) -> bool:
    """Whether a row of this kind names a student in its first fields."""
    return student_fields(kind) > 0


def _student(values: Sequence[Any], student: StudentRef) -> Student:
    _, _, _, surname, forename, nc_year, group, house, status, admitted, left, group_from, house_from, tutor, _ = values
    return Student(
        ref=student,
        surname=surname,
        forename=forename,
        nc_year=nc_year,
        tutor_group=group,
        house=house,
        enrolment_status=status,
        admission_date=admitted,
        leaving_date=left,
        tutor_group_from=group_from,
        house_from=house_from,
        tutor=tutor,
    )


def _staff_member(values: Sequence[Any], _: StudentRef) -> StaffMember:
    staff_code, person_id, email, surname, forename, title, group, head_of_house, left, _dfe = values
    return StaffMember(
        staff_code=staff_code,
        surname=surname,
        forename=forename,
        title=title,
        email=email,
        person_id=person_id,
        tutor_group=group,
        head_of_house=head_of_house,
        leaving_date=left,
    )


def _tutor_group(values: Sequence[Any], _: StudentRef) -> TutorGroup:
    name, nc_year, house, tutor, role, main_tutor, tutor_from, tutor_to, _dfe = values
    if role is None:
        role = RoleName.CO_TUTOR if main_tutor is False else RoleName.TUTOR
    return TutorGroup(name, nc_year, house, tutor, role, tutor_from, tutor_to)


def _result(values: Sequence[Any], student: StudentRef) -> Result:
    _, _, _, _, aspect, value, result_set, result_date, _ = values
    return Result(student, aspect, value, result_set, result_date)


def _sims_entry(values: Sequence[Any], student: StudentRef) -> SimsEntry:
    _, _, _, _, aspect, text, result_set, result_date, _ = values
    return SimsEntry(student, aspect, text, result_set, result_date)


def _proforma_row(values: Sequence[Any], student: StudentRef) -> ProformaRow:
    _, _, _, _, _, row_id, kind, state, interview_date, author, *content, recorded_at, revised_at, _ = values
    excusal_reason = content.pop()
    area, text, criterion, support, by_date, outcome, evidence, next_step, no_target_reason = content
    excusal_only = excusal_reason is not None and not any(content)
    if excusal_only:
        kind, state = kind or EntryKind.INTERVIEW, state or EntryState.SUBMITTED
    for name, value in (("kind", kind), ("state", state)):
        if value is None:
            raise RecordError("required-empty", name, "is empty although the row has content")
    if interview_date is None and state is EntryState.SUBMITTED and not excusal_only:
        raise RecordError("required-empty", "interview_date", "is empty although the entry is submitted")
    return ProformaRow(
        row_id=row_id,
        student=student,
        kind=kind,
        state=state,
        interview_date=interview_date,
        author=author,
        area=area,
        text=text,
        criterion=criterion,
        support=support,
        by_date=by_date,
        outcome=outcome,
        evidence=evidence,
        next_step=next_step,
        no_target_reason=no_target_reason,
        excusal_reason=excusal_reason,
        recorded_at=recorded_at,
        revised_at=revised_at,
    )


BUILDERS: Mapping[Kind, Build] = {
    Kind.STUDENTS: _student,
    Kind.STAFF: _staff_member,
    Kind.TUTOR_GROUPS: _tutor_group,
    Kind.RESULTS: _result,
    Kind.MENTORING_ENTRIES: _sims_entry,
    Kind.PROFORMAS: _proforma_row,
}
