"""The trend: half terms as numbers and bars, in every format, for one house and for the school."""

import re
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from python_calamine import CalamineWorkbook

from sims_sync.compliance.facts import Assessment, Occasion, Status
from sims_sync.compliance.snapshot_form import Snapshot
from sims_sync.report.exports import render_json
from sims_sync.report.page import render_html
from sims_sync.report.pdf_content import pdf_content
from sims_sync.report.ready_to_send import ready_to_send
from sims_sync.report.summary import ComplianceSummary
from sims_sync.report.text import render_text
from sims_sync.report.trend import MOST_POINTS, TrendPoint, figures_of, svg, text_bar, text_lines, trend_of
from sims_sync.report.workbook import TREND_SHEET, render_workbook
from tests.sims_sync.report import invented
from tests.sims_sync.report.invented_year import DOUBT, IDS, assessed, row
from tests.sims_sync.report.test_mail import body, compose

AUTUMN_1, AUTUMN_2, SPRING_1, *_ = IDS


def kept(made: Assessment, *, doubted: bool = False) -> Snapshot:
    return Snapshot(made, {}, {}, doubts=(DOUBT,) if doubted else ())


def with_a_past(**options: object) -> ComplianceSummary:
    past = kept(assessed(AUTUMN_1, row("8A1", 30, 92)))
    return invented.summary(None, closings=(past,), **options)


def test_half_terms_come_oldest_first_and_the_present_one_last() -> None:
    closings = [kept(assessed(AUTUMN_2, row("8A1", 9, 10))), kept(assessed(AUTUMN_1, row("8A1", 5, 10)))]
    now = assessed(SPRING_1, row("8A1", 1, 10), occasion=Occasion.BEFORE)
    assert [(point.label, point.percent) for point in trend_of(closings, now, "Austen")] == [
        ("Autumn 1", 50),
        ("Autumn 2", 90),
        ("Spring 1 so far", 10),
    ]


def test_a_closing_in_doubt_has_no_point_and_one_of_the_same_half_term_gives_way() -> None:
    closings = [kept(assessed(AUTUMN_1, row("8A1", 5, 10)), doubted=True), kept(assessed(AUTUMN_2, row("8A1", 1, 10)))]
    now = assessed(AUTUMN_2, row("8A1", 2, 10))
    assert trend_of(closings, now) == (TrendPoint("Autumn 2", 20, 2, 10),)


def test_each_house_has_its_own_and_the_school_the_sum() -> None:
    two = replace(
        assessed(AUTUMN_1, row("8A1", 5, 10)),
        houses=(invented.house(row("8A1", 5, 10)), invented.house(row("8B1", 0, 30), name="Bronte")),
    )
    assert trend_of((), two, "Bronte") == (TrendPoint("Autumn 1", 0, 0, 30),)
    assert trend_of((), two) == (TrendPoint("Autumn 1", 12, 5, 40),)
    assert trend_of((), two, "Nowhere") == ()


def test_old_data_and_nobody_due_give_no_percentage() -> None:
    stale = assessed(AUTUMN_1, replace(row("8A1", 5, 10), status=Status.UNKNOWN), occasion=Occasion.BEFORE)
    assert trend_of((), stale) == (TrendPoint("Autumn 1 so far", None, 5, 10),)
    (nobody,) = trend_of((), assessed(AUTUMN_1, row("8A1", 0, 0)))
    assert (nobody.percent, figures_of(nobody), text_bar(nobody.percent)) == (None, "nobody due", "")


def test_the_report_shows_numbers_and_a_bar_in_every_format() -> None:
    summary = with_a_past(house="Austen")
    said = "30 of 92 (32 %)"
    lines = render_text(summary).splitlines()
    assert any(line.split("  ")[1:] and said in line and "███·······" in line for line in lines)
    page: Any = html.fromstring(render_html(summary))
    (picture,) = page.xpath("//*[local-name()='svg'][@role='img']")
    assert said in picture.xpath("string(./*[local-name()='desc'])")
    assert said in " ".join(picture.xpath("./*[local-name()='text']/text()"))
    (bars,) = [block for block in pdf_blocks(summary) if block["kind"] == "bars"]
    assert bars["rows"] == [
        {"label": "Autumn 1", "figures": said, "percent": 32},
        {"label": "Autumn 2", "figures": "59 of 104 (56 %)", "percent": 56},
    ]
    book = CalamineWorkbook.from_filelike(BytesIO(render_workbook(summary))).get_sheet_by_name(TREND_SHEET)
    assert book.to_python()[1] == ["Austen", "Autumn 1", 32.0, 30.0, 92.0]
    assert '"label": "Autumn 1"' in render_json(summary)


def pdf_blocks(summary: ComplianceSummary) -> list[dict[str, object]]:
    blocks = pdf_content(summary)["blocks"]
    assert isinstance(blocks, list)
    return blocks


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_the_mail_shows_numbers_and_a_bar_of_characters_or_table_cells(kind: str) -> None:
    said = body(compose(with_a_past(house="Austen")), kind)
    assert "30 of 92 (32 %)" in said
    assert "<svg" not in said
    if kind == "html":
        assert re.search(r'<td width="32" height="8" bgcolor="#35506b"', said)
    else:
        assert "███·······" in said


def test_a_held_report_has_no_trend_and_nothing_to_send() -> None:
    held = with_a_past(held=(invented.HELD,))
    assert held.trend == ()
    for shown in (render_text(held), render_html(held)):
        assert "30 of 92" not in shown
        assert "ready to send" not in shown


def test_the_schools_trend_is_shown_where_several_houses_are() -> None:
    one = with_a_past()
    other = invented.house(row("8B1", 1, 2), name="Bronte")
    two = invented.summary(invented.assessment(invented.golden_house(), other))
    assert "The whole school" not in render_text(one)
    assert "The whole school: trend" in render_text(two)
    assert '<h2 id="school">The whole school</h2>' in render_html(two)


def test_the_lines_to_send_name_no_tutor_and_come_only_after_the_deadline() -> None:
    summary = invented.summary()
    lines = ready_to_send(summary, summary.houses[0])
    assert lines[1] == "59 of 104 students done (56 %)."
    assert "8E1 (no active tutor): 0/12 (0 %); interviews this year 1 of 3." in lines
    assert not any(person.surname in line for line in lines for person in invented.STAFF.values())
    before = invented.summary(invented.assessment(occasion=Occasion.BEFORE))
    assert ready_to_send(before, before.houses[0]) == ()


def test_a_name_from_sims_becomes_no_markup() -> None:
    picture = svg([TrendPoint("<b>&", 10, 1, 10)], '"Austen" <script>')
    assert "<script>" not in picture
    assert "<b>" not in picture
    html.fromstring(picture)


@given(st.integers(0, 100))
def test_a_bar_is_never_full_before_all_is_done_nor_empty_of_cells(share: int) -> None:
    bar = text_bar(share)
    assert len(bar) == 10
    assert (bar == "█" * 10) is (share == 100)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6))
def test_there_are_at_most_six_points_and_each_says_its_numbers(counts: list[tuple[int, int]]) -> None:
    made = [
        assessed(half_term, row("8A1", done, done + more)) for half_term, (done, more) in zip(IDS, counts, strict=False)
    ]
    points = trend_of([kept(each) for each in made])
    assert len(points) == min(len(counts), MOST_POINTS)
    assert [(point.done, point.due) for point in points] == [(done, done + more) for done, more in counts]
    assert len(text_lines(points)) == len(points)
