"""`report readiness`: counts on the screen, names only into a file, and a sentence where nobody can know."""

import json
from pathlib import Path

import pytest
from click.testing import Result

from sims_sync.cli import report_readiness
from sims_sync.cli.report_readiness import readiness
from tests.sims_sync.builders import World
from tests.sims_sync.cli.closed_school import audited, typed_in
from tests.sims_sync.test_readiness import FIRST_CHECK, read, results

HALF_TERM = ("--half-term", "2026-27/autumn-2")


@pytest.fixture
def lacking(sqlite_world: World) -> World:
    read(sqlite_world, "2026-11-03 06:00", results(*range(1, 6)))
    return sqlite_world


def asked(world: World, *words: str, when: str = FIRST_CHECK, code: int = 0) -> Result:
    return typed_in(world, report_readiness, readiness, [*HALF_TERM, *words], when, code)


def test_the_counts_by_year_and_leader_are_on_the_screen(lacking: World) -> None:
    said = asked(lacking).output
    assert "Check 1, at the start of the half term: Tue 3 Nov 2026." in said
    assert "▲ Year 8: 5 of 10 students (50 %)" in said
    assert "Progress Leader Mrs Kerra Leadwell" in said
    assert "Vorrin" not in said


def test_each_format_is_written(lacking: World, tmp_path: Path) -> None:
    document = json.loads(asked(lacking, "--format", "json").stdout)
    assert [(each["scope"], each["alert"]) for each in document["years"]] == [("Year 8", True)]
    assert asked(lacking, "--format", "csv").stdout.startswith("kind,leader,scope,subject,")
    asked(lacking, "--format", "html", "-o", str(tmp_path / "page.html"))
    assert "▲ Alert" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_names_go_to_a_file_only_and_are_noted(lacking: World, tmp_path: Path) -> None:
    assert "Names go to a file only" in asked(lacking, "--names", code=2).output
    assert "Names go to a file only" in asked(lacking, "--names", "--format", "html", "-o", "x", code=2).output
    path = tmp_path / "names.csv"
    said = asked(lacking, "--names", "--format", "csv", "-o", str(path)).output
    assert "Vorrin" not in said
    rows = path.read_text(encoding="utf-8").splitlines()
    assert rows[0] == "nc_year,tutor_group,forename,surname"
    assert min(rows[1:]) == "8,8A1,Zulpa10,Vorrin10"
    assert len(rows) == 6
    assert audited(lacking, "readiness-with-names") == ["2026-27/autumn-2"]


def test_old_results_give_counts_and_a_sentence_that_nobody_is_told(lacking: World) -> None:
    ended = asked(lacking, when="2026-11-05 07:30")
    assert "Results have not been read in the last 24 hours, so nobody is told anything." in ended.output
    assert "5 of 10 students" in ended.output


def test_before_the_programme_it_is_a_sentence_and_exit_code_3(lacking: World) -> None:
    ended = typed_in(lacking, report_readiness, readiness, ["--half-term", "2026-27/autumn-1"], FIRST_CHECK, 3)
    assert "The programme starts with 2026-27/autumn-2" in ended.output
    assert "students (" not in ended.output


def test_the_later_check_is_taken_once_its_day_has_come(lacking: World) -> None:
    assert "Check 2, ten school days before" in asked(lacking, when="2026-12-01 09:00").output
    assert "Check 1, at the start" in asked(lacking, "--check", "1", when="2026-12-01 09:00").output
