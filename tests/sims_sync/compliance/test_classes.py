"""Is each student in the class of DOMAIN rule 9, and does a tutor answer only for whom they should?"""

from dataclasses import replace
from datetime import date, datetime

import pytest

from sims_sync.compliance.facts import (
    Excusal,
    Exemption,
    Occasion,
    Policy,
    RoleFacts,
    Span,
    StaffFacts,
    StudentClass,
)
from sims_sync.compliance.figures import assess
from sims_sync.records import EntryKind, EntryState, RoleName, Target
from sims_sync.school_year import HalfTermId
from tests.sims_sync.compliance.invented_school import (
    AFTER_CLOSING,
    AUTUMN_1,
    AUTUMN_2,
    REPORT_MOMENT,
    SPRING_1,
    SUMMER_2,
    YEAR_START,
    at,
    entry,
    head,
    lines,
    only_class,
    only_group,
    school,
    staff,
    student,
    tutor,
)

S = student("S")
DONE_ENTRY = entry("S", date(2026, 11, 12))
DEADLINE = date(2026, 12, 15)


def excused(reason: str = "refused", effective: date = date(2026, 12, 1), **decision: object) -> Excusal:
    return replace(Excusal("S", AUTUMN_2, reason, effective), **decision)  # type: ignore[arg-type]  # two known fields


def test_nothing_done_is_outstanding() -> None:
    assert only_class(school(S)) is StudentClass.OUTSTANDING


# --- the population ---


@pytest.mark.parametrize("status", ["Main (dual registration)", "M", "C", "Current", "Single registration", None])
def test_main_and_single_enrolment_are_in(status: str | None) -> None:
    assert lines(school(replace(S, enrolment=status)))


@pytest.mark.parametrize("status", ["Guest", "G", "Subsidiary (dual registration)", "Current Subsidiary", "S", "FE"])
def test_guests_and_subsidiaries_are_not(status: str) -> None:
    assert not lines(school(replace(S, enrolment=status)))


@pytest.mark.parametrize("year", ["Year  9", "Year 10", "9", "09", "Y7", "year 11"])
def test_nc_year_is_read_from_its_text(year: str) -> None:
    assert lines(school(replace(S, nc_year=year)))


@pytest.mark.parametrize("year", ["Year 12", "6", "Reception", ""])
def test_other_years_are_not_in_the_population(year: str) -> None:
    assert not lines(school(replace(S, nc_year=year)))


@pytest.mark.parametrize(("leaving", "is_in"), [(date(2026, 12, 15), False), (date(2026, 12, 16), True)])
def test_whoever_leaves_by_the_deadline_is_not_in(leaving: date, *, is_in: bool) -> None:
    found = lines(school(replace(S, leaving_date=leaving)))
    assert bool(found) is is_in
    assert all(line.labels == ("leaver",) for line in found.values())


def test_whoever_will_leave_by_the_deadline_is_not_asked_for_before_it_either() -> None:
    assert not lines(school(replace(S, leaving_date=DEADLINE)), Occasion.BEFORE, at(date(2026, 11, 10)))


def test_whoever_joins_after_the_deadline_is_not_in() -> None:
    assert not lines(school(replace(S, admission_date=date(2026, 12, 16))), Occasion.CLOSING, AFTER_CLOSING)


# --- the order of the classes ---


def test_exempt_comes_before_done() -> None:
    facts = replace(school(S, entries=(DONE_ENTRY,)), exemptions=(Exemption("S", AUTUMN_2, "x"),))
    assert only_class(facts) is StudentClass.EXEMPT


def test_an_exemption_is_for_its_half_term_only() -> None:
    facts = replace(school(S), exemptions=(Exemption("S", SPRING_1, "x"),))
    assert only_class(facts) is StudentClass.OUTSTANDING


def test_year_11_is_exempt_in_summer_2() -> None:
    facts = school(replace(S, nc_year="Year 11"), student("T"))
    found = lines(facts, moment=datetime.fromisoformat("2027-07-16T07:30+01:00"), half_term=SUMMER_2)
    assert found["S"].student_class is StudentClass.EXEMPT
    assert found["T"].student_class is StudentClass.OUTSTANDING


def test_not_in_the_last_list_comes_before_done() -> None:
    assert only_class(school(replace(S, listed=False), entries=(DONE_ENTRY,))) is StudentClass.NOT_LISTED


def test_done_comes_before_everything_that_is_not_counted() -> None:
    newcomer = replace(S, admission_date=date(2026, 12, 10), groups=())
    facts = replace(school(newcomer, entries=(entry("S", date(2026, 12, 11)),)), excusals=(excused(),))
    assert only_class(facts) is StudentClass.DONE


@pytest.mark.parametrize(
    ("admitted", "expected"),
    [(date(2026, 12, 2), StudentClass.OUTSTANDING), (date(2026, 12, 3), StudentClass.NOT_YET_DUE)],
)
def test_ten_school_days_on_roll_make_a_student_due(admitted: date, expected: StudentClass) -> None:
    assert only_class(school(replace(S, admission_date=admitted))) is expected
    assert only_class(school(replace(S, admission_date=None, first_seen=admitted))) is expected


@pytest.mark.parametrize(
    ("excusal", "expected"),
    [
        (excused(accepted=True), StudentClass.EXCUSED),
        (excused(effective=date(2026, 12, 16), accepted=True), StudentClass.EXCUSED),
        (excused(), StudentClass.AWAITING_DECISION),
        (excused(effective=DEADLINE), StudentClass.AWAITING_DECISION),
        (excused(effective=date(2026, 12, 16)), StudentClass.OUTSTANDING),
        (excused(accepted=False), StudentClass.OUTSTANDING),
        (excused(accepted=False, decided=DEADLINE), StudentClass.OUTSTANDING),
        (excused(accepted=False, decided=date(2026, 12, 16)), StudentClass.AWAITING_DECISION),
    ],
)
def test_excusals_and_their_decisions(excusal: Excusal, expected: StudentClass) -> None:
    facts = replace(school(S), excusals=(excusal,))
    assert only_class(facts) is expected


def test_a_refused_excusal_is_labelled() -> None:
    facts = replace(school(S), excusals=(excused(accepted=False),))
    assert lines(facts)["S"].labels == ("excusal not accepted",)


def test_a_student_without_a_group_counts_against_nobody() -> None:
    facts = school(replace(S, groups=()))
    assert only_class(facts) is StudentClass.NO_TUTOR
    assert assess(facts, AUTUMN_2, Occasion.DEADLINE, REPORT_MOMENT).groups == ()


def test_a_group_without_a_tutor_counts_against_nobody() -> None:
    gone = school(S, roles=(tutor("T1", "8A1", last=date(2026, 11, 30)), head("H1")))
    assert only_class(gone) is StudentClass.NO_TUTOR
    assert only_group(gone).tutors == ()


def test_an_entry_in_quarantine_is_being_checked() -> None:
    facts = replace(school(S), quarantined_students=frozenset({"S"}))
    assert only_class(facts) is StudentClass.BEING_CHECKED


# --- the responsible tutor ---


@pytest.mark.parametrize(
    ("since", "expected"),
    [(date(2026, 12, 2), StudentClass.OUTSTANDING), (date(2026, 12, 3), StudentClass.HANDOVER)],
)
def test_a_student_who_moved_counts_after_ten_school_days(since: date, expected: StudentClass) -> None:
    moved = replace(S, groups=(Span("8B1", YEAR_START, date(2026, 11, 20)), Span("8A1", since)))
    assert only_class(school(moved)) is expected


@pytest.mark.parametrize(
    ("since", "expected"),
    [(date(2026, 12, 2), StudentClass.OUTSTANDING), (date(2026, 12, 3), StudentClass.HANDOVER)],
)
def test_a_tutor_who_took_the_group_late_has_not_held_the_student(since: date, expected: StudentClass) -> None:
    facts = school(S, roles=(tutor("T0", "8A1", last=date(2026, 12, 1)), tutor("T1", "8A1", first=since), head("H1")))
    assert only_class(facts) is expected


def test_days_with_the_tutor_need_not_be_in_a_row() -> None:
    there_and_back = (
        Span("8A1", YEAR_START, date(2026, 11, 9)),
        Span("8B1", date(2026, 11, 10), date(2026, 12, 8)),
        Span("8A1", date(2026, 12, 9)),
    )
    assert only_class(school(replace(S, groups=there_and_back))) is StudentClass.OUTSTANDING
    shorter = (replace(there_and_back[0], last=date(2026, 11, 6)), *there_and_back[1:])
    assert only_class(school(replace(S, groups=shorter))) is StudentClass.HANDOVER


def test_a_tutor_of_two_groups_holds_a_student_who_changes_between_them() -> None:
    moved = replace(S, groups=(Span("8A2", YEAR_START, date(2026, 12, 8)), Span("8A1", date(2026, 12, 9))))
    facts = school(moved, roles=(tutor("T1", "8A1"), tutor("T1", "8A2"), head("H1")))
    assert only_class(facts) is StudentClass.OUTSTANDING


def test_days_of_an_earlier_half_term_do_not_count() -> None:
    moved = (Span("8A1", YEAR_START, date(2026, 10, 30)), Span("8B1", date(2026, 11, 1), date(2026, 12, 7)))
    facts = school(replace(S, groups=(*moved, Span("8A1", date(2026, 12, 8)))))
    assert only_class(facts) is StudentClass.HANDOVER


def test_what_the_very_first_read_left_to_assume_is_said() -> None:
    facts = replace(school(S), first_read_on=date(2026, 12, 16))
    (note,) = assess(facts, AUTUMN_2, Occasion.DEADLINE, REPORT_MOMENT).notes
    assert "16 Dec 2026" in note
    early = replace(facts, first_read_on=date(2026, 11, 2))
    assert assess(early, AUTUMN_2, Occasion.DEADLINE, REPORT_MOMENT).notes == ()


def test_before_the_deadline_the_days_are_counted_up_to_it() -> None:
    moved = replace(S, groups=(Span("8A1", date(2026, 12, 2)),))
    found = lines(school(moved), Occasion.BEFORE, at(date(2026, 12, 2)))
    assert found["S"].student_class is StudentClass.OUTSTANDING


def test_before_the_deadline_the_group_is_that_of_the_day() -> None:
    moved = replace(S, groups=(Span("8B1", YEAR_START, date(2026, 11, 20)), Span("8A1", date(2026, 11, 21))))
    facts = school(moved, roles=(tutor("T1", "8A1"), tutor("T2", "8B1"), head("H1")))
    assert lines(facts, Occasion.BEFORE, at(date(2026, 11, 20)))["S"].group == "8B1"
    assert lines(facts, Occasion.BEFORE, at(date(2026, 11, 21)))["S"].group == "8A1"


# --- entries and classes ---


def test_a_draft_and_a_short_text_are_shown_and_do_not_count() -> None:
    draft = replace(DONE_ENTRY, state=EntryState.DRAFT, entry_key="d")
    short = replace(DONE_ENTRY, targets=(Target("ok"),), entry_key="s")
    found = lines(school(S, entries=(draft, short)))["S"]
    assert found.student_class is StudentClass.OUTSTANDING
    assert found.labels == ("draft", "entry made, text too short: 1")


def test_withdrawing_the_only_entry_opens_the_student_again() -> None:
    assert only_class(school(S, entries=(replace(DONE_ENTRY, state=EntryState.WITHDRAWN),))) is (
        StudentClass.OUTSTANDING
    )


def test_a_result_set_against_the_date_is_checked_where_the_date_lies() -> None:
    astray = entry("S", date(2026, 11, 12), half_term=str(AUTUMN_1))
    facts = school(S, entries=(astray,))
    assert only_class(facts) is StudentClass.BEING_CHECKED
    codes = [problem.code for problem in assess(facts, AUTUMN_2, Occasion.DEADLINE, REPORT_MOMENT).problems]
    assert codes == ["entry-date-against-result-set"]


def test_it_is_done_there_all_the_same_if_another_entry_counts() -> None:
    astray = entry("S", date(2026, 11, 12), half_term=str(AUTUMN_1), key="astray")
    assert only_class(school(S, entries=(astray, DONE_ENTRY))) is StudentClass.DONE


def test_a_late_entry_with_a_wrong_result_set_is_checked_at_closing_only() -> None:
    facts = school(S, entries=(entry("S", date(2026, 12, 16), half_term=str(AUTUMN_1)),))
    assert only_class(facts) is StudentClass.OUTSTANDING
    assert lines(facts, Occasion.CLOSING, AFTER_CLOSING)["S"].student_class is StudentClass.BEING_CHECKED


def test_a_late_entry_settles_the_doubt_at_closing() -> None:
    astray = entry("S", date(2026, 11, 12), half_term=str(AUTUMN_1), key="astray")
    facts = school(S, entries=(astray, entry("S", date(2026, 12, 16))))
    assert only_class(facts) is StudentClass.BEING_CHECKED
    assert lines(facts, Occasion.CLOSING, AFTER_CLOSING)["S"].student_class is StudentClass.DONE


def test_a_result_set_that_names_this_half_term_counts_whatever_its_date() -> None:
    facts = school(S, entries=(entry("S", date(2026, 10, 12), half_term=str(AUTUMN_2)),))
    assert only_class(facts) is StudentClass.DONE
    earlier = lines(facts, half_term=AUTUMN_1)["S"]
    assert earlier.student_class is StudentClass.BEING_CHECKED


def test_a_future_date_counts_with_a_problem() -> None:
    facts = school(S, entries=(entry("S", date(2026, 12, 17), recorded=at(date(2026, 12, 14))),))
    assert only_class(facts) is StudentClass.DONE
    codes = [problem.code for problem in assess(facts, AUTUMN_2, Occasion.DEADLINE, REPORT_MOMENT).problems]
    assert codes == ["future-dated-entry"]


@pytest.mark.parametrize("mistyped", [date(2027, 11, 12), date(2027, 1, 12), date(2062, 11, 12)])
def test_a_date_that_cannot_be_right_is_checked_where_it_was_recorded(mistyped: date) -> None:
    facts = school(S, entries=(entry("S", mistyped, recorded=at(date(2026, 11, 12))),))
    assert only_class(facts) is StudentClass.BEING_CHECKED


def test_nothing_recorded_after_the_moment_is_looked_at() -> None:
    facts = school(S, entries=(entry("S", date(2026, 11, 12)),))
    assert lines(facts, Occasion.BEFORE, at(date(2026, 11, 12), 11))["S"].student_class is StudentClass.OUTSTANDING
    assert lines(facts, Occasion.BEFORE, at(date(2026, 11, 12), 12))["S"].student_class is StudentClass.DONE


def test_an_entry_after_closing_is_not_in_the_closing_figures() -> None:
    facts = school(S, entries=(entry("S", date(2026, 12, 14), recorded=at(date(2026, 12, 19))),))
    january = at(date(2027, 1, 10))
    assert lines(facts, Occasion.CLOSING, january)["S"].student_class is StudentClass.OUTSTANDING


def test_a_late_entry_of_a_student_not_due_changes_nothing_at_closing() -> None:
    newcomer = replace(S, admission_date=date(2026, 12, 10))
    facts = school(newcomer, entries=(entry("S", date(2026, 12, 17)),))
    assert lines(facts, Occasion.CLOSING, AFTER_CLOSING)["S"].student_class is StudentClass.NOT_YET_DUE


def test_a_review_does_not_count_under_termly() -> None:
    review = entry("S", date(2026, 11, 12), kind=EntryKind.REVIEW)
    assert only_class(school(S, entries=(review,))) is StudentClass.DONE
    assert only_class(school(S, entries=(review,), policy=Policy.TERMLY)) is StudentClass.OUTSTANDING


def test_an_entry_by_an_address_or_code_is_known_to_be_by_another() -> None:
    facts = school(S, entries=(replace(DONE_ENTRY, author="H@School.example"),))
    facts = replace(facts, staff=(staff("T1"), StaffFacts("H1", "Kim", "Head", email="h@school.example")))
    assert lines(facts)["S"].labels == ("by other",)


def test_half_terms_before_the_programme_have_no_lines() -> None:
    facts = school(S)
    facts = replace(facts, settings=replace(facts.settings, starts_with=SPRING_1))
    assert lines(facts) == {}


def test_a_half_term_that_no_calendar_has_gives_a_sentence() -> None:
    found = assess(school(S), HalfTermId("2029-30", 0), Occasion.DEADLINE, REPORT_MOMENT)
    assert found.not_assessed is not None
    assert found.lines == ()


def test_naive_moments_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        lines(school(S), moment=REPORT_MOMENT.replace(tzinfo=None))


def test_a_cover_keeps_students_due_where_the_tutor_has_left() -> None:
    roles = (
        tutor("T1", "8A1", last=date(2026, 11, 13)),
        RoleFacts("C1", RoleName.COVER, "8A1", date(2026, 11, 16)),
        head("H1"),
    )
    facts = school(S, roles=roles)
    assert only_class(facts) is StudentClass.OUTSTANDING
    assert only_group(facts).tutors == ()
