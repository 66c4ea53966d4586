"""Does `python -m bench` measure what it says, and write the JSON it promises? With a few hundred results."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.figures import figures_of, table
from bench.floor import read_dicts, read_tuples
from bench.load import KEY_COLUMNS, RESULT_COLUMNS, Load, changed_count, invented_school, write_load
from bench.rounds import MEASURES, Measured, chosen_measures

ROOT = Path(__file__).parent.parent
SIZE = 1_200


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Load:
    folder = tmp_path_factory.mktemp("load")
    write_load(folder, SIZE)
    return Load.within(folder)


def test_the_load_is_the_same_every_time(load: Load, tmp_path: Path) -> None:
    write_load(tmp_path, SIZE)
    again = Load.within(tmp_path)
    for name in Load.__slots__:
        assert getattr(again, name).read_bytes() == getattr(load, name).read_bytes()


def test_every_result_of_the_load_has_its_own_key(load: Load) -> None:
    keys = {tuple(record[column] for column in KEY_COLUMNS) for record in read_dicts(load.results)}
    assert len(keys) == SIZE


def test_the_load_is_as_odd_as_real_exports(load: Load) -> None:
    records = list(read_dicts(load.results))
    text = load.results.read_text(encoding="utf-8")
    assert 400 < load.results.stat().st_size / SIZE < 460
    assert {column for record in records for column in record} == set(RESULT_COLUMNS)
    assert any(len(record) < len(RESULT_COLUMNS) for record in records), "a null is an absent element"
    assert "&amp;" in text
    assert not text.isascii()


def test_a_large_school_has_as_many_students_as_real_ones() -> None:
    assert 1_100 <= len(invented_school(1_000_000)) <= 3_600


def test_one_record_in_a_hundred_differs_in_the_changed_file(load: Load) -> None:
    pairs = list(zip(read_dicts(load.results), read_dicts(load.changed), strict=True))
    different = [(one, other) for one, other in pairs if one != other]
    assert len(different) == changed_count(SIZE) == 12
    assert all({**one, "Result": None} == {**other, "Result": None} for one, other in different)


def test_the_floor_reads_nulls_as_none(load: Load) -> None:
    expected = [tuple(record.get(column) for column in RESULT_COLUMNS) for record in read_dicts(load.results)]
    assert list(read_tuples(load.results)) == expected


def test_what_is_asked_for_comes_with_what_it_is_compared_with() -> None:
    def names(*only: str, with_peers: bool = True) -> list[str]:
        return [measure.name for measure in chosen_measures(only, 300, with_peers=with_peers)]

    assert names("changed-300") == ["floor", "dicts", "first", "changed"]
    assert names("changed-20000") == []
    assert names("peer-dlt-again") == ["floor", "first", "peer-dlt", "peer-dlt-again"]
    assert names(with_peers=False) == ["floor", "dicts", "first", "unchanged", "changed"]


def test_the_ratio_is_of_the_medians_and_the_peak_the_highest() -> None:
    by_name = {measure.name: measure for measure in MEASURES}
    floor = Measured(by_name["floor"], 300, [1.0, 9.0, 2.0], [20.0, 31.0, 20.0])
    first = Measured(by_name["first"], 300, [3.0, 2.5, 90.0], [50.0, 50.0, 50.0])
    assert [(each.seconds, each.ratio, each.peak_mb) for each in figures_of([floor, first])] == [
        (2.0, 1.0, 31.0),
        (3.0, 1.5, 50.0),
    ]


def test_a_peer_that_is_not_installed_is_said_to_be_not_run() -> None:
    dlt = next(measure for measure in MEASURES if measure.name == "peer-dlt")
    results = [Measured(dlt, 300, not_run="dlt is not installed.")]
    assert figures_of(results) == []
    assert "peer-dlt-300: not run: dlt is not installed." in table([], results)


def test_the_json_has_the_promised_shape(tmp_path: Path) -> None:
    listed = _bench(tmp_path, "--sizes", "300", "--repeats", "1", "--skip-peers")
    assert [(each["name"], each["against"]) for each in listed] == [
        ("floor-300", "floor-300"),
        ("dicts-300", "dicts-300"),
        ("first-300", "floor-300"),
        ("unchanged-300", "dicts-300"),
        ("changed-300", "dicts-300"),
    ]
    for each in listed:
        assert set(each) == {"name", "seconds", "ratio", "peak_mb", "against"}
        assert each["seconds"] > 0
        assert each["ratio"] > 0
        assert each["peak_mb"] > 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bench.json"], "the work folder is cleared away"


def test_a_push_is_measured_beside_a_bare_loop_of_the_same_writes(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    arguments = ("push", "--sizes", "60", "--repeats", "1", "--out", str(out))
    command = [sys.executable, "-m", "bench", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert ended.returncode == 0, ended.stderr
    listed = json.loads((tmp_path / "bench-push.json").read_text(encoding="utf-8"))
    assert [each["name"] for each in listed] == ["push-bare-60", "push-ours-60"]
    assert all(each["name"] in ended.stdout for each in listed)
    assert set(listed[0]) == {"name", "seconds", "per_second", "ratio", "peak_mb"}
    assert listed[0]["ratio"] == 1
    assert listed[1]["ratio"] > 0


def _bench(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    out = folder / "bench.json"
    command = [sys.executable, "-m", "bench", *arguments, "--out", str(out)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert ended.returncode == 0, ended.stderr
    listed: list[dict[str, Any]] = json.loads(out.read_text(encoding="utf-8"))
    assert all(each["name"] in ended.stdout for each in listed), "the table shows the same lines"
    return listed
