"""`check`: what is fine, what is not, and what to do about it; it never raises for a foreseeable fault."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from sims_sync.connector import Finding, Severity
from sims_sync.doctor import examine
from sims_sync.setup import write_setup
from tests.sims_sync.test_setup import ANSWERS

CALENDAR = "".join(
    f'[[calendar.half_terms]]\nid = "2026-27/{name}"\nstart = {start}\nend = {end}\n'
    for name, start, end in (
        ("autumn-1", "2026-09-01", "2026-10-23"),
        ("autumn-2", "2026-11-02", "2026-12-18"),
        ("spring-1", "2027-01-04", "2027-02-12"),
        ("spring-2", "2027-02-22", "2027-03-25"),
        ("summer-1", "2027-04-12", "2027-05-28"),
        ("summer-2", "2027-06-07", "2027-07-20"),
    )
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A school as `init` leaves it, with its calendar written by hand."""
    write_setup(tmp_path, ANSWERS)
    path = tmp_path / "config.toml"
    text = path.read_text(encoding="utf-8").replace('file = "calendar.toml"', "") + "\n" + CALENDAR
    path.write_text(text, encoding="utf-8")
    return path


def change(config: Path, old: str, new: str) -> None:
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new, 1), encoding="utf-8")


def found(findings: Sequence[Finding], severity: Severity) -> str:
    """Every finding of a severity, as lines."""
    return "\n".join(f"{each.subject}: {each.what} {each.do}" for each in findings if each.severity is severity)


def test_a_good_configuration_has_nothing_wrong(config: Path) -> None:
    findings = examine(config)
    assert found(findings, Severity.WRONG) == ""
    assert "6 half terms" in found(findings, Severity.FINE)
    assert "schema up to date" in found(findings, Severity.FINE)


def test_whatever_is_not_fine_says_what_to_do(config: Path) -> None:
    change(config, "[sources.entries]", "[sources.other]")
    for each in examine(config):
        assert each.do or each.severity is Severity.FINE or each.subject.endswith("calendar"), each


def test_a_broken_configuration_is_found_with_every_problem(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("version = 1\n[school]\nid = 'X'\nnam = 'x'\n", encoding="utf-8")
    wrong = found(examine(tmp_path / "config.toml"), Severity.WRONG)
    assert "school.id" in wrong
    assert "school.nam" in wrong
    assert "programme" in wrong


def test_a_missing_calendar_is_wrong_and_says_how_to_import_one(config: Path) -> None:
    change(config, CALENDAR, "")
    assert "calendar import" in found(examine(config), Severity.WRONG)


def test_a_start_outside_the_calendar_is_wrong(config: Path) -> None:
    change(config, "2026-27/autumn-1", "2027-28/autumn-1")
    assert "does not hold 2027-28/autumn-1" in found(examine(config), Severity.WRONG)


def test_without_roles_and_link_it_warns(config: Path) -> None:
    warnings = found(examine(config), Severity.WARN)
    assert "roles.csv: holds no roles" in warnings
    assert "reports.link: is not set" in warnings


def test_a_bad_line_in_roles_csv_is_wrong_with_its_number(config: Path) -> None:
    with (config.parent / "roles.csv").open("a", encoding="utf-8") as file:
        file.write("T1,teacher,8A1,,\n")
    assert "roles.csv line 2" in found(examine(config), Severity.WRONG)


def test_a_folder_that_is_gone_is_wrong(config: Path) -> None:
    (config.parent / "exports" / "students").rmdir()
    assert "sources.students" in found(examine(config), Severity.WRONG)


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ('mapping = "sims_staff"', 'mapping = "nowhere"', "nowhere"),
        ('mapping = "sims_staff"', 'mapping = "sims_students"', "not of staff"),
        ("allowed_domains = [", 'allowed_domains = ["other.example"] # [', "allowed_domains"),
    ],
)
def test_what_does_not_fit_together_is_wrong(old: str, new: str, wrong: str, config: Path) -> None:
    change(config, old, new)
    assert wrong in found(examine(config), Severity.WRONG)


def test_a_school_without_entries_is_wrong(config: Path) -> None:
    text = config.read_text(encoding="utf-8")
    for kind in ("mentoring_entries", "proformas"):
        text = text.replace(f'kind = "{kind}"', f'kind = "{kind}"\nenabled = false')
    config.write_text(text, encoding="utf-8")
    assert "no source of entries" in found(examine(config), Severity.WRONG)


def test_a_store_that_cannot_be_opened_is_wrong_and_the_rest_is_not_asked(config: Path) -> None:
    with config.open("a", encoding="utf-8") as file:
        file.write("\n[store]\nurl = 'nonsense://x'\n")
    findings = examine(config)
    assert "store" in found(findings, Severity.WRONG)
    assert "half terms" not in found(findings, Severity.FINE)


def test_a_broken_school_of_several_is_named_and_the_others_are_examined(config: Path) -> None:
    (config.parent / "schools.d").mkdir()
    (config.parent / "schools.d" / "bronte.toml").write_text("[school]\nnam = 'x'\n", encoding="utf-8")
    findings = examine(config)
    assert "bronte" in found(findings, Severity.WRONG)
    assert "6 half terms" in found(findings, Severity.FINE)


def test_a_job_that_would_silently_never_run_is_told_of(config: Path) -> None:
    assert "no schedule" not in found(examine(config), Severity.WARN)
    change(config, '[jobs.take_snapshots]\nschedule = "0 20 7 * * mon-fri"\n', "")
    change(config, "[jobs.pull_entries]\n", "[jobs.pull_entries]\nenabled = false\n")
    warned = found(examine(config), Severity.WARN)
    assert "jobs.take_snapshots: has no schedule, so no half term is kept" in warned
    assert "jobs.pull_entries: has no schedule, so entries is read by hand only" in warned


def test_a_fault_in_the_way_of_two_areas_is_said_once(config: Path) -> None:
    change(config, CALENDAR, "")
    findings = examine(config)
    assert len(findings) == len(set(findings))


def test_a_source_that_was_never_read_names_the_job_to_run(config: Path) -> None:
    assert "sources.staff: has never been read well. Run `sims-sync run pull_students`" in found(
        examine(config), Severity.WARN
    )
