"""Does `python -m bench reports` count every Head's report once, and say where the time goes? With two schools."""

import json
import shutil
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.place import BenchFault
from bench.reports import Reported, reports, reports_table
from bench.trust import copy, open_trust, prepare, schools_of

STUDENTS, SCHOOLS, HOUSES = 40, 2, 5
PARTS = {"calendar", "load facts", "assess", "summarise", "compose", "page", "the rest"}


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trust")
    prepare(folder, STUDENTS)
    copy(folder, SCHOOLS)
    return folder


def test_each_house_of_each_school_has_its_report(trust: Path) -> None:
    seconds = reports(trust, SCHOOLS)
    told = json.loads((trust / "parts.json").read_text(encoding="utf-8"))
    assert told["reports"] == SCHOOLS * HOUSES
    assert set(told["parts"]) == PARTS
    assert all(part > 0 for part in told["parts"].values())
    assert sum(told["parts"].values()) == pytest.approx(seconds)


def test_no_two_schools_share_an_id_or_a_calendar(trust: Path) -> None:
    config, store = open_trust(trust)
    store.close()
    with pytest.raises(BenchFault, match="can differ"):
        schools_of(config, 1_000)
    schools = schools_of(config, 100)
    assert len({school.id for school in schools}) == 100
    assert len({school.calendar.inset_days for school in schools}) == 100


def test_a_school_that_was_not_copied_is_no_figure(trust: Path) -> None:
    with pytest.raises(BenchFault, match="measures nothing"):
        reports(trust, SCHOOLS + 1)


def test_the_table_tells_the_median_round_and_the_highest_peak() -> None:
    parts = [{"assess": 1.0}, {"assess": 3.0}, {"assess": 2.0}]
    table = reports_table([Reported(100, 500, [40.0, 30.0, 50.0], [35.0, 29.0, 36.0], [90.0, 95.0, 90.0], parts)])
    assert "| reports-100 | 500 | 40.00 | 35.00 | 95 |" in table
    assert "reports-100: assess 2.00 s." in table


def test_the_json_has_the_promised_shape(
    trust: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, int]] = []

    def run_here(task: str, folder: Path, size: int) -> tuple[float, float]:
        """Without a process for each task, and with the trust that there is."""
        asked.append((task, size))
        if task == "bench.trust:prepare":
            shutil.copytree(trust, folder, dirs_exist_ok=True)
        return (reports(folder, size) if task == "bench.reports:reports" else 0.0), 90.0

    monkeypatch.setattr("bench.reports.run_alone", run_here)
    out = tmp_path / "bench.json"
    arguments = ["reports", "--sizes", "2", "--students", "40", "--repeats", "1", "--out", str(out)]
    assert main(arguments) == 0, capsys.readouterr().err
    assert asked == [("bench.trust:prepare", 40), ("bench.trust:copy", 2), ("bench.reports:reports", 2)]
    (listed,) = json.loads((tmp_path / "bench-reports.json").read_text(encoding="utf-8"))
    assert set(listed) == {"name", "reports", "seconds", "processor_seconds", "peak_mb", "parts"}
    assert (listed["name"], listed["reports"]) == ("reports-2", SCHOOLS * HOUSES)
    assert "| reports-2 |" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["bench-reports.json"], "the work folder is cleared away"
