"""Guessing what an unknown export holds, and the mapping file that is proposed for it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.connector import Row
from sims_sync.mapping import Mapper, load_mapping, packaged_mapping, packaged_mappings
from sims_sync.mapping_suggest import Sureness, guess_kind, suggest
from sims_sync.records import Kind

STUDENT = {
    "primary_id": "52",
    "UPN": "B801200005001",
    "Adno": "000123",
    "Surname": "Quillbrook",
    "Forename": "Ivo",
    "Reg": "9A",
    "Year": "Year  9",
    "House": "Austen",
}
STAFF = {"ID": "7", "StaffCode": "AOK", "Surname": "O'Kestrel", "Forename": "Ama", "WorkEmail": "a@school.example"}
GROUP = {"Reg Group": "9A", "Year": "Year  9", "House": "Austen", "Tutor": "AOK"}
ENTRY = {
    "primary_id": "52",
    "Assessment": "Mentoring Target 1",
    "Result": "Read aloud daily",
    "ResultDate": "2026-09-28",
}
RESULT = {"PersonID": "52", "Assessment": "English Attainment", "Result": "5", "ResultDate": "2026-09-28"}
ENTRY_COLUMNS = {"primary_id": "52", "Mentoring Target 1 (Mentoring Autumn 1 2026/27)": "Read aloud daily"}
RESULT_COLUMNS = {"primary_id": "52", "Surname": "Quillbrook", "English Attainment (Autumn 1 2026/27)": "5"}
PROFORMA = {
    "row_id": "r1",
    "admission_number": "000123",
    "surname": "Quillbrook",
    "interview_date": "12/11/2026",
    "state": "submitted",
    "kind": "interview",
    "text": "Read aloud daily",
}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (STUDENT, Kind.STUDENTS),
        (STAFF, Kind.STAFF),
        (GROUP, Kind.TUTOR_GROUPS),
        (ENTRY, Kind.MENTORING_ENTRIES),
        (RESULT, Kind.RESULTS),
        (ENTRY_COLUMNS, Kind.MENTORING_ENTRIES),
        (RESULT_COLUMNS, Kind.RESULTS),
        (PROFORMA, Kind.PROFORMAS),
        ({**STUDENT, "Tutor": "AOK", "Title": "Ms"}, Kind.STUDENTS),
        ({**ENTRY, "Forename": "Ivo", "Surname": "Quillbrook", "Reg": "9A", "Year": "Year  9"}, Kind.MENTORING_ENTRIES),
        ({**STUDENT, **ENTRY}, Kind.MENTORING_ENTRIES),
        ({**STUDENT, **RESULT}, Kind.RESULTS),
        ({**STUDENT, **ENTRY_COLUMNS}, Kind.MENTORING_ENTRIES),
        ({name: text for name, text in STUDENT.items() if name != "Reg"}, Kind.STUDENTS),
        ({"Product": "Chalk", "Price": "1.20"}, None),
    ],
)
def test_a_file_is_known_by_its_columns_and_content(values: dict[str, str], kind: Kind | None) -> None:
    assert guess_kind(list(values), [Row(1, values)]) is kind


def test_known_captions_are_certain_and_the_rest_is_listed() -> None:
    values = {**STUDENT, "Gender": "F"}
    found = suggest(list(values), [Row(1, values)])
    assert found.kind is Kind.STUDENTS
    assert {match.sureness for match in found.matches} == {Sureness.CERTAIN}
    assert found.unknown_columns == ("Gender",)
    assert found.missing == ()


def test_values_and_near_captions_are_hints() -> None:
    values = {
        "Pupil Ref": "B801200005001",
        "Student Surname": "Quillbrook",
        "Student Forname": "Ivo",
        "Stage": "Year 9",
        "Class": "9A1",
        "Parent Surname": "Quillbrook",
    }
    found = suggest(list(values), [Row(1, values)], Kind.STUDENTS)
    taken = {match.column: (match.field, match.sureness) for match in found.matches}
    assert taken["Pupil Ref"] == ("upn", Sureness.LIKELY)
    assert taken["Stage"] == ("nc_year", Sureness.LIKELY)
    assert taken["Class"] == ("tutor_group", Sureness.GUESS)
    assert taken["Student Surname"] == ("surname", Sureness.GUESS)
    assert "Parent Surname" in found.unknown_columns


def test_a_column_that_is_never_read_is_never_suggested() -> None:
    values = {**STUDENT, "House": "", "SEN House Name": "x"}
    assert "SEN House Name" in suggest(list(values), [Row(1, values)]).unknown_columns


def test_missing_required_fields_are_named() -> None:
    values = {name: text for name, text in STUDENT.items() if name != "Reg"}
    assert [rule.name for rule in suggest(list(values), [Row(1, values)]).missing] == ["tutor_group"]


def test_the_proposed_file_loads_and_maps_the_very_rows(tmp_path: Path) -> None:
    values = {**STUDENT, 'Strange "caption" \\ é': "B801200005001"}
    del values["UPN"]
    found = suggest(list(values), [Row(1, values)])
    (tmp_path / "mine.toml").write_text(found.toml, encoding="utf-8")
    rules = load_mapping("mine", [tmp_path])
    (record,) = Mapper(rules).map(Row(1, values))
    assert found.rules is not None
    assert Mapper(found.rules).map(Row(1, values)) == [record]
    assert getattr(record, "ref", None) is not None


def test_nothing_is_suggested_for_a_file_that_nothing_fits() -> None:
    found = suggest(["Product", "Price"], [Row(1, {"Product": "Chalk", "Price": "1.20"})])
    assert (found.kind, found.rules, found.unknown_columns) == (None, None, ("Product", "Price"))


def test_an_empty_file_is_nothing() -> None:
    assert suggest([], []).kind is None


@pytest.mark.parametrize("name", packaged_mappings())
def test_every_mapping_is_recognised_by_its_own_captions(name: str) -> None:
    rules = packaged_mapping(name)
    columns = [rule.caption for rule in rules.fields]
    columns += [rules.aspect_columns.caption] if rules.aspect_columns else []
    values = dict.fromkeys(columns, "x")
    if rules.kind is Kind.MENTORING_ENTRIES:
        values["Aspect"] = "Mentoring Target 1"
    found = suggest(columns, [Row(1, values)])
    assert found.kind is rules.kind
    assert found.unknown_columns == ()


@given(st.lists(st.text(min_size=1), unique=True, max_size=6), st.sampled_from(sorted(Kind)))
def test_whatever_the_captions_the_proposed_file_loads(columns: list[str], kind: Kind) -> None:
    found = suggest(columns, [Row(1, dict.fromkeys(columns, "9"))], kind)
    assert found.rules is not None
    assert found.rules.kind is kind


@given(st.text(min_size=8, alphabet="qzxjkv"))
def test_a_suggestion_holds_no_value_of_the_file(secret: str) -> None:
    values = {**STUDENT, "Surname": secret, "Other": secret}
    assert secret not in repr(suggest(list(values), [Row(1, values)]))
