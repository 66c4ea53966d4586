"""What stands in SIMS and is not ours, what a person decided, and what is no longer here: none of it is undone."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sims_sync.connector import Holding, MayWrite, Receipt, Traits
from sims_sync.delivery import DeliveryState
from sims_sync.errors import ConfigurationError
from sims_sync.push import decisions, sending
from sims_sync.push.decisions import decide, short_id
from sims_sync.push.wanted import lines_of, plan_deliveries, says_the_same
from sims_sync.records import Delivery, EntryKind, Kind, Review
from sims_sync.store.deliveries import load_deliveries, save_deliveries
from sims_sync.store.entries import load_entries
from sims_sync.store.session import Store
from tests.sims_sync.builders import OTHER_TEXT, TEXT, Row, make_world, proforma, students, typed
from tests.sims_sync.desk import Desk
from tests.sims_sync.push.test_engine import EVENING, LINE, MORNING, NEXT_DAY, NOON, SECOND, Office
from tests.sims_sync.push.test_wanted import HALF_TERM, NOW, TODAY, an_entry

TYPED = "A quite new target typed in SIMS"
TYPED_LATER = "Another one that nobody was shown"
NIGHT, LATER = "2026-11-20 21:00", "2026-11-23 12:00"


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Office:
    desk = Desk()
    push = {"enabled": True, "destination": {"connector": "desk", "desk": desk}}
    world = make_world(store, tmp_path, (Kind.STUDENTS, Kind.MENTORING_ENTRIES, Kind.PROFORMAS), push=push)
    world.read_well(Kind.STUDENTS, students(30), MORNING)
    return Office(world, desk)


@pytest.fixture
def confirmed(office: Office) -> Office:
    office.hand_in(proforma("r1", 1))
    office.push()
    office.confirm("2026-11-20 13:00")
    assert office.state() == "confirmed"
    return office


# --- typed in SIMS ---------------------------------------------------------------------------------------------------


def test_withdrawn_here_and_typed_over_there_an_export_before_the_push_does_not_make_theirs_ours(
    confirmed: Office,
) -> None:
    confirmed.hand_in(proforma("r1", 1, state="withdrawn"), when=EVENING)
    confirmed.desk.type_in(1, TYPED)
    confirmed.export(EVENING)
    confirmed.push(NIGHT)
    assert (confirmed.desk.text(1), confirmed.state()) == (TYPED, "withdrawn not-ours")
    confirmed.export(NEXT_DAY)
    assert confirmed.entries() == {"sims": TYPED}


def test_the_withdrawn_words_typed_again_in_sims_are_the_tutors_entry(confirmed: Office) -> None:
    confirmed.hand_in(proforma("r1", 1, state="withdrawn"), when=EVENING)
    confirmed.push(EVENING)
    confirmed.confirm(NIGHT)
    confirmed.desk.type_in(1, LINE)
    confirmed.export(NEXT_DAY)
    assert confirmed.entries() == {"sims": TEXT}


def test_an_export_from_before_the_withdrawal_arrived_makes_no_entry_of_what_we_had_sent(confirmed: Office) -> None:
    late = confirmed.desk.rows()
    confirmed.hand_in(proforma("r1", 1, state="withdrawn"), when=EVENING)
    confirmed.push(EVENING)
    confirmed.world.put(Kind.MENTORING_ENTRIES, late, EVENING)
    confirmed.confirm(NIGHT)
    confirmed.world.run("pull_entries", NIGHT)
    assert confirmed.entries() == {}


def test_the_withdrawn_words_typed_in_another_place_are_the_tutors_entry(confirmed: Office) -> None:
    confirmed.hand_in(proforma("r1", 1, state="withdrawn"), when=EVENING)
    confirmed.push(EVENING)
    confirmed.confirm(NIGHT)
    confirmed.desk.type_in(1, LINE, SECOND)
    confirmed.export(NEXT_DAY)
    assert confirmed.entries() == {"sims": TEXT}


@pytest.mark.parametrize(("day", "entries"), [("2027-01-12", {"proforma", "sims"}), ("2026-11-23", {"proforma"})])
def test_our_words_typed_without_a_result_set_are_an_entry_of_the_half_term_that_owns_their_date(
    confirmed: Office, day: str, entries: set[str]
) -> None:
    again = typed(1, LINE, "", day)
    confirmed.world.read(Kind.MENTORING_ENTRIES, [*confirmed.desk.rows(), again], "2027-01-13 06:00")
    assert set(confirmed.entries()) == entries


def test_corrected_here_and_typed_over_there_an_export_before_the_push_undoes_no_correction(confirmed: Office) -> None:
    confirmed.hand_in(proforma("r1", 1, text=OTHER_TEXT), when=EVENING)
    confirmed.desk.type_in(1, TYPED)
    confirmed.export(EVENING)
    assert confirmed.entries() == {"proforma": OTHER_TEXT}
    confirmed.push(NIGHT)
    assert (confirmed.desk.text(1), confirmed.state()) == (TYPED, "conflict typed-in-sims")


@pytest.mark.parametrize("text", [TEXT, OTHER_TEXT])
def test_an_adopted_text_is_not_written_over_by_a_copy_that_never_knew_of_it(confirmed: Office, text: str) -> None:
    confirmed.desk.type_in(1, TYPED)
    confirmed.export(EVENING)
    confirmed.hand_in(proforma("r1", 1, text=text), when=NIGHT)
    confirmed.push(NEXT_DAY)
    assert confirmed.desk.text(1) == TYPED
    assert confirmed.state() in {"conflict typed-in-sims", "confirmed typed-in-sims"}


def test_an_adopted_text_is_not_overwritten_when_its_pro_forma_is_withdrawn(confirmed: Office) -> None:
    confirmed.desk.type_in(1, TYPED)
    confirmed.export(EVENING)
    confirmed.hand_in(proforma("r1", 1, state="withdrawn"), when=NIGHT)
    confirmed.push(NEXT_DAY)
    assert (confirmed.desk.text(1), confirmed.state()) == (TYPED, "withdrawn not-ours")
    confirmed.export(LATER)
    assert confirmed.entries() == {"sims": TYPED}


def test_a_text_too_short_to_count_takes_back_nothing_until_a_person_says_so(confirmed: Office) -> None:
    confirmed.desk.type_in(1, "ok")
    confirmed.export(EVENING)
    assert (confirmed.entries(), confirmed.state()) == ({"proforma": TEXT}, "differs other-value")
    confirmed.decide("keep-sims", NIGHT)
    assert confirmed.entries() == {"proforma": "ok"}


def test_where_one_export_shows_two_texts_in_one_place_neither_is_believed(confirmed: Office) -> None:
    (row,) = confirmed.desk.rows()
    confirmed.world.read(Kind.MENTORING_ENTRIES, [{**row, "Result": TYPED}, {**row, "Result": TYPED_LATER}], EVENING)
    assert (confirmed.state(), confirmed.entries()) == ("confirmed", {"proforma": TEXT})


def test_an_interview_that_became_a_review_is_not_mended_with_a_target_typed_in_sims(confirmed: Office) -> None:
    review = proforma("r1", 1, kind="review", text="Read every day and liked it", outcome="achieved")
    confirmed.hand_in(review, when=EVENING)
    confirmed.desk.type_in(1, TYPED)
    confirmed.export(EVENING)
    confirmed.push(NIGHT)
    assert confirmed.desk.text(1) == TYPED
    assert confirmed.states()["target-1"] == "withdrawn not-ours"


def test_a_review_adopted_with_the_outcome_it_had_is_no_correction(office: Office) -> None:
    review = proforma("r1", 1, kind="review", text="Read every day and liked it", outcome="achieved")
    place = "Mentoring Review 1"
    office.hand_in(review)
    office.push()
    office.confirm("2026-11-20 13:00")
    office.desk.type_in(1, "Read every day, and at weekends", place)
    office.export(EVENING)
    office.push(NIGHT)
    assert (office.desk.text(1, place), len(office.desk.writes)) == ("Read every day, and at weekends", 1)
    with office.world.store.reading() as connection:
        (entry,) = load_entries(connection, office.world.id).values()
    assert entry.reviews[0].outcome is not None


def test_an_outcome_stated_later_is_a_correction() -> None:
    stored = "Review: outcome not stated | Read every day"
    entry = an_entry("r1", kind=EntryKind.REVIEW, reviews=(Review("achieved", "Read every day"),))
    (line,) = lines_of([entry], lambda _: HALF_TERM)
    assert not says_the_same(stored, line)


# --- decided by a person ---------------------------------------------------------------------------------------------


def _conflict(office: Office) -> None:
    office.hand_in(proforma("r1", 1, text=OTHER_TEXT), when="2026-11-20 14:00")
    office.desk.type_in(1, TYPED)
    office.push("2026-11-20 15:00")
    assert office.state() == "conflict typed-in-sims"


def test_resend_outlasts_an_export_that_still_shows_what_the_person_saw(confirmed: Office) -> None:
    _conflict(confirmed)
    confirmed.decide("resend", EVENING)
    confirmed.export(NIGHT)
    assert confirmed.state() == "queued"
    confirmed.push(NEXT_DAY)
    assert confirmed.desk.text(1) == f"Target: {OTHER_TEXT}"


def test_resend_never_overwrites_what_was_typed_after_the_person_looked(confirmed: Office) -> None:
    _conflict(confirmed)
    confirmed.decide("resend", EVENING)
    confirmed.desk.type_in(1, TYPED_LATER)
    confirmed.push(NEXT_DAY)
    assert (confirmed.desk.text(1), confirmed.state()) == (TYPED_LATER, "conflict typed-in-sims")


def test_keep_sims_keeps_what_the_newest_export_showed(confirmed: Office) -> None:
    _conflict(confirmed)
    confirmed.desk.type_in(1, TYPED_LATER)
    confirmed.export(EVENING)
    confirmed.decide("keep-sims", NIGHT)
    assert confirmed.entries() == {"proforma": TYPED_LATER}


def test_what_is_being_sent_cannot_be_discarded(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.desk.killed_after = 1
    with pytest.raises(KeyboardInterrupt):
        office.push()
    with pytest.raises(ConfigurationError):
        office.decide("discard")
    assert office.state() == "sending"


def test_what_a_person_discards_while_the_push_runs_is_not_sent(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.hand_in(proforma("r1", 1), proforma("r2", 2))
    monkeypatch.setattr(sending, "BATCH", 1)
    deliver = office.desk.deliver

    def and_meanwhile(batch: Sequence[Delivery], may_write: MayWrite) -> Iterator[Receipt]:
        with office.world.store.reading() as connection:
            queued = load_deliveries(connection, office.world.id, states=(DeliveryState.QUEUED,))
        decide(office.world.context(NOON), list(queued), "discard", "an admin", "meanwhile")
        return deliver(batch, may_write)

    monkeypatch.setattr(office.desk, "deliver", and_meanwhile)
    office.push()
    assert len(office.desk.writes) == 1
    with office.world.store.reading() as connection:
        rows = load_deliveries(connection, office.world.id).values()
    assert sorted(row.state.value for row in rows) == ["sent", "withdrawn"]


def test_an_id_given_twice_is_decided_once_and_one_of_two_deliveries_is_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.hand_in(proforma("r1", 1), proforma("r2", 2))
    office.desk.locked = {"Mentoring Autumn 2 2026/27"}
    office.push()
    with office.world.store.reading() as connection:
        first, second = load_deliveries(connection, office.world.id)
    context = office.world.context(EVENING)
    assert decide(context, [first, short_id(first)], "discard", "an admin", "twice") == 1
    monkeypatch.setattr(decisions, "short_id", lambda _key: "1234abcd")
    with pytest.raises(ConfigurationError, match="more than one"):
        decide(context, ["1234abcd"], "discard", "an admin", "which?")
    assert decide(context, [second], "discard", "an admin", "that one") == 1


# --- places ----------------------------------------------------------------------------------------------------------


def _a_fourth(office: Office) -> list[Row]:
    """One target typed in SIMS, and three handed in."""
    office.desk.type_in(1, TYPED)
    office.export(MORNING)
    rows = [proforma(f"r{number}", 1, text=f"{TEXT} in week {number}") for number in range(1, 4)]
    for number, row in enumerate(rows):
        office.hand_in(row, when=f"2026-11-20 07:0{number}")
    office.push()
    assert office.states()["target-4"] == "held slots-full"
    return rows


def test_a_fourth_target_withdrawn_and_handed_in_again_stays_held_and_stops_no_other(office: Office) -> None:
    rows = _a_fourth(office)
    office.hand_in({**rows[2], "state": "withdrawn"}, when="2026-11-20 14:00")
    office.push("2026-11-20 14:30")
    office.hand_in(rows[2], proforma("r9", 2), when=EVENING)
    office.push(NIGHT)
    with office.world.store.reading() as connection:
        found = {row.slot: row.reason for row in load_deliveries(connection, office.world.id).values()}
    assert found["target-4"] == "slots-full"
    assert office.desk.text(2) == LINE


def test_a_fourth_target_discarded_and_corrected_stays_held(office: Office) -> None:
    rows = _a_fourth(office)
    with office.world.store.reading() as connection:
        (key,) = [key for key in load_deliveries(connection, office.world.id) if key.endswith("target-4")]
    decide(office.world.context(NOON), [key], "discard", "an admin", "one too many")
    office.hand_in({**rows[2], "text": OTHER_TEXT}, when=EVENING)
    office.push(NIGHT)
    assert office.states()["target-4"] == "held slots-full"


def test_a_school_with_one_target_aspect_holds_the_second_target_and_sends_the_rest(office: Office) -> None:
    entries = office.world.school.entries.model_copy(update={"target_aspects": ("Mentoring Target 1",)})
    office.world.school = office.world.school.model_copy(update={"entries": entries})
    office.hand_in(proforma("r1", 1), proforma("r2", 1, text=OTHER_TEXT))
    office.push()
    assert office.states() == {"target-1": "sent", "target-2": "held no-aspect"}
    assert office.desk.text(1, SECOND) is None


def test_an_entry_resubmitted_when_every_place_was_filled_in_sims_is_not_forgotten(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.desk.locked = {"Mentoring Autumn 2 2026/27"}
    office.push()
    office.hand_in(proforma("r1", 1, state="withdrawn"), when="2026-11-20 13:00")
    office.push("2026-11-20 13:00")
    for number in (1, 2, 3):
        office.desk.type_in(1, f"{TYPED}, number {number}", f"Mentoring Target {number}")
    office.export("2026-11-20 14:00")
    office.desk.locked.clear()
    office.hand_in(proforma("r1", 1), when=EVENING)
    office.push(NIGHT)
    assert office.states() == {"target-1": "conflict typed-in-sims"}


def test_where_nobody_can_look_the_last_export_keeps_a_correction_from_going_over_what_was_typed(
    confirmed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blind(deliveries: Sequence[Delivery]) -> Iterator[Holding]:
        return iter([Holding(each.key, known=False) for each in deliveries])

    confirmed.hand_in(proforma("r1", 1, text=OTHER_TEXT), when=EVENING)
    confirmed.desk.type_in(1, TYPED)
    confirmed.export(EVENING)
    confirmed.desk.traits = Traits(needs_person=True)
    monkeypatch.setattr(confirmed.desk, "look_up", blind)
    confirmed.push(NIGHT)
    assert (confirmed.desk.text(1), confirmed.state()) == (TYPED, "conflict typed-in-sims")


def test_a_text_is_never_sent_to_the_place_of_another_student() -> None:
    (line,) = lines_of([an_entry("r1", TEXT)], lambda _: HALF_TERM)
    (added,) = plan_deliveries([line], {}, {}, NOW, TODAY)
    stored = {added.delivery.delivery_key: added.delivery}
    changes = plan_deliveries([replace(line, student_id="s2")], stored, {}, NOW, TODAY)
    assert [(each.what, each.delivery.student_id) for each in changes] == [("added", "s2"), ("withdrawn", "s1")]


# --- what is no longer here ------------------------------------------------------------------------------------------


def test_a_year_that_is_no_longer_configured_is_not_withdrawn_in_sims(confirmed: Office) -> None:
    programme = confirmed.world.school.programme.model_copy(update={"starts_with": "2026-27/spring-1"})
    confirmed.world.school = confirmed.world.school.model_copy(update={"programme": programme})
    confirmed.push(EVENING)
    assert (confirmed.desk.text(1), confirmed.state()) == (LINE, "confirmed")


def test_an_entry_that_is_no_longer_kept_here_is_not_withdrawn_in_sims(confirmed: Office) -> None:
    with confirmed.world.store.writing() as connection:
        (row,) = load_deliveries(connection, confirmed.world.id).values()
        save_deliveries(connection, confirmed.world.id, [replace(row, entry_key="gone")], "test")
    confirmed.push(EVENING)
    with confirmed.world.store.reading() as connection:
        rows = load_deliveries(connection, confirmed.world.id).values()
    assert DeliveryState.WITHDRAWN not in {each.state for each in rows}
    assert confirmed.desk.text(1) == LINE
