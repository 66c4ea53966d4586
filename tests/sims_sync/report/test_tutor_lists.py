"""Each tutor's own page: the report's numbers, who is not done, and no more (DOMAIN rules 16, 20, 26)."""

import re
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from sims_sync.compliance.facts import Status
from sims_sync.report.summary import ComplianceSummary
from sims_sync.report.tutor_lists import (
    ALL_DONE,
    NO_NAMES,
    OLD_DATA,
    TutorList,
    natural,
    render_html,
    render_pdf,
    render_text,
    render_workbook,
    tutor_lists,
)
from tests.sims_sync.report.invented import HELD, assessment, group, house, summary


def named(*rows: object) -> ComplianceSummary:
    return summary(assessment(house(*rows)) if rows else None, names=True)  # type: ignore[arg-type]  # groups


def only(made: ComplianceSummary, name: str) -> TutorList:
    (found,) = tutor_lists(made, name)
    return found


def test_a_page_has_the_rows_own_numbers_and_the_students_not_done() -> None:
    page = only(named(), " 8a1 ")
    assert page.title == "8A1 – Ms Amara Okafor and Mr Kofi Adjei"
    assert page.figures == "▲ Action needed: 4 of 10 done (40 %), 6 outstanding"
    assert [student.surname for student in page.students] == ["Émile", "Vantongeren", "Zzyzx"]


def test_there_is_a_page_for_every_group_those_of_one_year_together() -> None:
    rows = [group(name, ("T1",), 1, 2, Status.ACTION_NEEDED) for name in ("10A1", "7A2", "7A1")]
    assert [page.row.figures.group for page in tutor_lists(named(*rows))] == ["7A1", "7A2", "10A1"]
    assert natural("8B10") > natural("8B9")


def test_a_covered_group_has_a_page_that_names_nobody() -> None:
    assert only(named(), "8E1").title == "8E1 (no active tutor)"


def test_a_complete_group_says_so() -> None:
    assert only(named(), "8B1").remark == ALL_DONE


def test_where_no_student_may_be_named_a_sentence_says_why() -> None:
    unnamed = group("8A1", ("T1",), 4, 10, Status.ACTION_NEEDED, names_students=False)
    old = group("8A1", ("T1",), 4, 10, Status.UNKNOWN)
    assert (only(named(unnamed), "8A1").students, only(named(unnamed), "8A1").remark) == ((), NO_NAMES)
    assert (only(named(old), "8A1").students, only(named(old), "8A1").remark) == ((), OLD_DATA)


def test_an_unknown_group_is_a_key_error_and_a_held_report_has_no_page_in_any_format() -> None:
    with pytest.raises(KeyError):
        tutor_lists(named(), "9Z9")
    held = summary(held=(HELD,), names=True)
    lists = tutor_lists(held, "8A1")
    assert lists == ()
    for text in (render_text(held, lists), render_html(held, lists)):
        assert "No entry source yielded any entry this half term." in text
        assert "Okafor" not in text
        assert "Vantongeren" not in text
    cover = CalamineWorkbook.from_filelike(BytesIO(render_workbook(held, lists)))
    assert cover.sheet_names == ["Lists"]
    assert render_pdf(held, lists).startswith(b"%PDF")


def test_as_text_each_group_is_on_a_page_of_its_own() -> None:
    made = named()
    pages = render_text(made, tutor_lists(made)).split("\f")
    assert len(pages) == 6
    assert all("Staff only – do not open while projecting" in page for page in pages)
    (own,) = [page for page in pages if "8A1 – " in page]
    assert "  Vantongeren, Lowri – outstanding" in own
    assert "All figures are as old as the oldest read" in own
    assert "8C1" not in own


def test_as_a_page_names_are_escaped() -> None:
    made = named()
    page = render_html(made, tutor_lists(made))
    assert "O&#39;Rourke" in page
    assert "Vantongeren, Lowri" in page


def test_as_a_workbook_each_group_has_a_sheet_and_a_formula_stays_a_text() -> None:
    made = named()
    book = CalamineWorkbook.from_filelike(BytesIO(render_workbook(made, tutor_lists(made))))
    assert book.sheet_names == ["Lists", "8A1", "8B1", "8C1", "8D1", "8E1", "12A"]
    rows = book.get_sheet_by_name("8A1").to_python()
    assert rows[0] == ["Student", "Class", "Notes"]
    assert ["Émile, =Abe", "outstanding", "leaver"] in rows


def test_odd_group_names_still_give_sheets() -> None:
    rows = [group(name, ("T1",), 1, 2, Status.ACTION_NEEDED) for name in ("8/A", "8-a", "Lists", "x" * 40)]
    made = named(*rows)
    names = CalamineWorkbook.from_filelike(BytesIO(render_workbook(made, tutor_lists(made)))).sheet_names
    assert len({name.casefold() for name in names}) == 5


def test_as_pdf_each_group_has_a_page_of_its_own_after_the_overview() -> None:
    made = named()
    lists = tutor_lists(made)
    assert pages_of(render_pdf(made, lists)) == len(lists) + 1


def test_as_pdf_one_group_alone_is_one_page() -> None:
    made = named()
    assert pages_of(render_pdf(made, tutor_lists(made, "8A1"))) == 1


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))
