"""Which values typed in SIMS are entries, made when, and of which half term (DOMAIN rule 14a)."""

from datetime import date, datetime

import pytest

from sims_sync.config import EntriesSection
from sims_sync.errors import RecordError
from sims_sync.records import Entry, EntryKind, EntryState, Review, SimsEntry, StudentRef, Target
from sims_sync.typed_entries import Recogniser, TypedReading, gone_from, result_set_names
from tests.sims_sync.builders import AUTUMN_1, AUTUMN_2, AUTUMN_2_SET, TEXT, at
from tests.sims_sync.compliance.invented_school import SCHOOL_YEAR

BEGAN = at("2026-12-01 06:00")
LAST_GOOD = at("2026-11-30 06:00")
REF = StudentRef(person_id="52")


def value(
    text: str = TEXT,
    *,
    aspect: str = "Mentoring Target 1",
    result_set: str | None = AUTUMN_2_SET,
    day: date | None = date(2026, 11, 12),
) -> SimsEntry:
    return SimsEntry(REF, aspect, text, result_set, day)


def recognised(
    row: SimsEntry,
    *,
    began: datetime = BEGAN,
    last_good: datetime | None = LAST_GOOD,
    section: EntriesSection | None = None,
) -> Entry | None:
    return Recogniser(section or EntriesSection(), SCHOOL_YEAR, TypedReading(began, last_good)).entry(row, "s1")


def entry_of(
    row: SimsEntry,
    *,
    began: datetime = BEGAN,
    last_good: datetime | None = LAST_GOOD,
    section: EntriesSection | None = None,
) -> Entry:
    found = recognised(row, began=began, last_good=last_good, section=section)
    assert found is not None
    return found


def test_a_target_aspect_is_an_interview_whose_target_is_the_value() -> None:
    found = entry_of(value())
    assert (found.kind, found.state, found.origin) == (EntryKind.INTERVIEW, EntryState.SUBMITTED, "sims")
    assert found.targets == (Target(TEXT),)
    assert found.author is None


def test_a_review_aspect_is_a_review_whose_outcome_is_not_stated() -> None:
    found = entry_of(value(aspect="Mentoring Review 2"))
    assert found.kind is EntryKind.REVIEW
    assert found.reviews == (Review(None, TEXT),)


@pytest.mark.parametrize(
    "text", ["No new target: long absence agreed with home", "NO NEW TARGET - long absence agreed"]
)
def test_no_new_target_is_an_interview_with_a_reason(text: str) -> None:
    found = entry_of(value(text))
    assert found.targets == ()
    assert (found.no_target_reason or "").startswith("long absence")


@pytest.mark.parametrize("aspect", ["mentoring target 1", "Mentoring_Target_1", "MENTORING TARGET  1"])
def test_aspects_are_known_in_any_spelling(aspect: str) -> None:
    assert recognised(value(aspect=aspect)) is not None


@pytest.mark.parametrize("aspect", ["English Attainment", "Mentoring Target 4", "Mentoring"])
def test_another_aspect_is_no_entry(aspect: str) -> None:
    assert recognised(value(aspect=aspect)) is None


def test_a_result_set_that_names_a_half_term_decides_whatever_the_date() -> None:
    found = entry_of(value(result_set="Mentoring Autumn 1 2026/27", day=date(2026, 11, 12)))
    assert found.half_term == str(AUTUMN_1)
    assert found.interview_date == date(2026, 11, 12)


def test_a_result_set_that_names_none_leaves_it_to_the_date() -> None:
    assert entry_of(value(result_set="Tutor notes")).half_term is None


def test_the_schools_own_names_for_result_sets_are_known() -> None:
    section = EntriesSection(result_set="Talk {half_term}, {year}", result_sets={"Pilot": "2026-27/autumn-1"})
    names = result_set_names(section, SCHOOL_YEAR)
    assert names[next(key for key in names if key.startswith("talkautumn2"))] == AUTUMN_2
    assert entry_of(value(result_set="PILOT "), section=section).half_term == str(AUTUMN_1)


def test_without_date_and_half_term_nobody_can_say_when_it_was_made() -> None:
    for result_set in (None, "Tutor notes"):
        with pytest.raises(RecordError) as caught:
            recognised(value(result_set=result_set, day=None))
        assert caught.value.code == "no-date"


@pytest.mark.parametrize(
    ("began", "made_on"),
    [
        ("2026-12-01 06:00", date(2026, 12, 1)),
        ("2026-09-10 06:00", date(2026, 11, 2)),  # before the half term began
        ("2027-02-01 06:00", date(2027, 1, 3)),  # after it ended
    ],
)
def test_a_value_without_a_date_was_made_when_read_within_its_half_term(began: str, made_on: date) -> None:
    assert entry_of(value(day=None), began=at(began)).interview_date == made_on


def test_it_was_recorded_when_the_last_good_read_did_not_hold_it_yet() -> None:
    assert entry_of(value()).recorded_at == LAST_GOOD


def test_in_the_very_first_read_it_was_recorded_on_its_result_date() -> None:
    assert entry_of(value(), last_good=None).recorded_at == at("2026-11-12 00:00")


def test_a_result_date_in_the_future_never_makes_it_recorded_later_than_the_read() -> None:
    assert entry_of(value(day=date(2027, 6, 1)), last_good=None).recorded_at == BEGAN


def test_doubt_counts_as_on_time_where_the_first_read_is_late_and_has_no_dates() -> None:
    found = entry_of(value(day=None), began=at("2026-12-17 06:00"), last_good=None)
    assert found.recorded_at <= at("2026-12-15 23:59")


def test_the_key_is_student_aspect_and_set_and_does_not_depend_on_the_value() -> None:
    first = entry_of(value("too short"), began=at("2026-11-20 06:00"))
    later = entry_of(value(TEXT, day=date(2026, 11, 13)))
    assert first.key == later.key
    assert entry_of(value(aspect="Mentoring Target 2")).key != first.key
    assert entry_of(value(result_set="Mentoring Autumn 1 2026/27")).key != first.key


def test_without_a_result_set_every_date_is_its_own_entry() -> None:
    keys = {entry_of(value(result_set=None, day=date(2026, 11, day))).key for day in (12, 13)}
    assert len(keys) == 2


def test_only_what_a_read_lacks_of_the_result_sets_it_holds_is_gone() -> None:
    one, two = entry_of(value()), entry_of(value(aspect="Mentoring Target 2"))
    other = entry_of(value(result_set="Mentoring Autumn 1 2026/27"))
    stored = {each.key: each for each in (one, two, other)}
    assert gone_from(stored, {one.key}) == (two.key,)
    assert gone_from(stored, set()) == ()
    assert gone_from(stored, {one.key, two.key}) == ()
