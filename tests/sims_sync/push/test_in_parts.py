"""The push holds little in memory at once: what it does is the same as if it had all of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sims_sync.connector import MayWrite, Receipt
from sims_sync.errors import RetriableError, RunInterrupted
from sims_sync.outcome import Ending
from sims_sync.push import engine, queueing, sending
from sims_sync.push.decisions import decide
from sims_sync.push.engine import push_targets
from sims_sync.push.queueing import queue_deliveries
from sims_sync.records import Delivery, Kind
from sims_sync.store.deliveries import load_deliveries
from sims_sync.store.session import Store
from tests.sims_sync.builders import AUTUMN_2_SET, World, make_world, proforma, students, typed
from tests.sims_sync.desk import Desk
from tests.sims_sync.push.test_engine import EVENING, LINE, MORNING, NEXT_DAY, NOON, SECOND, Office

COUNT = 8
FIRST_ASPECT = "Mentoring Target 1"


class Interfering(Desk):
    """A SIMS during whose first write something else happens."""

    happens: Callable[[], object] | None = None

    def deliver(self, batch: Sequence[Delivery], may_write: MayWrite) -> Iterator[Receipt]:
        happens, self.happens = self.happens, None
        if happens is not None:
            happens()
        return super().deliver(batch, may_write)


@pytest.fixture(autouse=True)
def _little_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queueing, "STUDENTS_AT_ONCE", 2)
    monkeypatch.setattr(sending, "BATCH", 3)
    monkeypatch.setattr(sending, "NOTED_AT_ONCE", 2)
    monkeypatch.setattr(engine, "LOOK_BATCH", 3)


@pytest.fixture
def office(store: Store, tmp_path: Path) -> Office:
    desk = Interfering()
    push = {"enabled": True, "destination": {"connector": "desk", "desk": desk}}
    world = make_world(store, tmp_path, (Kind.STUDENTS, Kind.MENTORING_ENTRIES, Kind.PROFORMAS), push=push)
    world.read_well(Kind.STUDENTS, students(30), MORNING)
    made = Office(world, desk)
    made.hand_in(*(proforma(f"r{number}", number) for number in range(1, COUNT + 1)))
    return made


def stands(world: World) -> list[str]:
    with world.store.reading() as connection:
        rows = load_deliveries(connection, world.id).values()
    return sorted(f"{row.state.value} {row.reason}".strip() for row in rows)


def test_all_are_sent_and_confirmed_once_each(office: Office) -> None:
    report = office.push()
    assert (report.outcome.counts["added"], stands(office.world)) == (COUNT, ["sent"] * COUNT)
    assert office.confirm().outcome.counts["read"] == COUNT
    assert stands(office.world) == ["confirmed"] * COUNT
    assert len(office.desk.writes) == COUNT
    assert office.push(NEXT_DAY).outcome.counts["read"] == 0


@pytest.mark.parametrize("survived", range(1, COUNT))
def test_killed_after_any_write_nothing_is_lost_or_written_twice(office: Office, survived: int) -> None:
    office.desk.killed_after = survived
    with pytest.raises(KeyboardInterrupt):
        office.push()
    office.desk.killed_after = None
    office.push(EVENING)
    office.confirm(NEXT_DAY)
    assert len({key for key, _, _ in office.desk.writes}) == len(office.desk.writes) == COUNT
    assert stands(office.world) == ["confirmed"] * COUNT


@pytest.mark.parametrize("written", [0, 1, 3, COUNT - 1])
def test_a_stop_is_heeded_after_the_record_in_hand_and_the_next_push_goes_on(office: Office, written: int) -> None:
    stopped = replace(office.world.context(NOON), stopping=lambda: len(office.desk.writes) >= written)
    with pytest.raises(RunInterrupted):
        push_targets(stopped)
    assert len(office.desk.writes) == written
    office.push(EVENING)
    office.confirm(NEXT_DAY)
    assert len({key for key, _, _ in office.desk.writes}) == len(office.desk.writes) == COUNT
    assert stands(office.world) == ["confirmed"] * COUNT


def test_withdrawals_are_judged_together_whatever_part_they_are_in(office: Office) -> None:
    office.push()
    office.confirm()
    withdrawn = (proforma(f"r{number}", number, state="withdrawn") for number in range(1, COUNT + 1, 2))
    office.hand_in(*withdrawn, when=EVENING)
    office.push(EVENING)
    assert stands(office.world) == ["confirmed"] * (COUNT // 2) + ["held many-withdrawals"] * (COUNT // 2)


def test_one_withdrawal_of_many_is_sent(office: Office) -> None:
    office.push()
    office.confirm()
    office.hand_in(proforma("r1", 1, state="withdrawn"), when=EVENING)
    assert office.push(EVENING).outcome.counts["changed"] == 1
    assert office.desk.text(1) == "Withdrawn 20/11/2026"


def test_what_a_person_discards_while_others_are_sent_is_not_sent(office: Office) -> None:
    queue_deliveries(office.world.context(NOON))
    with office.world.store.reading() as connection:
        last = list(load_deliveries(connection, office.world.id))[-1]
    assert isinstance(office.desk, Interfering)
    office.desk.happens = lambda: decide(office.world.context(NOON), [last], "discard", "an admin", "not needed")
    office.push()
    assert stands(office.world) == ["sent"] * (COUNT - 1) + ["withdrawn discarded"]
    assert len(office.desk.writes) == COUNT - 1


def test_a_fault_in_the_middle_stops_and_what_was_not_tried_stands_as_it_stood(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BATCH", COUNT)
    whole = office.desk.deliver

    def broken(batch: Sequence[Delivery], may_write: MayWrite) -> Iterator[Receipt]:
        yield from whole(batch[:3], may_write)
        raise RetriableError("gone", "The server is gone.", "Try later.")

    monkeypatch.setattr(office.desk, "deliver", broken)
    assert [problem.code for problem in office.push().outcome.problems] == ["gone"]
    assert stands(office.world) == ["queued"] * (COUNT - 3) + ["sent"] * 3
    with office.world.store.reading() as connection:
        rows = load_deliveries(connection, office.world.id).values()
    assert sum(row.was_attempted for row in rows) == 3


def test_a_store_that_fails_in_the_middle_leaves_what_was_tried_to_be_looked_at(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_connection: object, _school: str, steps: Sequence[object], *_: object) -> None:
        if steps:
            raise RetriableError("store", "The disk that holds the store is full.", "Make room.")

    with monkeypatch.context() as patched:
        patched.setattr(sending, "tell", full)
        assert office.push().outcome.ending is Ending.FAILED
    assert stands(office.world) == ["queued"] * (COUNT - 3) + ["sending"] * 3
    office.push(EVENING)
    office.confirm(NEXT_DAY)
    assert stands(office.world) == ["confirmed"] * COUNT
    assert len({key for key, _, _ in office.desk.writes}) == len(office.desk.writes) == COUNT


def test_the_plan_counts_a_text_that_moves_to_another_place_once(office: Office) -> None:
    queue_deliveries(office.world.context(NOON))
    office.world.read(Kind.MENTORING_ENTRIES, [typed(1, "Typed by the tutor in SIMS itself")], NOON)
    report = office.world.run("push_targets", EVENING, dry=True)
    assert report.outcome.notes == (f"Texts that would be sent to SIMS: {COUNT}.",)
    office.desk.type_in(1, "Typed by the tutor in SIMS itself")
    office.push(EVENING)
    assert (office.desk.text(1), office.desk.text(1, SECOND)) == ("Typed by the tutor in SIMS itself", LINE)


def test_what_is_in_one_list_of_sims_is_looked_at_together(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.hand_in(*(proforma(f"s{number}", number, text="A second one of these") for number in range(1, 4)))
    office.push()
    asked: list[set[tuple[str, str]]] = []
    look_up = office.desk.look_up

    def noted(deliveries: Sequence[Delivery]) -> object:
        asked.append({(each.aspect, each.result_set) for each in deliveries})
        return look_up(deliveries)

    monkeypatch.setattr(office.desk, "look_up", noted)
    office.confirm()
    assert asked == [{(FIRST_ASPECT, AUTUMN_2_SET)}, {(SECOND, AUTUMN_2_SET)}]
