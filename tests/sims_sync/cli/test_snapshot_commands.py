"""`snapshots` and the report of a closed half term, as typed on the command line."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

import jobs
from sims_sync.cli import report_commands, snapshot_commands
from sims_sync.cli.reports import report
from sims_sync.cli.shared import Opened
from sims_sync.cli.snapshot_commands import snapshots
from sims_sync.config import Config, DemoSection
from tests.sims_sync.builders import World, at
from tests.sims_sync.test_snapshots import lived_to_closing, read_morning

NOW = at("2027-01-05 09:00")
HALF_TERM = ("--half-term", "2026-27/autumn-2")


@pytest.fixture
def closed(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The golden case on 5 January, with both snapshots of autumn-2."""
    monkeypatch.setitem(jobs.JOBS, "take_snapshots", "jobs.take_snapshots:run")
    lived_to_closing(sqlite_world)
    read_morning(sqlite_world, "2027-01-05")
    demo = DemoSection(clock=NOW, started=NOW)
    school = sqlite_world.school.model_copy(update={"demo": demo})
    config = Config(file=school.base / "config.toml", schools={school.id: school})

    @contextmanager
    def opened() -> Iterator[Opened]:
        yield Opened(config, sqlite_world.store)

    for module in (report_commands, snapshot_commands):
        monkeypatch.setattr(module, "opened", opened)
    monkeypatch.setattr("sims_sync.context.system_clock", lambda: NOW)
    return sqlite_world


def typed_in(command: click.Command, arguments: Sequence[str], code: int = 0) -> Result:
    ended = CliRunner().invoke(command, arguments)
    assert ended.exit_code == code, (ended.output, ended.exception)
    return ended


def restate_closing() -> Result:
    words = ("restate", *HALF_TERM, "--occasion", "closing", "--reason", "Looked at again", "--by", "V. Head")
    return typed_in(snapshots, words)


@pytest.mark.usefixtures("closed")
def test_the_list_has_both_snapshots_with_their_totals() -> None:
    lines = typed_in(snapshots, ["list"]).output.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["2026-27/autumn-2", "deadline", "1"],
        ["2026-27/autumn-2", "closing", "1"],
    ]
    found = json.loads(typed_in(snapshots, ["list", "--json"]).output)["snapshots"]
    assert [each["version"] for each in found] == [1, 1]


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("form", ["text", "html", "json", "csv"])
def test_every_format_gives_the_closing_figures_and_lists_the_restatement(form: str) -> None:
    restate_closing()
    ended = typed_in(report, ["compliance", *HALF_TERM, "--format", form])
    said = " ".join(ended.output.split())
    assert "Looked at again" in said
    if form == "json":
        document = json.loads(ended.stdout)
        assert document["closed_at"].startswith("2026-12-19T07:00")
        assert (document["houses"][0]["done"], document["houses"][0]["due"]) == (5, 10)
    else:
        assert "As closed on Sat 19 Dec 2026, 07:00" in said
    if form == "csv":
        assert "As closed" not in ended.stdout


@pytest.mark.usefixtures("closed")
def test_with_names_the_students_are_those_of_the_snapshot() -> None:
    said = typed_in(report, ["compliance", *HALF_TERM, "--names", "--format", "csv"]).stdout
    assert "Vorrin2" in said
    assert "Vorrin1," not in said


@pytest.mark.usefixtures("closed")
def test_as_of_and_the_present_half_term_are_computed_live() -> None:
    live = typed_in(report, ["compliance", *HALF_TERM, "--as-of", "2026-12-19T07:30", "--format", "json"])
    assert "closed_at" not in json.loads(live.stdout)
    present = typed_in(report, ["compliance", "--format", "json"], code=3)  # held: nothing was typed yet
    assert json.loads(present.stdout)["half_term"] == "2026-27/spring-1"


@pytest.mark.usefixtures("closed")
def test_show_gives_any_version_and_refuses_one_that_is_not_there() -> None:
    restate_closing()
    assert "As taken on Wed 16 Dec" in typed_in(snapshots, ["show", *HALF_TERM, "--occasion", "deadline"]).output
    assert "As closed on Tue 5 Jan" in typed_in(snapshots, ["show", *HALF_TERM, "--version", "2"]).output
    assert "has no version 9" in typed_in(snapshots, ["show", *HALF_TERM, "--version", "9"], code=2).output
    assert "has no closing snapshot" in typed_in(snapshots, ["show", "--half-term", "spring-1"], code=2).output


@pytest.mark.usefixtures("closed")
def test_show_as_a_table_says_beside_it_when_it_was_closed() -> None:
    ended = typed_in(snapshots, ["show", *HALF_TERM, "--format", "csv"])
    assert "As closed on Sat 19 Dec 2026, 07:00" in ended.stderr
    assert "As closed" not in ended.stdout


@pytest.mark.usefixtures("closed")
def test_a_reason_is_kept_as_one_line_that_a_terminal_can_show() -> None:
    typed_in(snapshots, ["restate", *HALF_TERM, "--reason", "Looked\n at \x1b[31mit", "--by", "V.\x07 Head"])
    assert "restated by V. Head: Looked at [31mit" in typed_in(snapshots, ["list"]).output


@pytest.mark.usefixtures("closed")
def test_as_files_too_the_report_says_when_it_was_closed(tmp_path: Path) -> None:
    for form in ("pdf", "xlsx"):
        typed_in(report, ["compliance", *HALF_TERM, "--format", form, "-o", str(tmp_path / f"report.{form}")])
    cover = CalamineWorkbook.from_path(tmp_path / "report.xlsx").get_sheet_by_name("Report").to_python()
    assert any("As closed on Sat 19 Dec 2026, 07:00" in str(row[0]) for row in cover)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
