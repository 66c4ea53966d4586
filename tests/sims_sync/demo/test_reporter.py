"""Does the simulated CommandReporter behave on its command line as the real one does?"""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from sims_sync.demo.clock import write_clock
from sims_sync.demo.filling import write_state
from sims_sync.demo.reporter import BANNER, install_reporter
from sims_sync.demo.reports import COLUMNS, DATE_COLUMNS, IDENTITY_COLUMNS, Report
from sims_sync.demo.school import DEMO_DFE_NUMBER, invent_school
from sims_sync.demo.sims_file import Setting
from sims_sync.demo.sims_state import SimsState
from sims_sync.demo.superstar import element_name

NOW = "2026-12-16T06:00:00+00:00"
STUDENTS = '/REPORT:"sims-sync students"'
ENTRIES = "/REPORT:sims-sync mentoring entries"

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("template")
    write_state(invent_school(60), folder)
    return (folder / "sims.db").read_bytes()


@pytest.fixture
def folder(template: bytes, tmp_path: Path) -> Path:
    (tmp_path / "sims.db").write_bytes(template)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Run:
    launcher = install_reporter(folder)

    def run(*switches: str, login: str = "/TRUSTED", **environment: str) -> subprocess.CompletedProcess[bytes]:
        base = {name: text for name, text in os.environ.items() if not name.startswith("SIMS_DEMO")}
        done = subprocess.run(
            [sys.executable, str(launcher), *login.split(), *switches],
            env=base | {"SIMS_DEMO_NOW": NOW} | environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, "the exit code means nothing"
        assert done.stderr == b""
        return done

    return run


def records(content: bytes) -> list[dict[str, str]]:
    root = etree.fromstring(content)
    assert root.tag == "SuperStarReport"
    return [{str(field.tag): field.text or "" for field in record} for record in root.iter("Record")]


def error_of(done: subprocess.CompletedProcess[bytes]) -> str:
    line = done.stdout.splitlines()[-1]
    root = etree.fromstring(line)
    assert root.tag == "CommandReporterError"
    return root.text or ""


@pytest.mark.parametrize("report", list(Report))
def test_each_report_is_a_whole_document_with_all_its_columns(run: Run, folder: Path, report: Report) -> None:
    output = folder / "out.xml"
    done = run(f"/REPORT:{report.value}", f"/OUTPUT:{output}")
    assert done.stdout.decode() == BANNER
    rows = records(output.read_bytes())
    columns = {name for row in rows for name in row}
    never_filled = {"Leaving_x0020_date", "Tutor_x0020_to"}  # so small a school has no former tutor
    assert columns | never_filled == {element_name(caption) for caption in COLUMNS[report]} | never_filled
    assert all("" not in row.values() for row in rows), "null is an absent element"
    assert {row["School_x0020_DfE"] for row in rows} == {DEMO_DFE_NUMBER}


def test_students_report_lists_everyone_as_sims_prints_them(run: Run) -> None:
    rows = records(run("/QUIET", STUDENTS).stdout)
    assert len(rows) == 61, "60 students, one of them twice"
    assert {row["Year"] for row in rows} == {"Year  7", "Year  8", "Year  9", "Year 10", "Year 11"}
    assert all(len(row["Adno"]) == 6 for row in rows)
    assert "2026-09-01T00:00:00+01:00" in {row.get("Reg_x0020_group_x0020_start_x0020_date") for row in rows}
    assert "2026-12-02T00:00:00+00:00" in {row["Admission_x0020_date"] for row in rows}
    assert len([row for row in rows if "Reg" not in row]) == 1


def test_dates_are_local_midnights(run: Run) -> None:
    dates = {element_name(caption) for caption in DATE_COLUMNS}
    for row in records(run("/QUIET", ENTRIES).stdout):
        assert all(row[name][10:] in {"T00:00:00+00:00", "T00:00:00+01:00"} for name in dates & set(row))


def test_without_output_the_document_follows_the_banner(run: Run) -> None:
    printed = run(STUDENTS).stdout
    assert printed.startswith(BANNER.encode())
    assert records(printed.removeprefix(BANNER.encode())) == records(run("/quiet", STUDENTS).stdout)


def test_switches_and_report_names_ignore_letter_case(run: Run) -> None:
    assert records(run("/quiet", "/report:SIMS-SYNC STAFF").stdout)


def test_user_and_password_log_in(run: Run) -> None:
    login = "/USER:reports /PASSWORD:invented"
    assert records(run("/QUIET", "/SERVERNAME:one", "/DATABASENAME:two", STUDENTS, login=login).stdout)


@pytest.mark.parametrize("login", ["", "/USER:reports", "/PASSWORD:invented"])
def test_missing_log_in_is_an_error_document(run: Run, login: str) -> None:
    assert "Login failed" in error_of(run(STUDENTS, login=login))


@pytest.mark.parametrize("switch", ["/REPORT:no such report", "/FORMAT:csv", "students"])
def test_failure_is_an_error_document_even_with_output(run: Run, folder: Path, switch: str) -> None:
    output = folder / "out.xml"
    assert error_of(run(switch, f"/OUTPUT:{output}"))
    assert not output.exists()


def test_unwritable_output_is_an_error_document(run: Run, folder: Path) -> None:
    assert error_of(run(STUDENTS, f"/OUTPUT:{folder / 'nowhere' / 'out.xml'}"))


def test_missing_state_is_an_error_document(run: Run, folder: Path) -> None:
    (folder / "sims.db").unlink()
    assert "create the demo again" in error_of(run(STUDENTS))


@pytest.mark.parametrize(("setting", "carrying"), [("on", 2), ("off", 0), ("alternate", 1)])
def test_inline_schema_comes_as_set(run: Run, folder: Path, setting: str, carrying: int) -> None:
    SimsState(folder).set(Setting.INLINE_SCHEMA, setting)
    documents = [run("/QUIET", f"/REPORT:{report.value}").stdout for report in (Report.STUDENTS, Report.STAFF)]
    assert len([document for document in documents if b"xs:schema" in document]) == carrying
    assert all(records(document) for document in documents)


def test_missing_permission_makes_identity_columns_vanish(run: Run, folder: Path) -> None:
    SimsState(folder).set(Setting.IDENTITY_COLUMNS, "hidden")
    for report in Report:
        rows = records(run("/QUIET", f"/REPORT:{report.value}").stdout)
        assert rows
        assert not {name for row in rows for name in row} & IDENTITY_COLUMNS


def test_parameter_definition_is_edited_and_given_back(run: Run, folder: Path) -> None:
    definition = folder / "parameters.xml"
    run("/PARAMDEF", ENTRIES, f"/OUTPUT:{definition}")
    everything = records(run("/QUIET", ENTRIES, f"/PARAMFILE:{definition}").stdout)
    assert everything == records(run("/QUIET", ENTRIES).stdout), "a bypassed parameter asks for nothing"
    root = etree.fromstring(definition.read_bytes())
    for parameter, text in zip(root, ("10/11/2026 00:00:00", "20/11/2026 00:00:00"), strict=True):
        parameter.set("bypass", "FALSE")
        date: Any = parameter.find("Values/Date")
        date.text = text
    definition.write_bytes(etree.tostring(root))
    rows = records(run("/QUIET", ENTRIES, f"/PARAMFILE:{definition}").stdout)
    assert 0 < len(rows) < len(everything)
    assert all("2026-11-10" < row["Result_x0020_date"][:10] < "2026-11-20" for row in rows), "both ends are exclusive"
    inline = definition.read_text(encoding="utf-8")
    assert records(run("/QUIET", ENTRIES, f"/PARAMS:{inline}").stdout) == rows


def test_report_without_parameters_has_an_empty_definition(run: Run) -> None:
    assert len(etree.fromstring(run("/QUIET", "/PARAMDEF", STUDENTS).stdout)) == 0


@pytest.mark.parametrize("content", ["no xml", "<Other/>"])
def test_bad_parameters_are_an_error_document(run: Run, content: str) -> None:
    assert error_of(run(ENTRIES, f"/PARAMS:{content}"))


def test_clock_of_the_folder_says_what_is_shown(run: Run, folder: Path) -> None:
    write_clock(folder, datetime(2026, 12, 1, 12, tzinfo=UTC), datetime.now(UTC))
    rows = records(run("/QUIET", STUDENTS, SIMS_DEMO_NOW="").stdout)
    assert "2026-12-02T00:00:00+00:00" not in {row["Admission_x0020_date"] for row in rows}


def test_naive_moment_is_an_error_document(run: Run) -> None:
    assert "time zone" in error_of(run(STUDENTS, SIMS_DEMO_NOW="2026-12-16T06:00:00"))


@pytest.mark.parametrize("content", ["{}", "[]", "no json", '{"clock": "2026-12-16T07:30:00", "started": "x"}'])
def test_damaged_clock_is_an_error_document(run: Run, folder: Path, content: str) -> None:
    (folder / "clock.json").write_text(content, encoding="utf-8")
    assert error_of(run(STUDENTS, SIMS_DEMO_NOW=""))
