"""Does the golden case of DOMAIN §6 come out exactly?"""

import pytest

from sims_sync.compliance.facts import Occasion, Policy, Status, StudentClass
from sims_sync.compliance.figures import assess, nearly_there, people_needing_follow_up
from tests.sims_sync.compliance.invented_school import (
    AFTER_CLOSING,
    AUTUMN_1,
    AUTUMN_2,
    REPORT_MOMENT,
    golden_group,
    golden_house,
    lines,
    only_group,
)

DONE, OUTSTANDING = StudentClass.DONE, StudentClass.OUTSTANDING
AT_DEADLINE: dict[str, StudentClass | None] = {
    "S1": DONE,
    "S2": OUTSTANDING,
    "S3": OUTSTANDING,
    "S4": StudentClass.NOT_YET_DUE,
    "S5": None,
    "S6": OUTSTANDING,
    "S7": StudentClass.EXCUSED,
    "S8": OUTSTANDING,
    "S9": DONE,
    "S10": DONE,
    "S11": StudentClass.HANDOVER,
    "S12": OUTSTANDING,
    "S13": None,
    "S14": DONE,
    "S15": OUTSTANDING,
}


@pytest.mark.parametrize("student_id", AT_DEADLINE)
def test_each_student_at_the_deadline(student_id: str) -> None:
    line = lines(golden_group()).get(student_id)
    assert (line.student_class if line else None) is AT_DEADLINE[student_id]


@pytest.mark.parametrize("student_id", AT_DEADLINE)
def test_each_student_at_closing(student_id: str) -> None:
    line = lines(golden_group(), Occasion.CLOSING, AFTER_CLOSING).get(student_id)
    expected = DONE if student_id == "S8" else AT_DEADLINE[student_id]
    assert (line.student_class if line else None) is expected


def test_labels_say_what_is_special() -> None:
    deadline = lines(golden_group())
    closing = lines(golden_group(), Occasion.CLOSING, AFTER_CLOSING)
    assert deadline["S9"].labels == ("by other",)
    assert deadline["S10"].labels == ()
    assert deadline["S14"].labels == ("not yet in SIMS",)
    assert deadline["S12"].labels == ("draft",)
    assert closing["S6"].labels == ("leaver",)
    assert closing["S8"].labels == ("late",)


def test_half_term_policy_at_the_deadline() -> None:
    group = only_group(golden_group(), moment=AFTER_CLOSING)
    assert (group.due, group.done, group.outstanding, group.percent) == (10, 4, 6, 40)
    assert group.status is Status.ACTION_NEEDED
    assert group.done_since_deadline == 1
    assert group.not_yet_in_sims == 1
    assert group.names_students


def test_half_term_policy_at_closing() -> None:
    group = only_group(golden_group(), Occasion.CLOSING, AFTER_CLOSING)
    assert (group.due, group.done, group.percent) == (10, 5, 50)


def test_termly_policy_counts_the_whole_term_in_its_second_half() -> None:
    facts = golden_group(Policy.TERMLY)
    deadline = only_group(facts)
    closing = only_group(facts, Occasion.CLOSING, AFTER_CLOSING)
    assert (deadline.due, deadline.done, deadline.percent) == (10, 5, 50)
    assert (closing.due, closing.done) == (10, 6)
    assert lines(facts)["S15"].student_class is DONE


def test_any_policy_is_complete_with_one_entry_and_still_shows_counts() -> None:
    group = only_group(golden_group(Policy.ANY))
    assert group.status is Status.COMPLETE
    assert (group.due, group.done) == (10, 4)
    assert not group.names_students


def test_the_entry_named_autumn_1_counts_there() -> None:
    found = lines(golden_group(), moment=REPORT_MOMENT, half_term=AUTUMN_1, occasion=Occasion.CLOSING)
    assert found["S15"].student_class is OUTSTANDING  # recorded on 29 October, after autumn-1 closed on the 23rd


def test_the_house_is_the_sum_and_not_the_mean() -> None:
    (house,) = assess(golden_house(), AUTUMN_2, Occasion.DEADLINE, REPORT_MOMENT).houses
    assert (house.done, house.due, house.percent) == (59, 92, 64)
    assert house.heads == ("H1",)


def test_groups_are_in_the_order_of_what_is_outstanding() -> None:
    (house,) = assess(golden_house(), AUTUMN_2, Occasion.DEADLINE, REPORT_MOMENT).houses
    assert [group.tutors[0] for group in house.groups] == ["T3", "T1", "T4", "T2"]
    assert [group.status for group in house.groups] == [
        Status.NOT_STARTED,
        Status.ACTION_NEEDED,
        Status.NEARLY_THERE,
        Status.COMPLETE,
    ]


def test_the_subject_counts_two_tutors_and_the_third_has_a_line_of_their_own() -> None:
    (house,) = assess(golden_house(), AUTUMN_2, Occasion.DEADLINE, REPORT_MOMENT).houses
    assert people_needing_follow_up(house) == ("T3", "T1")
    assert nearly_there(house) == ("T4",)
