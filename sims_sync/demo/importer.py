"""What does the simulated CommandReportImporter do with a command line (SIMS §1)?

As the real one it says in English how it went and in no other way. What it "imports" is noted in a file; no definition
can be read, so any file that is not empty will do.
"""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path

import sims_sync
from sims_sync.demo.clock import demo_now
from sims_sync.demo.reporter import Command, ReporterError, read_command

LAUNCHER_FILE = "CommandReportImporter.py"
IMPORTED_FILE = "imported_definitions.jsonl"
FAULT_VARIABLE = "SIMS_DEMO_IMPORT_FAULT"
BANNER = "SIMS .net Command Report Importer (simulated; no part of SIMS)\n"
SUCCESS = "Report Definition Successfully Imported"
NOT_FOUND = "Report not found"
HANG_SECONDS = 3600.0

_LAUNCHER = '''"""Run the simulated CommandReportImporter on the simulated SIMS in this folder."""

import sys
from pathlib import Path

sys.path.append({package_folder!r})

from sims_sync.demo.importer import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent))
'''


class ImportFault(Enum):
    """One fault: its name in `SIMS_DEMO_IMPORT_FAULT`, and what the importer then does with every file."""

    NOT_FOUND = ("not_found", "says that it found no report")
    PERMISSION = ("permission", "says that the user may not import reports")
    GARBAGE = ("garbage", "says something that nobody understands")
    SILENT = ("silent", "says nothing at all")
    HANG = ("hang", "does not end by itself")

    def __init__(self, code: str, meaning: str) -> None:
        self.code = code
        self.meaning = meaning


_SAID = {
    ImportFault.NOT_FOUND: NOT_FOUND,
    ImportFault.PERMISSION: "You do not have permission to import reports.",
    ImportFault.GARBAGE: "\ufffd\x01 0x80131500 at Zorbinquist.Import() in line 0",
}


def install_importer(folder: Path) -> Path:
    """Write `folder`/CommandReportImporter.py, which any Python that has the product runs on that folder."""
    package_folder = Path(sims_sync.__file__).resolve().parent.parent
    launcher = folder / LAUNCHER_FILE
    launcher.write_text(_LAUNCHER.format(package_folder=str(package_folder)), encoding="utf-8")
    return launcher


def main(argv: Sequence[str], folder: Path) -> int:
    """Import the file that the command line names; always 0, as the exit code means nothing."""
    if _fault(os.environ) is ImportFault.SILENT:
        return 0
    _say(BANNER)
    try:
        _say(_import(read_command(argv), folder, os.environ))
    except ReporterError as error:
        _say(str(error))
    return 0


def imported_definitions(folder: Path) -> tuple[str, ...]:
    """The names of the files imported into the simulated SIMS of `folder`, oldest first."""
    path = folder / IMPORTED_FILE
    if not path.exists():
        return ()
    return tuple(json.loads(line)["file"] for line in path.read_text(encoding="utf-8").splitlines())


def _import(command: Command, folder: Path, environment: Mapping[str, str]) -> str:
    """What is said at the end."""
    fault = _fault(environment)
    if fault is ImportFault.HANG:
        time.sleep(HANG_SECONDS)
    if fault in _SAID:
        return _SAID[fault]
    definition = Path(command.switches.get("REPORT", ""))
    if not definition.is_file() or definition.stat().st_size == 0:
        return NOT_FOUND
    line = json.dumps({"at": demo_now(folder, environment).isoformat(), "file": definition.name}, ensure_ascii=False)
    with (folder / IMPORTED_FILE).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    return SUCCESS


def _fault(environment: Mapping[str, str]) -> ImportFault | None:
    """The fault that is switched on; one of another name is garbage."""
    code = environment.get(FAULT_VARIABLE, "")
    if not code:
        return None
    return next((fault for fault in ImportFault if fault.code == code), ImportFault.GARBAGE)


def _say(text: str) -> None:
    """Write a line to standard output, whatever the terminal can show."""
    sys.stdout.buffer.write(f"{text.rstrip()}\n".encode())
    sys.stdout.buffer.flush()
