"""Does an entry count, was it on time, and where does it belong?"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from sims_sync.compliance.entries import is_qualifying_interview, on_time, owning_half_term, qualifies, text_passes
from sims_sync.compliance.hints import HintKind, hints
from sims_sync.demo.calendar import reference_calendar
from sims_sync.records import EntryKind, EntryState, Review, Target
from sims_sync.school_year import Closure, SchoolYear
from tests.sims_sync.compliance.invented_school import (
    AUTUMN_1,
    AUTUMN_2,
    SCHOOL_YEAR,
    SPRING_1,
    SPRING_2,
    TEXT,
    at,
    entry,
)

NOVEMBER = date(2026, 11, 12)
EXTENSION_DAY = date(2027, 2, 22)


def moved_deadline() -> SchoolYear:
    """Spring-1 closed on 8-12 February, after its deadline was announced: D = Mon 22 February."""
    days = [date(2027, 2, 8) + timedelta(days=number) for number in range(5)]
    closures = tuple(Closure(day, "snow", datetime(2027, 2, 8, 6, tzinfo=UTC)) for day in days)
    return SchoolYear(replace(reference_calendar(), closures=closures, announced={SPRING_1: date(2027, 2, 9)}))


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("Revise maths now", True),
        ("  Revise maths on  ", True),
        ("Revise the ch 4", True),
        ("Do all homework", True),
        ("Do homework now", True),
        ("Read more book", False),
        ("  Read more bk   ", False),
        ("Homeworkhomework done", False),
        ("- - - - - - - - - -", False),
        ("", False),
        (None, False),
    ],
)
def test_text_needs_15_characters_and_3_words(text: str | None, passes: bool) -> None:
    assert text_passes(text) is passes


@pytest.mark.parametrize("state", [EntryState.DRAFT, EntryState.WITHDRAWN])
def test_only_submitted_entries_count(state: EntryState) -> None:
    assert not qualifies(entry("S", NOVEMBER, state=state))


def test_an_interview_counts_with_one_target_that_passes() -> None:
    interview = entry("S", NOVEMBER)
    assert qualifies(interview)
    assert qualifies(replace(interview, targets=(Target("short"), Target(TEXT))))
    assert not qualifies(replace(interview, targets=(Target("short"),)))
    assert not qualifies(replace(interview, targets=()))


def test_no_new_target_counts_with_a_reason_that_passes() -> None:
    interview = replace(entry("S", NOVEMBER), targets=())
    assert qualifies(replace(interview, no_target_reason="Still working on the last two"))
    assert not qualifies(replace(interview, no_target_reason="none needed"))


def test_a_review_counts_with_an_outcome_or_typed_in_sims_with_a_text_that_passes() -> None:
    review = entry("S", NOVEMBER, kind=EntryKind.REVIEW)
    assert qualifies(review)
    assert qualifies(replace(review, reviews=(Review("achieved"),)))
    assert not qualifies(replace(review, reviews=(Review(None, "ok"),)))
    assert not qualifies(replace(review, reviews=(Review("  ", TEXT),)))
    assert not is_qualifying_interview(review)


def test_a_review_on_a_proforma_needs_its_outcome() -> None:
    review = replace(entry("S", NOVEMBER, kind=EntryKind.REVIEW), origin="proforma")
    assert not qualifies(review)
    assert qualifies(replace(review, reviews=(Review("partly"),)))


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        (at(date(2026, 12, 15), 23, 59, 59), True),
        (at(date(2026, 12, 15), 23, 59, 59) + timedelta(microseconds=999_999), True),
        (at(date(2026, 12, 16), 0), False),
    ],
)
def test_on_time_is_up_to_the_last_second_of_the_deadline(recorded: datetime, *, expected: bool) -> None:
    late_or_not = entry("S", NOVEMBER, recorded=recorded)
    assert on_time(late_or_not, SCHOOL_YEAR.dates(AUTUMN_2), SCHOOL_YEAR) is expected


def test_the_deadlines_last_second_is_local_in_summer_time() -> None:
    just_in_time = entry("S", date(2026, 10, 20), recorded=datetime(2026, 10, 20, 22, 59, 59, tzinfo=UTC))
    too_late = replace(just_in_time, recorded_at=datetime(2026, 10, 20, 23, 0, tzinfo=UTC))
    dates = SCHOOL_YEAR.dates(AUTUMN_1)
    assert on_time(just_in_time, dates, SCHOOL_YEAR)
    assert not on_time(too_late, dates, SCHOOL_YEAR)


def test_the_interview_date_decides() -> None:
    assert owning_half_term(entry("S", date(2026, 11, 1)), SCHOOL_YEAR) == AUTUMN_1
    assert owning_half_term(entry("S", date(2026, 11, 2)), SCHOOL_YEAR) == AUTUMN_2
    assert owning_half_term(entry("S", date(2031, 1, 1), recorded=at(NOVEMBER)), SCHOOL_YEAR) is None


@pytest.mark.parametrize("name", ["2026-27/autumn-1", "autumn-1", "Autumn 1"])
def test_a_result_set_that_names_a_half_term_decides(name: str) -> None:
    assert owning_half_term(entry("S", NOVEMBER, half_term=name), SCHOOL_YEAR) == AUTUMN_1


def test_a_result_set_that_cannot_be_read_leaves_it_to_the_date() -> None:
    assert owning_half_term(entry("S", NOVEMBER, half_term="Mocks"), SCHOOL_YEAR) == AUTUMN_2


def test_a_date_before_a_moved_deadline_belongs_to_the_earlier_half_term() -> None:
    year = moved_deadline()
    assert year.dates(SPRING_1).deadline == EXTENSION_DAY
    assert owning_half_term(entry("S", EXTENSION_DAY), year) == SPRING_1
    assert owning_half_term(entry("S", date(2027, 2, 23)), year) == SPRING_2


def test_it_belongs_to_the_later_half_term_if_the_student_was_done_in_the_earlier() -> None:
    year = moved_deadline()
    earlier = entry("S", date(2027, 1, 20))
    assert owning_half_term(entry("S", EXTENSION_DAY), year, [earlier]) == SPRING_2
    too_short = replace(earlier, targets=(Target("short"),))
    assert owning_half_term(entry("S", EXTENSION_DAY), year, [too_short]) == SPRING_1


def test_of_two_on_such_a_date_the_one_recorded_first_takes_the_earlier_half_term() -> None:
    year = moved_deadline()
    first = entry("S", EXTENSION_DAY, key="a", recorded=at(EXTENSION_DAY, 9))
    second = entry("S", EXTENSION_DAY, key="b", recorded=at(EXTENSION_DAY, 10))
    assert owning_half_term(first, year, [second]) == SPRING_1
    assert owning_half_term(second, year, [first]) == SPRING_2


def test_an_entry_too_late_for_the_moved_deadline_is_not_lost_to_both() -> None:
    late = entry("S", EXTENSION_DAY, recorded=at(date(2027, 2, 24)))
    assert owning_half_term(late, moved_deadline()) == SPRING_2


def test_a_late_entry_does_not_take_the_place_of_one_in_time() -> None:
    late = entry("S", date(2027, 1, 20), recorded=at(date(2027, 2, 24)))
    assert owning_half_term(entry("S", EXTENSION_DAY), moved_deadline(), [late]) == SPRING_1


def test_a_result_set_decides_on_such_a_date_too() -> None:
    named = entry("S", EXTENSION_DAY, half_term=str(SPRING_2))
    assert owning_half_term(named, moved_deadline()) == SPRING_2


def test_hints_are_for_no_by_date_repeated_texts_and_sensitive_words() -> None:
    alike = [entry(f"S{number}", NOVEMBER, author="T1") for number in range(5)]
    found = hints([*alike, entry("S9", NOVEMBER, text="Talk to the social worker each week")])
    assert sum(hint.kind is HintKind.SAME_TEXT for hint in found) == 5
    assert sum(hint.kind is HintKind.NO_BY_DATE for hint in found) == 6
    assert [hint.entry_key for hint in found if hint.kind is HintKind.SENSITIVE] == [f"S9 {NOVEMBER} interview"]


def test_a_text_used_for_four_students_gives_no_hint() -> None:
    four = [
        replace(entry(f"S{number}", NOVEMBER), targets=(Target(TEXT, by_date=date(2026, 12, 1)),))
        for number in range(4)
    ]
    assert hints(four) == ()
