"""`report house-matrix` as typed on the command line."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import jobs
from sims_sync.cli import report_house_matrix
from sims_sync.cli.reports import report
from sims_sync.cli.shared import Opened
from sims_sync.config import Config, DemoSection
from tests.sims_sync.builders import World, at
from tests.sims_sync.test_snapshots import lived_to_closing

NOW = at("2027-01-05 09:00")


@pytest.fixture
def closed(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The golden case on 5 January: autumn-2 kept, spring-1 held."""
    monkeypatch.setitem(jobs.JOBS, "take_snapshots", "jobs.take_snapshots:run")
    lived_to_closing(sqlite_world)
    school = sqlite_world.school.model_copy(update={"demo": DemoSection(clock=NOW, started=NOW)})
    config = Config(file=school.base / "config.toml", schools={school.id: school})

    @contextmanager
    def opened() -> Iterator[Opened]:
        yield Opened(config, sqlite_world.store)

    monkeypatch.setattr(report_house_matrix, "opened", opened)
    monkeypatch.setattr("sims_sync.context.system_clock", lambda: NOW)
    return sqlite_world


def typed_in(*arguments: str, code: int = 0) -> Result:
    words: Sequence[str] = ("house-matrix", *arguments)
    ended = CliRunner().invoke(report, words)
    assert ended.exit_code == code, (ended.output, ended.exception)
    return ended


@pytest.mark.usefixtures("closed")
def test_the_year_shows_what_was_kept_and_says_what_is_held() -> None:
    ended = typed_in(code=3)
    assert "needed 5/10" in ended.stdout
    assert "held" in ended.stdout
    assert "TolmT1" not in ended.stdout
    assert "Vorrin" not in ended.stdout
    document = json.loads(typed_in("--format", "json", code=3).stdout)
    assert [each["standing"] for each in document["half_terms"][:3]] == ["before the programme", "figures", "held"]
    assert document["held"]


@pytest.mark.usefixtures("closed")
def test_as_far_as_a_closed_half_term_nothing_is_held() -> None:
    said = typed_in("--half-term", "autumn-2", "--house", "Austen").stdout
    assert "Figures at closing. The house: 5 of 10 students done (50 %)." in said
    assert "held" not in said.casefold()


@pytest.mark.usefixtures("closed")
def test_files_are_written_whole_and_bytes_go_to_no_terminal(tmp_path: Path) -> None:
    for form in ("pdf", "xlsx", "html", "csv"):
        typed_in("--format", form, "-o", str(tmp_path / f"matrix.{form}"), code=3)
        assert (tmp_path / f"matrix.{form}").stat().st_size > 0
    assert "say where to" in typed_in("--format", "pdf", code=2).output


@pytest.mark.usefixtures("closed")
def test_what_does_not_fit_is_refused_in_a_sentence() -> None:
    assert "not both" in typed_in("--year", "2026-27", "--half-term", "autumn-2", code=2).output
    assert "is not in the calendar" in typed_in("--year", "2031-32", code=2).output
    unknown = CliRunner().invoke(report, ["house-matrix", "--house", "Nowhere"])
    assert "Known: Austen" in str(unknown.exception)
