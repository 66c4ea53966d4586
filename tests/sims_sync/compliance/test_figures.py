"""Are groups and houses counted, ordered and named as DOMAIN rules 12, 13, 16 and 19 to 21 say?"""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from sims_sync.compliance.facts import (
    Assessment,
    Excusal,
    GroupFigures,
    Occasion,
    Policy,
    RoleFacts,
    SchoolFacts,
    Span,
    Status,
    StudentClass,
)
from sims_sync.compliance.figures import NO_HOUSE, assess, nearly_there, people_needing_follow_up
from sims_sync.compliance.status import History, percent
from sims_sync.records import EntryKind, EntryState, RoleName, Target
from sims_sync.school_year import HalfTermId
from tests.sims_sync.compliance.invented_school import (
    AFTER_CLOSING,
    AUTUMN_1,
    AUTUMN_2,
    REPORT_MOMENT,
    SPRING_1,
    SPRING_2,
    at,
    entry,
    head,
    only_group,
    school,
    staff,
    student,
    tutor,
)

NOVEMBER = date(2026, 11, 12)
SPRING_REPORT = at(date(2027, 2, 10), 7, 30)


def group_of(done: int, outstanding: int, group: str = "8A1", *, policy: Policy = Policy.HALF_TERM) -> SchoolFacts:
    """A school of one group, with so many students done in autumn-2 and so many not."""
    names = [f"{group} {number}" for number in range(done + outstanding)]
    entries = tuple(entry(name, NOVEMBER) for name in names[:done])
    return school(*(student(name, group) for name in names), entries=entries, policy=policy)


def assessed(facts: SchoolFacts, moment: datetime = REPORT_MOMENT, history: History | None = None) -> Assessment:
    return assess(facts, AUTUMN_2, Occasion.DEADLINE, moment, history=history)


def two_tutors(**roles: RoleFacts) -> SchoolFacts:
    """One outstanding student in 8A1; T1 is the tutor and the given roles are added."""
    return school(student("S"), roles=(tutor("T1", "8A1"), head("H1"), *roles.values()))


# --- percentages and statuses ---


@pytest.mark.parametrize(("done", "due", "expected"), [(59, 92, 64), (199, 200, 99), (0, 5, 0), (0, 0, None)])
def test_percent_is_rounded_down(done: int, due: int, expected: int | None) -> None:
    assert percent(done, due) == expected


@pytest.mark.parametrize(
    ("done", "outstanding", "expected"),
    [
        (5, 0, Status.COMPLETE),
        (4, 1, Status.NEARLY_THERE),
        (79, 21, Status.ACTION_NEEDED),
        (1, 4, Status.ACTION_NEEDED),
        (0, 1, Status.NOT_STARTED),
    ],
)
def test_statuses_after_the_deadline(done: int, outstanding: int, expected: Status) -> None:
    assert only_group(group_of(done, outstanding)).status is expected


@pytest.mark.parametrize("policy", Policy)
def test_nothing_due_is_not_due_in_every_policy(policy: Policy) -> None:
    newcomer = replace(student("S"), admission_date=date(2026, 12, 10))
    group = only_group(school(newcomer, policy=policy))
    assert (group.status, group.percent) == (Status.NOT_DUE, None)


def test_a_draft_a_short_text_or_a_late_entry_is_not_nothing() -> None:
    several = (
        entry("S", NOVEMBER, state=EntryState.DRAFT),
        entry("S", NOVEMBER, text="ok"),
        entry("S", NOVEMBER, recorded=at(date(2026, 12, 16), 6)),
        entry("S", NOVEMBER, half_term=str(AUTUMN_1)),
    )
    for one in several:
        group = only_group(school(student("S"), student("R"), entries=(one,)))
        assert group.status is Status.ACTION_NEEDED


def test_an_entry_in_quarantine_is_not_nothing() -> None:
    facts = replace(school(student("S"), student("R")), quarantined_students=frozenset({"S"}))
    assert only_group(facts).status is Status.ACTION_NEEDED


def test_counts_of_short_texts_drafts_and_the_last_entry() -> None:
    short = replace(entry("S", NOVEMBER), targets=(Target("ok"),))
    draft = entry("S", date(2026, 12, 2), state=EntryState.DRAFT)
    group = only_group(school(student("S"), student("R"), entries=(short, draft)))
    assert (group.too_short, group.drafts, group.last_entry) == (1, 1, NOVEMBER)


# --- before the deadline ---


@pytest.mark.parametrize(
    ("day", "done", "expected"),
    [
        (date(2026, 11, 10), 0, Status.NOT_STARTED_YET),  # 5 of 31 days: in the first quarter nobody is behind
        (date(2026, 11, 12), 0, Status.NOT_STARTED_YET),  # 7 of 31
        (date(2026, 11, 13), 0, Status.BEHIND),  # 8 of 31 = 26 %
        (date(2026, 11, 13), 2, Status.ON_COURSE),
        (date(2026, 12, 1), 5, Status.BEHIND),  # 20 of 31 = 64.5 %
        (date(2026, 12, 1), 6, Status.ON_COURSE),
        (date(2026, 12, 1), 10, Status.COMPLETE),
    ],
)
def test_statuses_before_the_deadline(day: date, done: int, expected: Status) -> None:
    facts = group_of(0, 10)
    entries = tuple(entry(f"8A1 {number}", date(2026, 11, 4)) for number in range(done))
    group = only_group(replace(facts, entries=entries), Occasion.BEFORE, at(day, 8))
    assert group.status is expected


def test_old_data_give_counts_and_no_status_before_the_deadline() -> None:
    moment = at(date(2026, 12, 1))
    (group,) = assess(group_of(3, 7), AUTUMN_2, Occasion.BEFORE, moment, fresh=False).groups
    assert (group.status, group.done, group.due) == (Status.UNKNOWN, 3, 10)


def test_old_data_matter_to_the_gate_and_not_to_the_status_after_the_deadline() -> None:
    (group,) = assess(group_of(3, 7), AUTUMN_2, Occasion.DEADLINE, REPORT_MOMENT, fresh=False).groups
    assert group.status is Status.ACTION_NEEDED


# --- policies ---


@pytest.mark.parametrize(
    ("done", "outstanding", "due", "counted"),
    [(0, 5, 2, 0), (1, 4, 2, 1), (3, 2, 2, 2), (0, 1, 0, 0), (5, 6, 5, 5)],
)
def test_termly_asks_for_half_rounded_down_in_the_first_half(
    done: int, outstanding: int, due: int, counted: int
) -> None:
    facts = group_of(0, done + outstanding, policy=Policy.TERMLY)
    entries = tuple(entry(f"8A1 {number}", date(2027, 1, 20)) for number in range(done))
    group = only_group(replace(facts, entries=entries), moment=SPRING_REPORT, half_term=SPRING_1)
    assert (group.due, group.done, group.outstanding) == (due, counted, due - counted)
    assert not group.names_students


def test_termly_in_the_second_half_names_students_and_counts_the_first_half() -> None:
    facts = school(student("S"), student("R"), entries=(entry("S", date(2027, 1, 20)),), policy=Policy.TERMLY)
    moment = at(date(2027, 3, 23), 8)
    group = only_group(facts, moment=moment, half_term=SPRING_2)
    assert (group.due, group.done, group.names_students) == (2, 1, True)


def test_termly_does_not_count_an_interview_of_the_term_before() -> None:
    facts = school(student("S"), student("R"), entries=(entry("S", NOVEMBER),), policy=Policy.TERMLY)
    assert only_group(facts, moment=SPRING_REPORT, half_term=SPRING_1).done == 0


def test_any_without_an_entry_is_not_started() -> None:
    assert only_group(group_of(0, 3, policy=Policy.ANY)).status is Status.NOT_STARTED
    before = only_group(group_of(0, 3, policy=Policy.ANY), Occasion.BEFORE, at(date(2026, 12, 1)))
    assert before.status is Status.NOT_STARTED_YET


@pytest.mark.parametrize("policy", Policy)
def test_interviews_this_year_are_shown_per_term(policy: Policy) -> None:
    entries = (entry("S", date(2026, 10, 1)), entry("R", NOVEMBER), entry("S", date(2027, 1, 20)))
    facts = school(student("S"), student("R"), entries=entries, policy=policy)
    assert only_group(facts).interviews_this_year == (1, 3)
    assert only_group(facts, moment=SPRING_REPORT, half_term=SPRING_1).interviews_this_year == (1, 3)


def test_a_review_is_no_interview_of_the_year() -> None:
    review = entry("S", NOVEMBER, kind=EntryKind.REVIEW)
    assert only_group(school(student("S"), entries=(review,))).interviews_this_year == (0, 3)


@pytest.mark.parametrize(("excused", "expected"), [(1, None), (2, 40)])
def test_the_excused_share_is_shown_above_a_fifth(excused: int, expected: int | None) -> None:
    facts = group_of(0, 5)
    excusals = tuple(Excusal(f"8A1 {number}", AUTUMN_2, "other", NOVEMBER, accepted=True) for number in range(excused))
    assert only_group(replace(facts, excusals=excusals)).excused_share == expected


# --- whom a row names ---


@pytest.mark.parametrize(("since", "shown"), [(date(2026, 12, 2), "8A1 (cover)"), (date(2026, 12, 3), "8A1")])
def test_a_group_covered_for_ten_school_days_names_nobody(since: date, shown: str) -> None:
    group = only_group(two_tutors(cover=RoleFacts("C1", RoleName.COVER, "8A1", since)))
    assert group.shown == shown
    assert group.flagged is (shown == "8A1")
    assert group.tutors == (("T1",) if group.flagged else ())
    assert (group.due, group.outstanding) == (1, 1)


def test_an_away_tutor_is_not_named_and_the_group_stays_in_the_total() -> None:
    facts = two_tutors()
    away = replace(staff("T1"), away=(Span("", date(2026, 12, 1)),))
    facts = replace(facts, staff=(away, staff("H1")))
    (house,) = assessed(facts).houses
    assert house.groups[0].shown == "8A1 (no active tutor)"
    assert (house.due, people_needing_follow_up(house), nearly_there(house)) == (1, (), ())


def test_a_tutor_back_by_the_deadline_is_named() -> None:
    back = replace(staff("T1"), away=(Span("", date(2026, 12, 1), date(2026, 12, 14)),))
    assert only_group(replace(two_tutors(), staff=(back, staff("H1")))).tutors == ("T1",)


def test_co_tutors_are_named_together_and_counted_as_two_people() -> None:
    (house,) = assessed(two_tutors(co=RoleFacts("T2", RoleName.CO_TUTOR, "8A1"))).houses
    assert people_needing_follow_up(house) == ("T1", "T2")


def test_of_co_tutors_the_one_away_and_the_one_just_come_are_not_named() -> None:
    facts = two_tutors(
        co=RoleFacts("T2", RoleName.CO_TUTOR, "8A1"),
        new=RoleFacts("T3", RoleName.CO_TUTOR, "8A1", first=date(2026, 12, 10)),
    )
    away = replace(staff("T2"), away=(Span("", date(2026, 12, 1)),))
    facts = replace(facts, staff=tuple(away if person.staff_id == "T2" else person for person in facts.staff))
    assert only_group(facts).tutors == ("T1",)


def test_a_tutor_of_two_groups_is_one_person_in_the_headline() -> None:
    facts = school(student("S", "8A1"), student("R", "8A2"), roles=(tutor("T1", "8A1"), tutor("T1", "8A2"), head("H1")))
    (house,) = assessed(facts).houses
    assert len(house.groups) == 2
    assert people_needing_follow_up(house) == ("T1",)


def test_a_tutor_who_is_in_no_staff_list_is_not_named() -> None:
    facts = replace(two_tutors(), staff=(staff("H1"),))
    found = assessed(facts)
    assert found.groups[0].tutors == ()
    assert [problem.code for problem in found.problems] == ["tutor-not-in-staff-list"]


def test_a_tutor_without_an_address_or_whose_mail_failed_is_marked() -> None:
    facts = two_tutors()
    assert not only_group(facts).not_reminded
    assert only_group(replace(facts, mail_failed=frozenset({"T1"}))).not_reminded
    silent = replace(facts, staff=(staff("T1", email=None), staff("H1")))
    assert only_group(silent).not_reminded
    assert [problem.code for problem in assessed(silent).problems] == ["staff-without-address"]


def test_the_row_of_a_head_of_house_who_tutors_goes_to_the_programme_lead_too() -> None:
    facts = school(student("S"), roles=(tutor("H1", "8A1"), head("H1")))
    assert only_group(facts).to_programme_lead
    assert not only_group(two_tutors()).to_programme_lead


# --- houses ---


def test_a_groups_house_is_that_of_most_of_its_students() -> None:
    facts = school(student("S"), student("R"), student("Q", house="Bronte"))
    found = assessed(facts)
    assert [house.house for house in found.houses] == ["Austen"]
    assert found.houses[0].due == 3
    assert [problem.code for problem in found.problems] == ["house-differs"]
    assert found.problems[0].student_id == "Q"


def test_roles_say_otherwise_about_a_groups_house() -> None:
    facts = replace(school(student("S")), group_houses={"8a1": "Bronte"})
    (house,) = [house for house in assessed(facts).houses if house.groups]
    assert house.house == "Bronte"


def test_a_vacancy_has_no_heads_and_a_shared_post_has_two() -> None:
    vacant = assessed(school(student("S"), roles=(tutor("T1", "8A1"),)))
    assert vacant.houses[0].heads == ()
    assert [problem.code for problem in vacant.problems] == ["house-without-head"]
    shared = school(student("S"), roles=(tutor("T1", "8A1"), head("H2"), head("H1")))
    assert assessed(shared).houses[0].heads == ("H1", "H2")


def test_a_head_whose_post_has_ended_receives_nothing() -> None:
    ended = replace(head("H1"), last=date(2026, 12, 15))
    facts = school(student("S"), roles=(tutor("T1", "8A1"), ended))
    assert assessed(facts).houses[0].heads == ()


def test_a_group_without_a_house_is_kept() -> None:
    (house,) = assessed(school(student("S", house=None))).houses
    assert (house.house, house.due, house.heads) == (NO_HOUSE, 1, ())


def test_a_student_without_a_group_is_a_problem_of_their_house() -> None:
    found = assessed(school(student("S", None)))
    assert [house.house for house in found.houses] == ["Austen"]
    assert found.houses[0].groups == ()
    assert {problem.code for problem in found.problems} == {"student-without-group"}


def test_students_of_two_years_are_a_problem_unless_tutoring_is_vertical() -> None:
    facts = school(student("S"), replace(student("R"), nc_year="9"))
    assert [problem.code for problem in assessed(facts).problems] == ["tutor-with-two-years"]
    vertical = replace(facts, settings=replace(facts.settings, vertical_tutoring=True))
    assert assessed(vertical).problems == ()


def test_no_problem_says_who_the_student_is() -> None:
    pupils = (student("S", None), student("R"), student("Q", house="Bronte"), replace(student("P"), nc_year="9"))
    entries = (entry("R", NOVEMBER, half_term=str(AUTUMN_1), author="nobody"), entry("Q", NOVEMBER, author="nobody"))
    found = assessed(school(*pupils, entries=entries, roles=(tutor("T1", "8A1"),)))
    text = " ".join(f"{each.subject} {each.what} {each.do}" for each in found.problems)
    assert len(found.problems) > 4
    assert not any(name in text for pupil in pupils for name in (pupil.forename, pupil.surname))


# --- order and streaks ---


def named(surnames: dict[str, str], history: History | None = None) -> list[str]:
    facts = school(
        *(student(group, group) for group in surnames), roles=(*(tutor(group, group) for group in surnames), head("H1"))
    )
    facts = replace(facts, staff=tuple(staff(group, surname) for group, surname in surnames.items()))
    return [group.group for group in assessed(facts, history=history).groups]


def test_equal_groups_are_in_the_order_of_their_tutors_surnames() -> None:
    assert named({"8A1": "Zimmer", "8A2": "Érable", "8A3": "eames", "8A4": "Fox"}) == ["8A3", "8A2", "8A4", "8A1"]


def test_half_terms_incomplete_in_a_row_come_before_the_name() -> None:
    history: History = {"8A2": [(AUTUMN_1, Status.ACTION_NEEDED)]}
    assert named({"8A1": "Abel", "8A2": "Zimmer"}, history) == ["8A2", "8A1"]


def test_a_row_that_names_nobody_comes_after_its_equals() -> None:
    facts = school(student("S", "8A1"), student("R", "8A2"), roles=(tutor("T9", "8A2"), tutor("T1", "8A1"), head("H1")))
    away = replace(staff("T1", "Abel"), away=(Span("", date(2026, 12, 1)),))
    facts = replace(facts, staff=(away, staff("T9", "Zimmer")))
    assert [group.group for group in assessed(facts).groups] == ["8A2", "8A1"]


LAST_YEAR = HalfTermId("2025-26", 5)


@pytest.mark.parametrize(
    ("closings", "expected"),
    [
        ([], 0),
        ([(AUTUMN_1, Status.NEARLY_THERE), (AUTUMN_2, Status.NOT_STARTED)], 2),
        ([(AUTUMN_1, Status.ACTION_NEEDED), (AUTUMN_2, Status.COMPLETE)], 0),
        ([(AUTUMN_1, Status.ACTION_NEEDED), (AUTUMN_2, None)], 1),
        ([(AUTUMN_2, Status.ACTION_NEEDED), (AUTUMN_1, Status.COMPLETE)], 1),
        ([(LAST_YEAR, Status.NOT_STARTED)], 0),
        ([(SPRING_1, Status.NOT_STARTED), (SPRING_2, Status.NOT_STARTED)], 0),
    ],
)
def test_streaks_count_closing_snapshots_of_this_year(
    closings: list[tuple[HalfTermId, Status | None]], expected: int
) -> None:
    found = assess(group_of(0, 1), SPRING_1, Occasion.DEADLINE, SPRING_REPORT, history={"8A1": closings})
    assert found.groups[0].incomplete_in_a_row == expected


def test_at_closing_this_half_term_counts_in_the_streak() -> None:
    history: History = {"8A1": [(AUTUMN_1, Status.ACTION_NEEDED)]}
    found = assess(group_of(0, 1), AUTUMN_2, Occasion.CLOSING, AFTER_CLOSING, history=history)
    assert found.groups[0].incomplete_in_a_row == 2


# --- the assessment itself ---


def test_half_terms_before_the_programme_are_not_assessed() -> None:
    facts = group_of(0, 3)
    facts = replace(facts, settings=replace(facts.settings, starts_with=SPRING_1))
    found = assessed(facts)
    assert found.not_assessed is not None
    assert (found.houses, found.lines, found.problems) == ((), (), ())


def test_missing_columns_are_listed_as_rules_that_are_off() -> None:
    bare = replace(student("S"), enrolment=None, admission_date=None)
    assert len(assessed(school(bare)).rules_off) == 3
    assert len(assessed(school(replace(student("S"), leaving_date=date(2026, 12, 17)))).rules_off) == 0


def test_entries_seen_are_those_of_the_half_term_whoever_made_them() -> None:
    entries = (
        entry("S", NOVEMBER, state=EntryState.DRAFT),
        entry("nobody on roll", NOVEMBER),
        entry("S", date(2026, 10, 1)),
    )
    assert assessed(school(student("S"), entries=entries)).entries_seen == 2


def test_changing_groups_and_tutors_after_the_deadline_changes_nothing() -> None:
    facts = group_of(2, 5)
    changed = date(2026, 12, 16)
    before = changed - timedelta(days=1)
    moved = tuple(
        replace(each, groups=(replace(each.groups[0], last=before), Span("8B9", changed))) for each in facts.students
    )
    roles = (tutor("T1", "8A1", last=before), tutor("T2", "8A1", first=changed), head("H1"))
    again = replace(facts, students=moved, roles=roles, staff=(*facts.staff, staff("T2")))
    assert assessed(again).houses == assessed(facts).houses
    assert assessed(again).lines == assessed(facts).lines


def test_counts_are_by_class() -> None:
    facts = school(student("S"), replace(student("R"), listed=False))
    group: GroupFigures = only_group(facts)
    assert group.counts == {StudentClass.OUTSTANDING: 1, StudentClass.NOT_LISTED: 1}
