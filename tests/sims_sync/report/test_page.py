"""The page: self-contained, accessible, escaped."""

import re
from itertools import pairwise

from lxml import html

from sims_sync.compliance.facts import StaffFacts, StudentFacts
from sims_sync.report import render_html
from sims_sync.report.summary import ComplianceSummary
from tests.sims_sync.report import invented


def page(summary: ComplianceSummary | None = None) -> html.HtmlElement:
    return html.document_fromstring(render_html(summary or invented.summary(names=True)))


def test_nothing_is_loaded_from_elsewhere() -> None:
    shown = render_html(invented.summary(names=True))
    assert not re.search(r"\b(src|href|srcset|action|data)=|url\(|@import|https?://|<script|<link|<img", shown)
    assert "default-src 'none'" in shown


def test_every_table_has_a_caption_and_scoped_headings() -> None:
    tables = page().findall(".//table")
    assert tables
    for table in tables:
        assert table.find("caption") is not None
        assert all(heading.get("scope") in {"col", "row"} for heading in table.iter("th"))


def test_the_page_has_a_language_a_title_and_headings_without_gaps() -> None:
    document = page()
    assert document.get("lang") == "en-GB"
    assert document.findtext(".//title") == "Invented Hill School: mentoring in Autumn 2, 2026-27"
    levels = [int(str(element.tag)[1]) for element in document.iter("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [element.get("id") for element in document.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


def test_every_bar_says_its_number() -> None:
    bars = page().findall(".//span[@role='img']")
    assert [bar.get("aria-label") for bar in bars] == ["0 % done", "40 % done", "96 % done", "0 % done"]


def test_status_is_word_and_symbol() -> None:
    shown = render_html(invented.summary())
    assert "▲ Action needed" in shown
    assert "○ Not started" in shown


def test_names_are_escaped() -> None:
    staff = {**invented.STAFF, "T1": StaffFacts("T1", "<b>Eve", "&Adam</b>")}
    students = {key: StudentFacts(key, "<script>", '"x"', "8") for key in invented.students()}
    shown = render_html(invented.summary(staff=staff, students=students, names=True))
    assert "<script>" not in shown
    assert "&lt;b&gt;Eve &amp;Adam&lt;/b&gt;" in shown
    assert page(invented.summary(staff=staff)).find(".//b") is None


def test_students_are_named_only_when_asked_for() -> None:
    assert "Vantongeren" not in render_html(invented.summary())
    assert "Vantongeren" in render_html(invented.summary(names=True))


def test_a_held_page_is_its_sentence_and_no_row() -> None:
    shown = page(invented.summary(held=(invented.HELD,), names=True))
    assert shown.findtext(".//p[@class='silence']") == f"{invented.HELD.what} {invented.HELD.do}"
    assert shown.find(".//table") is None
    assert "Okafor" not in shown.text_content()


def test_staff_are_warned_about_projectors() -> None:
    assert "Staff only \u2013 do not open while projecting" in render_html(invented.summary())
