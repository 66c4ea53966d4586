"""Which definitions are imported, as whom, and what becomes of each file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors.command_reporter.importer import CommandReportImporter, ImporterOptions
from sims_sync.connector import ConnectorContext
from sims_sync.errors import ConfigProblem, ConfigurationError, SourceFailed, SourceUnavailable
from sims_sync.report_import import build_importer, find_definitions, import_definitions
from tests.sims_sync.builders import at, make_school

Table = Mapping[str, object]

TRUSTED: Table = {"connector": "command_reporter", "trusted": True, "executable": "sims/CommandReporter.py"}
NAMED: Table = {"connector": "command_reporter", "user": "sync", "password": "env:SIMS_PASSWORD", "server": "SQL1"}
FILES: Table = {"connector": "drop_folder", "folder": "exports"}


class Scripted:
    """An importer that fails for the files a test names."""

    def __init__(self, faults: Mapping[str, Exception]) -> None:
        self.faults = faults
        self.asked: list[str] = []

    def prepare(self) -> None:
        """Nothing is needed."""

    def import_definition(self, definition: Path) -> None:
        self.asked.append(definition.name)
        if definition.name in self.faults:
            raise self.faults[definition.name]


def files(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_bytes(b"enciphered")
    return folder


def options(
    folder: Path,
    sources: Mapping[str, Table],
    given: Table | None = None,
    source: str | None = None,
) -> ImporterOptions:
    """The options that an importer is built with; each source is named after its kind."""
    tables = {
        name: {"kind": name, "mapping": "sims_students", **_with_report(table)} for name, table in sources.items()
    }
    school = make_school(folder, sources=tables)
    context = ConnectorContext(folder, folder / "work", lambda: at("2026-12-16"), lambda _: "")
    importer: Any = build_importer(school, context, given or {}, source)
    assert isinstance(importer, CommandReportImporter)
    found: ImporterOptions = importer._options  # noqa: SLF001 - what it logs in with is otherwise seen by SIMS alone
    return found


def _with_report(table: Table) -> dict[str, object]:
    return {"report": "Students", **table} if table["connector"] == "command_reporter" else dict(table)


def test_every_definition_of_the_folder_is_taken_by_name_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "deeper.RptDef").mkdir()
    files(tmp_path, "staff.RptDef", "Results.rptdef", "notes.txt", "students.RPTDEF", "RptDef")
    assert [path.name for path in find_definitions(tmp_path)] == ["Results.rptdef", "staff.RptDef", "students.RPTDEF"]


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_definitions_is_a_matter_of_usage(tmp_path: Path, exists: bool) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find_definitions(tmp_path if exists else tmp_path / "absent")
    assert caught.value.exit_code == 2


def test_the_log_in_is_that_of_the_sources_which_run_reports(tmp_path: Path) -> None:
    found = options(tmp_path, {"students": TRUSTED, "staff": TRUSTED, "results": FILES})
    assert (found.trusted, found.user, found.reporter, found.executable) == (
        True,
        None,
        "sims/CommandReporter.py",
        None,
    )


def test_user_server_and_the_place_of_the_password_are_taken_over(tmp_path: Path) -> None:
    found = options(tmp_path, {"students": NAMED})
    assert (found.user, found.password, found.server) == ("sync", "env:SIMS_PASSWORD", "SQL1")


def test_what_is_given_wins_over_the_configuration(tmp_path: Path) -> None:
    found = options(tmp_path, {"students": NAMED}, {"trusted": True, "time_limit_seconds": 5, "executable": "/i.exe"})
    assert (found.trusted, found.user, found.server, found.time_limit_seconds) == (True, None, "SQL1", 5)
    other = options(tmp_path, {"students": TRUSTED}, {"user": "other", "password": "env:OTHER", "executable": "/i.exe"})
    assert (other.trusted, other.user, other.executable, other.reporter) == (False, "other", "/i.exe", None)


def test_several_log_ins_are_never_guessed_between(tmp_path: Path) -> None:
    sources = {"students": TRUSTED, "staff": NAMED}
    with pytest.raises(ConfigurationError, match="2 ways"):
        options(tmp_path, sources)
    assert options(tmp_path, sources, source="staff").user == "sync"
    with pytest.raises(ConfigurationError, match="students, staff"):
        options(tmp_path, sources, source="absent")


def test_a_source_that_is_switched_off_counts_only_when_it_is_named(tmp_path: Path) -> None:
    sources: Mapping[str, Table] = {"students": TRUSTED, "staff": {**NAMED, "enabled": False}}
    assert options(tmp_path, sources).trusted
    assert options(tmp_path, sources, source="staff").user == "sync"


def test_without_a_source_that_runs_reports_the_log_in_must_be_given(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="--trusted"):
        options(tmp_path, {"students": FILES})
    assert options(tmp_path, {"students": FILES}, {"trusted": True}).trusted
    assert options(tmp_path, {}, {"user": "sync", "password": "env:X"}).user == "sync"


@pytest.mark.parametrize(
    "given", [{"user": "sync"}, {"password": "env:X"}, {"user": "sync", "password": "mellon-9"}, {"user": "", "x": 1}]
)
def test_a_log_in_that_cannot_work_is_refused_without_repeating_a_password(
    tmp_path: Path, given: Mapping[str, object]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        options(tmp_path, {"students": FILES}, given)
    assert "mellon-9" not in str(caught.value)


def test_a_file_that_fails_does_not_stop_the_next_and_each_is_told_at_once(tmp_path: Path) -> None:
    definitions = find_definitions(files(tmp_path, "a.RptDef", "b.RptDef", "c.RptDef", "d.RptDef"))
    faults = {
        "a.RptDef": SourceFailed("definition_not_found", "No report.", "Look."),
        "c.RptDef": SourceUnavailable("time_limit", "Not finished.", "Wait."),
    }
    importer = Scripted(faults)
    told = []
    for result in import_definitions(importer, definitions):
        told.append((result.file, result.problem.code if result.problem else None))
        assert importer.asked[-1] == result.file
    assert told == [
        ("a.RptDef", "definition_not_found"),
        ("b.RptDef", None),
        ("c.RptDef", "time_limit"),
        ("d.RptDef", None),
    ]


def test_a_log_in_that_cannot_be_had_stops_at_the_first_file(tmp_path: Path) -> None:
    definitions = find_definitions(files(tmp_path, "a.RptDef", "b.RptDef"))
    importer = Scripted({"a.RptDef": ConfigurationError([ConfigProblem("env:X", "is not set.", "Set it.")])})
    with pytest.raises(ConfigurationError):
        list(import_definitions(importer, definitions))
    assert importer.asked == ["a.RptDef"]
