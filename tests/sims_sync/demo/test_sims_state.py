"""Does the simulated SIMS show what stood in it at a moment?"""

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sims_sync.demo.cases import Case
from sims_sync.demo.days import at
from sims_sync.demo.filling import write_state
from sims_sync.demo.roll import InventedSchool
from sims_sync.demo.school import invent_school
from sims_sync.demo.sims_file import Setting
from sims_sync.demo.sims_state import SimsState

MORNING = at(date(2026, 12, 16), 6, 0)
TARGET, AUTUMN_2 = "Mentoring Target 1", "Mentoring Autumn 2 2026/27"


@pytest.fixture(scope="module")
def school() -> InventedSchool:
    return invent_school(60)


@pytest.fixture
def state(school: InventedSchool, tmp_path: Path) -> SimsState:
    write_state(school, tmp_path)
    return SimsState(tmp_path)


def ids(state: SimsState, moment: datetime) -> set[str]:
    return {student.person_id for student in state.students(moment)}


def entries(state: SimsState, moment: datetime, person_id: str) -> list[str]:
    return [result.text for result in state.results(moment, mentoring=True) if result.person_id == person_id]


def test_students_are_listed_from_admission_to_leaving_day(school: InventedSchool, state: SimsState) -> None:
    joiner, leaver = school.cases[Case.JOINED_IN_TIME], school.cases[Case.LEFT_BEFORE]
    assert joiner not in ids(state, at(date(2026, 12, 1), 12, 0))
    assert joiner in ids(state, at(date(2026, 12, 2), 0, 30))
    assert leaver in ids(state, at(date(2026, 12, 4), 23, 30))
    assert leaver not in ids(state, at(date(2026, 12, 5), 0, 30))


def test_vanished_student_has_no_leaving_date(school: InventedSchool, state: SimsState) -> None:
    vanished = school.cases[Case.VANISHES]
    before = {student.person_id: student for student in state.students(MORNING)}
    assert before[vanished].leaves is None
    assert vanished not in ids(state, at(date(2026, 12, 17), 6, 0))


def test_groups_are_those_of_the_day(school: InventedSchool, state: SimsState) -> None:
    mover = school.cases[Case.MOVED_IN_TIME]
    old, new = school.student(mover).groups
    for day, stay in ((date(2026, 11, 30), old), (date(2026, 12, 1), new)):
        group = next(s for s in state.students(at(day, 12, 0)) if s.person_id == mover).group
        assert group is not None
        assert (group.value, group.first) == (stay.value, stay.first)


def test_duplicate_record_is_listed_twice_each_field_equal(school: InventedSchool, state: SimsState) -> None:
    counted = Counter(state.students(MORNING))
    twice = [student.person_id for student, times in counted.items() if times > 1]
    assert twice == [school.cases[Case.DUPLICATE]]


def test_entry_is_absent_before_it_is_typed(school: InventedSchool, state: SimsState) -> None:
    late = school.cases[Case.DONE_AFTER_REPORT]
    assert entries(state, at(date(2026, 12, 16), 15, 9), late) == entries(state, MORNING, late)
    assert len(entries(state, at(date(2026, 12, 16), 15, 10), late)) == len(entries(state, MORNING, late)) + 1


def test_academic_results_and_mentoring_entries_are_apart(state: SimsState) -> None:
    assert all(result.aspect.startswith("Mentoring") for result in state.results(MORNING, mentoring=True))
    academic = state.results(MORNING, mentoring=False)
    assert academic
    assert not [result for result in academic if result.aspect.startswith("Mentoring")]


def test_result_set_holds_one_text_and_the_newer_takes_its_place(school: InventedSchool, state: SimsState) -> None:
    who = school.cases[Case.DONE_AFTER_REPORT]
    first, second = at(date(2026, 12, 14), 9, 0), at(date(2026, 12, 14), 10, 0)
    state.put_result(who, "Mentoring Target 2", AUTUMN_2, "First of both texts", date(2026, 12, 14), first)
    state.put_result(who, "Mentoring Target 2", AUTUMN_2, "Second of both texts", date(2026, 12, 14), second)
    shown = entries(state, MORNING, who)
    assert "Second of both texts" in shown
    assert "First of both texts" not in shown
    assert state.result(who, "Mentoring Target 2", AUTUMN_2, MORNING) == "Second of both texts"
    assert state.result(who, "Mentoring Target 2", AUTUMN_2, first) == "First of both texts"
    assert "First of both texts" in entries(state, first, who)


def test_without_result_set_each_text_stays(school: InventedSchool, state: SimsState) -> None:
    who = school.cases[Case.GUEST]
    for hour in (9, 10):
        state.put_result(who, TARGET, None, "Same words twice", date(2026, 12, 14), at(date(2026, 12, 14), hour, 0))
    assert entries(state, MORNING, who).count("Same words twice") == 2


def test_result_of_unknown_student_is_refused(state: SimsState) -> None:
    with pytest.raises(KeyError):
        state.put_result("0", TARGET, AUTUMN_2, "Words for nobody here", date(2026, 12, 14), MORNING)
    assert state.result("0", TARGET, AUTUMN_2, MORNING) is None


def test_naive_moment_is_refused(school: InventedSchool, state: SimsState) -> None:
    naive = MORNING.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        state.students(naive)
    with pytest.raises(ValueError, match="time zone"):
        state.put_result(school.cases[Case.GUEST], TARGET, None, "Words", date(2026, 12, 14), naive)


def test_missing_state_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="create the demo again"):
        SimsState(tmp_path)


def test_setting_is_kept(state: SimsState, tmp_path: Path) -> None:
    state.set(Setting.IDENTITY_COLUMNS, "hidden")
    assert SimsState(tmp_path).setting(Setting.IDENTITY_COLUMNS) == "hidden"


def test_writing_again_gives_the_same_answers(school: InventedSchool, state: SimsState, tmp_path: Path) -> None:
    before = state.students(MORNING), state.results(datetime(2027, 1, 1, tzinfo=UTC), mentoring=True)
    write_state(school, tmp_path)
    assert (state.students(MORNING), state.results(datetime(2027, 1, 1, tzinfo=UTC), mentoring=True)) == before
