"""The House Matrix: groups by half terms in counts, who may be offered escalation, and nobody named."""

import csv
import json
from dataclasses import replace
from io import BytesIO, StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from sims_sync.compliance.facts import STATUS_SYMBOLS, Occasion, Status
from sims_sync.compliance.half_terms_known import HalfTermKnown, Standing, from_live
from sims_sync.report.house_matrix import CLOSINGS_TO_ESCALATE, HouseMatrix, house_matrix, offered_escalations
from sims_sync.report.house_matrix_files import pdf_content, render_html, render_pdf, render_workbook
from sims_sync.report.house_matrix_text import render_csv, render_json, render_text
from sims_sync.report.house_matrix_words import ready_lines
from tests.sims_sync.report.invented import MOMENT, STAFF
from tests.sims_sync.report.invented_year import DOUBT, IDS, assessed, closed, row, year

AUTUMN_1, AUTUMN_2, SPRING_1, *_ = IDS
COVER: dict[str, object] = {"tutors": (), "flagged": False, "shown": "8A1 (cover)"}
LEAST_NEARLY_THERE = 8  # of 10 due


def matrix(*known: HalfTermKnown, house: str | None = None) -> HouseMatrix:
    return house_matrix(year(*known), school_name="Invented Hill School", as_of=MOMENT, house=house)


def three_terms() -> HouseMatrix:
    return matrix(
        closed(AUTUMN_1, row("8A1", 0, 20), row("10B", 18, 20), row("7C", 20, 20)),
        closed(AUTUMN_2, row("8A1", 5, 20), row("10B", 20, 20), row("7C", 20, 20), version=2),
        from_live(assessed(SPRING_1, row("8A1", 9, 20), row("10B", 0, 20), row("7C", 20, 20)), ()),
    )


def test_a_row_per_group_in_the_order_of_the_register_and_a_cell_per_half_term() -> None:
    found = three_terms()
    assert [each.group for each in found.rows] == ["7C", "8A1", "10B"]
    assert [len(each.cells) for each in found.rows] == [6, 6, 6]
    eight = found.rows[1]
    assert [cell.status for cell in eight.cells[:3]] == [Status.NOT_STARTED] + [Status.ACTION_NEEDED] * 2
    assert [cell.word for cell in eight.cells[3:]] == ["not yet"] * 3


def test_each_status_is_symbol_word_and_number_in_every_format() -> None:
    found = three_terms()
    wanted = f"{STATUS_SYMBOLS[Status.ACTION_NEEDED]} Action needed 5/20"
    assert wanted in render_html(found)
    assert wanted in json.dumps(pdf_content(found), ensure_ascii=False)
    assert wanted in " ".join(ready_lines(matrix(closed(AUTUMN_2, row("8A1", 5, 20))), "Austen"))
    sheet = CalamineWorkbook.from_filelike(BytesIO(render_workbook(found))).get_sheet_by_name("House Matrix")
    assert wanted in sheet.to_python()[2]
    lines = render_text(found).splitlines()
    assert max(map(len, lines)) <= 100
    assert any("needed 5/20" in line for line in lines)


def test_a_restated_half_term_is_marked_wherever_it_stands() -> None:
    found = three_terms()
    assert "Autumn 2 (restated)" in render_html(found)
    assert "(restated)" in render_text(found)
    restated = {line["half_term"]: line["restated"] for line in csv.DictReader(StringIO(render_csv(found)))}
    assert restated["2026-27/autumn-2"] == "yes"
    assert restated["2026-27/autumn-1"] == "no"


def test_escalation_is_offered_after_two_closings_in_a_row_and_says_why() -> None:
    found = three_terms()
    assert [each.escalation for each in found.rows] == ["", "Not started in Autumn 1 and Action needed in Autumn 2", ""]
    assert "8A1: escalation offered (Not started in Autumn 1 and Action needed in Autumn 2)." in render_text(
        found
    ).replace("\n", " ").replace("  ", " ")


@pytest.mark.parametrize(
    ("between", "offered"),
    [
        (closed(AUTUMN_2, row("8A1", 0, 0)), True),
        (closed(AUTUMN_2, row("8A1", 0, 9, **COVER)), True),
        (HalfTermKnown(AUTUMN_2, Standing.NOT_ASSESSED), True),
        (closed(AUTUMN_2, row("8A1", 9, 10)), False),  # nearly there: neither status of rule 24
        (closed(AUTUMN_2, row("8A1", 10, 10)), False),
        (closed(AUTUMN_2, row("8A1", 0, 10), doubts=True), False),
        (HalfTermKnown(AUTUMN_2, Standing.NOT_KEPT), False),
    ],
    ids=["not due", "cover", "not assessed", "nearly there", "complete", "in doubt", "no snapshot"],
)
def test_what_lies_between_two_closings_breaks_or_does_not(between: HalfTermKnown, *, offered: bool) -> None:
    known = year(closed(AUTUMN_1, row("8A1", 0, 10)), between, closed(SPRING_1, row("8A1", 1, 10)))
    assert bool(offered_escalations(known)) is offered


def test_the_live_half_term_offers_no_escalation_and_takes_none_back() -> None:
    live = from_live(assessed(AUTUMN_2, row("8A1", 0, 10)), ())
    assert offered_escalations(year(closed(AUTUMN_1, row("8A1", 0, 10)), live)) == {}
    two = (closed(AUTUMN_1, row("8A1", 0, 10)), closed(AUTUMN_2, row("8A1", 0, 10)))
    assert offered_escalations(year(*two, from_live(assessed(SPRING_1, row("8A1", 10, 10)), ()))) != {}


def test_a_closing_in_doubt_offers_no_escalation_from_what_was_before_it() -> None:
    two = (closed(AUTUMN_1, row("8A1", 0, 10)), closed(AUTUMN_2, row("8A1", 0, 10)))
    assert offered_escalations(year(*two, closed(SPRING_1, row("8A1", 0, 10), doubts=True))) == {}


def test_a_change_of_tutor_is_said_beside_the_reason() -> None:
    known = year(
        closed(AUTUMN_1, row("8A1", 0, 10, tutors=("T1",))), closed(AUTUMN_2, row("8A1", 0, 10, tutors=("T2",)))
    )
    assert offered_escalations(known)["8A1"].endswith("; the tutor changed in between")


def test_a_covered_group_shows_its_counts_and_no_status() -> None:
    found = matrix(closed(AUTUMN_2, row("8A1", 0, 9, **COVER)))
    cell = found.rows[0].cells[1]
    assert (cell.status, cell.word, cell.done, cell.due) == (None, "cover", 0, 9)
    assert "Not started" not in render_text(found)


def test_what_is_held_shows_the_word_and_no_figure_in_any_format() -> None:
    held = from_live(assessed(AUTUMN_2, row("8A1", 3, 17)), (DOUBT,))
    found = matrix(closed(AUTUMN_1, row("8A1", 11, 19)), held)
    assert found.rows[0].cells[1].word == "held"
    for shown in (render_text(found), render_html(found), render_csv(found), render_json(found)):
        assert "held" in shown
        assert "17" not in shown.replace("2017", "")
    assert "No source has yielded any entry." in render_text(found)


def test_a_year_without_any_figures_says_so() -> None:
    found = matrix(from_live(assessed(AUTUMN_1, row("8A1", 3, 17)), (DOUBT,)))
    assert found.rows == ()
    assert "Autumn 1: held" in render_text(found)
    assert "Autumn 1: held" in render_html(found)
    assert render_pdf(found).startswith(b"%PDF")


def test_no_tutor_and_no_student_is_named_in_any_format() -> None:
    found = matrix(closed(AUTUMN_1, row("8A1", 0, 9, tutors=("T1",)), row("8C1", 1, 9, tutors=("T3",))))
    everything = " ".join([*map(str, (render_text(found), render_html(found), render_csv(found), render_json(found)))])
    everything += json.dumps(pdf_content(found))
    for person in STAFF.values():
        assert person.surname not in everything
    assert "8A1-0" not in everything


def test_the_summary_to_send_has_the_houses_total_and_every_group() -> None:
    lines = ready_lines(matrix(closed(AUTUMN_2, row("8A1", 5, 20), row("7C", 20, 20))), "Austen")
    assert lines[0] == "Austen House – House Matrix summary – Autumn 2 2026-27"
    assert lines[1] == "Figures at closing. The house: 25 of 40 students done (62 %)."
    assert lines[2] == "2 tutor groups: 1 ✔ Complete, 1 ▲ Action needed."
    assert any(line.startswith("8A1: ▲ Action needed 5/20 (25 %); interviews this year 1 of 3;") for line in lines)


def test_one_house_only_and_an_unknown_one_is_refused() -> None:
    known = closed(AUTUMN_1, row("8A1", 5, 20))
    assert matrix(known, house="Austen").houses == ("Austen",)
    with pytest.raises(KeyError):
        matrix(known, house="Nowhere")


def test_the_pdf_is_made_and_lies_across() -> None:
    assert render_pdf(three_terms()).startswith(b"%PDF")
    assert pdf_content(three_terms())["landscape"] is True


def test_old_data_before_the_deadline_give_counts_and_no_percentage() -> None:
    stale = replace(row("8A1", 5, 20), status=Status.UNKNOWN)
    cell = matrix(from_live(assessed(AUTUMN_2, stale, occasion=Occasion.BEFORE), ())).rows[0].cells[1]
    assert (cell.done, cell.due, cell.percent) == (5, 20, None)


closings = st.lists(st.sampled_from([0, 3, 8, 10, None]), min_size=1, max_size=6)


@given(closings)
def test_escalation_only_ever_rests_on_the_newest_two_that_count(done: list[int | None]) -> None:
    """None = covered then; of 10 due, 0 and 3 done are rule 24's, 8 and 10 are not."""
    known = [
        closed(half_term, row("8A1", made or 0, 10, **({} if made is not None else COVER)))
        for half_term, made in zip(IDS, done, strict=False)
    ]
    counting = [made for made in done if made is not None]
    newest = counting[-2:]
    wanted = len(newest) == CLOSINGS_TO_ESCALATE and all(made < LEAST_NEARLY_THERE for made in newest)
    assert bool(offered_escalations(year(*known))) is wanted
