"""The report as JSON and CSV."""

import csv
import json
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from sims_sync.compliance.facts import StudentFacts
from sims_sync.report import render_csv, render_json, render_names_csv
from sims_sync.report.exports import neutralised
from sims_sync.report.summary import ComplianceSummary
from tests.sims_sync.report import invented

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "schemas" / "compliance.schema.json"
jsonschema: Any = import_module("jsonschema")  # it ships no types


def document(summary: ComplianceSummary) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(render_json(summary))
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(made, schema, cls=jsonschema.Draft202012Validator)
    return made


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text)))


def test_json_has_the_documented_shape() -> None:
    made = document(invented.summary())
    assert (made["schema"], made["half_term"], made["occasion"]) == (
        "sims-sync/compliance/1",
        "2026-27/autumn-2",
        "deadline",
    )
    group = made["houses"][0]["groups"][1]
    assert (group["tutor_group"], group["due"], group["done"], group["percent"]) == ("8A1", 10, 4, 40)
    assert group["tutors"] == ["Ms Amara Okafor", "Mr Kofi Adjei"]
    assert group["interviews_this_year"] == [1, 3]
    assert "students" not in group
    assert "students_without_group" not in made


def test_json_with_names_lists_the_students_who_are_not_done() -> None:
    made = document(invented.summary(names=True))
    students = made["houses"][0]["groups"][1]["students"]
    assert students[0] == {"forename": "=Abe", "surname": "Émile", "class": "outstanding", "labels": ["leaver"]}
    assert made["students_without_group"][0]["class"] == "no tutor"


def test_held_json_has_the_reason_and_nothing_else() -> None:
    made = document(invented.summary(held=(invented.HELD,), names=True))
    assert made["held"] == [{"code": "no-entries", "what": invented.HELD.what, "do": invented.HELD.do}]
    assert made["houses"] == made["problems"] == made["rules_off"] == []


def test_not_assessed_json_says_why() -> None:
    made = document(invented.summary(invented.assessment(not_assessed="too short", deadline=None)))
    assert (made["not_assessed"], made["deadline"], made["houses"]) == ("too short", None, [])


def test_the_schema_refuses_rows_in_a_held_report() -> None:
    made = json.loads(render_json(invented.summary()))
    made["held"] = [{"code": "x", "what": "y", "do": "z"}]
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(made, schema, cls=jsonschema.Draft202012Validator)


def test_csv_has_one_row_per_group() -> None:
    header, *groups = rows(render_csv(invented.summary()))
    assert header[:4] == ["house", "tutor_group", "shown", "tutors"]
    assert [row[1] for row in groups] == ["8C1", "8A1", "8D1", "8E1", "8B1", "12A"]
    assert groups[1][3] == "Ms Amara Okafor and Mr Kofi Adjei"
    assert groups[3][3] == ""


def test_held_csv_has_the_reason_and_no_group() -> None:
    held = rows(render_csv(invented.summary(held=(invented.HELD,))))
    assert held == [["code", "what", "do"], ["no-entries", invented.HELD.what, invented.HELD.do]]


def test_csv_of_names_has_exactly_five_columns_and_a_row_per_student_not_done() -> None:
    assert rows(render_names_csv(invented.summary(names=True))) == [
        ["tutor_group", "tutor", "forename", "surname", "class"],
        ["8A1", "Ms Amara Okafor and Mr Kofi Adjei", "'=Abe", "Émile", "outstanding"],
        ["8A1", "Ms Amara Okafor and Mr Kofi Adjei", "Lowri", "Vantongeren", "outstanding"],
        ["8A1", "Ms Amara Okafor and Mr Kofi Adjei", "Dov", "Zzyzx", "excused"],
        ["", "", "Ila", "Quillfeather", "no tutor"],
    ]


def test_csv_of_names_is_only_a_header_while_held() -> None:
    held = invented.summary(held=(invented.HELD,), names=True)
    assert render_names_csv(held) == "tutor_group,tutor,forename,surname,class\n"


def test_csv_of_names_needs_names() -> None:
    with pytest.raises(ValueError, match="names"):
        render_names_csv(invented.summary())


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_can_run_as_a_formula(start: str) -> None:
    assert neutralised(f"{start}1+1") == f"'{start}1+1"


def test_an_ordinary_cell_is_left_alone() -> None:
    assert neutralised("O'Rourke-Hale") == "O'Rourke-Hale"


def test_a_name_that_looks_like_a_formula_stays_text() -> None:
    students = {key: StudentFacts(key, "@SUM(1)", "-2+3", "8") for key in invented.students()}
    _, first, *_ = rows(render_names_csv(invented.summary(students=students, names=True)))
    assert first[2:4] == ["'@SUM(1)", "'-2+3"]
