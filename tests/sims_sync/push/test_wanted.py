"""Which deliveries there should be (DESIGN §5)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TypedDict, Unpack

from hypothesis import given
from hypothesis import strategies as st

from sims_sync.delivery import DeliveryState, StoredDelivery
from sims_sync.entry_text import normalise
from sims_sync.push.wanted import DeliveryChange, lines_of, plan_deliveries
from sims_sync.records import Entry, EntryKind, EntryState, Review, Target

NOW = datetime(2026, 11, 20, 7, tzinfo=UTC)
TODAY = date(2026, 11, 20)
HALF_TERM = "2026-27/autumn-2"


class _Fields(TypedDict, total=False):
    """What a test may set of an entry."""

    kind: EntryKind
    state: EntryState
    reviews: tuple[Review, ...]
    no_target_reason: str


def an_entry(key: str, *texts: str, student: str = "s1", recorded: int = 0, **more: Unpack[_Fields]) -> Entry:
    """An interview with these target texts, recorded so many minutes after the first."""
    made = Entry(
        entry_key=key,
        student_id=student,
        kind=EntryKind.INTERVIEW,
        state=EntryState.SUBMITTED,
        interview_date=date(2026, 11, 12),
        recorded_at=NOW - timedelta(days=1) + timedelta(minutes=recorded),
        origin="proforma",
        targets=tuple(Target(text) for text in texts),
    )
    return replace(made, **more)


def planned(
    entries: Sequence[Entry],
    stored: dict[str, StoredDelivery] | None = None,
    typed: Sequence[str] = (),
    said: dict[str, str] | None = None,
) -> list[DeliveryChange]:
    """What must change."""
    taken = {(HALF_TERM, "s1"): dict.fromkeys(typed, "Typed in SIMS") | dict(said or {})}
    return plan_deliveries(lines_of(entries, lambda _: HALF_TERM), stored or {}, taken, NOW, TODAY)


def after(
    changes: Sequence[DeliveryChange], stored: dict[str, StoredDelivery] | None = None
) -> dict[str, StoredDelivery]:
    """The deliveries once the changes are written."""
    rows = dict(stored or {})
    for change in changes:
        if change.replaces is not None:
            del rows[change.replaces]
        rows[change.delivery.delivery_key] = change.delivery
    return rows


def sent(rows: dict[str, StoredDelivery], state: DeliveryState = DeliveryState.CONFIRMED) -> dict[str, StoredDelivery]:
    """As if every one of them had been written."""
    return {
        key: replace(row, state=state, ours=row.ours | {normalise(row.text)}, confirmed_revision=row.revision)
        for key, row in rows.items()
    }


def slots(rows: dict[str, StoredDelivery]) -> dict[str, str]:
    """Slot → text."""
    return {row.slot: row.text for row in rows.values()}


def test_slots_are_filled_in_recording_order() -> None:
    rows = after(planned([an_entry("b", "Second of all", recorded=5), an_entry("a", "First of all", "And another")]))
    assert slots(rows) == {
        "target-1": "Target: First of all",
        "target-2": "Target: And another",
        "target-3": "Target: Second of all",
    }
    assert {row.state for row in rows.values()} == {DeliveryState.QUEUED}


def test_planning_again_changes_nothing() -> None:
    entries = [an_entry("a", "First of all"), an_entry("b", no_target_reason="All earlier ones go on")]
    rows = after(planned(entries))
    assert planned(entries, rows) == []
    assert planned(entries, sent(rows)) == []


def test_a_fourth_target_is_held_and_says_why() -> None:
    rows = after(planned([an_entry("a", "One", "Two", "Three"), an_entry("b", "Four", recorded=1)]))
    held = rows[f"{HALF_TERM}/s1/target-4"]
    assert (held.state, held.reason) == (DeliveryState.HELD, "slots-full")


def test_nothing_is_put_where_a_tutor_typed() -> None:
    rows = after(planned([an_entry("a", "Ours")], typed=["target-1"]))
    assert slots(rows) == {"target-2": "Target: Ours"}


def test_what_was_never_sent_moves_away_from_a_value_typed_since() -> None:
    rows = after(planned([an_entry("a", "Ours")]))
    moved = after(planned([an_entry("a", "Ours")], rows, typed=["target-1"]), rows)
    assert slots(moved) == {"target-2": "Target: Ours"}


def test_what_the_tutor_typed_in_sims_as_well_is_not_sent_a_second_time() -> None:
    (change,) = planned([an_entry("a", "Ours")], said={"target-1": " Ours "})
    assert (change.delivery.state, change.delivery.is_in_sims) == (DeliveryState.WITHDRAWN, True)
    rows = after([change])
    assert planned([an_entry("a", "Ours")], rows, said={"target-1": " Ours "}) == []


def test_a_correction_is_a_new_revision_of_the_same_delivery() -> None:
    rows = sent(after(planned([an_entry("a", "Ours")])))
    (change,) = planned([an_entry("a", "Ours, mended")], rows)
    assert (change.what, change.delivery.slot, change.delivery.revision) == ("corrected", "target-1", 2)
    assert change.delivery.state is DeliveryState.QUEUED


def test_a_correction_before_anything_left_is_the_same_revision() -> None:
    rows = after(planned([an_entry("a", "Ours")]))
    (change,) = planned([an_entry("a", "Ours, mended")], rows)
    assert change.delivery.revision == 1


def test_a_correction_while_the_outcome_is_unknown_waits_for_a_look() -> None:
    rows = sent(after(planned([an_entry("a", "Ours")])), DeliveryState.UNKNOWN)
    (change,) = planned([an_entry("a", "Ours, mended")], rows)
    assert change.delivery.state is DeliveryState.UNKNOWN


def test_a_withdrawn_entry_tells_sims_so_once() -> None:
    rows = sent(after(planned([an_entry("a", "Ours")])))
    gone = [an_entry("a", "Ours", state=EntryState.WITHDRAWN)]
    rows = after(planned(gone, rows), rows)
    assert slots(rows) == {"target-1": "Withdrawn 20/11/2026"}
    assert planned(gone, sent(rows)) == []


def test_an_entry_withdrawn_before_anything_left_is_never_written() -> None:
    rows = after(planned([an_entry("a", "Ours")]))
    rows = after(planned([], rows), rows)
    assert {row.state for row in rows.values()} == {DeliveryState.WITHDRAWN}


def test_a_withdrawn_slot_is_not_used_again() -> None:
    rows = sent(after(planned([an_entry("a", "Ours")])))
    rows = sent(after(planned([an_entry("b", "New")], rows), rows))
    assert slots(rows) == {"target-1": "Withdrawn 20/11/2026", "target-2": "Target: New"}


def test_an_entry_moved_to_another_half_term_is_withdrawn_from_the_first() -> None:
    rows = sent(after(planned([an_entry("a", "Ours")])))
    other = lines_of([an_entry("a", "Ours")], lambda _: "2026-27/spring-1")
    changes = plan_deliveries(other, rows, {}, NOW, TODAY)
    assert sorted((change.what, change.delivery.half_term) for change in changes) == [
        ("added", "2026-27/spring-1"),
        ("withdrawn", HALF_TERM),
    ]


def test_reviews_have_places_of_their_own() -> None:
    entry = an_entry("a", kind=EntryKind.REVIEW, reviews=(Review("achieved", "Read two books"),))
    assert slots(after(planned([entry]))) == {"review-1": "Review: achieved | Read two books"}


def test_drafts_and_texts_that_sims_cannot_hold_are_not_queued() -> None:
    rows = after(planned([an_entry("a", "x" * 1001), an_entry("b", "Draft", state=EntryState.DRAFT)]))
    assert [(row.state, row.reason) for row in rows.values()] == [(DeliveryState.HELD, "too-long")]


def test_a_text_that_sims_has_in_its_own_words_is_left_alone() -> None:
    rows = sent(after(planned([an_entry("a", "Ours")])))
    adopted = {key: replace(row, text="Typed in SIMS", ours=row.ours | {"Typed in SIMS"}) for key, row in rows.items()}
    assert planned([an_entry("a", "Typed in SIMS")], adopted) == []


def test_what_a_person_discarded_stays_so_until_its_entry_changes() -> None:
    rows = after(planned([an_entry("a", "Ours")]))
    rows = {key: replace(row, state=DeliveryState.WITHDRAWN, reason="discarded") for key, row in rows.items()}
    assert planned([an_entry("a", "Ours")], rows, typed=["target-1"]) == []
    (change,) = planned([an_entry("a", "Ours, mended")], rows)
    assert change.delivery.state is DeliveryState.QUEUED


texts = st.sampled_from(["Read more", "Ask for help", "Plan the week"])
steps = st.lists(
    st.dictionaries(st.sampled_from("abcd"), st.lists(texts, min_size=1, max_size=2), max_size=4), max_size=6
)


@given(steps, st.lists(st.sampled_from(["target-1", "target-2"]), max_size=2, unique=True), st.booleans())
def test_any_history_of_entries_keeps_one_delivery_a_text_and_no_slot_twice(
    history: list[dict[str, list[str]]],
    typed: list[str],
    written: bool,
) -> None:
    rows: dict[str, StoredDelivery] = {}
    for entries in history:
        made = [an_entry(key, *texts_of, recorded=ord(key)) for key, texts_of in entries.items()]
        rows = after(planned(made, rows, typed), rows)
        rows = sent(rows) if written else rows
        alive = [row for row in rows.values() if not row.withdrawal]
        assert sorted(normalise(row.text) for row in alive) == sorted(
            f"Target: {text}" for texts_of in entries.values() for text in texts_of
        )
        assert planned(made, rows, typed) == []
