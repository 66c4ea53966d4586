"""What holds for every school, whatever changes in SIMS between reads and whatever becomes of a source."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from sims_sync.compliance_report import compliance_report, summary_of
from sims_sync.errors import SourceFailed
from sims_sync.records import Kind
from sims_sync.report.summary import Section
from sims_sync.store.tables import metadata
from tests.examples import examples
from tests.sims_sync.builders import (
    AUTUMN_2,
    JOBS,
    OTHER_TEXT,
    TEXT,
    Row,
    World,
    group,
    make_world,
    staff,
    student,
    typed,
)
from tests.sims_sync.shared_stores import store_in

GROUPS = ("8A1", "8A2", "9B1")
TUTORS = ("T1", "T2", "T3", "T4")
NUMBERS = range(1, 13)
KINDS = (Kind.STAFF, Kind.STUDENTS, Kind.TUTOR_GROUPS, Kind.MENTORING_ENTRIES)
DAYS = ("2026-11-09", "2026-11-23", "2026-12-14", "2026-12-16")
EARLIER, REPORT_DAY = "2026-12-10 06:00", "2026-12-16 07:30"
FRESH = "2026-12-16 06:00"
ERROR = SourceFailed("error", "SIMS reported an error.", "Run the report by hand.")

# What two runs that did the same may differ in: who ran when, and what was planned, counted or kept on the way.
RUN_TABLES = frozenset({"run", "plan", "lease", "read", "kept_read", "alembic_version", "confirmed_source", "journal"})
RUN_COLUMNS = frozenset({"run_id", "last_seen", "seen_count"})


@dataclass(frozen=True)
class Sims:
    """What SIMS holds: each student's group (None = no longer there), each group's tutor, and the texts typed."""

    groups: Mapping[int, str | None] = field(default_factory=dict)
    tutors: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[int, str] = field(default_factory=dict)

    def rows(self, kind: Kind) -> list[Row]:
        """The report of one kind."""
        there = {number: name for number, name in self.groups.items() if name is not None}
        if kind is Kind.STAFF:
            return [staff(code) for code in TUTORS]
        if kind is Kind.STUDENTS:
            return [student(number, name, "Bronte" if name == "9B1" else "Austen") for number, name in there.items()]
        if kind is Kind.TUTOR_GROUPS:
            return [group(name, tutor) for name, tutor in self.tutors.items()]
        return [typed(number, text) for number, text in self.texts.items() if number in there]


NUMBER = st.sampled_from(NUMBERS)
SIMS = st.builds(
    Sims,
    groups=st.fixed_dictionaries({number: st.sampled_from(GROUPS) for number in NUMBERS}),
    tutors=st.fixed_dictionaries({name: st.sampled_from(TUTORS) for name in GROUPS}),
    texts=st.dictionaries(NUMBER, st.sampled_from([TEXT, OTHER_TEXT, "short"]), min_size=1),
)
EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), NUMBER, st.sampled_from([*GROUPS, None])),
        st.tuples(st.just("type"), NUMBER, st.sampled_from([TEXT, OTHER_TEXT])),
        st.tuples(st.just("clear"), NUMBER, st.none()),
        st.tuples(st.just("tutor"), st.sampled_from(GROUPS), st.sampled_from(TUTORS)),
    ),
    max_size=4,
)


def edited(sims: Sims, edits: list[tuple[str, object, object]]) -> Sims:
    """SIMS after somebody worked in it."""
    groups, tutors, texts = dict(sims.groups), dict(sims.tutors), dict(sims.texts)
    for what, which, value in edits:
        if what == "move":
            groups[which] = value  # type: ignore[index,assignment]
        elif what == "tutor":
            tutors[which] = value  # type: ignore[index,assignment]
        elif what == "type":
            texts[which] = value  # type: ignore[index,assignment]
        else:
            texts.pop(which, None)  # type: ignore[call-overload]
    return Sims(groups, tutors, texts)


@contextmanager
def a_world(model: Path) -> Iterator[World]:
    """An empty school of its own for one example."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(model, folder / "store.db")
        store = store_in(folder)
        try:
            yield make_world(store, folder, KINDS)
        finally:
            store.close()


def read_all(world: World, sims: Sims, when: str) -> list[Mapping[str, int]]:
    """Read every kind as SIMS is at `when`; the counts of each run."""
    for kind in KINDS:
        world.put(kind, sims.rows(kind), when)
    return [world.run(job, when).outcome.counts for job in ("pull_students", "pull_entries")]


def content(world: World) -> dict[str, list[str]]:
    """Everything in the store but for runs, plans and seen-times."""
    found = {}
    with world.store.reading() as connection:
        for table in metadata.sorted_tables:
            if table.name not in RUN_TABLES:
                columns = [column for column in table.columns if column.name not in RUN_COLUMNS]
                found[table.name] = sorted(repr(tuple(row)) for row in connection.execute(select(*columns)))
    return found


def named(world: World) -> frozenset[str]:
    """The tutors whom the report about autumn-2 says something against, on the morning after the deadline."""
    context = world.context(REPORT_DAY, rehearsal=True)
    summary = summary_of(compliance_report(context, AUTUMN_2), world.school, names=True)
    against = (Section.CONVERSATION, Section.NEARLY_THERE)
    rows = (row for house in summary.houses for row in house.groups if row.section in against)
    return frozenset(tutor for row in rows for tutor in row.tutors)


@settings(max_examples=examples(3), deadline=None)
@given(sims=SIMS, history=st.lists(EDITS, max_size=3))
def test_reading_anything_twice_changes_nothing(
    sqlite_model: Path, sims: Sims, history: list[list[tuple[str, object, object]]]
) -> None:
    with a_world(sqlite_model) as world:
        for day, edits in zip(DAYS, [[], *history], strict=False):
            sims = edited(sims, edits)
            read_all(world, sims, f"{day} 06:00")
            before = content(world)
            for counts in read_all(world, sims, f"{day} 07:00"):
                assert (counts["added"], counts["changed"], counts["missing"]) == (0, 0, 0)
            assert content(world) == before


@settings(max_examples=examples(3), deadline=None)
@given(sims=SIMS, edits=EDITS)
def test_a_plan_leaves_the_store_as_it_is_and_says_what_the_run_does(
    sqlite_model: Path, sims: Sims, edits: list[tuple[str, object, object]]
) -> None:
    with a_world(sqlite_model) as world:
        read_all(world, sims, f"{DAYS[0]} 06:00")
        changed, when = edited(sims, edits), f"{DAYS[1]} 06:00"
        before = content(world)
        for kind in KINDS:
            world.put(kind, changed.rows(kind), when)
        planned = world.run("pull_students", when, dry=True)
        assert content(world) == before
        done = world.run("pull_students", when)
        assert (planned.outcome.counts, planned.outcome.ending) == (done.outcome.counts, done.outcome.ending)


FATES = st.fixed_dictionaries(
    {kind: st.sampled_from(["fresh", "not read", "failed", "cut off", "short", "dropped"]) for kind in KINDS}
)


@settings(max_examples=examples(6), deadline=None)
@given(sims=SIMS, fates=FATES, keep=st.integers(0, 12))
def test_fewer_staler_or_broken_sources_never_name_more_tutors(
    sqlite_model: Path, sims: Sims, fates: Mapping[Kind, str], keep: int
) -> None:
    with a_world(sqlite_model) as world:
        read_all(world, sims, EARLIER)
        read_all(world, sims, FRESH)
        everybody = named(world)
    with a_world(sqlite_model) as world:
        read_all(world, sims, EARLIER)
        for kind, fate in fates.items():
            rows = sims.rows(kind)
            if fate in {"fresh", "short"}:
                world.put(kind, rows if fate == "fresh" else rows[:keep], FRESH)
            elif fate in {"failed", "cut off"}:
                world.put(kind, rows, FRESH, error=ERROR, fail_after=0 if fate == "failed" else keep)
        for job in dict.fromkeys(JOBS[kind] for kind in KINDS):
            world.run(job, FRESH)
        dropped = {kind.value for kind, fate in fates.items() if fate == "dropped"}
        sources = {name: section for name, section in world.school.sources.items() if name not in dropped}
        assert named(world.with_school(sources=sources)) <= everybody


@settings(max_examples=examples(3), deadline=None)
@given(sims=SIMS, number=NUMBER)
def test_one_more_entry_never_names_more_tutors(sqlite_model: Path, sims: Sims, number: int) -> None:
    more = replace(sims, texts={**sims.texts, number: TEXT})
    found = []
    for each in (sims, more):
        with a_world(sqlite_model) as world:
            read_all(world, each, FRESH)
            held = compliance_report(world.context(REPORT_DAY, rehearsal=True), AUTUMN_2).held
            found.append((named(world), {hold.code for hold in held}))
    (before, held_before), (after, _) = found
    assert after <= before or held_before
