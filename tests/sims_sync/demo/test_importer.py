"""Does the simulated CommandReportImporter speak as the real one does?"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sims_sync.demo.importer import BANNER, NOT_FOUND, SUCCESS, ImportFault, imported_definitions, install_importer

NOW = "2026-12-16T06:00:00+00:00"

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    launcher = install_importer(tmp_path)

    def run(*switches: str, fault: str = "", seconds: float | None = None) -> str:
        base = {name: text for name, text in os.environ.items() if not name.startswith("SIMS_DEMO")}
        done = subprocess.run(
            [sys.executable, str(launcher), *switches],
            env=base | {"SIMS_DEMO_NOW": NOW, "SIMS_DEMO_IMPORT_FAULT": fault},
            capture_output=True,
            check=False,
            timeout=seconds,
        )
        assert done.returncode == 0, "the exit code means nothing"
        assert done.stderr == b""
        return done.stdout.decode()

    return run


@pytest.fixture
def switch(tmp_path: Path) -> str:
    path = tmp_path / "the students.RptDef"
    path.write_bytes(b"enciphered")
    return f"/REPORT:{path}"


def test_a_definition_is_noted_and_the_last_words_are_the_success(run: Run, switch: str, tmp_path: Path) -> None:
    assert imported_definitions(tmp_path) == ()
    assert run("/TRUSTED", switch) == f"{BANNER}{SUCCESS}\n"
    assert run("/user:sync", "/password:x", switch).endswith(f"{SUCCESS}\n")
    assert imported_definitions(tmp_path) == ("the students.RptDef",) * 2


def test_a_file_that_is_absent_or_empty_is_no_report(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.RptDef").write_bytes(b"")
    for switches in ((f"/REPORT:{tmp_path / 'empty.RptDef'}",), (f"/REPORT:{tmp_path / 'absent.RptDef'}",), ()):
        assert run("/TRUSTED", *switches).endswith(f"{NOT_FOUND}\n")
    assert imported_definitions(tmp_path) == ()


def test_without_a_log_in_it_says_so_in_words_and_in_no_document(run: Run, switch: str, tmp_path: Path) -> None:
    said = run(switch)
    assert "Login failed" in said
    assert "<" not in said
    assert imported_definitions(tmp_path) == ()


@pytest.mark.parametrize("fault", [fault for fault in ImportFault if fault is not ImportFault.HANG])
def test_no_fault_imports_anything_or_speaks_of_success(
    run: Run, switch: str, tmp_path: Path, fault: ImportFault
) -> None:
    said = run("/TRUSTED", switch, fault=fault.code)
    assert SUCCESS not in said
    assert (said == "") == (fault is ImportFault.SILENT)
    assert imported_definitions(tmp_path) == ()


def test_a_fault_of_an_unknown_name_is_still_a_fault(run: Run, switch: str) -> None:
    assert SUCCESS not in run("/TRUSTED", switch, fault="no such fault")


def test_hanging_does_not_end(run: Run, switch: str, tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run("/TRUSTED", switch, fault=ImportFault.HANG.code, seconds=1)
    assert imported_definitions(tmp_path) == ()


def test_the_documentation_lists_every_fault_with_its_meaning() -> None:
    page = (Path(__file__).parents[3] / "docs" / "import-reports.md").read_text(encoding="utf-8")
    for fault in ImportFault:
        assert f"| `{fault.code}` | {fault.meaning} |" in page
