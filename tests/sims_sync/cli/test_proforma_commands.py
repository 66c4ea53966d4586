"""`proforma issue`: which files it writes, what it prints, and that it is in the audit log."""

import tomllib
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner, Result
from sqlalchemy import select

from connectors import CONNECTORS
from sims_sync.cli.proforma_commands import proforma
from sims_sync.records import Kind
from sims_sync.store.session import Store
from sims_sync.store.tables import audit
from tests.sims_sync.builders import at, make_world, students

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
SOURCE = """
[sources.workbooks]
kind = "proformas"
connector = "proforma_workbook"
mapping = "proforma_workbook"
folder = "returned"
"""


@pytest.fixture
def base(sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(CONNECTORS, "proforma_workbook", "connectors.proforma_workbook:ProformaWorkbook")
    world = make_world(sqlite_store, tmp_path)
    world.read_well(Kind.STUDENTS, [*students(4), *students(2, "9B", 11)], "2026-10-30 06:00")
    return tmp_path


def issue(base: Path, *arguments: str, config: str = CONFIG) -> Result:
    tomllib.loads(config)
    file = base / "config.toml"
    file.write_text(config, encoding="utf-8")
    with time_machine.travel(at("2026-11-03 08:00"), tick=False):
        return CliRunner().invoke(proforma, ["issue", *arguments], obj={"config_file": str(file)})


def test_it_writes_a_workbook_for_each_group_and_says_where(base: Path, sqlite_store: Store) -> None:
    result = issue(base, "--half-term", "autumn-2")
    folder = base / "proformas-issued" / "austen" / "2026-27 Autumn 2"
    assert result.exit_code == 0, result.output
    assert [path.name for path in sorted(folder.iterdir())] == ["8A1 Autumn 2 2026-27.xlsx", "9B Autumn 2 2026-27.xlsx"]
    assert f"Wrote 2 workbooks to {folder}." in result.output
    assert 'connector = "proforma_workbook"' in result.output
    with sqlite_store.reading() as connection:
        (row,) = connection.execute(select(audit).where(audit.c.action == "proforma-issue")).mappings()
    assert (row["subject"], row["detail"]) == ("2026-27/autumn-2", {"workbooks": 2})


def test_one_group_into_a_folder_of_choice(base: Path) -> None:
    result = issue(
        base, "--half-term", "2026-27/autumn-2", "--group", "9b", "-o", str(base / "out"), config=CONFIG + SOURCE
    )
    assert result.exit_code == 0, result.output
    assert [path.name for path in (base / "out").iterdir()] == ["9B Autumn 2 2026-27.xlsx"]
    assert "Wrote 1 workbook to" in result.output
    assert f"put returned copies into {base / 'returned'}, then sims-sync run collect_proformas" in result.output


def test_a_group_that_nobody_knows_is_told(base: Path) -> None:
    result = issue(base, "--group", "7Z")
    assert result.exit_code != 0
    assert "No student of tutor group 7Z is known." in str(result.exception)
