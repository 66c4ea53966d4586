"""`sims-setup`: which files it writes, what it prints, and that it never writes over one."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sims_sync.cli.sims_setup_command import sims_setup
from sims_sync.formats.result_file import NAMESPACE

CONFIG = """\
version = 1
[school]
id = "austen"
name = "Austen Academy"
[people]
programme_lead = "lead@austen.example"
admin = "it@austen.example"
[programme]
policy = "half-term"
starts_with = "2026-27/autumn-2"
[store]
url = "sqlite:///store.db"
[messages]
sender = "sims-sync@austen.example"
allowed_domains = ["austen.example"]
[messages.mailer]
folder = "mail"
[calendar]
inset_days = ["2026-09-01"]
half_terms = [
  { id = "2026-27/autumn-1", start = "2026-09-01", end = "2026-10-23" },
  { id = "2026-27/autumn-2", start = "2026-11-02", end = "2026-12-18" },
  { id = "2026-27/spring-1", start = "2027-01-04", end = "2027-02-12" },
  { id = "2026-27/spring-2", start = "2027-02-22", end = "2027-03-25" },
  { id = "2026-27/summer-1", start = "2027-04-12", end = "2027-05-28" },
  { id = "2026-27/summer-2", start = "2027-06-07", end = "2027-07-20" },
]
"""


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.setenv("SIMS_SYNC_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(sims_setup, ["--year", "2026-27", *arguments])


def test_a_definitions_file_and_a_check_list_are_written(base: Path) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    folder = base / "sims-setup"
    assert {path.name for path in folder.iterdir()} == {
        "austen 2026-27 definitions.xml",
        "austen 2026-27 checklist.md",
    }
    assert NAMESPACE in (folder / "austen 2026-27 definitions.xml").read_text(encoding="utf-8")
    assert "6 Comment aspects and 6 result sets of 2026-27." in result.output
    assert "Not proven: No real SIMS" in result.output


def test_a_list_that_somebody_ticked_is_not_written_over(base: Path) -> None:
    run("-o", str(base / "own"))
    ticked = base / "own" / "austen 2026-27 checklist.md"
    ticked.write_text("ticked", encoding="utf-8")
    result = run("-o", str(base / "own"))
    assert result.exit_code != 0
    assert "is there already" in str(result.exception)
    assert ticked.read_text(encoding="utf-8") == "ticked"


@pytest.mark.parametrize("year", ["2026", "2026-28", "next"])
def test_what_is_no_academic_year_is_refused(base: Path, year: str) -> None:
    result = CliRunner().invoke(sims_setup, ["--year", year])
    assert result.exit_code == 2
    assert "2026-27" in result.output
    assert not (base / "sims-setup").exists()


def test_a_year_that_is_not_in_the_calendar_writes_nothing(base: Path) -> None:
    result = CliRunner().invoke(sims_setup, ["--year", "2027-28"])
    assert "knows no half term" in str(result.exception)
    assert not (base / "sims-setup").exists()
