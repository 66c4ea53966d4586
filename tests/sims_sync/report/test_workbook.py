"""The workbook: to filter, inert, readable without colour, and as careful with names as the other formats."""

import csv
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from python_calamine import CalamineWorkbook

from sims_sync.compliance.facts import StaffFacts, Status, StudentFacts
from sims_sync.report.exports import render_names_csv
from sims_sync.report.summary import ComplianceSummary, clean
from sims_sync.report.workbook import (
    COVER_SHEET,
    GROUP_COLUMNS,
    GROUPS_SHEET,
    NAMES_SHEET,
    TREND_SHEET,
    render_workbook,
)
from tests.sims_sync.report import invented

SPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def rows(summary: ComplianceSummary, sheet: str) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(BytesIO(render_workbook(summary)))
    return book.get_sheet_by_name(sheet).to_python()


def sheets(summary: ComplianceSummary) -> list[str]:
    return CalamineWorkbook.from_filelike(BytesIO(render_workbook(summary))).sheet_names


def part(summary: ComplianceSummary, name: str) -> etree._Element:
    with ZipFile(BytesIO(render_workbook(summary))) as book:
        return etree.fromstring(book.read(name))


def groups(summary: ComplianceSummary) -> list[dict[str, Any]]:
    header, *found = rows(summary, GROUPS_SHEET)
    return [dict(zip(header, cells, strict=True)) for cells in found]


def named(forename: str, surname: str) -> ComplianceSummary:
    students = {key: StudentFacts(key, forename, surname, "8") for key in invented.students()}
    staff = {**invented.STAFF, "T1": StaffFacts("T1", forename, surname)}
    return invented.summary(students=students, staff=staff, names=True)


def test_the_cover_has_the_headline_the_sources_and_the_warning() -> None:
    cover = [row[0] for row in rows(invented.summary(), COVER_SHEET)]
    assert cover[0] == "Invented Hill School: mentoring in Autumn 2, 2026-27"
    assert "3 tutors need a follow-up: 59 of 104 students done (56 %), 45 outstanding." in cover
    assert "students from sims: data as of Wed 16 Dec 2026, 06:00" in cover
    assert cover[-1] == "Staff only \u2013 do not open while projecting"


def test_each_group_has_a_row_in_the_reports_order() -> None:
    found = groups(invented.summary())
    assert [row["Tutor group"] for row in found] == ["8C1", "8A1", "8D1", "8E1 (no active tutor)", "8B1", "12A"]
    assert found[3]["Tutors"] == ""
    assert found[4]["Where in the report"] == "Complete, with thanks"


def test_status_is_symbol_word_and_number() -> None:
    row = groups(invented.summary())[1]
    assert (row["Status"], row["Share done"], row["Done"], row["Due"]) == ("▲ Action needed", 40, 4, 10)
    assert groups(invented.summary())[-1]["Share done"] == "n/a"


def test_old_data_show_counts_without_a_share() -> None:
    unknown = invented.group("8A1", ("T1",), 4, 10, Status.UNKNOWN)
    (row,) = groups(invented.summary(invented.assessment(invented.house(unknown))))
    assert (row["Done"], row["Due"], row["Share done"]) == (4, 10, "")


def test_the_header_stays_filters_and_is_printed_on_each_page() -> None:
    sheet = part(invented.summary(), "xl/worksheets/sheet2.xml")
    pane, chosen = sheet.find(".//m:pane", SPACE), sheet.find("m:autoFilter", SPACE)
    assert pane is not None
    assert (pane.get("state"), pane.get("ySplit")) == ("frozen", "1")
    assert chosen is not None
    assert chosen.get("ref") == f"A1:{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[len(GROUP_COLUMNS) - 1]}7"
    names = [
        found.get("name") for found in part(invented.summary(), "xl/workbook.xml").iterfind(".//m:definedName", SPACE)
    ]
    assert "_xlnm.Print_Titles" in names


def test_the_share_has_a_bar_from_0_to_100() -> None:
    sheet = part(invented.summary(), "xl/worksheets/sheet2.xml")
    assert [bar.get("sqref") for bar in sheet.iterfind("m:conditionalFormatting", SPACE)] == ["F2:F7"]
    ends = [end.get("val") for end in sheet.iterfind(".//m:dataBar/m:cfvo", SPACE)]
    assert ends == ["0", "100"]


def test_every_printed_page_warns_and_has_its_number() -> None:
    for number in (1, 2, 3, 4):
        footer = part(invented.summary(names=True), f"xl/worksheets/sheet{number}.xml").findtext(
            ".//m:oddFooter", "", SPACE
        )
        assert "Staff only" in footer
        assert "Page &P of &N" in footer


def test_students_are_named_only_when_asked_for_and_as_in_the_csv() -> None:
    assert sheets(invented.summary()) == [COVER_SHEET, GROUPS_SHEET, TREND_SHEET]
    header, *found = rows(invented.summary(names=True), NAMES_SHEET)
    assert header == ["Tutor group", "Tutor", "Forename", "Surname", "Class"]
    _, *in_csv = csv.reader(StringIO(render_names_csv(invented.summary(names=True))))
    assert found == [[cell.removeprefix("'") for cell in cells] for cells in in_csv]


def test_a_held_workbook_is_its_reason_alone() -> None:
    held = invented.summary(held=(invented.HELD,), names=True)
    assert sheets(held) == [COVER_SHEET]
    cover = [row[0] for row in rows(held, COVER_SHEET)]
    assert f"{invented.HELD.what} {invented.HELD.do}" in cover
    assert not any("Okafor" in line for line in cover)


def test_the_same_summary_makes_the_same_bytes() -> None:
    assert render_workbook(invented.summary(names=True)) == render_workbook(invented.summary(names=True))


def test_a_report_without_groups_is_a_header() -> None:
    assert groups(invented.summary(invented.assessment(invented.house()))) == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "http://", "{=", "＝"])
def test_no_cell_runs_or_links(start: str) -> None:
    assert is_inert(named(f"{start}1+1", f"{start}2"))


def test_a_text_stays_a_text_when_its_cell_is_edited() -> None:
    styles = part(named("=1+1", "x"), "xl/styles.xml")
    looks = styles.findall("m:cellXfs/m:xf", SPACE)
    for number in (1, 2, 3, 4):
        for cell in part(named("=1+1", "x"), f"xl/worksheets/sheet{number}.xml").iterfind(".//m:c[@t='s']", SPACE):
            assert looks[int(cell.get("s", "0"))].get("quotePrefix") == "1"


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="=+-@{}'\"!&<>|\t\nSUM1(),", max_size=20), st.text(max_size=20))
def test_no_name_can_become_a_formula(forename: str, surname: str) -> None:
    summary = named(forename, surname)
    assert is_inert(summary)
    wanted = ["8A1", clean(forename), clean(surname), "outstanding"]
    found = rows(summary, NAMES_SHEET)[1]
    assert [found[0], *found[2:]] == wanted


def is_inert(summary: ComplianceSummary) -> bool:
    """No formula, link or foreign part in any sheet."""
    with ZipFile(BytesIO(render_workbook(summary))) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    found = [etree.fromstring(content) for name, content in parts.items() if name.startswith("xl/worksheets/sheet")]
    runs = any(sheet.find(f".//m:{tag}", SPACE) is not None for sheet in found for tag in ("f", "hyperlink"))
    return not runs and not any("external" in name.casefold() for name in parts)
