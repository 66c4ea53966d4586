"""Does `check --reports` say of each report what came of it, and why something is missing, without keeping anything?"""

from pathlib import Path

from tests.system.command import Ended, files, sims_sync, tables


def check_reports(demo: Path, fault: str = "") -> Ended:
    env = {"SIMS_DEMO_FAULT": fault} if fault else {}
    return sims_sync("check", "--reports", "--config", demo / "config.toml", env=env)


def test_each_report_is_run_and_nothing_of_it_is_kept(demo: Path) -> None:
    before = tables(demo / "sims-sync.db")
    ended = check_reports(demo)
    lines = [line for line in ended.out.splitlines() if ": report: " in line]
    assert len(lines) == 5
    assert all(line.startswith("✔ fine") and "with every needed column" in line for line in lines)
    assert tables(demo / "sims-sync.db") == before
    assert [name for name in files(demo / "work") if "report.xml" in name] == []


def test_a_missing_column_is_named_with_the_likely_permission(demo: Path) -> None:
    ended = check_reports(demo, "missing_column")
    assert ended.code == 1
    [line] = [line for line in ended.out.splitlines() if "sources.students: report" in line]
    assert "✖ wrong" in line
    assert "expected and not there: Reg" in line
    assert "Third Party Reporter" in line
