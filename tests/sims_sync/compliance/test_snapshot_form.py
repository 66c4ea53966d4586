"""Does a snapshot come back from JSON as it was, with everything that later reads may change and no student's name?"""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.compliance.facts import HoldReason, Occasion, ReadFacts, SchoolFacts, Status, StudentClass
from sims_sync.compliance.figures import assess
from sims_sync.compliance.snapshot_form import (
    Restated,
    Snapshot,
    changes,
    closing_history,
    from_json,
    restatement_doubts,
    snapshot_of,
    to_json,
)
from sims_sync.records import Kind
from sims_sync.school_year import HalfTermId
from tests.sims_sync.compliance.invented_school import AFTER_CLOSING, AUTUMN_1, AUTUMN_2, golden_group
from tests.sims_sync.compliance.test_properties import MOMENTS, schools

DOUBT = HoldReason("no-entries", "No entry.", "Look.", releasable=True)
SPRING_1 = HalfTermId(AUTUMN_2.year, AUTUMN_2.index + 1)
READ = ReadFacts("students", Kind.STUDENTS, AFTER_CLOSING)


def taken(facts: SchoolFacts, occasion: Occasion = Occasion.CLOSING, *doubts: HoldReason) -> Snapshot:
    return snapshot_of(assess(facts, AUTUMN_2, occasion, MOMENTS[occasion]), facts, (READ,), doubts)


def of_half_term(made: Snapshot, half_term: HalfTermId) -> Snapshot:
    return replace(made, assessment=replace(made.assessment, half_term=half_term))


def with_group(made: Snapshot, *, tutors: tuple[str, ...]) -> Snapshot:
    groups = tuple(replace(group, tutors=tutors) for group in made.assessment.groups)
    houses = tuple(replace(house, groups=groups) for house in made.assessment.houses)
    return replace(made, assessment=replace(made.assessment, houses=houses))


@given(schools, st.sampled_from(Occasion), st.sampled_from([None, Restated("H1", "wrong")]))
def test_a_snapshot_comes_back_from_json_equal(
    facts: SchoolFacts, occasion: Occasion, restated: Restated | None
) -> None:
    found = assess(facts, AUTUMN_2, occasion, MOMENTS[occasion])
    made = snapshot_of(found, facts, (READ,), (DOUBT,), restated)
    assert from_json(json.loads(json.dumps(to_json(made)))) == made


@given(schools)
def test_it_holds_each_students_tutors_and_no_students_name(facts: SchoolFacts) -> None:
    made = taken(facts)
    content = json.dumps(to_json(made), ensure_ascii=False)
    assert set(made.tutors) == {line.student_id for line in made.assessment.lines}
    for student in facts.students:
        assert student.surname not in content or student.surname in {person.surname for person in facts.staff}


def test_the_golden_group_keeps_group_house_year_and_tutors_as_they_were() -> None:
    made = taken(golden_group())
    line = next(line for line in made.assessment.lines if line.student_id == "S1")
    assert (line.group, line.house, line.nc_year) == ("8A1", "Austen", "8")
    assert made.tutors["S1"] == ("T1",)
    assert made.staff["T1"].startswith("Kim ")


def test_an_unknown_content_is_refused() -> None:
    with pytest.raises(ValueError, match="assessment"):
        from_json({"form": 1})
    with pytest.raises(ValueError, match="form"):
        from_json({**to_json(taken(golden_group())), "form": 99})


def test_figures_in_doubt_are_no_history_for_anyone() -> None:
    sure, doubted = taken(golden_group()), taken(golden_group(), Occasion.CLOSING, DOUBT)
    assert closing_history([sure], [AUTUMN_2]) == {"8A1": [(AUTUMN_2, Status.ACTION_NEEDED)]}
    assert closing_history([doubted], [AUTUMN_2]) == {}


def test_no_row_of_incomplete_half_terms_goes_on_across_one_that_is_not_known() -> None:
    earlier, later = (of_half_term(taken(golden_group()), each) for each in (AUTUMN_1, SPRING_1))
    doubted = taken(golden_group(), Occasion.CLOSING, DOUBT)
    only_later = {"8A1": [(SPRING_1, Status.ACTION_NEEDED)]}
    assessed = [AUTUMN_1, AUTUMN_2, SPRING_1]
    assert closing_history([earlier, later], assessed) == only_later
    assert closing_history([earlier, doubted, later], assessed) == only_later
    not_assessed_between = closing_history([earlier, later], [AUTUMN_1, SPRING_1])
    assert not_assessed_between == {"8A1": [(AUTUMN_1, Status.ACTION_NEEDED), (SPRING_1, Status.ACTION_NEEDED)]}


def test_a_restatement_that_names_another_tutor_or_student_is_doubtful() -> None:
    before = taken(golden_group())
    assert restatement_doubts(before, before) == ()
    named = with_group(before, tutors=("T9",))
    assert [reason.code for reason in restatement_doubts(before, named)] == ["other-tutors"]
    assert restatement_doubts(named, with_group(before, tutors=())) == ()


@pytest.mark.parametrize(
    ("then", "codes"),
    [
        (StudentClass.NOT_LISTED, ["newly-outstanding"]),
        (StudentClass.BEING_CHECKED, ["newly-outstanding"]),
        (StudentClass.DONE, ["newly-outstanding"]),
        (StudentClass.AWAITING_DECISION, []),
        (StudentClass.EXCUSED, []),
    ],
)
def test_who_becomes_outstanding_by_nobodys_decision_is_doubtful(then: StudentClass, codes: list[str]) -> None:
    after = taken(golden_group())
    lines = [replace(line, student_class=then) if line.student_id == "S2" else line for line in after.assessment.lines]
    before = replace(after, assessment=replace(after.assessment, lines=tuple(lines)))
    assert [reason.code for reason in restatement_doubts(before, after)] == codes


def test_what_a_restatement_changed_is_told_in_counts() -> None:
    before, after = taken(golden_group(), Occasion.DEADLINE).assessment, taken(golden_group()).assessment
    assert changes(before, before) == ()
    assert changes(before, after) == ("8A1: 4 of 10, Action needed → 5 of 10, Action needed",)
    assert after.half_term > AUTUMN_1
