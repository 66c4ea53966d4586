"""The push against a SIMS that is typed in, drops, cuts, locks and dies (promises P3, P4); see docs/push.md's table."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from sims_sync.connector import Traits
from sims_sync.delivery import DeliveryState
from sims_sync.errors import ConfigurationError
from sims_sync.outcome import Ending
from sims_sync.push.decisions import decide
from sims_sync.records import Kind
from sims_sync.run import RunReport
from sims_sync.store.deliveries import load_deliveries, load_revisions, load_story
from sims_sync.store.entries import load_entries
from sims_sync.store.session import Store
from tests.sims_sync.builders import OTHER_TEXT, TEXT, Row, World, make_world, proforma, students, typed
from tests.sims_sync.desk import Desk

MORNING, NOON, EVENING, NEXT_DAY = (f"2026-11-{text}" for text in ("20 06:00", "20 12:00", "20 18:00", "23 06:00"))
LINE = f"Target: {TEXT}"
SECOND = "Mentoring Target 2"


@dataclass
class Office:
    """A school with ten students and a SIMS of which the test sees everything."""

    world: World
    desk: Desk

    def hand_in(self, *rows: Row, when: str = MORNING) -> None:
        self.world.read(Kind.PROFORMAS, rows, when)

    def push(self, when: str = NOON) -> RunReport:
        return self.world.run("push_targets", when)

    def export(self, when: str) -> RunReport:
        """SIMS's own export of that moment is read."""
        return self.world.read(Kind.MENTORING_ENTRIES, self.desk.rows(), when)

    def confirm(self, when: str = EVENING) -> RunReport:
        return self.world.run("confirm_targets", when)

    def states(self) -> dict[str, str]:
        """Slot of student 1 (or of the only others) → state."""
        with self.world.store.reading() as connection:
            rows = load_deliveries(connection, self.world.id).values()
        return {row.slot: f"{row.state.value} {row.reason}".strip() for row in rows}

    def state(self) -> str:
        (found,) = self.states().values()
        return found

    def key(self) -> str:
        with self.world.store.reading() as connection:
            (key,) = load_deliveries(connection, self.world.id)
        return key

    def entries(self) -> dict[str, str]:
        """Origin → text of each entry that is not withdrawn."""
        with self.world.store.reading() as connection:
            found = load_entries(connection, self.world.id).values()
        return {
            entry.origin: (entry.targets[0].text if entry.targets else entry.no_target_reason or "")
            for entry in found
            if entry.state.value == "submitted"
        }

    def decide(self, action: str, when: str = EVENING) -> None:
        decide(self.world.context(when), [self.key()], action, "an admin", "looked at it")


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Office:
    desk = Desk()
    push = {"enabled": True, "destination": {"connector": "desk", "desk": desk}}
    world = make_world(store, tmp_path, (Kind.STUDENTS, Kind.MENTORING_ENTRIES, Kind.PROFORMAS), push=push)
    world.read_well(Kind.STUDENTS, students(30), MORNING)
    return Office(world, desk)


# --- typed in SIMS, ours seen again, corrected, withdrawn, edited in both places ----------------------------------


def test_a_pro_formas_target_is_sent_seen_in_the_next_export_and_confirmed(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    assert office.push().outcome.ending is Ending.DONE
    assert (office.desk.text(1), office.state()) == (LINE, "sent")
    report = office.export(EVENING)
    assert office.state() == "confirmed"
    assert "mentoring_entries: Texts of ours seen in SIMS: 1 (1 confirmed)." in report.outcome.notes


def test_a_value_of_ours_seen_again_is_no_second_entry(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.push()
    office.export(EVENING)
    office.export(NEXT_DAY)
    assert office.entries() == {"proforma": TEXT}


def test_a_value_typed_in_sims_is_an_entry_and_never_written_over(office: Office) -> None:
    office.desk.type_in(1, "Typed by the tutor in SIMS itself")
    office.export(MORNING)
    office.hand_in(proforma("r1", 1), when=NOON)
    office.push(NOON)
    assert office.desk.text(1) == "Typed by the tutor in SIMS itself"
    assert office.desk.text(1, SECOND) == LINE
    assert office.states() == {"target-2": "sent"}


def test_a_value_typed_between_export_and_push_is_found_by_the_look_and_kept(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.desk.type_in(1, "Typed a minute ago in SIMS")
    assert office.push().outcome.ending is Ending.HELD
    assert office.state() == "conflict typed-in-sims"
    assert office.desk.text(1) == "Typed a minute ago in SIMS"
    office.export(EVENING)
    office.push(NEXT_DAY)
    assert (office.states(), office.desk.text(1, SECOND)) == ({"target-2": "sent"}, LINE)
    assert office.entries() == {"proforma": TEXT, "sims": "Typed a minute ago in SIMS"}


def test_a_correction_overwrites_ours_as_the_next_revision(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.push()
    office.confirm()
    office.hand_in(proforma("r1", 1, text=OTHER_TEXT), when=EVENING)
    office.push(EVENING)
    assert office.desk.text(1) == f"Target: {OTHER_TEXT}"
    assert [revision for _, revision, _ in office.desk.writes] == [1, 2]


def test_an_older_revision_of_ours_seen_late_is_no_entry_either(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.push()
    late = office.desk.rows()
    office.hand_in(proforma("r1", 1, text=OTHER_TEXT), when=EVENING)
    office.push(EVENING)
    office.world.read(Kind.MENTORING_ENTRIES, late, EVENING)
    assert office.entries() == {"proforma": OTHER_TEXT}
    assert office.state() == "sent"


def test_a_withdrawn_entry_is_overwritten_with_withdrawn(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.push()
    office.confirm()
    office.hand_in(proforma("r1", 1, state="withdrawn"), when=EVENING)
    office.push(EVENING)
    assert office.desk.text(1) == "Withdrawn 20/11/2026"
    office.confirm(NEXT_DAY)
    assert office.state() == "withdrawn"


def test_a_withdrawn_entry_whose_place_someone_filled_is_let_go(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.push()
    office.confirm()
    office.desk.type_in(1, "A quite new target typed in SIMS")
    office.hand_in(proforma("r1", 1, state="withdrawn"), when=EVENING)
    office.push(EVENING)
    assert office.desk.text(1) == "A quite new target typed in SIMS"
    assert office.state() == "withdrawn not-ours"
    office.export(NEXT_DAY)
    assert office.entries() == {"sims": "A quite new target typed in SIMS"}


def test_a_newer_value_typed_in_sims_is_adopted_and_the_earlier_text_kept(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.push()
    office.confirm()
    office.desk.type_in(1, "Target: Read for twenty minutes | By: 08/01/2027")
    office.export(NEXT_DAY)
    assert office.entries() == {"proforma": "Read for twenty minutes"}
    assert office.state() == "confirmed typed-in-sims"
    with office.world.store.reading() as connection:
        texts = [text for _, text, _ in load_revisions(connection, office.world.id, office.key())]
    assert texts == [LINE, "Target: Read for twenty minutes | By: 08/01/2027"]
    office.push("2026-11-23 12:00")
    assert len(office.desk.writes) == 1


def test_edited_in_both_places_is_a_conflict_that_a_person_decides(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.push()
    office.confirm()
    office.desk.type_in(1, "Typed in SIMS since then")
    office.hand_in(proforma("r1", 1, text=OTHER_TEXT), when=EVENING)
    office.push(EVENING)
    assert (office.state(), office.desk.text(1)) == ("conflict typed-in-sims", "Typed in SIMS since then")
    assert office.entries() == {"proforma": OTHER_TEXT}


def test_resend_puts_ours_there_as_a_new_revision(office: Office) -> None:
    test_edited_in_both_places_is_a_conflict_that_a_person_decides(office)
    office.decide("resend")
    office.push(NEXT_DAY)
    assert (office.state(), office.desk.text(1)) == ("sent", f"Target: {OTHER_TEXT}")
    assert len({(key, revision) for key, revision, _ in office.desk.writes}) == len(office.desk.writes)


def test_keep_sims_makes_the_typed_value_the_entrys_next_version(office: Office) -> None:
    test_edited_in_both_places_is_a_conflict_that_a_person_decides(office)
    office.decide("keep-sims")
    office.push(NEXT_DAY)
    assert office.desk.text(1) == "Typed in SIMS since then"
    assert office.entries() == {"proforma": "Typed in SIMS since then"}
    assert office.state() == "confirmed typed-in-sims"


def test_keep_sims_of_what_was_never_sent_lets_both_stand(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.desk.type_in(1, "Typed a minute ago in SIMS")
    office.push()
    office.decide("keep-sims")
    office.export(EVENING)
    office.push(NEXT_DAY)
    assert office.desk.writes == []
    assert office.state() == "withdrawn kept-sims"


def test_a_confirmed_text_that_is_gone_from_sims_is_said_and_not_written_again_by_itself(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.push()
    office.confirm()
    office.desk.type_in(1, None)
    report = office.world.run("check_drift", NEXT_DAY)
    assert "Drift: 1 of 1 confirmed texts of Autumn 2 differ from SIMS (100.0 %)." in report.outcome.notes
    assert office.state() == "differs gone"
    office.push("2026-11-23 12:00")
    assert office.desk.text(1) is None


def test_a_sims_restored_to_last_week_rewrites_nothing_here(office: Office) -> None:
    office.hand_in(*(proforma(f"r{number}", number) for number in range(1, 11)))
    office.push()
    office.confirm()
    office.desk.values = dict.fromkeys(office.desk.values, "Something of last week")
    report = office.world.run("check_drift", NEXT_DAY)
    assert [problem.code for problem in report.outcome.problems] == ["many-changed-in-sims"]
    assert office.entries() == {"proforma": TEXT}


def test_a_quite_ordinary_typed_entry_of_another_student_is_untouched(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.push()
    office.world.read(Kind.MENTORING_ENTRIES, [*office.desk.rows(), typed(2)], EVENING)
    assert office.entries() == {"proforma": TEXT, "sims": TEXT}


# --- faults ---------------------------------------------------------------------------------------------------------


def test_what_sims_accepts_and_drops_is_found_and_sent_again_without_help(office: Office) -> None:
    office.desk.faults = ["drop"]
    office.hand_in(proforma("r1", 1))
    office.push()
    assert office.desk.text(1) is None
    office.confirm()
    assert (office.state(), office.desk.text(1)) == ("confirmed", LINE)


def test_what_sims_never_keeps_ends_with_a_person(office: Office) -> None:
    office.desk.faults = ["drop"] * 9
    office.hand_in(proforma("r1", 1))
    office.push()
    report = office.confirm()
    assert report.outcome.ending is Ending.HELD
    assert office.state() == "differs not-kept"


@pytest.mark.parametrize(("fault", "reason"), [("cut", "cut"), ("other", "other-value")])
def test_what_sims_changes_is_never_called_confirmed(office: Office, fault: str, reason: str) -> None:
    office.desk.faults = [fault]
    office.hand_in(proforma("r1", 1))
    office.push()
    office.export("2026-11-20 15:00")
    office.confirm()
    assert office.state() == f"differs {reason}"
    assert office.entries() == {"proforma": TEXT}


@pytest.mark.parametrize("fault", ["timeout before commit", "timeout after commit"])
def test_after_a_time_out_nothing_is_written_twice(office: Office, fault: str) -> None:
    office.desk.faults = [fault]
    office.hand_in(proforma("r1", 1), proforma("r2", 2))
    office.push()
    office.confirm()
    assert sorted(revision for _, revision, _ in office.desk.writes) == [1, 1]
    assert len(office.desk.writes) == len({key for key, _, _ in office.desk.writes})


def test_an_unheard_write_is_left_alone_while_sims_may_still_take_it_over(office: Office) -> None:
    office.desk.traits = Traits(quiet_seconds=3600)
    office.desk.faults = ["timeout before commit"]
    office.hand_in(proforma("r1", 1))
    office.push(NOON)
    looks = office.desk.looks
    office.push("2026-11-20 12:30")
    assert (office.state(), office.desk.looks) == ("unknown timeout", looks)
    office.push("2026-11-20 13:30")
    assert office.desk.text(1) == LINE


def test_a_locked_result_set_holds_and_is_tried_again_once_it_is_open(office: Office) -> None:
    office.desk.locked = {"Mentoring Autumn 2 2026/27"}
    office.hand_in(proforma("r1", 1))
    report = office.push()
    assert [problem.code for problem in report.outcome.problems] == ["locked"]
    assert office.state() == "held locked"
    office.desk.locked.clear()
    assert office.push(NEXT_DAY).outcome.ending is Ending.DONE
    assert office.desk.text(1) == LINE


def test_killed_in_the_middle_nothing_is_lost_and_nothing_written_twice(office: Office) -> None:
    office.hand_in(*(proforma(f"r{number}", number) for number in range(1, 9)))
    for survived in (2, 5, 6):
        office.desk.killed_after = survived
        with pytest.raises(KeyboardInterrupt):
            office.push()
    office.desk.killed_after = None
    office.push(EVENING)
    office.confirm(NEXT_DAY)
    assert len(office.desk.writes) == len({(key, revision) for key, revision, _ in office.desk.writes}) == 8
    assert set(office.states().values()) == {"confirmed"}


def test_too_many_withdrawals_at_once_wait_for_a_person(office: Office) -> None:
    office.hand_in(*(proforma(f"r{number}", number) for number in range(1, 9)))
    office.push()
    office.confirm()
    office.hand_in(*(proforma(f"r{number}", number, state="withdrawn") for number in range(1, 9)), when=EVENING)
    report = office.push(EVENING)
    assert [problem.code for problem in report.outcome.problems] == ["many-withdrawals"]
    assert office.desk.text(1) == LINE


def test_what_waits_longer_than_two_school_days_raises_the_alarm(office: Office) -> None:
    office.desk.faults = ["timeout before commit"] * 99
    office.hand_in(proforma("r1", 1))
    office.push("2026-11-20 12:00")
    assert "unconfirmed" not in _codes(office.push("2026-11-24 12:00"))
    assert "unconfirmed" in _codes(office.push("2026-11-25 12:00"))


def test_switched_off_nothing_is_queued_or_sent(office: Office) -> None:
    office.world.school = office.world.school.model_copy(update={"push": type(office.world.school.push)()})
    office.hand_in(proforma("r1", 1))
    assert office.push().outcome.ending is Ending.DONE
    assert (office.states(), office.desk.writes) == ({}, [])


def test_a_plan_writes_nothing_anywhere(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    report = office.world.run("push_targets", NOON, dry=True)
    assert report.outcome.notes == ("Texts that would be sent to SIMS: 1.",)
    assert (office.states(), office.desk.writes) == ({}, [])


def test_a_decision_that_means_nothing_there_is_refused_and_changes_nothing(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.push()
    with pytest.raises(ConfigurationError):
        office.decide("resend")
    assert office.state() == "sent"


def test_every_step_is_in_the_deliverys_story(office: Office) -> None:
    office.hand_in(proforma("r1", 1))
    office.push()
    office.confirm()
    with office.world.store.reading() as connection:
        story = [event.state for event in load_story(connection, office.world.id, office.key())]
    assert story == [DeliveryState.QUEUED.value, DeliveryState.SENT.value, DeliveryState.CONFIRMED.value]


def _codes(report: RunReport) -> list[str]:
    return [problem.code for problem in report.outcome.problems]
