"""What a row of a returned pro-forma is, and when it counts as recorded."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sims_sync.compliance.facts import Excusal
from sims_sync.errors import RecordError
from sims_sync.proformas import Returned, SlotCount, keep_first_recording, returned
from sims_sync.records import Entry, EntryKind, EntryState, ProformaRow, Review, StudentRef, Target
from tests.sims_sync.builders import AUTUMN_2, TEXT, at
from tests.sims_sync.compliance.invented_school import SCHOOL_YEAR

RECORDED = at("2026-12-01 16:00")
NEXT_DAY = at("2026-12-02 16:00")
REASON = "long-term absence"


def row(**more: object) -> ProformaRow:
    given: dict[str, Any] = {
        "row_id": "r1",
        "student": StudentRef(admission_number="000052"),
        "kind": EntryKind.INTERVIEW,
        "state": EntryState.SUBMITTED,
        "interview_date": date(2026, 11, 12),
        "author": "T1",
        **more,
    }
    return ProformaRow(**given)


def read(given: ProformaRow) -> Returned:
    return returned(given, "s1", source="sheets", recorded_at=RECORDED, school_year=SCHOOL_YEAR)


def entry_of(given: ProformaRow) -> Entry:
    found = read(given).entry
    assert found is not None
    return found


def test_a_target_is_an_interview_recorded_when_the_file_was_written() -> None:
    found = entry_of(
        row(text=TEXT, area="Maths", criterion="All in", support="Homework club", by_date=date(2027, 1, 8))
    )
    assert found.targets == (Target(TEXT, "Maths", "All in", "Homework club", date(2027, 1, 8)),)
    assert (found.recorded_at, found.author, found.origin) == (RECORDED, "T1", "proforma")


def test_a_review_keeps_outcome_evidence_and_next_step() -> None:
    found = entry_of(row(kind=EntryKind.REVIEW, text=TEXT, outcome="partly", evidence="Book", next_step="Again"))
    assert found.reviews == (Review("partly", TEXT, "Book", "Again"),)
    assert found.targets == ()


def test_no_new_target_with_a_reason_is_an_entry() -> None:
    assert entry_of(row(no_target_reason="Away on a long exchange")).no_target_reason == "Away on a long exchange"


def test_an_empty_row_is_nothing() -> None:
    assert read(row(interview_date=None)) == Returned(None, None)


@pytest.mark.parametrize("state", sorted(EntryState))
def test_the_state_is_the_rows(state: EntryState) -> None:
    assert entry_of(row(text=TEXT, state=state)).state is state


def test_an_entry_without_a_date_is_held() -> None:
    with pytest.raises(RecordError) as caught:
        read(row(text=TEXT, interview_date=None))
    assert caught.value.code == "no-date"


def test_a_future_interview_is_held_and_one_of_today_is_not() -> None:
    assert entry_of(row(text=TEXT, interview_date=date(2026, 12, 1))).interview_date == date(2026, 12, 1)
    with pytest.raises(RecordError) as caught:
        read(row(text=TEXT, interview_date=date(2026, 12, 2)))
    assert caught.value.code == "future-date"


def test_an_excusal_belongs_to_the_half_term_of_its_date_and_was_given_when_handed_in() -> None:
    found = read(row(excusal_reason=REASON))
    assert found.entry is None
    assert found.excusal == Excusal("s1", AUTUMN_2, REASON, date(2026, 12, 1))


def test_an_excusal_without_a_date_is_of_the_day_it_was_handed_in() -> None:
    found = read(row(excusal_reason=REASON, interview_date=None)).excusal
    assert found is not None
    assert found.half_term == AUTUMN_2


def test_an_excusal_outside_every_half_term_is_held() -> None:
    with pytest.raises(RecordError) as caught:
        read(row(excusal_reason=REASON, interview_date=date(2020, 1, 6)))
    assert caught.value.code == "outside-calendar"


def later(entry: Entry, **changes: object) -> Entry:
    given: dict[str, Any] = changes
    return replace(entry, recorded_at=NEXT_DAY, **given)


def test_what_is_handed_in_again_unchanged_stays_recorded_when_it_was() -> None:
    for state in EntryState:
        before = entry_of(row(text=TEXT, state=state))
        assert keep_first_recording(later(before), before) == before


def test_a_correction_of_a_good_entry_makes_nobody_late() -> None:
    before = entry_of(row(text=TEXT))
    corrected = keep_first_recording(later(before, targets=(Target(TEXT + " on time"),)), before)
    assert corrected.recorded_at == RECORDED
    assert corrected.targets == (Target(TEXT + " on time"),)


def test_a_draft_that_is_submitted_is_recorded_then() -> None:
    draft = entry_of(row(text=TEXT, state=EntryState.DRAFT))
    assert keep_first_recording(later(draft, state=EntryState.SUBMITTED), draft).recorded_at == NEXT_DAY


def test_a_text_that_was_too_short_is_recorded_when_it_is_long_enough() -> None:
    short = entry_of(row(text="Maths"))
    assert keep_first_recording(later(short, targets=(Target(TEXT),)), short).recorded_at == NEXT_DAY


def test_a_first_sight_is_recorded_as_it_came() -> None:
    entry = entry_of(row(text=TEXT))
    assert keep_first_recording(entry, None) == entry


def test_what_is_stored_already_is_not_refused_again_however_many_there_are() -> None:
    stored = {entry.key: entry for entry in (entry_of(row(row_id=f"r{number}", text=TEXT)) for number in range(4))}
    slots = SlotCount(stored, SCHOOL_YEAR)
    for entry in stored.values():
        slots.take(entry)
    with pytest.raises(RecordError, match="a fourth target"):
        slots.take(entry_of(row(row_id="r9", text=TEXT)))


def test_drafts_take_no_place_and_reviews_have_their_own() -> None:
    drafts = [entry_of(row(row_id=f"d{number}", text=TEXT, state=EntryState.DRAFT)) for number in range(5)]
    slots = SlotCount({}, SCHOOL_YEAR)
    for entry in (*drafts, *(entry_of(row(row_id=f"r{number}", text=TEXT)) for number in range(3))):
        slots.take(entry)
    slots.take(entry_of(row(row_id="v1", kind=EntryKind.REVIEW, outcome="partly")))
