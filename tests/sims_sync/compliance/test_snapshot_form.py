"""Does a snapshot come back from JSON as it was, with everything that later reads may change and no student's name?"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sims_sync.compliance.facts import HoldReason, Occasion, ReadFacts, SchoolFacts, Status
from sims_sync.compliance.figures import assess
from sims_sync.compliance.snapshot_form import (
    Restated,
    Snapshot,
    changes,
    closing_history,
    from_json,
    snapshot_of,
    to_json,
)
from sims_sync.records import Kind
from tests.sims_sync.compliance.invented_school import AFTER_CLOSING, AUTUMN_1, AUTUMN_2, golden_group
from tests.sims_sync.compliance.test_properties import MOMENTS, schools

DOUBT = HoldReason("no-entries", "No entry.", "Look.", releasable=True)
READ = ReadFacts("students", Kind.STUDENTS, AFTER_CLOSING)


def taken(facts: SchoolFacts, occasion: Occasion = Occasion.CLOSING, *doubts: HoldReason) -> Snapshot:
    return snapshot_of(assess(facts, AUTUMN_2, occasion, MOMENTS[occasion]), facts, (READ,), doubts)


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
        from_json({"form": 99})


def test_figures_in_doubt_are_no_history_for_anyone() -> None:
    sure, doubted = taken(golden_group()), taken(golden_group(), Occasion.CLOSING, DOUBT)
    assert closing_history([sure]) == {"8A1": [(AUTUMN_2, Status.ACTION_NEEDED)]}
    assert closing_history([doubted]) == {"8A1": [(AUTUMN_2, None)]}


def test_what_a_restatement_changed_is_told_in_counts() -> None:
    before, after = taken(golden_group(), Occasion.DEADLINE).assessment, taken(golden_group()).assessment
    assert changes(before, before) == ()
    assert changes(before, after) == ("8A1: 4 of 10, Action needed → 5 of 10, Action needed",)
    assert after.half_term > AUTUMN_1
