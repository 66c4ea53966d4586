"""Whichever way results are read, quick or general, the store and the counts come out the same."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sims_sync.records import Kind
from sims_sync.run import RunReport
from sims_sync.store.reads import last_good_read
from sims_sync.store.results import load_results
from sims_sync.store.session import Store
from tests.examples import examples
from tests.sims_sync.builders import Row, World, at, make_world, result, students
from tests.sims_sync.shared_stores import empty_store

FIRST, SECOND, THIRD = "2026-12-01 06:00", "2026-12-02 06:00", "2026-12-03 06:00"

rows = st.builds(
    result,
    st.integers(1, 7),  # six are known
    st.sampled_from(["A*", "B & C", "", "7", "  ", "D<"]),
    st.sampled_from(["English", "D&T", "Französisch"]),
    Result_Set=st.sampled_from(["Autumn 1 2026/27", "Summer 2 2025/26", ""]),
    Result_Date=st.sampled_from(["2026-10-20", "20/10/2026", "", "soon"]),
    UPN=st.sampled_from(["", "n/a"]),
)
reads = st.lists(rows, min_size=1, max_size=12)


def as_xml(records: Sequence[Row]) -> str:
    def field(name: str, text: str) -> str:
        tag = name.replace(" ", "_x0020_")
        return f"    <{tag}>{text.replace('&', '&amp;').replace('<', '&lt;')}</{tag}>\n"

    order = ["Person ID", "UPN", "Aspect", "Result", "Result Set", "Result Date"]
    body = "".join(
        "  <Record>\n" + "".join(field(name, row[name]) for name in order if name in row) + "  </Record>\n"
        for row in records
    )
    return f'<?xml version="1.0" standalone="yes"?>\n<SuperStarReport>\n{body}</SuperStarReport>'


class Pair:
    """The same school twice: one reads files by the quick way, the other rows by the general one."""

    def __init__(self, base: Path) -> None:
        self.folder = base / "results"
        self.folder.mkdir()
        homes = [base / name for name in ("quick", "general")]
        for home in homes:
            home.mkdir()
        self.stores = [empty_store(home) for home in homes]
        files = {"kind": "results", "connector": "drop_folder", "mapping": "sims_results", "folder": str(self.folder)}
        self.general = make_world(self.stores[1], base)
        self.quick = files_world(self.stores[0], base, files)
        for world in (self.quick, self.general):
            world.read_well(Kind.STUDENTS, students(6), FIRST)

    def read(self, records: Sequence[Row], when: str) -> tuple[RunReport, RunReport]:
        path = self.folder / f"results {when.replace(':', '')}.xml"
        path.write_text(as_xml(records), encoding="utf-8")
        os.utime(path, (at(when).timestamp(), at(when).timestamp()))
        return self.quick.run("pull_results", when), self.general.read(Kind.RESULTS, records, when)

    def close(self) -> None:
        for store in self.stores:
            store.close()


def files_world(store: Store, base: Path, files: dict[str, str]) -> World:
    world = make_world(store, base, (Kind.STUDENTS, Kind.STAFF, Kind.TUTOR_GROUPS))
    with_files = make_world(store, base, (), sources={"results": files})
    sources = {**world.school.sources, **with_files.school.sources}
    options = {**world.school.source_options, **with_files.school.source_options}
    return World(store, world.school.model_copy(update={"sources": sources, "source_options": options}), world.shelves)


def stored(world: World) -> list[tuple[object, ...]]:
    with world.store.reading() as connection:
        return [tuple(str(cell) for cell in row) for row in load_results(connection, world.id)]


def filled(world: World) -> dict[str, int]:
    with world.store.reading() as connection:
        read = last_good_read(connection, world.id, Kind.RESULTS, "results")
    return {name: count for name, count in (read.filled if read else {}).items() if count}


@settings(deadline=None, max_examples=examples(5), phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(first=reads, second=reads, keep=st.booleans())
def test_both_ways_give_the_same_store_counts_and_signs(first: list[Row], second: list[Row], keep: bool) -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        pair = Pair(Path(folder))
        try:
            for records, when in ((first, FIRST), ((first if keep else []) + second, SECOND), (second, THIRD)):
                quick, general = pair.read(records, when)
                assert quick.outcome.ending == general.outcome.ending
                assert dict(quick.outcome.counts) == dict(general.outcome.counts)
                assert stored(pair.quick) == stored(pair.general)
                assert filled(pair.quick) == filled(pair.general)
        finally:
            pair.close()


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_the_same_file_again_changes_nothing_and_says_so(pair: Pair) -> None:
    records = [result(number, "7") for number in range(1, 7)]
    pair.read(records, FIRST)
    quick, _ = pair.read(records, SECOND)
    pair.close()
    assert quick.outcome.counts["unchanged"] == 6
    assert "nothing changed" in " ".join(quick.outcome.notes)


def test_a_student_unknown_at_first_is_looked_at_again(pair: Pair) -> None:
    records = [result(number, "7") for number in range(1, 12)] + [result(12, "8")]
    pair.quick.read_well(Kind.STUDENTS, students(11), FIRST)
    pair.general.read_well(Kind.STUDENTS, students(11), FIRST)
    pair.read(records, FIRST)
    assert len(stored(pair.quick)) == 11
    pair.quick.read_well(Kind.STUDENTS, students(12), SECOND)
    pair.general.read_well(Kind.STUDENTS, students(12), SECOND)
    pair.read(records, SECOND)
    assert stored(pair.quick) == stored(pair.general)
    assert len(stored(pair.quick)) == 12
    pair.close()


def test_a_value_taken_back_by_a_later_read_is_written_again(pair: Pair) -> None:
    one, other = [result(1, "7")], [result(1, "8")]
    for records, when in ((one, FIRST), (other, SECOND), (one, THIRD)):
        pair.read(records, when)
    assert stored(pair.quick) == stored(pair.general)
    assert stored(pair.quick)[0][4] == "7"
    pair.close()


def test_results_are_merged_on_both_databases(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(6), FIRST)
    first = world.read_well(Kind.RESULTS, [result(number, "7") for number in range(1, 7)], FIRST)
    second = world.read_well(
        Kind.RESULTS, [result(number, "8" if number == 1 else "7") for number in range(1, 8 - 1)], SECOND
    )
    assert (first.outcome.counts["added"], second.outcome.counts["changed"]) == (6, 1)
    assert second.outcome.counts["unchanged"] == 5
