"""What an admin is told to build in SIMS, on screen and in the docs."""

from pathlib import Path

import pytest

from sims_sync.connector import Row
from sims_sync.mapping import Mapper, load_mapping
from sims_sync.mapping_docs import mapping_docs, report_advice
from sims_sync.records import Kind

PAGE = Path(__file__).parents[2] / "docs" / "mappings.md"


def test_the_docs_page_is_what_the_mappings_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == mapping_docs()


@pytest.mark.parametrize("kind", Kind)
def test_a_report_built_with_the_advised_captions_is_understood(kind: Kind) -> None:
    advice = report_advice(kind)
    mapper = Mapper(load_mapping(advice.mapping, []))
    assert mapper.map(Row(1, dict.fromkeys(advice.captions, " "))) == []
    assert mapper.missing_required() == ()
    assert mapper.unmapped_columns() == ()


def test_students_report_says_what_is_needed() -> None:
    advice = report_advice(Kind.STUDENTS)
    assert "Third Party Reporter" in advice.permissions
    assert "Design Report" in advice.menu_path
    assert {"Surname", "Year", "Reg", "UPN"} <= set(advice.required_captions)
    assert "House" not in advice.required_captions


def test_both_shapes_of_entries_are_offered_and_called_unproven() -> None:
    advice = report_advice(Kind.MENTORING_ENTRIES)
    assert advice.alternatives == ("sims_mentoring_entries_by_aspect",)
    assert "no school's own file" in advice.unproven
    by_aspect = report_advice(Kind.MENTORING_ENTRIES, load_mapping(advice.alternatives[0], []))
    assert by_aspect.aspect_caption is not None
