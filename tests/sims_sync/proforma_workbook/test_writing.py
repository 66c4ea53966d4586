"""The file itself: what is open, hidden, protected and printed, and that nobody's text becomes a formula."""

import re
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from sims_sync.proforma_workbook.content import Proforma, SheetRow, StudentLine, sheet_rows
from sims_sync.proforma_workbook.ideas import DEFAULT_IDEAS
from sims_sync.proforma_workbook.layout import FIRST_ROW, PUBLIC, Col
from sims_sync.proforma_workbook.writing import write_proforma
from sims_sync.records import EntryKind
from tests.sims_sync.proforma_workbook.hands import Workbook, open_workbook, texts
from tests.sims_sync.proforma_workbook.test_content import MARKS, OPEN, line

SHEET_XML, IDEAS_XML, MARKS_XML = (f"xl/worksheets/sheet{number}.xml" for number in (1, 2, 3))


def parts(content: bytes, tmp_path: Path) -> Mapping[str, str]:
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


def proforma(*students: StudentLine) -> Proforma:
    rows = tuple(sheet_rows(MARKS, students or [line(earlier=OPEN[:1])], author="T1"))
    return Proforma(MARKS, rows, date(2026, 9, 1), DEFAULT_IDEAS.areas)


def read(tmp_path: Path, written: Proforma) -> Workbook:
    path = tmp_path / "read.xlsx"
    path.write_bytes(write_proforma(written, DEFAULT_IDEAS))
    return open_workbook(path)


@pytest.fixture
def book(tmp_path: Path) -> Mapping[str, str]:
    return parts(write_proforma(proforma(), DEFAULT_IDEAS), tmp_path)


def test_a_tutor_finds_the_title_the_warning_and_the_rows(tmp_path: Path) -> None:
    found = read(tmp_path, proforma())
    assert [lines[0] for lines in found.above[:2]] == ["Pro-forma 8A1: Autumn 2 2026/27", PUBLIC]
    assert [row[Col.KIND] for row in found.rows] == ["Review", "Target", "Target", "Target"]
    assert found.captions == list(Col)


def test_the_second_sheet_has_the_checklist_questions_and_ideas(tmp_path: Path) -> None:
    lines = [str(cell) for row in read(tmp_path, proforma()).others["Ideas"] for cell in row]
    for part in (
        DEFAULT_IDEAS.checklist,
        DEFAULT_IDEAS.questions,
        *DEFAULT_IDEAS.targets.values(),
        DEFAULT_IDEAS.areas,
    ):
        assert set(part) <= set(lines)


@pytest.mark.parametrize("text", ["=1+1", "=cmd|' /C calc'!A0", "+44 1", "-1", "@SUM(1)", "https://example.org", "007"])
def test_what_sims_holds_never_becomes_a_formula_or_a_link(text: str, tmp_path: Path) -> None:
    written = proforma(StudentLine("s1", text, text, "8", text))
    found = parts(write_proforma(written, DEFAULT_IDEAS), tmp_path)
    formulas = re.findall(r"<c r=\"([A-Z]+)\d+\"[^>]*><f>", found[SHEET_XML])
    assert len(set(formulas)) == 3  # the text that is tested, its words, and the column Check: ours
    assert "hyperlink" not in found[SHEET_XML]
    assert read(tmp_path, written).rows[0][Col.SURNAME] == text


def test_the_columns_that_make_a_row_known_are_hidden(book: Mapping[str, str]) -> None:
    hidden = re.findall(r'<col min="(\d+)" max="(\d+)"[^>]*hidden="1"', book[SHEET_XML])
    places = {place for first, last in hidden for place in range(int(first) - 1, int(last))}
    assert places == {list(Col).index(Col(name)) for name in list(Col)[-4:]}
    assert '<sheet name="sims-sync" sheetId="3" state="hidden"' in book["xl/workbook.xml"]


def test_it_is_protected_without_a_password_and_open_where_a_tutor_writes(book: Mapping[str, str]) -> None:
    protection = re.search(r"<sheetProtection[^>]*>", book[SHEET_XML])
    assert protection is not None
    assert "password" not in protection.group()
    assert "hash" not in protection.group()
    unlocked = [place for place, look in enumerate(_looks(book)) if 'locked="0"' in look]
    cells = dict(re.findall(r'<c r="([A-Z]+\d+)" s="(\d+)"', book[SHEET_XML]))
    row = FIRST_ROW + 2  # from 1: the first row for a target
    for column, letter in zip(Col, "ABCDEFGHIJKLMNOPQRSTUVWXY", strict=True):
        is_open = int(cells[f"{letter}{row}"]) in unlocked
        assert is_open == (
            column
            in {
                "Date of interview",
                "Area",
                "Target or review",
                "Success criterion",
                "Support",
                "By date",
                "No new target because",
                "No interview because",
                "Submitted",
                "Made by",
            }
        )


def test_it_prints_on_a4_across_with_its_header_on_each_page(book: Mapping[str, str]) -> None:
    assert re.search(r'<pageSetup paperSize="9"[^>]*fitToHeight="0"[^>]*orientation="landscape"', book[SHEET_XML])
    assert "$2:$4" in book["xl/workbook.xml"]
    assert '<pane xSplit="2" ySplit="4"' in book[SHEET_XML]


def test_cells_offer_lists_and_refuse_with_a_sentence(book: Mapping[str, str]) -> None:
    rules = re.findall(r"<dataValidation [^>]*>", book[SHEET_XML])
    assert len(rules) == 8
    assert all('error="' in rule and "errorTitle" in rule for rule in rules)
    assert "achieved,partly,not achieved" in book[SHEET_XML]
    assert "long-term absence,alternative provision,suspended,trip or exams,refused" in book[SHEET_XML]
    assert "'sims-sync'!$D$1:$D$10" in book[SHEET_XML]


def test_the_same_content_makes_the_same_file() -> None:
    assert write_proforma(proforma(), DEFAULT_IDEAS) == write_proforma(proforma(), DEFAULT_IDEAS)


def test_a_text_longer_than_a_cell_is_no_fault(tmp_path: Path) -> None:
    row = SheetRow(EntryKind.INTERVIEW, {Col.TEXT: "word " * 10_000})
    assert len(read(tmp_path, Proforma(MARKS, (row,), date(2026, 9, 1))).rows[0][Col.TEXT]) == 32_767


def test_no_sentence_of_ours_breaks_our_own_rules() -> None:
    assert all(len(area) <= 40 for area in DEFAULT_IDEAS.areas)
    assert all(len(idea) >= 15 and len(idea.split()) >= 3 for ideas in DEFAULT_IDEAS.targets.values() for idea in ideas)


def test_a_group_without_rows_makes_a_workbook_all_the_same(tmp_path: Path) -> None:
    found = read(tmp_path, Proforma(MARKS, (), date(2026, 9, 1)))
    assert PUBLIC in texts(found)


def _looks(book: Mapping[str, str]) -> list[str]:
    formats = re.search(r"<cellXfs.*?</cellXfs>", book["xl/styles.xml"], re.DOTALL)
    assert formats is not None
    return formats.group().split("<xf ")[1:]
