"""Rows are high enough for their texts, in whatever program a workbook is opened."""

import re
from io import BytesIO
from zipfile import ZipFile

from sims_sync.report.row_heights import lines_needed
from sims_sync.report.workbook import render_workbook
from tests.sims_sync.report import invented


def test_a_text_that_fits_takes_one_line() -> None:
    assert lines_needed("Complete, with thanks", 26) == 1


def test_a_text_takes_as_many_lines_as_its_words_need() -> None:
    assert lines_needed("Covered or without an active tutor, against nobody", 20) == 3


def test_larger_type_takes_more_lines() -> None:
    text = "Invented Hill School: mentoring in the second half of autumn"
    assert lines_needed(text, 60, points=16, bold=True) > lines_needed(text, 60)


def test_a_line_break_begins_a_line_and_an_overlong_word_is_broken() -> None:
    assert lines_needed("one\ntwo", 40) == 2
    assert lines_needed("x" * 45, 20) == 3


def test_the_wrapped_header_and_the_title_of_a_workbook_have_their_height_written_down() -> None:
    with ZipFile(BytesIO(render_workbook(invented.summary()))) as book:
        cover, groups = (book.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2))
    assert _first_row_height(cover) > 20
    assert _first_row_height(groups) >= 45


def _first_row_height(sheet: str) -> float:
    found = re.search(r'<row r="1"[^>]* ht="([0-9.]+)"', sheet)
    return float(found[1]) if found else 0.0
