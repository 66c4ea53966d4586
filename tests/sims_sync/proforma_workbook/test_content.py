"""What stands in a workbook: for each student the reviews, then rows for targets, each with an id of its own."""

from datetime import UTC, date, datetime

import pytest

from sims_sync.proforma_workbook.content import EarlierTarget, StudentLine, cell_of, row_id, sheet_rows
from sims_sync.proforma_workbook.layout import Col, Marks
from sims_sync.records import EntryKind
from tests.sims_sync.builders import OTHER_TEXT, TEXT

MARKS = Marks("austen", "933/4567", "2026-27/autumn-2", "8A1", datetime(2026, 11, 3, 8, tzinfo=UTC))
OPEN = tuple(EarlierTarget(f"e{number}#1", f"{TEXT} {number}") for number in range(5))


def line(student_id: str = "s1", earlier: tuple[EarlierTarget, ...] = ()) -> StudentLine:
    return StudentLine(student_id, "Vorrin", "Zulpa", "8", "English 6", earlier)


def test_a_student_without_earlier_targets_has_three_rows_for_new_ones() -> None:
    rows = list(sheet_rows(MARKS, [line()], author="T1"))
    assert [row.kind for row in rows] == [EntryKind.INTERVIEW] * 3
    assert [row.first for row in rows] == [True, False, False]
    assert {row.cells[Col.AUTHOR] for row in rows} == {"T1"}


def test_at_most_three_targets_stand_there_to_be_reviewed() -> None:
    rows = list(sheet_rows(MARKS, [line(earlier=OPEN)]))
    assert [row.cells[Col.EARLIER] for row in rows if row.kind is EntryKind.REVIEW] == [each.text for each in OPEN[:3]]


def test_no_two_rows_have_the_same_id() -> None:
    rows = list(sheet_rows(MARKS, [line(f"s{number}", OPEN) for number in range(40)]))
    assert len({row.cells[Col.ROW_ID] for row in rows}) == len(rows) == 240


@pytest.mark.parametrize(
    "other",
    [("brook", "2026-27/autumn-2", "s1"), ("austen", "2026-27/autumn-1", "s1"), ("austen", "2026-27/autumn-2", "s2")],
)
def test_school_half_term_and_student_each_make_another_id(other: tuple[str, str, str]) -> None:
    assert row_id(*other, "target-1") != row_id("austen", "2026-27/autumn-2", "s1", "target-1")


def test_a_review_keeps_its_row_when_another_target_was_closed_before_it() -> None:
    before, after = (
        {row.cells[Col.EARLIER]: row.cells[Col.ROW_ID] for row in sheet_rows(MARKS, [line(earlier=earlier)])}
        for earlier in (OPEN[:2], OPEN[1:2])
    )
    assert after[OPEN[1].text] == before[OPEN[1].text]


def test_a_target_to_review_is_shown_with_its_area_and_date() -> None:
    assert EarlierTarget("e", TEXT, "Maths", date(2027, 1, 29)).shown == f"Maths: {TEXT} (by 29/01/2027)"
    assert EarlierTarget("e", OTHER_TEXT).shown == OTHER_TEXT


def test_a_date_that_is_none_stays_as_it_was_typed() -> None:
    assert cell_of(Col.DATE, "2026-11-12") == date(2026, 11, 12)
    assert cell_of(Col.DATE, "next week") == "next week"
    assert cell_of(Col.TEXT, "2026-11-12") == "2026-11-12"
