"""The PDF: tagged, self-contained, the same each time, and nothing that a name can break or switch on."""

import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sims_sync.compliance.facts import StaffFacts, Status, StudentFacts
from sims_sync.report.pdf import STAND_IN, STAND_IN_NOTE, printable, render_pdf
from sims_sync.report.pdf_content import pdf_content
from sims_sync.report.pdf_layout import LAYOUT
from sims_sync.report.summary import ComplianceSummary, Restatement
from tests.sims_sync.report import invented

NOW = datetime(2026, 12, 19, 7, 0, tzinfo=UTC)
MARKUP = ('#panic("x")', "*b* _i_ $x$ = y", '"] #read("/etc/hostname")', "\\u{1F600} `raw` @label <label>", "// no")


def named(forename: str, surname: str) -> ComplianceSummary:
    students = {key: StudentFacts(key, forename, surname, "8") for key in invented.students()}
    staff = {**invented.STAFF, "T1": StaffFacts("T1", forename, surname)}
    return invented.summary(students=students, staff=staff, names=True)


def blocks(summary: ComplianceSummary) -> list[dict[str, Any]]:
    found = printable(summary)["blocks"]
    assert isinstance(found, list)
    return found


def everything(pdf: bytes) -> bytes:
    """The file with its packed parts laid open."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return pdf + b"".join(opened(stream) for stream in streams)


def opened(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def test_the_file_says_that_it_is_accessible_and_in_which_language() -> None:
    shown = everything(render_pdf(invented.summary(names=True)))
    assert shown.startswith(b"%PDF-1.7")
    assert b"<pdfuaid:part>1</pdfuaid:part>" in shown
    assert b"/Lang(en-GB)" in shown
    assert b"/Marked true" in shown
    assert b"/DisplayDocTitle true" in shown
    assert b"mentoring in Autumn 2, 2026-27" in shown


def test_headings_and_table_headings_are_tagged() -> None:
    shown = everything(render_pdf(invented.summary(names=True)))
    for tag in (b"/S/H1", b"/S/H2", b"/S/H3", b"/S/H4", b"/S/Table", b"/S/THead", b"/S/TH/", b"/S/L/"):
        assert tag in shown
    assert b"/Scope/Column" in shown


def test_every_bar_says_its_number() -> None:
    shown = everything(render_pdf(invented.summary()))
    assert re.findall(rb"/Alt\((\d+ % done)\)", shown) == [
        *[b"0 % done", b"40 % done", b"96 % done", b"0 % done"],
        b"56 % done",  # the house, in the trend
    ]


def test_every_typeface_is_in_the_file() -> None:
    shown = everything(render_pdf(invented.summary()))
    faces = set(re.findall(rb"/FontName/[A-Z]{6}\+(\w+)", shown))
    assert faces == {b"LibertinusSerif", b"DejaVuSansMono"}
    assert len(re.findall(rb"/FontFile[23]", shown)) == len(re.findall(rb"/FontName", shown))


def test_the_same_summary_makes_the_same_bytes() -> None:
    assert render_pdf(invented.summary(names=True)) == render_pdf(invented.summary(names=True))


def test_headings_have_no_gaps() -> None:
    levels = [block["level"] for block in blocks(invented.summary(names=True)) if block["kind"] == "heading"]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_status_is_symbol_word_and_number() -> None:
    rows = [row for block in blocks(invented.summary()) if block["kind"] == "groups" for row in block["rows"]]
    assert [(row["group"], row["status"], row["done"], row["due"], row["share"]) for row in rows] == [
        ("8C1", "○ Not started", "0", "26", "0 %"),
        ("8A1", "▲ Action needed", "4", "10", "40 %"),
        ("8D1", "◕ Nearly there", "27", "28", "96 %"),
        ("8E1 (no active tutor)", "– not flagged", "0", "12", "0 %"),
    ]


def test_old_data_show_counts_without_a_bar() -> None:
    unknown = invented.group("8A1", ("T1",), 4, 10, Status.UNKNOWN)
    summary = invented.summary(invented.assessment(invented.house(unknown)))
    (rows,) = (block["rows"] for block in blocks(summary) if block["kind"] == "groups")
    assert (rows[0]["done"], rows[0]["share"], rows[0]["percent"]) == ("4", "", None)
    assert b"% done)" not in everything(render_pdf(summary))


def test_every_source_says_as_of_when() -> None:
    shown = json.dumps(blocks(invented.summary()))
    assert shown.count("data as of Wed 16 Dec 2026") == len(invented.READS)
    assert "All figures are as old as the oldest read" in shown


def test_staff_are_warned_about_projectors() -> None:
    assert pdf_content(invented.summary())["staff_only"] == "Staff only \u2013 do not open while projecting"
    assert 'header: text(9pt, weight: "bold", report.staff_only)' in LAYOUT  # on every page


def test_students_are_named_only_when_asked_for() -> None:
    assert "Vantongeren" not in json.dumps(pdf_content(invented.summary()))
    assert "Vantongeren" in json.dumps(pdf_content(invented.summary(names=True)))


def test_a_held_pdf_is_its_sentence_and_no_row() -> None:
    held = invented.summary(held=(invented.HELD,), names=True)
    kinds = {block["kind"] for block in blocks(held)}
    assert kinds == {"heading", "silence", "list", "paragraph"}
    assert {"kind": "silence", "text": f"{invented.HELD.what} {invented.HELD.do}"} in blocks(held)
    assert "Okafor" not in json.dumps(blocks(held))
    assert render_pdf(held).startswith(b"%PDF")


def test_a_report_without_houses_sources_or_problems_is_still_a_file() -> None:
    empty = replace(invented.summary(), houses=(), data_as_of=(), problems=(), rules_off=())
    assert render_pdf(empty).startswith(b"%PDF")


@pytest.mark.parametrize("text", MARKUP)
def test_a_name_that_looks_like_markup_is_printed_as_it_is(text: str) -> None:
    summary = named(text, "Quillfeather")
    assert f"{text} Quillfeather" in names_in(blocks(summary))
    assert render_pdf(summary).startswith(b"%PDF")


def test_a_character_that_no_typeface_has_gets_a_stand_in_and_a_note() -> None:
    found = blocks(named("李", "Łódź-Ščebra"))
    assert f"{STAND_IN} Łódź-Ščebra" in names_in(found)
    assert found[-1]["text"] == STAND_IN_NOTE


def test_ordinary_names_get_no_stand_in() -> None:
    assert STAND_IN not in json.dumps(blocks(named("Zoë Ngọc", "O’Rourke-Çelik")), ensure_ascii=False)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=30), st.text(alphabet="#*_$`@<>=\\/\"[]{}()~-+' ai", max_size=30))
def test_no_name_keeps_the_report_from_being_written(forename: str, surname: str) -> None:
    assert render_pdf(named(forename, surname)).startswith(b"%PDF")


def names_in(found: Iterable[dict[str, Any]]) -> list[str]:
    return [row[0] for block in found if block["kind"] == "students" for row in block["rows"]]


def test_a_snapshot_says_when_it_was_closed_and_what_was_restated_before_any_figure() -> None:
    moved = Restatement(NOW, "V. Head", "decided late", ("8A1: 4 of 10 → 5 of 10",))
    found = [
        str(block["text"])
        for block in blocks(replace(invented.summary(), closed_at=NOW, restatements=(moved,)))
        if block["kind"] in {"heading", "paragraph"}
    ]
    first_house = next(place for place, text in enumerate(found) if "House" in text)
    opening = " ".join(found[:first_house])
    assert "As taken on Sat 19 Dec 2026, 07:00: later changes are not in these figures." in opening
    assert "by V. Head (decided late): 8A1: 4 of 10 → 5 of 10." in opening
