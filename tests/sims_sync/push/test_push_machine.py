"""Any history of pro-formas, typing in SIMS, faults, kills and decisions ends as the rules say (promises P3, P4)."""

import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sims_sync.delivery import NEEDS_PERSON, OPEN_STATES, DeliveryState, StoredDelivery
from sims_sync.entry_text import normalise, read_target
from sims_sync.errors import ConfigurationError
from sims_sync.outcome import Ending
from sims_sync.push.decisions import DECISIONS, decide
from sims_sync.push.reasons import REASONS
from sims_sync.push.wanted import DECIDED
from sims_sync.records import Entry, Kind
from sims_sync.store.deliveries import load_deliveries
from sims_sync.store.entries import load_entries
from sims_sync.store.students import load_students
from sims_sync.typed_entries import slot_aspects
from tests.examples import examples
from tests.sims_sync.builders import AUTUMN_2_SET, Row, at, make_world, proforma, students
from tests.sims_sync.desk import Desk, Place
from tests.sims_sync.shared_stores import empty_store

START = at("2026-11-13 06:00")
# Few places, so that what happens meets: with many, most histories never touch one place twice.
STUDENTS = 2
ASPECTS = ("Mentoring Target 1", "Mentoring Target 2")
ROW_IDS = st.sampled_from(["r1", "r2", "r3", "r4"])
FIRST_ROWS = ("r1", "r2", "r3")
NUMBERS = st.integers(1, STUDENTS)
FAULTS = ["drop", "cut", "other", "timeout before commit", "timeout after commit", "refuse"]
PRESENT = frozenset({DeliveryState.CONFIRMED, DeliveryState.WITHDRAWN})


class PushMachine(RuleBasedStateMachine):
    """`typed`: what tutors typed and nobody took out. `given_up`: what a person let ours take the place of."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        base = Path(self.folder.name)
        self.store = empty_store(base)
        self.desk = Desk()
        push = {"enabled": True, "destination": {"connector": "desk", "desk": self.desk}}
        kinds = (Kind.STUDENTS, Kind.MENTORING_ENTRIES, Kind.PROFORMAS)
        self.world = make_world(self.store, base, kinds, push=push)
        self.rows: dict[str, Row] = {}
        self.typed: dict[Place, str] = {}
        self.ever_typed: set[str] = set()
        self.given_up: set[tuple[Place, str]] = set()
        self.late: tuple[list[Row], dict[Place, str], str] | None = None
        self.proven: dict[str, int | None] = {}
        self.seen: Mapping[Place, str] = {}  # what the last job could see of SIMS
        self.hours = self.texts = 0

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @initialize()
    def first_read(self) -> None:
        self.world.read_well(Kind.STUDENTS, students(STUDENTS), self.later())
        with self.store.reading() as connection:
            people = load_students(connection, self.world.id)
        self.numbers = {key: int(each.ref.person_id or 0) for key, each in people.items()}
        self.aspects = slot_aspects(self.world.school.entries)
        for row_id in FIRST_ROWS:
            self.is_handed_in(row_id, "submitted")

    # --- on pro-formas

    @rule(row_id=ROW_IDS, state=st.sampled_from(["submitted", "submitted", "submitted", "withdrawn", "draft"]))
    def is_handed_in(self, row_id: str, state: str) -> None:
        """New, corrected, withdrawn or back to a draft."""
        number = 1 + int(row_id[1:]) % STUDENTS
        old = self.rows.get(row_id)
        text = self.text("Agreed", number) if old is None or state == "submitted" else old["text"]
        self.hand_in(proforma(row_id, number, state=state, text=text))

    @rule(row_id=ROW_IDS)
    def is_handed_in_again(self, row_id: str) -> None:
        """A copy that knows nothing of what came after it."""
        if row_id in self.rows:
            self.hand_in({**self.rows[row_id], "state": "submitted"})

    # --- in SIMS

    @rule(number=NUMBERS, aspect=st.sampled_from(ASPECTS))
    def is_typed(self, number: int, aspect: str) -> None:
        self.type_in((f"person:{number}", aspect, AUTUMN_2_SET), self.text("Typed", number))

    @rule(data=st.data(), what=st.sampled_from(["typed over", "typed over", "typed over", "deleted"]))
    @precondition(lambda self: self.desk.values)
    def is_overwritten_or_deleted(self, data: st.DataObject, what: str) -> None:
        place = data.draw(st.sampled_from(sorted(self.desk.values)))
        text = self.text("Typed", int(place[0].removeprefix("person:")))
        self.type_in(place, None if what == "deleted" else text)

    # --- jobs

    @rule()
    def is_exported(self) -> None:
        self.read_export(self.desk.rows(), dict(self.desk.values), self.later())

    @rule()
    def an_export_is_put_by(self) -> None:
        self.late = (self.desk.rows(), dict(self.desk.values), self.later())

    @rule()
    @precondition(lambda self: self.late is not None)
    def an_export_is_read_late(self) -> None:
        assert self.late is not None
        self.read_export(*self.late)
        self.late = None

    @rule(faults=st.lists(st.sampled_from(FAULTS), max_size=2))
    def is_pushed(self, faults: list[str]) -> None:
        self.desk.faults = faults
        self.job("push_targets")
        self.desk.faults = []
        self.every_text_has_one_delivery()

    @rule(after=st.integers(1, 2))
    def is_killed_in_the_middle(self, after: int) -> None:
        self.desk.killed_after = len(self.desk.writes) + after
        with suppress(KeyboardInterrupt):
            self.job("push_targets")
        self.desk.killed_after = None
        self.every_text_has_one_delivery()

    @rule(faults=st.lists(st.sampled_from(FAULTS), max_size=2))
    def is_confirmed(self, faults: list[str]) -> None:
        self.desk.faults = faults
        self.job("confirm_targets")
        self.desk.faults = []

    @rule()
    def goes_well(self) -> None:
        self.is_pushed([])
        self.is_confirmed([])

    @rule()
    def is_compared(self) -> None:
        self.job("check_drift")

    @rule()
    def is_pushed_while_locked(self) -> None:
        self.desk.locked = {AUTUMN_2_SET}
        self.is_pushed([])
        self.desk.locked = set()

    @rule(data=st.data(), action=st.sampled_from(sorted(DECISIONS)))
    def is_decided(self, data: st.DataObject, action: str) -> None:
        waiting = [key for key, row in self.deliveries().items() if row.state in NEEDS_PERSON]
        if not waiting:
            return
        row = self.deliveries()[data.draw(st.sampled_from(waiting))]
        with suppress(ConfigurationError):
            decide(self.world.context(self.later()), [row.delivery_key], action, "a person", "looked at it")
            self.given_up |= {(self.place(row), row.sims_text)} if action == "resend" and row.sims_text else set()
            # Once ours is discarded, whatever SIMS made of it is no longer ours.
            self.ever_typed |= {read_target(row.sims_text).text} if action == "discard" and row.sims_text else set()
            self.proven[row.delivery_key] = self.deliveries()[row.delivery_key].confirmed_revision

    @rule()
    def ends_quietly(self) -> None:
        for job in ("push_targets", "", "confirm_targets", "push_targets", "confirm_targets", "", "check_drift"):
            if job:
                self.job(job)
            elif self.desk.values:
                self.is_exported()
        for row in self.deliveries().values():
            assert row.state not in OPEN_STATES
            assert row.state not in NEEDS_PERSON or row.reason in REASONS
            there = normalise(self.desk.values.get(self.place(row), ""))
            if row.state is DeliveryState.CONFIRMED:
                assert there in {normalise(row.text), normalise(row.sims_text or "")} or self.are_many_changed()
        self.nothing_typed_is_forgotten()

    # --- what must hold after each step

    @invariant()
    def what_a_tutor_typed_stands_there(self) -> None:
        for place, text in list(self.typed.items()):
            if self.desk.values.get(place) != text:
                assert (place, text) in self.given_up
                del self.typed[place]

    @invariant()
    def nobodys_text_stands_in_anothers_place(self) -> None:
        for (person, _, _), text in self.desk.values.items():
            assert "student " not in text or f"student {person.removeprefix('person:')}." in text

    @invariant()
    def nothing_is_written_twice(self) -> None:
        counts = Counter((key, revision) for key, revision, _ in self.desk.writes)
        assert not [pair for pair, count in counts.items() if count > 1]

    @invariant()
    def confirmed_was_equal_in_sims(self) -> None:
        for key, row in self.deliveries().items():
            newly = row.confirmed_revision is not None and row.confirmed_revision != self.proven.get(key)
            if newly and row.state in PRESENT:
                assert normalise(self.seen.get(self.place(row), "")) == normalise(row.text)
            self.proven[key] = row.confirmed_revision

    @invariant()
    def only_what_was_typed_is_an_entry_of_its_own(self) -> None:
        texts = {_text(each) for each in self.entries() if each.origin == "sims"}
        assert texts <= self.ever_typed

    # --- helpers of this model

    def hand_in(self, row: Row) -> None:
        self.rows[row["row_id"]] = row
        self.world.read(Kind.PROFORMAS, [row], self.later())

    def type_in(self, place: Place, text: str | None) -> None:
        self.typed.pop(place, None)
        self.desk.values.pop(place, None)
        # What someone took out may be sent again.
        self.desk.writes = [each for each in self.desk.writes if self.place_of(each[0]) != place]
        if text is not None:
            self.typed[place] = self.desk.values[place] = text
            self.ever_typed.add(text)

    def job(self, name: str) -> None:
        self.seen, before = self.desk.values, self.counts()
        report = self.world.run(name, self.later())
        assert report.outcome.ending in {Ending.DONE, Ending.HELD}
        assert self.counts() == before

    def read_export(self, rows: list[Row], values: dict[Place, str], when: str) -> None:
        if not rows:
            return
        self.seen, before = values, self.counts()
        self.world.put(Kind.MENTORING_ENTRIES, rows, when)
        report = self.world.run("pull_entries", self.later())
        assert report.outcome.ending in {Ending.DONE, Ending.HELD, Ending.STOPPED}
        assert not before - self.counts()  # no entry is lost

    def every_text_has_one_delivery(self) -> None:
        live = Counter(
            row.entry_key
            for row in self.deliveries().values()
            if not row.withdrawal and (row.state is not DeliveryState.WITHDRAWN or row.reason in DECIDED)
        )
        for entry in self.entries():
            if entry.origin == "proforma":
                assert live[entry.key] == 1

    def nothing_typed_is_forgotten(self) -> None:
        said = {_text(each) for each in self.entries()}
        at_places = {self.place(row): row for row in self.deliveries().values() if row.slot in self.aspects}
        for place, text in self.typed.items():
            row = at_places.get(place)
            waits = row is not None and (row.state in NEEDS_PERSON or row.sims_text == text)
            assert text in said or waits or self.are_many_changed()

    def are_many_changed(self) -> bool:
        """Three or more at once are left as they are, and told."""
        rows = [row for row in self.deliveries().values() if row.state is DeliveryState.CONFIRMED]
        changed = [row for row in rows if normalise(self.desk.values.get(self.place(row), "")) != normalise(row.text)]
        return len(changed) >= 3

    def counts(self) -> Counter[str]:
        return Counter(each.student_id for each in self.entries())

    def entries(self) -> list[Entry]:
        with self.store.reading() as connection:
            found = load_entries(connection, self.world.id).values()
        return [each for each in found if each.state.value == "submitted"]

    def deliveries(self) -> dict[str, StoredDelivery]:
        with self.store.reading() as connection:
            return load_deliveries(connection, self.world.id)

    def place(self, row: StoredDelivery) -> Place:
        return self.place_of(row.delivery_key)

    def place_of(self, delivery_key: str) -> Place:
        *_, student_id, slot = delivery_key.split("/")
        return f"person:{self.numbers[student_id]}", self.aspects.get(slot, slot), AUTUMN_2_SET

    def text(self, how: str, number: int) -> str:
        self.texts += 1
        return f"{how} as number {self.texts} for student {number}."

    def later(self) -> str:
        self.hours += 1
        return f"{START + timedelta(minutes=10 * self.hours):%Y-%m-%d %H:%M}"


def _text(entry: Entry) -> str:
    return entry.targets[0].text if entry.targets else entry.no_target_reason or ""


TestPushMachine = PushMachine.TestCase
TestPushMachine.settings = settings(
    max_examples=examples(14),
    stateful_step_count=14,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.generate),
)
