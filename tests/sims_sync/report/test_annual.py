"""The annual evaluation in every format: figures, bars, charts, text to paste, and the tutors' anonymous sheet."""

import csv
import json
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
from lxml import html
from python_calamine import CalamineWorkbook

from sims_sync.compliance.annual import annual
from sims_sync.compliance.half_terms_known import HalfTermKnown
from sims_sync.compliance.tutor_view import QUESTIONS, TutorAnswers, tutor_view
from sims_sync.report.annual_files import pdf_content, render_html, render_pdf, render_workbook
from sims_sync.report.annual_sheet import render_sheet
from sims_sync.report.annual_text import render_csv, render_json, render_text
from sims_sync.report.annual_words import AnnualReport, annual_report, paste_lines, tutor_lines
from tests.sims_sync.compliance.test_annual import TWO_HOUSES, Groups, closing
from tests.sims_sync.report.invented import MOMENT, STAFF
from tests.sims_sync.report.invented_year import IDS, year

AUTUMN_1, AUTUMN_2, SPRING_1, *_ = IDS
WITH_A_TINY_HOUSE: Groups = {**TWO_HOUSES, "Tiny": {"9T": (1, 3)}}
LATER: Groups = {"Austen": {"7A": (24, 25), "8A": (18, 20)}, "Bronte": {"7B": (25, 25), "8B": (11, 20)}}


def answers(count: int) -> list[TutorAnswers]:
    return [TutorAnswers("2026-27", (1 + number % 5, 5, 4, None, 3)) for number in range(count)]


def report(*known: HalfTermKnown, tutors: int = 0) -> AnnualReport:
    made = annual(year(*known))
    return annual_report("Invented Hill School", made, MOMENT, tutor_view(answers(tutors), "2026-27"))


def whole_year() -> AnnualReport:
    return report(
        closing(AUTUMN_1, WITH_A_TINY_HOUSE), closing(AUTUMN_2, TWO_HOUSES), closing(SPRING_1, LATER), tutors=6
    )


def everything(shown: AnnualReport) -> str:
    pdf = json.dumps(pdf_content(shown), ensure_ascii=False)
    return " ".join([render_text(shown), render_html(shown), render_csv(shown), render_json(shown), pdf])


def test_the_text_fits_the_terminal_and_shows_number_and_bar() -> None:
    lines = render_text(whole_year()).splitlines()
    assert max(map(len, lines)) <= 100
    said = " ".join(lines)
    assert "86 % (78 of 90)" in " ".join(said.split())
    assert "████████··" in said


def test_a_suppressed_cell_is_a_word_in_every_format_and_never_its_number() -> None:
    shown = report(closing(AUTUMN_1, WITH_A_TINY_HOUSE))
    assert "&lt;5" in render_html(shown)
    assert "<5" in render_text(shown)
    rows = list(csv.DictReader(StringIO(render_csv(shown))))
    tiny = [row for row in rows if row["row"] == "Tiny" and row["suppressed"] == "yes"]
    assert tiny
    assert {row["part"] + row["whole"] + row["percent"] + row["students"] for row in tiny} == {""}
    assert "1 of 3" not in everything(shown)


def test_nobody_is_named_in_any_format() -> None:
    said = everything(whole_year())
    for person in STAFF.values():
        assert person.surname not in said
    assert "7A" not in said  # no tutor group either


def test_the_lines_to_paste_give_the_school_and_the_range() -> None:
    lines = paste_lines(whole_year())
    assert (
        "Students done at closing: Autumn 1 60 % (56 of 93); Autumn 2 61 % (55 of 90); Spring 1 86 % (78 of 90)."
        in lines
    )
    assert "By house, Spring 1 ranges from 80 % to 93 %." in lines
    assert lines[-1].startswith("Tutors' anonymous sheet: 6 answers")


def test_nothing_closed_is_said_and_shown_as_that() -> None:
    shown = report()
    assert "No half term of this year is closed yet" in render_text(shown)
    assert render_pdf(shown).startswith(b"%PDF")
    assert CalamineWorkbook.from_filelike(BytesIO(render_workbook(shown))).sheet_names == ["To paste", "Numbers"]


def test_the_pdf_has_a_bar_for_each_share_and_none_for_a_suppressed_one() -> None:
    blocks: Any = pdf_content(report(closing(AUTUMN_1, WITH_A_TINY_HOUSE)))["blocks"]
    table = next(block for block in blocks if block["kind"] == "table")
    bars = {row[0]["text"]: row[1]["percent"] for row in table["rows"]}
    assert bars["Tiny"] is None
    assert bars["Whole school"] == 60
    assert render_pdf(whole_year()).startswith(b"%PDF")


def test_the_workbook_has_native_charts_told_apart_without_colour() -> None:
    with ZipFile(BytesIO(render_workbook(whole_year()))) as parts:
        charts = [name for name in parts.namelist() if name.startswith("xl/charts/chart")]
        assert len(charts) == 2
        first = parts.read(charts[0]).decode()
    assert first.count("<c:ser>") == 3
    assert len({fill for fill in ("1A1A1A", "35506B", "6B7F95") if f'"{fill}"' in first}) == 3


def test_the_page_is_well_formed_and_each_bar_says_its_number() -> None:
    page: Any = html.fromstring(render_html(whole_year()))
    assert page.xpath("//*[@role='img']/@aria-label")[0].endswith(" %")
    assert len(page.xpath("//h1")) == 1


@pytest.mark.parametrize(("count", "shown"), [(0, False), (1, False), (4, False), (5, True)])
def test_tutors_answers_are_shown_from_five_on(count: int, *, shown: bool) -> None:
    lines = tutor_lines(tutor_view(answers(count), "2026-27"))
    assert any("Mean" in line for line in lines) is shown
    assert any("ewer than five answers" in line for line in lines) is (count > 0)  # the fourth question was left open


def test_a_question_that_too_few_answered_has_no_figure_though_others_have() -> None:
    view = tutor_view(answers(5), "2026-27")
    assert (view[0].answers, view[0].mean_tenths, view[0].agree_percent) == (5, 30, 40)
    assert (view[3].answers, view[3].mean_tenths, view[3].agree_percent) == (None, None, None)


def test_answers_of_another_year_are_not_counted() -> None:
    assert tutor_view([*answers(4), TutorAnswers("2025-26", (5,) * 5)], "2026-27")[0].answers is None


def test_the_blank_sheet_asks_five_questions_for_a_number_and_for_no_name() -> None:
    content = render_sheet(MOMENT)
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    cells = [str(cell) for line in book.get_sheet_by_name("Questions").to_python() for cell in line if cell]
    assert [cell for cell in cells if cell[:2] in {f"{number}." for number in range(1, 6)}] == [
        f"{number}. {question}" for number, question in enumerate(QUESTIONS, start=1)
    ]
    assert book.get_sheet_by_name("Answers").to_python()[0] == ["year", "q1", "q2", "q3", "q4", "q5"]
    assert any("write no name" in cell for cell in cells)
    with ZipFile(BytesIO(content)) as parts:
        assert b"dataValidation" in parts.read("xl/worksheets/sheet1.xml")
        assert b"<dc:creator></dc:creator>" in parts.read("docProps/core.xml").replace(
            b"<dc:creator/>", b"<dc:creator></dc:creator>"
        )
