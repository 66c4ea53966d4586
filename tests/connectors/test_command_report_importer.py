"""Running CommandReportImporter: nothing but SIMS's own words of success counts, and nothing is left behind."""

import textwrap
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.command_reporter.importer import SUCCESS, CommandReportImporter, ImporterOptions, succeeded
from sims_sync.connector import ConnectorContext
from sims_sync.errors import ConfigProblem, ConfigurationError, SimsSyncError, SourceFailed, SourceUnavailable

NOW = datetime(2026, 12, 16, 6, 0, tzinfo=UTC)
PASSWORD = "mellon-9"
IMPORTED = "print('Importing...'); print('Report Definition Successfully Imported')"

Make = Callable[..., CommandReportImporter]


def secret(reference: str) -> str:
    if reference == "env:SIMS_PASSWORD":
        return PASSWORD
    raise ConfigurationError([ConfigProblem("password", "is not set.", "Set it.")])


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    path = tmp_path / "sims-sync students.RptDef"
    path.write_bytes(b"enciphered")
    return path


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """An importer whose tool is a script; what it was called with lands in calls.txt."""

    def made(
        script: str = IMPORTED, environment: Mapping[str, str] | None = None, **options: object
    ) -> CommandReportImporter:
        head = f"""
            import os, sys, time, subprocess
            from pathlib import Path
            here = Path({str(tmp_path)!r})
            with (here / "calls.txt").open("a", encoding="utf-8") as calls:
                calls.write(repr(sys.argv[1:]) + "\\n")
            """
        (tmp_path / "importer.py").write_text(textwrap.dedent(head) + textwrap.dedent(script), encoding="utf-8")
        chosen = {"trusted": True, "executable": "importer.py", **options}
        context = ConnectorContext(tmp_path, tmp_path / "work", lambda: NOW, secret, environment or {})
        return CommandReportImporter(ImporterOptions.model_validate(chosen), context)

    return made


def calls(folder: Path) -> str:
    return (folder / "calls.txt").read_text(encoding="utf-8")


def failure(importer: CommandReportImporter, definition: Path) -> SimsSyncError:
    with pytest.raises(SimsSyncError) as caught:
        importer.import_definition(definition)
    assert caught.value.do
    assert PASSWORD not in str(caught.value)
    return caught.value


def test_a_definition_is_imported_where_sims_says_so_and_nothing_is_left(
    make: Make, definition: Path, tmp_path: Path
) -> None:
    make().import_definition(definition)
    assert list((tmp_path / "work").iterdir()) == []


def test_the_command_line_has_the_log_in_and_the_whole_path(make: Make, definition: Path, tmp_path: Path) -> None:
    make(server="SQL1", database="Sims").import_definition(definition)
    for switch in ("'/TRUSTED'", "'/SERVERNAME:SQL1'", "'/DATABASENAME:Sims'", repr(f"/REPORT:{definition}")):
        assert switch in calls(tmp_path)
    assert "/PASSWORD" not in calls(tmp_path)


def test_a_relative_path_is_made_whole_for_the_tool_runs_elsewhere(
    make: Make, definition: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make().import_definition(Path(definition.name))
    assert repr(f"/REPORT:{definition}") in calls(tmp_path)


def test_user_and_password_come_from_a_secret(make: Make, definition: Path, tmp_path: Path) -> None:
    make(trusted=False, user="sync", password="env:SIMS_PASSWORD").import_definition(definition)
    assert f"/PASSWORD:{PASSWORD}" in calls(tmp_path)
    assert "/USER:sync" in calls(tmp_path)
    assert "/TRUSTED" not in calls(tmp_path)


@pytest.mark.parametrize(
    "options",
    [
        {"trusted": False},
        {"trusted": False, "user": "sync"},
        {"trusted": False, "password": "env:X"},
        {"trusted": True, "user": "sync", "password": "env:X"},
        {"trusted": False, "user": "sync", "password": PASSWORD},
        {"time_limit_seconds": 0},
        {"unknown": 1},
    ],
)
def test_options_that_cannot_work_are_refused_without_repeating_a_password(
    make: Make, options: Mapping[str, object]
) -> None:
    with pytest.raises(ValidationError) as caught:
        make(**options)
    assert PASSWORD not in "".join(error["msg"] for error in caught.value.errors())


@pytest.mark.parametrize("code", [0, 1, 255])
def test_the_exit_code_means_nothing(make: Make, definition: Path, code: int) -> None:
    make(f"{IMPORTED}; sys.exit({code})").import_definition(definition)
    assert failure(make(f"print('Report not found'); sys.exit({code})"), definition).code == "definition_not_found"


@pytest.mark.parametrize(
    "script",
    [
        "print('REPORT DEFINITION  SUCCESSFULLY IMPORTED.')",
        "print('Log in'); print('Report not found in cache'); print('Report Definition Successfully Imported')",
        "sys.stdout.buffer.write('Report Definition Successfully Imported\\r\\n'.encode('utf-16'))",
        "print('Report Definition Successfully Imported', file=sys.stderr)",
    ],
)
def test_the_words_of_success_count_however_they_are_written(make: Make, definition: Path, script: str) -> None:
    make(script).import_definition(definition)


@pytest.mark.parametrize(
    ("script", "code", "advice"),
    [
        ("print('Report not found')", "definition_not_found", "whole report definition"),
        ("pass", "importer_silent", "by hand"),
        ("print(' \\n ')", "importer_silent", "by hand"),
        ("print('0x80131500 Zorbinquist')", "importer_refused", "by hand"),
        ("print('Report Definition Successfully Imported, Zorbinquist')", "importer_refused", "by hand"),
        ("print('No permission, Zorbinquist')", "importer_refused", "System Manager"),
        ("print('Access denied')", "importer_refused", "System Manager"),
        ("print('Login failed for Zorbinquist')", "importer_refused", "password"),
        ("print('Licence expired')", "importer_refused", "licence"),
        ("print('Workstation version mismatch')", "importer_refused", "version"),
        ("print('Cannot connect')", "importer_refused", "reached"),
        ("print('<CommandReporterError>Login failed</CommandReporterError>')", "importer_error", "by hand"),
        ("sys.exit('Traceback')", "importer_refused", "by hand"),
    ],
)
def test_everything_else_has_failed_and_says_what_to_do_without_the_words_of_sims(
    make: Make, definition: Path, tmp_path: Path, script: str, code: str, advice: str
) -> None:
    error = failure(make(script), definition)
    assert (type(error), error.code) == (SourceFailed, code)
    assert advice in error.do
    assert "Zorbinquist" not in str(error)
    assert list((tmp_path / "work").iterdir()) == []


@given(st.binary(), st.sampled_from([b"", b"Report not found", SUCCESS.encode()]))
def test_whatever_the_tool_writes_after_it_the_success_no_longer_counts(noise: bytes, before: bytes) -> None:
    said = before + noise + b" x"
    assert not succeeded(said)


def test_past_the_time_limit_the_whole_process_tree_is_stopped(make: Make, definition: Path, tmp_path: Path) -> None:
    script = """
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        (here / "pids.txt").write_text(f"{os.getpid()} {child.pid}")
        time.sleep(60)
        """
    error = failure(make(script, time_limit_seconds=2), definition)
    assert (type(error), error.code) == (SourceUnavailable, "time_limit")
    assert "CommandReportImporter" in error.what
    pids = [int(text) for text in (tmp_path / "pids.txt").read_text(encoding="utf-8").split()]
    assert not any(_is_running(pid) for pid in pids)
    assert list((tmp_path / "work").iterdir()) == []


def _is_running(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_tool_that_cannot_be_started_does_not_show_its_command_line(
    make: Make, definition: Path, tmp_path: Path
) -> None:
    (tmp_path / "importer.exe").write_bytes(b"no program")
    importer = make(executable="importer.exe", trusted=False, user="sync", password="env:SIMS_PASSWORD")
    error = failure(importer, definition)
    assert error.code == "importer_not_started"
    assert error.__cause__ is None


def test_the_tool_is_looked_for_beside_the_reporter_of_a_source(make: Make, definition: Path, tmp_path: Path) -> None:
    importer = make(executable=None, reporter="sims/CommandReporter.py")
    assert failure(importer, definition).code == "importer_not_found"
    (tmp_path / "sims").mkdir()
    (tmp_path / "importer.py").rename(tmp_path / "sims" / "CommandReportImporter.py")
    importer.prepare()
    importer.import_definition(definition)
    assert "/TRUSTED" in calls(tmp_path)


def test_the_tool_is_looked_for_where_sims_ini_says(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "SIMS .net"
    folder.mkdir()
    (folder / "CommandReporter.exe").write_bytes(b"")
    (tmp_path / "SIMS.INI").write_text(f"[Setup]\nSIMSDotNetDirectory={folder}\n", encoding="utf-8")
    importer = make(executable=None, environment={"WINDIR": str(tmp_path)})
    with pytest.raises(SourceUnavailable, match="not at"):
        importer.prepare()
    (folder / "CommandReportImporter.exe").write_bytes(b"")
    importer.prepare()


def test_without_sims_the_sentence_says_what_to_do(make: Make, tmp_path: Path) -> None:
    nowhere = {"WINDIR": str(tmp_path), "ProgramFiles": str(tmp_path), "ProgramFiles(x86)": str(tmp_path)}
    with pytest.raises(SourceUnavailable, match="not found on this machine") as caught:
        make(executable=None, environment=nowhere).prepare()
    assert "--executable" in caught.value.do


def test_a_missing_secret_stops_before_anything_is_run(make: Make, definition: Path, tmp_path: Path) -> None:
    importer = make(trusted=False, user="sync", password="env:OTHER")
    with pytest.raises(ConfigurationError):
        importer.prepare()
    with pytest.raises(ConfigurationError):
        importer.import_definition(definition)
    assert not (tmp_path / "calls.txt").exists()
