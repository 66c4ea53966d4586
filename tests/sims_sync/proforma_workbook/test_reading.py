"""A returned copy, whatever happened to it."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from sims_sync.errors import SourceRefused
from sims_sync.proforma_workbook.content import Proforma, sheet_rows
from sims_sync.proforma_workbook.ideas import DEFAULT_IDEAS
from sims_sync.proforma_workbook.layout import Col
from sims_sync.proforma_workbook.reading import COLUMNS, Copy, CopyReader, raw_rows, read_copy
from sims_sync.proforma_workbook.writing import write_proforma
from tests.sims_sync.builders import TEXT
from tests.sims_sync.proforma_workbook.hands import Workbook, open_workbook
from tests.sims_sync.proforma_workbook.test_content import MARKS, OPEN, line

DAY_1 = "2026-11-16 16:00"
DAY = date(2026, 11, 12)

Change = Callable[[Workbook], object]


@pytest.fixture
def issued(tmp_path: Path) -> Workbook:
    path = tmp_path / "issued.xlsx"
    rows = tuple(sheet_rows(MARKS, [line("s1", OPEN[:1]), line("s2")], author="T1"))
    path.write_bytes(write_proforma(Proforma(MARKS, rows, date(2026, 9, 1), DEFAULT_IDEAS.areas), DEFAULT_IDEAS))
    return open_workbook(path)


def returned(workbook: Workbook, tmp_path: Path) -> Copy:
    found = read_copy(workbook.save(tmp_path / "copy.xlsx", DAY_1))
    assert found is not None
    return found


def test_it_knows_its_school_half_term_and_group(issued: Workbook, tmp_path: Path) -> None:
    assert returned(issued, tmp_path).marks == MARKS


def test_no_name_and_nothing_that_excel_worked_out_is_passed_on(issued: Workbook, tmp_path: Path) -> None:
    for row in raw_rows(returned(issued, tmp_path)):
        assert tuple(row.values) == COLUMNS
        assert not {"Vorrin", "Zulpa", "English 6"} & set(row.values.values())


def test_a_row_below_a_blank_line_keeps_its_number(issued: Workbook, tmp_path: Path) -> None:
    issued.rows.insert(2, {})
    assert [number for number, _ in returned(issued, tmp_path).rows] == [1, 2, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("given", "state"), [("yes", "submitted"), ("Yes ", "submitted"), ("NO", "draft"), ("", "draft")]
)
def test_submitted_is_said_in_one_word(given: str, state: str, issued: Workbook, tmp_path: Path) -> None:
    issued.rows[1].update({Col.TEXT: TEXT, Col.DATE: DAY, Col.SUBMITTED: given})
    row = list(raw_rows(returned(issued, tmp_path)))[1]
    assert (row.values["state"], row.values[Col.DATE]) == (state, "2026-11-12")


def test_two_dates_of_one_student_are_not_chosen_from(issued: Workbook, tmp_path: Path) -> None:
    issued.rows[1].update({Col.TEXT: TEXT, Col.DATE: DAY})
    issued.rows[2].update({Col.TEXT: TEXT, Col.DATE: date(2026, 11, 13)})
    issued.rows[3].update({Col.TEXT: TEXT})
    assert list(raw_rows(returned(issued, tmp_path)))[3].values[Col.DATE] == ""


def test_a_date_typed_as_text_agrees_with_the_same_date(issued: Workbook, tmp_path: Path) -> None:
    issued.rows[1].update({Col.TEXT: TEXT, Col.DATE: "2026-11-12"})
    issued.rows[2].update({Col.TEXT: TEXT, Col.DATE: DAY})
    issued.rows[3].update({Col.TEXT: TEXT})
    assert list(raw_rows(returned(issued, tmp_path)))[3].values[Col.DATE] == "2026-11-12"


def test_another_students_date_is_not_taken(issued: Workbook, tmp_path: Path) -> None:
    issued.rows[1].update({Col.TEXT: TEXT, Col.DATE: DAY})
    issued.rows[5].update({Col.TEXT: TEXT})
    assert list(raw_rows(returned(issued, tmp_path)))[5].values[Col.DATE] == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda book: book.others.clear(),
        lambda book: book.others["sims-sync"].clear(),
        lambda book: book.others["sims-sync"][0].__setitem__(1, "one"),
    ],
)
def test_without_its_marks_the_rows_are_read_all_the_same(change: Change, issued: Workbook, tmp_path: Path) -> None:
    change(issued)
    found = returned(issued, tmp_path)
    assert found.marks is None
    assert len(found.rows) == 7


def test_a_copy_of_a_newer_version_is_refused(issued: Workbook, tmp_path: Path) -> None:
    issued.others["sims-sync"][0][1] = "2"
    with pytest.raises(SourceRefused, match="newer version"):
        returned(issued, tmp_path)


def test_a_workbook_that_is_none_of_ours_is_read_as_a_plain_table(tmp_path: Path) -> None:
    path = tmp_path / "other.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet().write_column(0, 0, ["row_id", "r1"])
    reader = CopyReader(path)
    assert [dict(row.values) for row in reader.rows()] == [{"row_id": "r1"}]
    assert (reader.copy, tuple(reader.columns)) == (None, ("row_id",))


def test_a_cut_copy_is_refused(issued: Workbook, tmp_path: Path) -> None:
    path = issued.save(tmp_path / "copy.xlsx", DAY_1)
    shutil.copy(path, tmp_path / "cut.xlsx")
    (tmp_path / "cut.xlsx").write_bytes(path.read_bytes()[:-200])
    with pytest.raises(SourceRefused, match="incomplete"):
        read_copy(tmp_path / "cut.xlsx")
