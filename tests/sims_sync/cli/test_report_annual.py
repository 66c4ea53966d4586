"""`report annual` as typed on the command line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import jobs
from sims_sync.cli import report_annual
from sims_sync.cli.reports import report
from sims_sync.cli.shared import Opened
from sims_sync.config import Config, DemoSection, ReportsSection
from tests.sims_sync.builders import World, at
from tests.sims_sync.test_snapshots import lived_to_closing

NOW = at("2027-01-05 09:00")


@pytest.fixture
def closed(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The golden case on 5 January, with a file of five tutors' answers."""
    monkeypatch.setitem(jobs.JOBS, "take_snapshots", "jobs.take_snapshots:run")
    lived_to_closing(sqlite_world)
    base = sqlite_world.school.base
    (base / "answers.csv").write_text("year,q1,q2,q3,q4,q5\n" + "2026-27,4,4,4,4,4\n" * 5, encoding="utf-8")
    update = {"demo": DemoSection(clock=NOW, started=NOW), "reports": ReportsSection(tutor_answers="answers.csv")}
    school = sqlite_world.school.model_copy(update=update)
    config = Config(file=base / "config.toml", schools={school.id: school})

    @contextmanager
    def opened() -> Iterator[Opened]:
        yield Opened(config, sqlite_world.store)

    monkeypatch.setattr(report_annual, "opened", opened)
    monkeypatch.setattr("sims_sync.context.system_clock", lambda: NOW)
    return sqlite_world


def typed_in(*arguments: str, code: int = 0) -> Result:
    ended = CliRunner().invoke(report, ["annual", *arguments])
    assert ended.exit_code == code, (ended.output, ended.exception)
    return ended


@pytest.mark.usefixtures("closed")
def test_the_year_is_evaluated_from_what_is_closed_and_names_nobody() -> None:
    said = typed_in().stdout
    assert "Closing figures of: Autumn 2." in said
    assert "Autumn 2 83 % (25 of 30)" in said
    assert "Mean 4.0; 100 % say 4 or 5 (5 answers)." in said
    for name in ("Vorrin", "Zulpa", "TolmT", "8A1"):
        assert name not in said
    document = json.loads(typed_in("--format", "json", "--year", "2026-27").stdout)
    assert document["closed"] == ["2026-27/autumn-2"]


@pytest.mark.usefixtures("closed")
def test_files_and_the_blank_sheet_are_written(tmp_path: Path) -> None:
    for form in ("pdf", "xlsx", "html", "csv"):
        typed_in("--format", form, "-o", str(tmp_path / f"annual.{form}"))
        assert (tmp_path / f"annual.{form}").stat().st_size > 0
    typed_in("--sheet", "-o", str(tmp_path / "sheet.xlsx"))
    assert (tmp_path / "sheet.xlsx").read_bytes().startswith(b"PK")


@pytest.mark.usefixtures("closed")
def test_what_does_not_fit_is_refused_in_a_sentence() -> None:
    assert "say where to" in typed_in("--format", "pdf", code=2).output
    assert "-o sheet.xlsx" in typed_in("--sheet", code=2).output
    assert "is not in the calendar" in typed_in("--year", "2031-32", code=2).output
