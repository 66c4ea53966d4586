"""Running CommandReporter: every sign of failure of SIMS §1 is seen, and nothing is left behind."""

import os
import textwrap
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from pydantic import ValidationError

from connectors.command_reporter import FOLDER_MARK, CommandReporter, CommandReporterOptions
from connectors.command_reporter import process as reporter_process
from connectors.command_reporter.discovery import Connection, find_executable, read_connection
from sims_sync.connector import ConnectorContext, Severity
from sims_sync.errors import (
    ConfigProblem,
    ConfigurationError,
    SimsSyncError,
    SourceFailed,
    SourceRefused,
    SourceUnavailable,
)
from sims_sync.records import Kind

NOW = datetime(2026, 12, 16, 6, 0, tzinfo=UTC)
GOOD = "<SuperStarReport><Record><Adno>000123</Adno></Record></SuperStarReport>"
PASSWORD = "mellon-9"
DEFINITION = """<ReportParameters>
<Parameter id="StartDate" subreportfilter="FALSE" bypass="TRUE"><Name>StartDate</Name><Type>Date</Type>
<PromptText>From</PromptText><Values><Date>01/01/2020 00:00:00</Date></Values></Parameter>
<Parameter id="EndDate" subreportfilter="FALSE" bypass="TRUE"><Name>EndDate</Name><Type>Date</Type>
<Values><Date>01/01/2020 00:00:00</Date></Values></Parameter>
</ReportParameters>"""

Make = Callable[..., CommandReporter]


def secret(reference: str) -> str:
    if reference == "env:SIMS_PASSWORD":
        return PASSWORD
    raise ConfigurationError([ConfigProblem("password", "is not set.", "Set it.")])


def _read_all(source: CommandReporter) -> None:
    for reading in source.read(Kind.STUDENTS):
        list(reading.rows())


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A connector whose reporter is a script: `output`, `said` and `switches` (the command line) are at its hand."""

    def made(
        script: str = "output.write_text(GOOD)", environment: Mapping[str, str] | None = None, **options: object
    ) -> CommandReporter:
        head = f"""
            import os, sys, time, subprocess
            from pathlib import Path
            GOOD = {GOOD!r}
            DEFINITION = {DEFINITION!r}
            here = Path({str(tmp_path)!r})
            switches = dict((a[1:].split(":", 1) + [""])[:2] for a in sys.argv[1:])
            output = Path(switches["OUTPUT"])
            with (here / "calls.txt").open("a") as calls:
                calls.write(repr(sys.argv[1:]) + "\\n")
            """
        (tmp_path / "reporter.py").write_text(textwrap.dedent(head) + textwrap.dedent(script), encoding="utf-8")
        chosen = {"report": "Sync students", "trusted": True, "executable": "reporter.py", **options}
        context = ConnectorContext(tmp_path, tmp_path / "work", lambda: NOW, secret, environment or {})
        return CommandReporter(CommandReporterOptions.model_validate(chosen), context)

    return made


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


def calls(folder: Path) -> list[str]:
    return (folder / "calls.txt").read_text(encoding="utf-8").splitlines()


def failure(source: CommandReporter) -> SimsSyncError:
    with pytest.raises(SimsSyncError) as caught:
        _read_all(source)
    assert caught.value.do
    assert PASSWORD not in str(caught.value)
    return caught.value


def test_a_report_is_run_and_read_and_its_files_are_gone_afterwards(make: Make, work: Path) -> None:
    (reading,) = make().read(Kind.STUDENTS)
    assert (reading.state.name, reading.state.began, reading.state.size) == ("Sync students", NOW, len(GOOD))
    assert reading.state.fingerprint
    assert [dict(row.values) for row in reading.rows()] == [{"Adno": "000123"}]
    assert list(work.iterdir()) == []
    reading.settle("run-1", good=True)


def test_a_reading_that_is_never_read_is_deleted_when_settled(make: Make, work: Path) -> None:
    (reading,) = make().read(Kind.STUDENTS)
    assert len(list(work.iterdir())) == 1
    reading.settle("run-1", good=False)
    assert list(work.iterdir()) == []


def test_the_command_line_has_the_switches_of_sims(make: Make, tmp_path: Path) -> None:
    list(make(server="SQL1", database="Sims").read(Kind.STUDENTS))
    (call,) = calls(tmp_path)
    for switch in ("/TRUSTED", "/SERVERNAME:SQL1", "/DATABASENAME:Sims", "/REPORT:Sync students", "/QUIET", "/OUTPUT:"):
        assert switch in call
    assert "/PASSWORD" not in call


def test_user_and_password_come_from_a_secret(make: Make, tmp_path: Path) -> None:
    list(make(trusted=False, user="sync", password="env:SIMS_PASSWORD").read(Kind.STUDENTS))
    (call,) = calls(tmp_path)
    assert f"/PASSWORD:{PASSWORD}" in call
    assert "/TRUSTED" not in call


@pytest.mark.parametrize(
    "options",
    [
        {"trusted": False},
        {"trusted": False, "user": "sync"},
        {"trusted": True, "user": "sync", "password": "env:X"},
        {"trusted": False, "user": "sync", "password": PASSWORD},
        {"year_start": "31-12"},
        {"unknown": 1},
    ],
)
def test_options_that_cannot_work_are_refused_without_repeating_a_password(
    make: Make, options: Mapping[str, object]
) -> None:
    with pytest.raises(ValidationError) as caught:
        make(**options)
    assert PASSWORD not in "".join(error["msg"] for error in caught.value.errors())


def test_each_run_writes_a_new_file_so_that_an_old_one_is_never_read_again(make: Make, tmp_path: Path) -> None:
    source = make()
    for reading in (*source.read(Kind.STUDENTS), *source.read(Kind.STUDENTS)):
        reading.settle("run", good=True)
    first, second = calls(tmp_path)
    assert first != second


@pytest.mark.parametrize(
    ("script", "kind", "code"),
    [
        ("print('<CommandReporterError>Zorbinquist</CommandReporterError>')", SourceFailed, "reporter_error"),
        (
            "output.write_text(GOOD); print('<CommandReporterError>x</CommandReporterError>')",
            SourceFailed,
            "reporter_error",
        ),
        (
            "output.write_text('<CommandReporterError>Zorbinquist</CommandReporterError>')",
            SourceFailed,
            "reporter_error",
        ),
        ("pass", SourceFailed, "no_output"),
        ("sys.exit(3)", SourceFailed, "no_output"),
        ("output.write_text('')", SourceRefused, "empty"),
        ("output.write_text(GOOD[:-5])", SourceRefused, "truncated"),
        ("output.write_text('<html></html>')", SourceRefused, "wrong_format"),
        ("output.write_text(GOOD); os.utime(output, (1e9, 1e9))", SourceRefused, "stale"),
    ],
)
def test_every_sign_of_failure_is_seen(
    make: Make, work: Path, script: str, kind: type[SimsSyncError], code: str
) -> None:
    error = failure(make(script))
    assert (type(error), error.code) == (kind, code)
    assert "Zorbinquist" not in str(error)
    assert list(work.iterdir()) == []


def test_the_exit_code_means_nothing(make: Make) -> None:
    (reading,) = make("output.write_text(GOOD); sys.exit(7)").read(Kind.STUDENTS)
    assert len(list(reading.rows())) == 1


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("The report Zor was not found", "My Reports"),
        ("Login failed", "password"),
        ("Licence expired", "licence"),
        ("Cannot connect to server", "reached"),
        ("Workstation version mismatch", "version"),
        ("Something else", "by hand"),
    ],
)
def test_an_error_of_sims_gives_advice_without_its_text(make: Make, said: str, advice: str) -> None:
    error = failure(make(f"print('<CommandReporterError>{said}</CommandReporterError>')"))
    assert advice in error.do
    assert said not in str(error)


def test_past_the_time_limit_the_whole_process_tree_is_stopped(make: Make, tmp_path: Path, work: Path) -> None:
    script = """
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        (here / "pids.txt").write_text(f"{os.getpid()} {child.pid}")
        output.write_text(GOOD[:30])
        time.sleep(60)
        """
    error = failure(make(script, time_limit_seconds=2))
    assert (type(error), error.code) == (SourceUnavailable, "time_limit")
    pids = [int(text) for text in (tmp_path / "pids.txt").read_text(encoding="utf-8").split()]
    assert not any(_is_running(pid) for pid in pids)
    assert list(work.iterdir()) == []


def _is_running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_slow_report_within_the_limit_is_read(make: Make) -> None:
    script = "output.write_text(GOOD[:30]); time.sleep(0.3); output.write_text(GOOD)"
    (reading,) = make(script).read(Kind.STUDENTS)
    assert len(list(reading.rows())) == 1


def test_endless_standard_output_is_stopped(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter_process, "STDOUT_BYTES_MAX", 100_000)
    error = failure(make("while True: print('x' * 10_000)", time_limit_seconds=20))
    assert error.code == "reporter_flood"


def test_a_reporter_that_is_not_there_says_what_to_do(make: Make, tmp_path: Path) -> None:
    source = make(executable="absent.exe")
    assert failure(source).code == "reporter_not_found"
    assert [finding.severity for finding in source.check()] == [Severity.WRONG, Severity.FINE]
    found_nowhere = make(executable=None, environment={"WINDIR": str(tmp_path)})
    assert failure(found_nowhere).code == "reporter_not_found"


def test_a_reporter_that_cannot_be_started_does_not_show_its_command_line(make: Make, tmp_path: Path) -> None:
    (tmp_path / "reporter.exe").write_bytes(b"no program")
    source = make(executable="reporter.exe", trusted=False, user="sync", password="env:SIMS_PASSWORD")
    error = failure(source)
    assert error.code == "reporter_not_started"
    assert error.__cause__ is None


def test_the_environment_of_the_context_reaches_the_reporter(make: Make) -> None:
    script = "output.write_text(GOOD.replace('000123', os.environ['SIMS_DEMO_FAULT']))"
    (reading,) = make(script, environment={"SIMS_DEMO_FAULT": "slow"}).read(Kind.STUDENTS)
    assert [row.values["Adno"] for row in reading.rows()] == ["slow"]


@pytest.mark.parametrize("to_file", [True, False], ids=["file", "standard output"])
def test_parameters_are_asked_for_filled_in_and_handed_over(make: Make, tmp_path: Path, to_file: bool) -> None:
    written = "output.write_text(DEFINITION)" if to_file else "print(DEFINITION)"
    script = f"""
        if "PARAMDEF" in switches:
            {written}
        else:
            (here / "filled.xml").write_text(Path(switches["PARAMFILE"]).read_text())
            output.write_text(GOOD)
        """
    source = make(script, parameters={"StartDate": "start of year", "enddate": "today"})
    (reading,) = source.read(Kind.RESULTS)
    assert len(list(reading.rows())) == 1
    filled = (tmp_path / "filled.xml").read_text(encoding="utf-8")
    assert "31/08/2026 00:00:00" in filled
    assert "17/12/2026 00:00:00" in filled
    assert 'bypass="TRUE"' not in filled


def test_a_parameter_the_report_does_not_have_is_named(make: Make) -> None:
    error = failure(make("output.write_text(DEFINITION)", parameters={"Datum": "today"}))
    assert error.code == "parameter_unknown"
    assert "StartDate" in error.what


def test_a_report_without_parameter_xml_fails(make: Make) -> None:
    assert failure(make("output.write_text('none')", parameters={"A": "1"})).code == "no_parameters"


def test_a_missing_secret_stops_before_anything_is_run(make: Make, tmp_path: Path) -> None:
    source = make(trusted=False, user="sync", password="env:OTHER")
    with pytest.raises(ConfigurationError):
        source.read(Kind.STUDENTS)
    assert not (tmp_path / "calls.txt").exists()
    assert Severity.WRONG in {finding.severity for finding in source.check()}


def test_check_prefers_the_windows_log_in(make: Make) -> None:
    assert {finding.severity for finding in make().check()} == {Severity.FINE}
    named = make(trusted=False, user="sync", password="env:SIMS_PASSWORD")
    assert [finding.severity for finding in named.check()] == [Severity.FINE, Severity.WARN]


def test_what_a_killed_run_left_behind_is_deleted_after_a_day(make: Make, work: Path) -> None:
    old, new = work / f"{FOLDER_MARK}students-old", work / f"{FOLDER_MARK}students-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "report.xml").write_text(GOOD, encoding="utf-8")
    os.utime(old, (time.time() - 90_000,) * 2)
    for reading in make().read(Kind.STUDENTS):
        reading.settle("run-1", good=True)
    assert (old.exists(), new.exists()) == (False, True)


@pytest.fixture
def sims_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "Program Files" / "SIMS" / "SIMS .net"
    folder.mkdir(parents=True)
    (folder / "CommandReporter.exe").write_bytes(b"")
    return folder


def test_sims_ini_says_where_the_reporter_is(tmp_path: Path, sims_folder: Path) -> None:
    (tmp_path / "SIMS.INI").write_text(f"[setup]\nSIMSDotNetDirectory={sims_folder}\n", encoding="utf-8")
    assert find_executable({"windir": str(tmp_path)}) == sims_folder / "CommandReporter.exe"


def test_without_sims_ini_the_program_folders_are_looked_in(tmp_path: Path, sims_folder: Path) -> None:
    environment = {"WINDIR": str(tmp_path), "ProgramFiles": str(sims_folder.parent.parent)}
    assert find_executable(environment) == sims_folder / "CommandReporter.exe"
    (tmp_path / "SIMS.INI").write_bytes(b"no section\xe9")
    assert find_executable(environment) == sims_folder / "CommandReporter.exe"


def test_connect_ini_is_followed_through_its_redirects(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "CONNECT.INI").write_text(f"[SIMSConnection]\nRedirect={tmp_path / 'b'}\n", encoding="utf-8")
    (tmp_path / "b" / "CONNECT.INI").write_text("[SIMSConnection]\nRedirect=other.ini\n", encoding="utf-8")
    (tmp_path / "b" / "other.ini").write_text(
        "[SIMSConnection]\nServerName=SQL1\nDatabaseName=Sims%\n", encoding="cp1252"
    )
    assert read_connection(tmp_path / "a") == Connection("SQL1", "Sims%")


def test_a_circle_of_redirects_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "CONNECT.INI").write_text(f"[SIMSConnection]\nRedirect={tmp_path}\n", encoding="utf-8")
    assert read_connection(tmp_path) == Connection()
    assert read_connection(tmp_path / "absent") == Connection()
