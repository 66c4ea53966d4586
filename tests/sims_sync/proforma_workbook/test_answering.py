"""A copy that goes back: every row as it was, and beside it what to correct."""

import zipfile
from datetime import date
from pathlib import Path

import pytest

from sims_sync.connector import RowProblem
from sims_sync.proforma_workbook.answering import answer, sentence
from sims_sync.proforma_workbook.layout import Col
from sims_sync.proforma_workbook.reading import Copy, read_copy
from tests.sims_sync.builders import OTHER_TEXT, TEXT
from tests.sims_sync.proforma_workbook.hands import Workbook, open_workbook
from tests.sims_sync.proforma_workbook.test_content import MARKS

LATE = RowProblem(1, "future-date", "interview_date", "the interview lies in the future", "Correct the date.")


def cells(row_id: str, **more: str) -> dict[Col, str]:
    return {
        Col.KIND: "Target",
        Col.ROW_ID: row_id,
        Col.STUDENT: "s1",
        **{Col[name.upper()]: text for name, text in more.items()},
    }


COPY = Copy(
    MARKS,
    (
        (1, cells("w1", text=TEXT, date="2026-12-24", submitted="yes")),
        (2, cells("w2", text=OTHER_TEXT, date="2026-11-12", submitted="no")),
        (3, cells("w3")),
        (5, cells("w5", text="=1+1", date="soon", correct="an old sentence")),
    ),
)


def answered(tmp_path: Path, *problems: RowProblem, taken: bool = True, copy: Copy = COPY) -> Workbook:
    path = tmp_path / "answer.xlsx"
    path.write_bytes(answer(copy, problems, taken=taken))
    return open_workbook(path)


def test_each_row_says_what_became_of_it(tmp_path: Path) -> None:
    found = answered(tmp_path, LATE)
    assert [row[Col.CORRECT] for row in found.rows] == [
        "Date of interview: the interview lies in the future. Correct the date.",
        "Taken over. A draft.",
        "",
        "Taken over.",
    ]
    assert "Look at the column What to correct" in str(found.above[2][0])


def test_the_rows_stand_there_as_they_were_handed_in(tmp_path: Path) -> None:
    found = answered(tmp_path, LATE)
    assert [row[Col.TEXT] for row in found.rows] == [TEXT, OTHER_TEXT, "", "=1+1"]
    assert [row[Col.DATE] for row in found.rows] == [date(2026, 12, 24), date(2026, 11, 12), "", "soon"]
    assert [row[Col.ROW_ID] for row in found.rows] == ["w1", "w2", "w3", "w5"]


def test_two_faults_of_a_row_are_both_told(tmp_path: Path) -> None:
    other = RowProblem(1, "too-long", "text", "written as one line it has 1010 characters", "Shorten it.")
    told = str(answered(tmp_path, LATE, other).rows[0][Col.CORRECT])
    assert "in the future" in told
    assert told.endswith("Target or review: written as one line it has 1010 characters. Shorten it.")


def test_where_nothing_was_taken_over_nothing_says_so(tmp_path: Path) -> None:
    notes = [str(row[Col.CORRECT]) for row in answered(tmp_path, LATE, taken=False).rows]
    assert not any("Taken over" in note for note in notes)
    assert notes[1].startswith("Not taken over yet")


def test_the_cell_with_the_fault_is_coloured(tmp_path: Path) -> None:
    path = tmp_path / "answer.xlsx"
    path.write_bytes(answer(COPY, [LATE], taken=True))
    with zipfile.ZipFile(path) as archive:
        assert b"FFFCE4D6" in archive.read("xl/styles.xml")


def test_handed_in_again_it_is_the_same_copy(tmp_path: Path) -> None:
    answered(tmp_path, LATE)
    again = read_copy(tmp_path / "answer.xlsx")
    assert again is not None
    assert again.marks == MARKS
    assert [row[Col.ROW_ID] for _, row in again.rows] == ["w1", "w2", "w3", "w5"]


def test_a_copy_without_its_marks_is_answered_too(tmp_path: Path) -> None:
    assert len(answered(tmp_path, LATE, copy=Copy(None, COPY.rows)).rows) == 4


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (RowProblem(1, "required-empty", "row_id", "is empty"), "This row has lost its hidden id."),
        (RowProblem(1, "unknown-student", "id", "no known student has these ids"), "This row does not say any more"),
        (RowProblem(1, "bad-value", "by_date", "is not a date such as 14/06/2004"), "By date: is not a date such as"),
        (RowProblem(1, "older-copy", "row_id", "another copy says something else"), "Another copy says"),
    ],
)
def test_a_tutor_reads_captions_and_no_names_of_fields(problem: RowProblem, told: str) -> None:
    assert sentence(problem).startswith(told)
