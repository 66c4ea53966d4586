"""What the report holds, for whom, and when it holds nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sims_sync.compliance.facts import Occasion, Policy, ReadFacts, Status, StudentClass, StudentFacts, StudentLine
from sims_sync.report.summary import Section, clean
from tests.sims_sync.report import invented


def test_groups_stand_in_the_section_of_their_status() -> None:
    (house,) = invented.summary().houses
    sections = {group.figures.group: group.section for group in house.groups}
    assert sections == {
        "8C1": Section.CONVERSATION,
        "8A1": Section.CONVERSATION,
        "8D1": Section.NEARLY_THERE,
        "8E1": Section.NOBODY_NAMED,
        "8B1": Section.COMPLETE,
        "12A": Section.NOT_DUE,
    }


def test_a_group_without_an_active_tutor_names_nobody() -> None:
    (house,) = invented.summary().houses
    (row,) = house.section(Section.NOBODY_NAMED)
    assert row.tutors == ()
    assert "T5" not in house.follow_up


def test_groups_keep_their_order() -> None:
    (house,) = invented.summary().houses
    assert [row.figures.group for row in house.section(Section.CONVERSATION)] == ["8C1", "8A1"]


def test_house_counts_include_students_in_no_groups_row() -> None:
    (house,) = invented.summary().houses
    assert house.counts[StudentClass.NO_TUTOR] == 1
    assert house.counts[StudentClass.DONE] == 59


def test_students_in_no_house_are_counted_in_the_whole_schools_report_only() -> None:
    line = StudentLine("S0", StudentClass.NO_TUTOR, None, None, "8")
    made = invented.assessment(lines=(line,))
    assert invented.summary(made).homeless == {StudentClass.NO_TUTOR: 1}
    assert invented.summary(made, house="Austen").homeless is None


def test_one_house_has_only_its_own_rows_and_problems() -> None:
    other = invented.house(invented.group("9A1", ("T2",), 1, 2, Status.ACTION_NEEDED), name="Brontë")
    made = invented.assessment(invented.golden_house(), other)
    one = invented.summary(made, house="Brontë")
    assert [house.house for house in one.houses] == ["Brontë"]
    assert [problem.code for problem in one.problems] == ["no-head"]
    assert [house.house for house in invented.summary(made, house=("Austen", "Brontë")).houses] == ["Austen", "Brontë"]


def test_an_unknown_house_is_an_error() -> None:
    with pytest.raises(KeyError):
        invented.summary(house="Nowhere")


def test_students_are_held_only_where_names_were_asked_for() -> None:
    assert not any(row.students for house in invented.summary().houses for row in house.groups)
    named = invented.summary(names=True)
    rows = {row.figures.group: [student.surname for student in row.students] for row in named.houses[0].groups}
    assert rows["8A1"] == ["Émile", "Vantongeren", "Zzyzx"]
    assert [student.surname for student in named.unplaced] == ["Quillfeather"]


def test_a_done_student_is_never_listed() -> None:
    line = StudentLine("S2", StudentClass.DONE, "8A1", "Austen", "8")
    named = invented.summary(invented.assessment(lines=(line,)), names=True)
    assert not any(row.students for row in named.houses[0].groups)


@pytest.mark.parametrize("policy", [Policy.ANY, Policy.TERMLY])
def test_a_policy_that_names_no_student_names_none_anywhere(policy: Policy) -> None:
    golden = invented.golden_house()
    silent = replace(golden, groups=tuple(replace(group, names_students=False) for group in golden.groups))
    named = invented.summary(invented.assessment(silent, policy=policy), names=True)
    assert not any(row.students for row in named.houses[0].groups)
    assert named.unplaced == ()


@pytest.mark.parametrize("silent", ["held", "not assessed"])
def test_without_figures_nobody_is_named(silent: str) -> None:
    made = invented.assessment(not_assessed="Fewer than 10 school days." if silent == "not assessed" else None)
    held = (invented.HELD,) if silent == "held" else ()
    summary = invented.summary(made, held=held, names=True)
    assert not summary.has_figures
    assert (summary.houses, summary.problems, summary.rules_off, summary.unplaced) == ((), (), (), ())


def test_figures_are_as_old_as_the_oldest_read() -> None:
    assert invented.summary().oldest_read == datetime(2026, 12, 16, 0, 5, tzinfo=UTC)


def test_a_source_never_read_makes_the_age_unknown() -> None:
    reads = (*invented.READS, ReadFacts("sims", "mentoring_entries", None))
    assert invented.summary(reads=reads).oldest_read is None


def test_old_data_before_the_deadline_leave_only_counts() -> None:
    house = invented.house(invented.group("8A1", ("T1",), 4, 10, Status.UNKNOWN))
    made = invented.assessment(house, occasion=Occasion.BEFORE)
    (shown,) = invented.summary(made).houses
    assert (shown.percent, shown.groups[0].figures.percent, shown.done) == (None, None, 4)


def test_names_are_one_line_without_control_characters() -> None:
    assert clean("  8A1\n\x1b[31mred\x07\u202e ") == "8A1 [31mred"
    sneaky = {key: StudentFacts(key, "A\nB", "C\x1b[0mD", "8") for key in invented.students()}
    named = invented.summary(students=sneaky, names=True)
    assert {student.forename for student in named.unplaced} == {"A B"}
    assert {student.surname for student in named.unplaced} == {"C[0mD"}


def test_a_tutor_who_is_not_in_the_staff_list_still_has_a_row() -> None:
    summary = invented.summary(staff={})
    assert summary.houses[0].groups[0].tutors == ("tutor not in the staff list",)
