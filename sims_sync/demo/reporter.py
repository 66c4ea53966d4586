"""What does the simulated CommandReporter do with a command line (SIMS §1)?

It behaves as the real one does where that is known: the exit code means nothing, a banner comes first unless `/QUIET`,
a failure is a `<CommandReporterError>` on standard output even with `/OUTPUT`, and the file can be seen while it grows.
"""

import os
import re
import sqlite3
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import sims_sync
from sims_sync.demo.clock import demo_now
from sims_sync.demo.faults import Fault, fault_of, slow_seconds, strike_document, strike_rows
from sims_sync.demo.parameters import DateRange, parameter_definition, read_parameters, within
from sims_sync.demo.reports import COLUMNS, DATE_COLUMNS, Report, report_rows
from sims_sync.demo.sims_file import Setting
from sims_sync.demo.sims_state import SimsState
from sims_sync.demo.superstar import superstar_xml

LAUNCHER_FILE = "CommandReporter.py"
BANNER = "SIMS .net Command Reporter (simulated; no part of SIMS)\nRunning the report, please wait.\n"
SWITCHES = frozenset(
    {
        "USER",
        "PASSWORD",
        "TRUSTED",
        "SERVERNAME",
        "DATABASENAME",
        "REPORT",
        "OUTPUT",
        "QUIET",
        "PARAMDEF",
        "PARAMFILE",
        "PARAMS",
    }
)
PIECES = 4

_LAUNCHER = '''"""Run the simulated CommandReporter on the simulated SIMS in this folder."""

import sys
from pathlib import Path

sys.path.append({package_folder!r})

from sims_sync.demo.reporter import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent))
'''


class ReporterError(Exception):
    """What the reporter tells in its error document."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command line, read: each switch given, in capitals, with its value ("" where it takes none)."""

    switches: Mapping[str, str]

    def __contains__(self, switch: str) -> bool:
        return switch in self.switches

    @property
    def report(self) -> Report:
        """The report asked for."""
        name = self.switches.get("REPORT", "")
        for report in Report:
            if report.value.casefold() == name.casefold():
                return report
        raise ReporterError("The report was not found among the reports of this user.")

    @property
    def output(self) -> Path | None:
        """The file to write; None = standard output."""
        return Path(self.switches["OUTPUT"]) if "OUTPUT" in self.switches else None


def install_reporter(folder: Path) -> Path:
    """Write `folder`/CommandReporter.py, which any Python that has the product runs on the state in that folder."""
    package_folder = Path(sims_sync.__file__).resolve().parent.parent
    launcher = folder / LAUNCHER_FILE
    launcher.write_text(_LAUNCHER.format(package_folder=str(package_folder)), encoding="utf-8")
    return launcher


def main(argv: Sequence[str], folder: Path) -> int:
    """Do what the command line asks, on the state in `folder`; always 0, as the exit code means nothing."""
    quiet = any(argument.upper() == "/QUIET" for argument in argv)
    if not quiet:
        _print(BANNER.encode())
    try:
        _run(read_command(argv), folder, os.environ)
    except (ReporterError, ValueError, OSError, sqlite3.Error) as error:
        _print(f"<CommandReporterError>{escape(str(error), quote=False)}</CommandReporterError>\n".encode())
    return 0


def read_command(argv: Sequence[str]) -> Command:
    """The switches of a command line; letter case and quotes around a value do not matter.

    Raises:
        ReporterError: an unknown switch, or no log-in.
    """
    switches: dict[str, str] = {}
    for argument in argv:
        found = re.fullmatch(r"/([A-Za-z]+)(?::(.*))?", argument, re.DOTALL)
        if found is None or found[1].upper() not in SWITCHES:
            raise ReporterError("Unknown switch.")
        switches[found[1].upper()] = _unquoted(found[2] or "")
    if "TRUSTED" not in switches and not (switches.get("USER") and switches.get("PASSWORD")):
        raise ReporterError("Login failed: give /TRUSTED, or /USER and /PASSWORD.")
    return Command(switches)


def _unquoted(value: str) -> str:
    """A value without the quotes that a shell may have left around it."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def _run(command: Command, folder: Path, environment: Mapping[str, str]) -> None:
    """Make the document and put it where it is wanted, with the fault of the environment."""
    fault = fault_of(environment)
    report = command.report
    if fault is Fault.ERROR:
        raise ReporterError("The connection to the SIMS database was lost while the report ran.")
    if "PARAMDEF" in command:
        document = parameter_definition(report)
    else:
        document = _document(report, _asked(command), folder, environment)
    if fault is Fault.STALE:
        return
    seconds = slow_seconds(environment) if fault is Fault.SLOW else 0.0
    _deliver(document, command.output, seconds)


def _asked(command: Command) -> DateRange:
    """What the parameters on the command line or in a file ask for."""
    if "PARAMFILE" in command:
        return read_parameters(Path(command.switches["PARAMFILE"]).read_bytes())
    if "PARAMS" in command:
        return read_parameters(command.switches["PARAMS"].encode())
    return DateRange()


def _document(report: Report, asked: DateRange, folder: Path, environment: Mapping[str, str]) -> bytes:
    """The report as XML, as the fault leaves it."""
    fault = fault_of(environment)
    state = SimsState(folder)
    rows = within(report, report_rows(report, state, demo_now(folder, environment)), asked)
    document = superstar_xml(
        strike_rows(fault, report, rows), COLUMNS[report], dates=DATE_COLUMNS, inline_schema=_has_schema(report, state)
    )
    return strike_document(fault, document)


def _has_schema(report: Report, state: SimsState) -> bool:
    """Whether the document begins with a schema: always, never, or in every second report."""
    setting = state.setting(Setting.INLINE_SCHEMA)
    return setting == "on" or (setting == "alternate" and report.position % 2 == 0)


def _deliver(document: bytes, output: Path | None, seconds: float) -> None:
    """Write in pieces, so that the file is visible before it is complete; `seconds` is the time it takes."""
    if output is None:
        time.sleep(seconds)
        _print(document)
        return
    size = len(document) // PIECES + 1
    with output.open("wb") as file:
        for start in range(0, len(document), size):
            file.write(document[start : start + size])
            file.flush()
            time.sleep(seconds / PIECES)


def _print(content: bytes) -> None:
    """Write to standard output as it is: no encoding of the terminal comes between."""
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
