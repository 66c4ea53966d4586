"""Any history of edits in SIMS, faults, runs and releases ends as the rules say (promise P5)."""

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sims_sync.errors import SourceRefused, SourceUnavailable
from sims_sync.outcome import Ending
from sims_sync.pull.release import Decision, release_held
from sims_sync.records import Kind
from sims_sync.run import RunReport
from sims_sync.store.entries import load_entries
from sims_sync.store.reads import load_missing
from sims_sync.store.results import load_results
from sims_sync.store.students import load_students
from tests.examples import examples
from tests.sims_sync.builders import OTHER_TEXT, TEXT, Row, at, make_world, result, student, students, typed
from tests.sims_sync.shared_stores import empty_store

GROUPS = st.sampled_from(["8A1", "8B1", "9A1"])
HISTORY_KINDS = st.sampled_from([Kind.RESULTS, Kind.MENTORING_ENTRIES])
START = at("2026-11-03 06:00")


class PullMachine(RuleBasedStateMachine):
    """`sims` is what SIMS holds now; `known` what the store must hold: nothing goes for being absent."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.store = empty_store(Path(self.folder.name))
        self.world = make_world(
            self.store, Path(self.folder.name), (Kind.STUDENTS, Kind.RESULTS, Kind.MENTORING_ENTRIES)
        )
        self.sims: dict[int, Row] = {}
        self.known: dict[int, Row] = {}
        self.held: set[int] = set()
        self.missing: set[int] = set()
        self.hours = 0
        # Histories: what SIMS shows now, and what the store must hold for ever. Number of the student → text.
        self.shown: dict[Kind, dict[int, str]] = {Kind.RESULTS: {}, Kind.MENTORING_ENTRIES: {}}
        self.kept: dict[Kind, dict[int, str]] = {Kind.RESULTS: {}, Kind.MENTORING_ENTRIES: {}}

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @initialize(count=st.integers(12, 30))
    def first_read(self, count: int) -> None:
        self.sims = dict(enumerate(students(count), start=1))
        assert self.read(list(self.sims.values())).outcome.ending is Ending.DONE
        self.accept(self.sims)

    @rule(group=GROUPS)
    def joins(self, group: str) -> None:
        number = max(self.known | self.sims) + 1
        self.sims[number] = student(number, group)

    @rule(data=st.data(), group=GROUPS)
    @precondition(lambda self: self.sims)
    def moves(self, data: st.DataObject, group: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.sims)))
        self.sims[number] = student(number, group)

    @rule(data=st.data())
    @precondition(lambda self: len(self.sims) > 10)
    def leaves(self, data: st.DataObject) -> None:
        del self.sims[data.draw(st.sampled_from(sorted(self.sims)))]

    @rule()
    def comes_back(self) -> None:
        for number in sorted(self.known.keys() - self.sims.keys())[:1]:
            self.sims[number] = self.known[number]

    @rule()
    def is_read(self) -> None:
        report = self.read(list(self.sims.values()))
        storm = self.altered(self.sims) >= 5 and 100 * self.altered(self.sims) > 50 * len(self.known)
        if storm:
            assert report.outcome.ending is Ending.STOPPED
            self.sims = {number: self.known.get(number, row) for number, row in self.sims.items()}
            return
        self.accept(self.sims)
        assert report.outcome.ending is (Ending.HELD if self.held else Ending.DONE)

    @rule()
    def is_read_twice(self) -> None:
        self.is_read()
        again = self.read(list(self.sims.values()))
        assert [again.outcome.counts[name] for name in ("added", "changed", "missing")] == [0, 0, 0]

    @rule(data=st.data(), kind=HISTORY_KINDS, text=st.sampled_from([TEXT, OTHER_TEXT]))
    def is_typed(self, data: st.DataObject, kind: Kind, text: str) -> None:
        self.shown[kind][data.draw(st.sampled_from(sorted(self.known)))] = text

    @rule(kind=HISTORY_KINDS)
    def is_filtered_away(self, kind: Kind) -> None:
        for number in sorted(self.shown[kind])[:1]:
            del self.shown[kind][number]

    @rule(kind=HISTORY_KINDS)
    def history_is_read(self, kind: Kind) -> None:
        shown, kept = self.shown[kind], self.kept[kind]
        altered = sum(number in kept and kept[number] != text for number, text in shown.items())
        stopped = (kept and not shown) or (altered >= 5 and 100 * altered > 50 * len(kept))
        self.hours += 1
        row = result if kind is Kind.RESULTS else typed
        report = self.world.read(kind, [row(number, text) for number, text in shown.items()], self.now())
        assert report.outcome.ending is (Ending.STOPPED if stopped else Ending.DONE)
        if not stopped:
            kept |= shown

    @rule(fault=st.sampled_from([SourceRefused, SourceUnavailable]))
    def fails(self, fault: type[SourceRefused | SourceUnavailable]) -> None:
        self.world.shelves["students"].fail(Kind.STUDENTS, fault("broken", "It broke.", "Look."))
        assert self.run().outcome.ending in {Ending.STOPPED, Ending.FAILED}

    @rule()
    def comes_empty(self) -> None:
        assert self.read([]).outcome.ending is Ending.STOPPED

    @rule()
    def comes_from_another_school(self) -> None:
        others = [student(number, Surname=f"Dremm{number}") for number in range(900_000, 900_000 + len(self.known))]
        assert self.read(others).outcome.ending is Ending.STOPPED

    @rule()
    def is_only_planned(self) -> None:
        self.hours += 1
        reading = self.world.put(Kind.STUDENTS, list(self.sims.values()), self.now())
        self.world.run("pull_students", self.now(), dry=True)
        assert reading.settled is None
        reading.settle("taken-away", good=True)

    @rule()
    @precondition(lambda self: self.held)
    def removals_are_released(self) -> None:
        release_held(self.world.context(self.now()), "students", Decision("test", "they left"))
        self.held = set()

    @invariant()
    def store_holds_what_the_rules_say(self) -> None:
        with self.store.reading() as connection:
            stored = load_students(connection, self.world.id)
            missing = load_missing(connection, self.world.id, Kind.STUDENTS)
        shown = {int(record.ref.person_id or 0): record.tutor_group for record in stored.values()}
        assert shown == {number: row["Reg"] for number, row in self.known.items()}
        ids = {student_id: int(record.ref.person_id or 0) for student_id, record in stored.items()}
        assert {ids[key] for key in missing} == self.missing
        assert {ids[key] for key, row in missing.items() if row.held} == self.held

    @invariant()
    def histories_only_grow(self) -> None:
        with self.store.reading() as connection:
            people = load_students(connection, self.world.id)
            results = {row[0]: row[4] for row in load_results(connection, self.world.id)}
            entries = load_entries(connection, self.world.id).values()
        numbers = {student_id: int(record.ref.person_id or 0) for student_id, record in people.items()}
        assert {numbers[key]: text for key, text in results.items()} == self.kept[Kind.RESULTS]
        texts = {numbers[each.student_id]: each.targets[0].text for each in entries}
        assert texts == self.kept[Kind.MENTORING_ENTRIES]

    def accept(self, read: dict[int, Row]) -> None:
        """What a good read does to the model."""
        newly = self.known.keys() - read.keys() - self.missing
        known = len(self.known)
        self.missing -= read.keys()
        self.held -= read.keys()
        absent = len(newly | self.missing)
        if newly and absent >= 3 and (100 * absent > 5 * known or absent > 20):
            self.held |= newly
        self.missing |= newly
        self.known |= read

    def altered(self, read: dict[int, Row]) -> int:
        return sum(number in self.known and self.known[number] != row for number, row in read.items())

    def read(self, rows: list[Row]) -> RunReport:
        self.hours += 1
        self.world.put(Kind.STUDENTS, rows, self.now())
        return self.run()

    def run(self) -> RunReport:
        return self.world.run("pull_students", self.now())

    def now(self) -> str:
        return f"{START + timedelta(hours=self.hours):%Y-%m-%d %H:%M}"


TestPullMachine = PullMachine.TestCase
TestPullMachine.settings = settings(
    max_examples=examples(6),
    stateful_step_count=18,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
