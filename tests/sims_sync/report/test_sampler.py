"""Three entries of each group, drawn again from the same seed; text in the file, no tutor and no percentage."""

from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from sims_sync.compliance.facts import Occasion, SchoolFacts
from sims_sync.compliance.figures import assess
from sims_sync.records import Review, Target
from sims_sync.report.sampler import Sample, draw, render_text, render_workbook
from tests.sims_sync.compliance.invented_school import (
    AUTUMN_2,
    REPORT_MOMENT,
    TEXT,
    entry,
    golden_house,
    school,
    student,
)


def sample(facts: SchoolFacts, seed: str = "1", house: str = "", *, backwards: bool = False) -> Sample:
    made = assess(facts, AUTUMN_2, Occasion.DEADLINE, REPORT_MOMENT)
    entries = facts.entries[::-1] if backwards else facts.entries
    students = {each.student_id: each for each in facts.students}
    return draw(made, entries, students, school_name="Invented Hill School", seed=seed, house=house)


def drawn(found: Sample) -> list[tuple[str, str]]:
    return [(each.group, each.student) for each in found.entries]


def test_three_of_each_group_or_fewer_where_there_are_fewer() -> None:
    groups = [group for group, _ in drawn(sample(golden_house()))]
    assert {group: groups.count(group) for group in groups} == {"8A1": 3, "8A2": 3, "8A4": 3}


def test_the_same_seed_draws_the_same_whatever_the_order_and_another_seed_others() -> None:
    facts = golden_house()
    assert drawn(sample(facts)) == drawn(sample(facts, backwards=True))
    assert len({tuple(drawn(sample(facts, str(seed)))) for seed in range(5)}) > 1


def test_only_entries_that_count_are_drawn() -> None:
    facts = school(
        student("S1"), student("S2"), entries=(entry("S1", date(2026, 11, 12)), entry("S2", date(2026, 10, 1)))
    )
    assert drawn(sample(facts)) == [("8A1", "ForenameS1 SurnameS1")]


def test_one_house_only_and_an_unknown_one_is_a_key_error() -> None:
    facts = golden_house()
    assert drawn(sample(facts, house="Austen")) == drawn(sample(facts))
    with pytest.raises(KeyError):
        sample(facts, house="Nowhere")


def test_the_text_has_target_review_and_boxes_and_neither_tutor_nor_percentage() -> None:
    one = entry("S1", date(2026, 11, 12))
    rich = replace(
        one,
        targets=(Target(TEXT, criterion="Ten of ten", support="Homework club", by_date=date(2026, 12, 1)),),
        reviews=(Review("achieved", "Went well", "Ten pieces", "Keep going"),),
        no_target_reason=None,
    )
    page = render_text(sample(school(student("S1"), entries=(rich,))))
    assert f"Target: {TEXT} | Success: Ten of ten | Support: Homework club | By: Tue 1 Dec 2026" in page
    assert "Review: achieved | Went well | Evidence: Ten pieces | Next: Keep going" in page
    assert "[ ] effective   [ ] needs work" in page
    assert "--seed 1" in page
    assert "T1" not in page
    assert "%" not in page


def test_the_workbook_has_a_row_per_entry_and_an_empty_verdict() -> None:
    made = sample(golden_house())
    book = CalamineWorkbook.from_filelike(BytesIO(render_workbook(made)))
    rows = book.get_sheet_by_name("Entries").to_python()
    assert len(rows) == 1 + len(made.entries)
    assert rows[0][5] == "Effective / needs work"
    assert {row[5] for row in rows[1:]} == {""}
    assert TEXT in str(rows[1][4])


def test_nothing_to_draw_and_not_assessed_are_sentences() -> None:
    facts = school(student("S1"))
    assert "No entry counts yet." in render_text(sample(facts))
    later = replace(facts, settings=replace(facts.settings, starts_with=replace(AUTUMN_2, index=2)))
    assert "Not assessed: The programme starts with" in render_text(sample(later))
