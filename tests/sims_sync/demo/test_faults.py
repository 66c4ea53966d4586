"""Does each fault leave what its meaning says, and does the documentation list them all?"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lxml import etree

from sims_sync.demo.faults import OTHER_DFE_NUMBER, REQUIRED_COLUMN, Fault
from sims_sync.demo.filling import write_state
from sims_sync.demo.people import upn_check_letter
from sims_sync.demo.reporter import install_reporter
from sims_sync.demo.reports import IDENTITY_COLUMNS, Report
from sims_sync.demo.school import invent_school

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "faults.md"
BEFORE = b"<SuperStarReport><Record/></SuperStarReport>"
STRUCK_THROUGHOUT = [Fault.EMPTY, Fault.TRUNCATED, Fault.HALF]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sims")
    write_state(invent_school(60), folder)
    install_reporter(folder)
    return folder


def command(folder: Path, report: Report, output: Path) -> list[str]:
    return [
        sys.executable,
        str(folder / "CommandReporter.py"),
        "/TRUSTED",
        f"/REPORT:{report.value}",
        f"/OUTPUT:{output}",
    ]


def environment(fault: str, seconds: str = "") -> dict[str, str]:
    return os.environ | {
        "SIMS_DEMO_NOW": "2026-12-16T06:00:00+00:00",
        "SIMS_DEMO_FAULT": fault,
        "SIMS_DEMO_SLOW_SECONDS": seconds,
    }


def strike(folder: Path, fault: str, report: Report, output: Path) -> bytes:
    """Run one report with a fault on; what it printed."""
    done = subprocess.run(
        command(folder, report, output), env=environment(fault, "0.2"), capture_output=True, check=True
    )
    return done.stdout


def rows_of(content: bytes) -> list[dict[str, str]]:
    return [
        {str(field.tag): field.text or "" for field in record} for record in etree.fromstring(content).iter("Record")
    ]


@pytest.fixture(scope="module")
def good(folder: Path) -> dict[Report, list[dict[str, str]]]:
    """The rows of each report without a fault."""
    output = folder / "good.xml"
    rows = {}
    for report in Report:
        strike(folder, "", report, output)
        rows[report] = rows_of(output.read_bytes())
    return rows


def struck(folder: Path, fault: Fault, report: Report, output: Path) -> list[dict[str, str]]:
    """The rows of a report with a fault."""
    strike(folder, fault.code, report, output)
    return rows_of(output.read_bytes())


def columns(rows: list[dict[str, str]]) -> set[str]:
    return {name for row in rows for name in row}


def test_documentation_lists_every_fault_with_its_exit_code() -> None:
    lines = DOCUMENTATION.read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if line.startswith("| `")]
    assert table == [f"| `{fault.code}` | {fault.meaning} | {fault.exit_code} |" for fault in Fault]


def test_error_prints_an_error_document_and_leaves_no_file(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.xml"
    assert b"<CommandReporterError>" in strike(folder, "error", Report.STUDENTS, output)
    assert not output.exists()


def test_unknown_fault_is_an_error_document_that_lists_them(folder: Path, tmp_path: Path) -> None:
    assert b"wrong_school" in strike(folder, "no such fault", Report.STUDENTS, tmp_path / "out.xml")


def test_stale_leaves_the_earlier_file_alone(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.xml"
    output.write_bytes(BEFORE)
    os.utime(output, (1_000_000_000, 1_000_000_000))
    assert b"Error" not in strike(folder, "stale", Report.STUDENTS, output)
    assert output.read_bytes() == BEFORE
    assert output.stat().st_mtime == 1_000_000_000


@pytest.mark.parametrize("report", [Report.STAFF, Report.MENTORING_ENTRIES])
@pytest.mark.parametrize("fault", STRUCK_THROUGHOUT)
def test_broken_documents_cannot_be_read_to_their_end(
    folder: Path, tmp_path: Path, fault: Fault, report: Report
) -> None:
    output = tmp_path / "out.xml"
    output.write_bytes(BEFORE)
    strike(folder, fault.code, report, output)
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(output.read_bytes())


def test_half_has_every_record_and_empty_has_no_byte(folder: Path, tmp_path: Path) -> None:
    half, empty = tmp_path / "half.xml", tmp_path / "empty.xml"
    strike(folder, "half", Report.STUDENTS, half)
    strike(folder, "empty", Report.STUDENTS, empty)
    assert half.read_bytes().count(b"</Record>") == 61
    assert empty.read_bytes() == b""


@pytest.mark.parametrize("report", list(Report))
def test_missing_column_takes_a_required_one_from_every_report(
    folder: Path, good: dict[Report, list[dict[str, str]]], tmp_path: Path, report: Report
) -> None:
    bad = struck(folder, Fault.MISSING_COLUMN, report, tmp_path / "out.xml")
    assert columns(good[report]) - columns(bad) == {REQUIRED_COLUMN[report]}
    assert len(good[report]) == len(bad)


@pytest.mark.parametrize("report", [report for report in Report if report is not Report.TUTOR_GROUPS])
def test_no_ids_takes_the_identity_columns(
    folder: Path, good: dict[Report, list[dict[str, str]]], tmp_path: Path, report: Report
) -> None:
    bad = struck(folder, Fault.NO_IDS, report, tmp_path / "out.xml")
    gone = columns(good[report]) - columns(bad)
    assert gone
    assert gone <= IDENTITY_COLUMNS
    assert not columns(bad) & IDENTITY_COLUMNS


@pytest.mark.parametrize("report", list(Report))
def test_wrong_school_shares_no_id_with_ours(
    folder: Path, good: dict[Report, list[dict[str, str]]], tmp_path: Path, report: Report
) -> None:
    bad = struck(folder, Fault.WRONG_SCHOOL, report, tmp_path / "out.xml")
    assert {row["School_x0020_DfE"] for row in bad} == {OTHER_DFE_NUMBER}
    for name in (*sorted(IDENTITY_COLUMNS), "Reg"):
        ours, theirs = ({row[name] for row in rows if name in row} for rows in (good[report], bad))
        assert not ours & theirs, name
    upns = [row["UPN"] for row in bad if "UPN" in row]
    assert all(upn[0] == upn_check_letter(upn[1:]) for upn in upns)


def test_short_lacks_three_students_in_ten_and_nothing_else(
    folder: Path, good: dict[Report, list[dict[str, str]]], tmp_path: Path
) -> None:
    bad = struck(folder, Fault.SHORT, Report.STUDENTS, tmp_path / "out.xml")
    assert 0.25 < 1 - len(bad) / len(good[Report.STUDENTS]) < 0.35
    entries = struck(folder, Fault.SHORT, Report.MENTORING_ENTRIES, tmp_path / "out.xml")
    assert entries == good[Report.MENTORING_ENTRIES]


def test_slow_file_is_visible_before_it_is_complete(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.xml"
    with subprocess.Popen(
        command(folder, Report.STUDENTS, output), env=environment("slow", "1.2"), stdout=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and (not output.exists() or not output.stat().st_size):
            time.sleep(0.01)
        unfinished = output.read_bytes()
        assert process.wait() == 0
    assert not unfinished.endswith(b"</SuperStarReport>")
    assert len(rows_of(output.read_bytes())) == 61
