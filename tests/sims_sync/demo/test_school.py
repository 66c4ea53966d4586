"""Is the invented school reproducible, whole, and as awkward as a real one?"""

import unicodedata
from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sims_sync.demo.cases import WHOLE_FROM_STUDENTS, Case
from sims_sync.demo.days import weekdays
from sims_sync.demo.people import upn_check_letter
from sims_sync.demo.roll import InventedSchool, InventedStudent
from sims_sync.demo.school import invent_school
from sims_sync.records import RoleName

REPORT_DAY = date(2026, 12, 16)
DEADLINE = date(2026, 12, 15)


@pytest.fixture(scope="module")
def school() -> InventedSchool:
    return invent_school()


def shown_by(school: InventedSchool, case: Case) -> InventedStudent:
    return school.student(school.cases[case])


def texts_of(school: InventedSchool, case: Case) -> list[tuple[str, str | None, date]]:
    """Aspect, result set and date of everything typed from the half-term holiday on for the student of a case."""
    person_id = school.cases[case]
    return [
        (result.aspect, result.result_set, result.dated)
        for result in school.results
        if result.person_id == person_id
        and result.aspect.startswith("Mentoring")
        and result.dated >= date(2026, 10, 26)
    ]


def test_same_arguments_give_the_same_school(school: InventedSchool) -> None:
    assert invent_school() == school


def test_another_seed_gives_another_school() -> None:
    assert invent_school(60, seed=1) != invent_school(60, seed=2)


def test_default_school_has_the_typical_size(school: InventedSchool) -> None:
    assert len(school.listed(REPORT_DAY)) == 1063
    assert len(school.groups) == 40
    assert Counter(group.house for group in school.groups) == dict.fromkeys(school.houses, 8)
    assert Counter(group.nc_year for group in school.groups) == dict.fromkeys(range(7, 12), 8)
    sizes = Counter(student.groups[-1].value for student in school.listed(REPORT_DAY) if student.groups)
    assert set(sizes) == {group.name for group in school.groups}
    assert min(sizes.values()) >= 24
    assert max(sizes.values()) <= 30


@settings(max_examples=8, deadline=None)
@given(students=st.integers(min_value=20, max_value=500), seed=st.integers(0, 99))
def test_any_size_from_twenty_on_is_a_sound_school(students: int, seed: int) -> None:
    school = invent_school(students, seed)
    groups = {group.name for group in school.groups}
    codes = [person.code for person in school.staff]
    assert len(school.listed(REPORT_DAY)) == students
    assert len({student.person_id for student in school.students}) == len(school.students)
    assert len({student.admission_number for student in school.students}) == len(school.students)
    assert len(set(codes)) == len(codes)
    assert {tutor.staff_code for group in school.groups for tutor in group.tutors} <= set(codes)
    assert {role.staff_code for role in school.roles} <= set(codes)
    assert {stay.value for student in school.students for stay in student.groups} <= groups
    assert {result.person_id for result in school.results} <= {student.person_id for student in school.students}


@pytest.mark.parametrize("students", [WHOLE_FROM_STUDENTS, 1063])
def test_every_awkward_case_is_there(students: int) -> None:
    assert set(invent_school(students).cases) == set(Case)


def test_fewer_than_twenty_students_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 20"):
        invent_school(19)


def test_something_else_than_a_year_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-27"):
        invent_school(20, year="2026-28")


def test_another_year_keeps_weekdays() -> None:
    later = invent_school(60, year="2027-28")
    assert shown_by(later, Case.JOINED_IN_TIME).admitted == date(2027, 12, 1)
    assert shown_by(later, Case.JOINED_IN_TIME).admitted.weekday() == REPORT_DAY.weekday()


def test_students_come_and_go_as_their_cases_say(school: InventedSchool) -> None:
    assert shown_by(school, Case.JOINED_IN_TIME).admitted == date(2026, 12, 2)
    assert shown_by(school, Case.JOINED_TOO_LATE).admitted == date(2026, 12, 3)
    assert shown_by(school, Case.LEAVES_AFTER).leaves == REPORT_DAY
    assert shown_by(school, Case.LEAVES_AFTER).listed(REPORT_DAY)
    for gone in (Case.LEFT_BEFORE, Case.LEFT_ON_DEADLINE, Case.JOINS_LATER):
        assert not shown_by(school, gone).listed(REPORT_DAY)
    assert shown_by(school, Case.VANISHES).listed(REPORT_DAY)
    assert not shown_by(school, Case.VANISHES).listed(date(2026, 12, 17))


def test_movers_have_both_stays(school: InventedSchool) -> None:
    for case, day in ((Case.MOVED_IN_TIME, date(2026, 12, 1)), (Case.MOVED_TOO_LATE, date(2026, 12, 4))):
        old, new = shown_by(school, case).groups
        assert new.first == day
        assert not old.holds(day)
        assert old.value[0] == new.value[0], "the same year group"
    assert len(shown_by(school, Case.MOVED_HOUSE).houses) == 2
    assert len(shown_by(school, Case.MOVED_HOUSE).groups) == 1


def test_data_comes_as_awkward_as_it_does(school: InventedSchool) -> None:
    assert shown_by(school, Case.GUEST).enrolment == "Guest"
    assert shown_by(school, Case.NO_GROUP).groups == ()
    assert shown_by(school, Case.DUPLICATE).listings == 2
    assert shown_by(school, Case.NO_UPN).upn is None
    assert (shown_by(school, Case.UPN_TEMPORARY).upn or "0")[-1].isalpha()
    assert (shown_by(school, Case.UPN_UNKNOWN_AUTHORITY).upn or "")[1:4] == "999"
    assert not unicodedata.is_normalized("NFC", shown_by(school, Case.NAME_DECOMPOSED).forename)
    assert not shown_by(school, Case.NAME_ACCENTED).surname.isascii()
    assert "'" in shown_by(school, Case.NAME_APOSTROPHE).surname
    assert "-" in shown_by(school, Case.NAME_DOUBLE_BARREL).surname
    assert shown_by(school, Case.NAME_ALL_CAPS).surname.isupper()
    names = Counter((student.surname, student.forename) for student in school.students)
    same = shown_by(school, Case.SAME_NAME)
    assert names[same.surname, same.forename] == 2


def test_only_the_wrong_upn_has_a_wrong_check_letter(school: InventedSchool) -> None:
    wrong = {s.person_id for s in school.students if s.upn and s.upn[0] != upn_check_letter(s.upn[1:])}
    assert wrong == {school.cases[Case.UPN_WRONG_LETTER]}
    upns = [student.upn for student in school.students if student.upn]
    assert len(set(upns)) == len(upns)


def test_most_students_share_the_house_of_their_group(school: InventedSchool) -> None:
    houses = {group.name: group.house for group in school.groups}
    elsewhere = [s for s in school.students if s.groups and s.houses[-1].value != houses[s.groups[-1].value]]
    assert 2 <= len(elsewhere) <= 40


def test_entries_are_as_awkward_as_their_cases_say(school: InventedSchool) -> None:
    autumn_1, autumn_2 = "Mentoring Autumn 1 2026/27", "Mentoring Autumn 2 2026/27"
    assert texts_of(school, Case.SET_NAMES_ANOTHER) == [("Mentoring Target 3", autumn_1, date(2026, 11, 20))]
    assert texts_of(school, Case.SET_OF_EARLIER) == [("Mentoring Target 3", autumn_1, date(2026, 10, 29))]
    assert texts_of(school, Case.DATED_NEXT_TERM) == [("Mentoring Target 1", autumn_2, date(2027, 1, 8))]
    assert texts_of(school, Case.FUTURE_DATE) == [("Mentoring Target 1", autumn_2, date(2026, 12, 17))]
    assert texts_of(school, Case.MOVED_IN_TIME) == [("Mentoring Target 1", autumn_2, date(2026, 11, 10))]
    assert [aspect for aspect, _, _ in texts_of(school, Case.REVIEW_ONLY)] == ["Mentoring Review 1"]
    assert [result_set for _, result_set, _ in texts_of(school, Case.NO_RESULT_SET)] == [None, None]
    for nothing in (Case.JOINED_IN_TIME, Case.LEAVES_AFTER, Case.ABSENT_FOR_WEEKS, Case.MOVED_TOO_LATE, Case.GUEST):
        assert texts_of(school, nothing) == []


def test_no_result_set_ever_holds_two_texts_of_one_slot(school: InventedSchool) -> None:
    slots = Counter((r.person_id, r.aspect, r.result_set) for r in school.results if r.result_set)
    assert set(slots.values()) == {1}


def test_nothing_is_dated_after_it_was_typed_but_in_the_two_cases_of_it(school: InventedSchool) -> None:
    future = {school.cases[Case.FUTURE_DATE], school.cases[Case.DATED_NEXT_TERM]}
    for result in school.results:
        if result.person_id not in future:
            assert result.dated <= result.typed_at.date()


def test_report_day_shows_every_status(school: InventedSchool) -> None:
    listed = [student for student in school.listed(REPORT_DAY) if student.groups]
    done = {
        result.person_id
        for result in school.results
        if result.result_set == "Mentoring Autumn 2 2026/27" and result.dated <= DEADLINE and len(result.text) >= 15
    }
    shares = {}
    for group in school.groups:
        members = [student for student in listed if student.groups[-1].value == group.name]
        shares[group.name] = sum(student.person_id in done for student in members) / len(members)
    complete = [name for name, share in shares.items() if share > 0.95]
    assert len(complete) >= 20, "mostly good"
    assert len([share for share in shares.values() if 0.8 <= share <= 0.95]) >= 6, "nearly there"
    assert len([share for share in shares.values() if 0 < share < 0.8]) >= 3, "action needed"
    assert len([share for share in shares.values() if share == 0]) == 3, "not started, one of them away"


def test_interviews_fall_on_days_of_the_week(school: InventedSchool) -> None:
    days = {r.dated for r in school.results if r.result_set == "Mentoring Autumn 2 2026/27"}
    assert days <= set(weekdays(min(days), max(days)))


def test_posts_are_filled_as_their_cases_say(school: InventedSchool) -> None:
    heads = [role for role in school.roles if role.role is RoleName.HEAD_OF_HOUSE]
    per_house = Counter(role.scope for role in heads)
    assert per_house[school.cases[Case.SHARED_HEADSHIP]] == 2
    assert per_house[school.cases[Case.VACANCY]] == 0
    assert len([role for role in heads if role.staff_code == school.cases[Case.TWO_HOUSES]]) == 2
    assert school.cases[Case.TUTORING_HEAD] in {role.staff_code for role in heads}
    tutored = {
        code: {g.nc_year for g in school.groups if code == g.tutors[0].staff_code} for code in tutor_codes(school)
    }
    groups = Counter(group.tutors[0].staff_code for group in school.groups)
    assert len(tutored[school.cases[Case.TWO_YEARS]]) == 2
    assert len(tutored[school.cases[Case.TWO_GROUPS]]) == 1
    assert groups[school.cases[Case.TWO_GROUPS]] == 2
    emails = {person.code: person.email for person in school.staff}
    assert emails[school.cases[Case.NO_EMAIL]] is None
    assert [code for code, email in emails.items() if email is None] == [school.cases[Case.NO_EMAIL]]
    assert len(school.away) == 1


def tutor_codes(school: InventedSchool) -> set[str]:
    return {group.tutors[0].staff_code for group in school.groups}


def test_no_text_holds_a_students_name(school: InventedSchool) -> None:
    texts = {result.text.casefold() for result in school.results}
    names = {name.casefold() for student in school.students for name in (student.surname, student.forename)}
    assert not [name for name in names for text in texts if name in text]
    staff = {name.casefold() for person in school.staff for name in (person.surname, person.forename)}
    assert not names & staff
