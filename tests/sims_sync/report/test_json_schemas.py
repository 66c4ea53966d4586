"""The JSON of the House Matrix and of the annual evaluation has the shape that the documentation promises."""

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from sims_sync.report.annual_text import render_json as annual_json
from sims_sync.report.house_matrix import HouseMatrix
from sims_sync.report.house_matrix_text import render_json as matrix_json
from tests.sims_sync.compliance.test_annual import TWO_HOUSES, closing
from tests.sims_sync.report.invented_year import IDS, closed, row
from tests.sims_sync.report.test_annual import report, whole_year
from tests.sims_sync.report.test_house_matrix import COVER, matrix, three_terms

SCHEMAS = Path(__file__).parents[3] / "docs" / "schemas"
jsonschema: Any = import_module("jsonschema")  # it ships no types


def checked(text: str, name: str) -> dict[str, Any]:
    """The document, after it was held against its schema."""
    document: dict[str, Any] = json.loads(text)
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    return document


def in_doubt() -> HouseMatrix:
    covered = closed(IDS[0], row("8A1", 5, 20, **COVER), row("10B", 18, 20))
    return matrix(replace(covered, work=None), closed(IDS[1], row("8A1", 1, 20), doubts=True))


@pytest.mark.parametrize("made", [three_terms(), in_doubt(), matrix()], ids=["three half terms", "in doubt", "empty"])
def test_the_house_matrix_has_the_documented_shape(made: HouseMatrix) -> None:
    assert checked(matrix_json(made), "house-matrix")["schema"] == "sims-sync/house-matrix/1"


def test_what_was_not_kept_is_null_and_a_covered_group_has_no_status() -> None:
    groups = {group["tutor_group"]: group for group in checked(matrix_json(in_doubt()), "house-matrix")["groups"]}
    cell = groups["8A1"]["cells"][0]
    assert (cell["status"], cell["word"], cell["targets_set"]) == (None, "cover", None)


def test_the_annual_evaluation_has_the_documented_shape() -> None:
    document = checked(annual_json(whole_year()), "annual")
    assert any(cell["suppressed"] for table in document["tables"] for cell in table["cells"])
    checked(annual_json(report()), "annual")


def test_half_terms_closed_without_interviews_are_listed() -> None:
    without = replace(closing(IDS[0], TWO_HOUSES), work=None)
    assert checked(annual_json(report(without)), "annual")["without_interviews_and_reviews"] == ["2026-27/autumn-1"]
