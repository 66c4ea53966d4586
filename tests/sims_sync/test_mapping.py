"""Rows become records, or are held, and the mapper keeps count."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync import row_shapes
from sims_sync.connector import Row
from sims_sync.errors import RecordError
from sims_sync.mapping import ASPECT_COLUMNS, Mapper, load_mapping
from sims_sync.records import EntryKind, EntryState, ProformaRow, RoleName, StaffMember, Student, StudentRef, TutorGroup

STUDENT = {
    "primary_id": "52",
    "UPN": "B801200005001",
    "Adno": "000123",
    "Legal Surname": "Quillbrook",
    "Forename": "Zoe\u0308",
    "Reg": "9A ",
    "Year": "Year  9",
    "House": "Austen",
    "Leaving Date": "2027-07-20T00:00:00+01:00",
}
ENTRY = {
    "primary_id": "52",
    "Assessment": "Mentoring Target 1",
    "Result": "Read aloud for ten minutes",
    "Result Set": "Mentoring Autumn 1 2026/27",
    "ResultDate": "2026-09-28T00:00:00+01:00",
}


def mapper(name: str, *, result_set: str | None = None) -> Mapper:
    return Mapper(load_mapping(name, []), result_set=result_set)


def row(values: dict[str, str], **changes: str | None) -> Row:
    """A row with some columns changed; None takes a column out, "_" in a keyword stands for a blank."""
    changed = {**values, **{name.replace("_", " "): text for name, text in changes.items() if text is not None}}
    gone = {name.replace("_", " ") for name, text in changes.items() if text is None}
    return Row(1, {name: text for name, text in changed.items() if name not in gone})


def held(name: str, values: dict[str, str], **changes: str | None) -> RecordError:
    with pytest.raises(RecordError) as caught:
        mapper(name).map(row(values, **changes))
    return caught.value


def only(name: str, values: dict[str, str], **changes: str | None) -> object:
    (record,) = mapper(name).map(row(values, **changes))
    return record


def test_a_student_as_sims_writes_it() -> None:
    assert only("sims_students", STUDENT) == Student(
        ref=StudentRef("52", "B801200005001", "000123", "Quillbrook"),
        surname="Quillbrook",
        forename="Zoë",
        nc_year="9",
        tutor_group="9A",
        house="Austen",
        leaving_date=date(2027, 7, 20),
    )


@pytest.mark.parametrize("caption", ["Adno", "ADNO", "Admission number", "AdmissionNo", "admission_number", "Adm. No"])
def test_sims_own_captions_work(caption: str) -> None:
    student = only("sims_students", {**STUDENT, "Adno": "", caption: "000123"})
    assert isinstance(student, Student)
    assert student.ref.admission_number == "000123"


def test_a_student_without_a_group_is_kept() -> None:
    student = only("sims_students", STUDENT, Reg=None)
    assert isinstance(student, Student)
    assert student.tutor_group is None


@pytest.mark.parametrize(
    ("column", "field"), [("Legal_Surname", "surname"), ("Forename", "forename"), ("Year", "nc_year")]
)
def test_a_student_without_a_required_value_is_held(column: str, field: str) -> None:
    for value in (None, "", "   "):
        error = held("sims_students", STUDENT, **{column: value})
        assert (error.code, error.field) == ("required-empty", field)


def test_a_student_without_any_id_is_held() -> None:
    values = {name: text for name, text in STUDENT.items() if name not in {"primary_id", "UPN", "Adno"}}
    error = held("sims_students", values)
    assert (error.code, error.field) == ("no-id", "person_id, upn or admission_number")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"Year": "Year 99"}, "bad-value", "nc_year"),
        ({"House": "Aus\0ten"}, "nul", "house"),
        ({"Leaving_Date": "soon"}, "bad-value", "leaving_date"),
    ],
)
def test_a_row_that_must_not_be_guessed_at_is_held(changes: dict[str, str], code: str, field: str) -> None:
    error = held("sims_students", STUDENT, **changes)
    assert (error.code, error.field) == (code, field)
    assert not any(text in str(error) for text in changes.values())


def test_a_bad_optional_value_is_dropped_with_a_note() -> None:
    students = mapper("sims_students")
    (student,) = students.map(row(STUDENT, Admission_Date="14/06/04", UPN="n/a"))
    assert isinstance(student, Student)
    assert student.admission_date is None
    assert student.ref.upn is None
    assert {field: count for (field, _), count in students.notes.items()} == {"admission_date": 1, "upn": 1}
    assert students.filled["upn"] == 0
    assert students.filled["house"] == 1


def test_a_doubtful_upn_is_kept_with_a_remark() -> None:
    students = mapper("sims_students")
    for _ in range(2):
        (student,) = students.map(row(STUDENT, UPN="A801200005001"))
        assert isinstance(student, Student)
        assert student.ref.upn == "A801200005001"
    assert list(students.remarks.values()) == [2]
    assert not students.notes


def test_null_and_empty_are_the_same() -> None:
    assert only("sims_students", STUDENT, House=None) == only("sims_students", STUDENT, House=" ")


def test_the_first_of_several_columns_that_a_row_fills_counts() -> None:
    names = {**STUDENT, "Surname": "Marrowby"}
    first = only("sims_students", names)
    second = only("sims_students", names, Surname="")
    assert isinstance(first, Student)
    assert isinstance(second, Student)
    assert (first.surname, second.surname) == ("Marrowby", "Quillbrook")


def test_two_columns_that_differ_only_in_looks_are_one_field() -> None:
    assert only("sims_students", {**STUDENT, "HOUSE": "Eliot"}) == only("sims_students", STUDENT)
    assert only("sims_students", {**STUDENT, "House": "", "HOUSE": "Austen"}) == only("sims_students", STUDENT)


def test_a_blank_line_is_no_record_and_not_held() -> None:
    assert mapper("sims_students").map(row(dict.fromkeys(STUDENT, " "))) == []


def test_a_required_column_that_occurs_nowhere_is_missing() -> None:
    students = mapper("sims_students")
    for _ in range(3):
        students.map(row(STUDENT, Reg=None))
    assert [rule.name for rule in students.missing_required()] == ["tutor_group"]
    assert "Third Party Reporter" in students.rules.permissions


def test_a_required_column_that_occurs_once_is_not_missing() -> None:
    students = mapper("sims_students")
    students.map(row(STUDENT, Reg=None))
    students.map(row(STUDENT))
    assert students.missing_required() == ()


def test_vanished_id_columns_are_missing_as_one_thing() -> None:
    students = mapper("sims_students")
    values = {name: text for name, text in STUDENT.items() if name not in {"primary_id", "UPN", "Adno"}}
    with pytest.raises(RecordError):
        students.map(Row(1, values))
    (ids,) = students.missing_required()
    assert ids.name == "person_id, upn or admission_number"
    assert "UPN" in ids.columns


def test_nothing_is_missing_from_a_source_without_rows() -> None:
    assert mapper("sims_students").missing_required() == ()


def test_columns_that_nothing_uses_are_listed_once_in_order() -> None:
    students = mapper("sims_students")
    students.map(row(STUDENT, Gender="F"))
    students.map(row(STUDENT, DOB="1.1.2013", Gender="F"))
    assert students.unmapped_columns() == ("Gender", "DOB")


def test_filled_counts_the_rows_that_hold_a_value() -> None:
    students = mapper("sims_students")
    for changes in ({}, {"House": None}, {"House": ""}, {"Reg": None}):
        students.map(row(STUDENT, **changes))
    assert students.rows_seen == 4
    assert (students.filled["house"], students.filled["tutor_group"], students.filled["tutor"]) == (2, 3, 0)


def test_counts_survive_more_shapes_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_shapes, "SHAPES_KEPT", 2)
    students = mapper("sims_students")
    for number in range(10):
        students.map(row(STUDENT, **{f"Extra {number}": "x"}))
    assert (students.rows_seen, students.filled["surname"]) == (10, 10)


def test_memory_of_values_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_shapes, "MEMO_ENTRIES", 3)
    results = mapper("sims_results")
    read = [results.map(row(ENTRY, Result=str(number)))[0] for number in range(20)]
    assert [getattr(record, "value", None) for record in read] == [str(number) for number in range(20)]


def test_the_schools_dfe_numbers_are_counted() -> None:
    students = mapper("sims_students")
    for number in ("933/4567", "9334567", "210/1234"):
        students.map(row(STUDENT, DfE_Number=number))
    assert students.school_dfe_numbers == {"9334567": 2, "2101234": 1}


def test_staff_as_sims_writes_them() -> None:
    staff = {
        "ID": "7",
        "StaffCode": "AOK ",
        "PreferredSurname": "O'Kestrel",
        "PreferredForename": "Ama",
        "TitleCode": "Ms",
        "WorkEmail": "a.okestrel@school.example",
    }
    assert only("sims_staff", staff) == StaffMember(
        "AOK", "O'Kestrel", "Ama", title="Ms", email="a.okestrel@school.example", person_id="7"
    )


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ({}, RoleName.TUTOR),
        ({"Tutor Role": "Cover"}, RoleName.COVER),
        ({"Is Main Tutor": "F"}, RoleName.CO_TUTOR),
        ({"Is Main Tutor": "T"}, RoleName.TUTOR),
    ],
)
def test_a_tutor_groups_row_says_who_tutors_it(role: dict[str, str], expected: RoleName) -> None:
    group = only("sims_tutor_groups", {"Reg Group": "9A", "Year": "Year  9", "Tutor": "AOK", **role})
    assert group == TutorGroup("9A", nc_year="9", tutor="AOK", tutor_role=expected)


def test_an_unknown_role_holds_the_row_rather_than_make_somebody_the_tutor() -> None:
    error = held("sims_tutor_groups", {"Reg Group": "9A", "Tutor": "AOK", "Tutor Role": "Governor"})
    assert error.field == "tutor_role"


def test_an_entry_typed_in_sims() -> None:
    entry = only("sims_mentoring_entries", ENTRY)
    assert (getattr(entry, "aspect", ""), getattr(entry, "result_date", None)) == (
        "Mentoring Target 1",
        date(2026, 9, 28),
    )


@pytest.mark.parametrize("kind", ["sims_results", "sims_mentoring_entries"])
def test_a_student_without_a_result_is_no_record_and_not_held(kind: str) -> None:
    entries = mapper(kind)
    assert entries.map(Row(1, {"multiple_id": "52,0"})) == []
    assert entries.map(row(ENTRY, Result=" ")) == []
    assert entries.missing_required() == ()


def test_an_entry_without_its_aspect_is_held_and_tied_to_its_student() -> None:
    entries = mapper("sims_mentoring_entries")
    bad = row(ENTRY, Assessment=None)
    with pytest.raises(RecordError):
        entries.map(bad)
    assert entries.student_ref(bad) == StudentRef(person_id="52")


def test_an_entry_without_ids_is_tied_to_nobody() -> None:
    bad = Row(1, {"UPN": "n/a", "Surname": "Quillbrook", "Result": "Read aloud for ten minutes"})
    assert mapper("sims_mentoring_entries").student_ref(bad) is None


def test_an_entry_whose_date_cannot_be_read_is_held() -> None:
    assert held("sims_mentoring_entries", ENTRY, ResultDate="09/28/2026").field == "result_date"


def test_the_given_result_set_stands_in_where_none_is_named() -> None:
    entries = mapper("sims_mentoring_entries", result_set="Mentoring Autumn 2 2026/27")
    (named,) = entries.map(row(ENTRY))
    (unnamed,) = entries.map(row(ENTRY, Result_Set=None))
    assert getattr(named, "result_set", None) == "Mentoring Autumn 1 2026/27"
    assert getattr(unnamed, "result_set", None) == "Mentoring Autumn 2 2026/27"


def test_one_column_for_each_aspect() -> None:
    entries = mapper("sims_mentoring_entries_by_aspect", result_set="Autumn 2")
    records = entries.map(
        Row(
            1,
            {
                "primary_id": "52",
                "Mentoring Target 1 (Mentoring Autumn 1 2026/27)": "Read aloud for ten minutes",
                "Mentoring Target 1 date (Mentoring Autumn 1 2026/27)": "28/09/2026",
                "Mentoring Target 2": "Hand homework in on time",
                "Mentoring Review 1": " ",
                "SEN Status": "K",
                "Result Date": "2026-11-12T00:00:00",
            },
        )
    )
    assert [
        (getattr(each, "aspect", ""), getattr(each, "result_set", ""), getattr(each, "result_date", None))
        for each in records
    ] == [
        ("Mentoring Target 1", "Mentoring Autumn 1 2026/27", date(2026, 9, 28)),
        ("Mentoring Target 2", "Autumn 2", date(2026, 11, 12)),
    ]
    assert entries.unmapped_columns() == ("SEN Status",)
    assert entries.filled[ASPECT_COLUMNS] == 1


def test_a_student_without_aspects_is_no_record_and_missing_aspects_are_noticed() -> None:
    entries = mapper("sims_mentoring_entries_by_aspect")
    assert entries.map(Row(1, {"primary_id": "52"})) == []
    (aspects,) = entries.missing_required()
    assert aspects.name == ASPECT_COLUMNS


@pytest.mark.parametrize("caption", ["Ethnicity (Autumn 2026)", "Forename", "SEN Status (Autumn 1)", "Notes (private)"])
def test_only_columns_with_a_result_set_are_taken_for_results(caption: str) -> None:
    results = mapper("sims_results_by_aspect")
    values = {"primary_id": "52", "English Attainment (Autumn 1 2026/27)": "5", caption: "x"}
    assert len(results.map(Row(1, values))) == 1
    assert results.unmapped_columns() == (caption,)


def test_nul_in_an_aspect_holds_the_row() -> None:
    values = {"primary_id": "52", "Mentoring Target 1": "a\0b"}
    assert held("sims_mentoring_entries_by_aspect", values).code == "nul"


PROFORMA = {
    "row_id": "r1",
    "admission_number": "000123",
    "surname": "Quillbrook",
    "interview_date": "12/11/2026",
    "author": "AOK",
    "state": "submitted",
    "kind": "interview",
    "text": "Read aloud for ten minutes",
}


def test_a_returned_proforma_row() -> None:
    assert only("proforma", PROFORMA) == ProformaRow(
        "r1",
        StudentRef(None, None, "000123", "Quillbrook"),
        EntryKind.INTERVIEW,
        EntryState.SUBMITTED,
        interview_date=date(2026, 11, 12),
        author="AOK",
        text="Read aloud for ten minutes",
    )


def test_an_untouched_proforma_row_is_no_record() -> None:
    untouched = {"row_id": "r1", "admission_number": "000123", "surname": "Quillbrook", "state": "draft", "text": ""}
    assert mapper("proforma").map(Row(1, untouched)) == []


@pytest.mark.parametrize("column", ["row_id", "state", "kind", "interview_date"])
def test_a_filled_proforma_row_needs_its_particulars(column: str) -> None:
    values = {name: text for name, text in PROFORMA.items() if name != column}
    assert held("proforma", values).field == column


def test_a_draft_needs_no_date() -> None:
    values = {**PROFORMA, "interview_date": "", "state": "Draft"}
    assert getattr(only("proforma", values), "state", None) is EntryState.DRAFT


def test_an_excusal_alone_needs_neither_kind_nor_state_nor_date() -> None:
    values = {"row_id": "r1", "admission_number": "000123", "surname": "Quillbrook", "excusal_reason": "Suspended"}
    excusal = only("proforma", values)
    assert getattr(excusal, "excusal_reason", None) == "suspended"
    assert getattr(excusal, "state", None) is EntryState.SUBMITTED


COLUMNS = st.sampled_from([*STUDENT, "Surname", "Chosen Name", "Admission Date", "DfE Number", "Gender"])
CELLS = st.one_of(st.text(max_size=12), st.sampled_from(["", "9", "Year 10", "14/06/2012", "B801200005001", "52,0"]))


@given(st.lists(st.dictionaries(COLUMNS, CELLS), max_size=8))
def test_a_row_is_mapped_alike_whatever_came_before_it(rows: list[dict[str, str]]) -> None:
    together = mapper("sims_students")
    for number, values in enumerate(rows, 1):
        assert outcome(together, Row(number, values)) == outcome(mapper("sims_students"), Row(number, values))
    assert together.rows_seen == len(rows)
    assert all(0 <= count <= len(rows) for count in together.filled.values())


def outcome(students: Mapper, one: Row) -> object:
    try:
        return students.map(one)
    except RecordError as error:
        return error.code, error.field, error.rule


@given(st.dictionaries(COLUMNS, CELLS))
def test_a_student_is_complete_or_held(values: dict[str, str]) -> None:
    try:
        records = mapper("sims_students").map(Row(1, values))
    except RecordError:
        return
    for record in records:
        assert isinstance(record, Student)
        assert record.surname
        assert record.forename
        assert record.nc_year
        assert replace(record.ref, surname=None) != StudentRef()
