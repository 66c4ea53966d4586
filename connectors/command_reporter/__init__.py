"""How is a saved SIMS report run with CommandReporter.exe and read (SIMS §1)?

Each read is one short-lived process that writes into a new folder, which is gone again once it has been read.
"""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from connectors.command_reporter.discovery import Connection, find_executable, read_connection
from connectors.command_reporter.parameters import DateWords, fill_in
from connectors.command_reporter.process import run
from connectors.command_reporter.reading import ReportReading
from sims_sync.connector import ConnectorContext, Finding, Options, Severity, SourceState
from sims_sync.errors import ConfigurationError, SourceFailed, SourceRefused, SourceUnavailable
from sims_sync.formats import refusals
from sims_sync.formats.file_reading import fingerprint
from sims_sync.records import Kind

TIME_LIMIT_SECONDS = 2400  # one product allows this for one report (SIMS §1)
LEFTOVER_SECONDS = 24 * 60 * 60
CLOCK_SLACK_SECONDS = 3  # a file system may round times to two seconds
FOLDER_MARK = "sims-report-"
SCHOOL_TIMEZONE = ZoneInfo("Europe/London")

_REFERENCE = re.compile(r"(env|file|credential|keyring):.+", re.DOTALL)
_MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])")


class CommandReporterOptions(Options):
    """Which report to run, as whom, and for how long."""

    report: str = Field(min_length=1, description="The saved report's name, exactly as SIMS shows it.")
    executable: str | None = Field(default=None, description="CommandReporter.exe; found by itself if not given.")
    trusted: bool = Field(default=False, description="Log in as the Windows user that runs this (recommended).")
    user: str | None = Field(default=None, description="The SIMS user, where `trusted` is not used.")
    password: str | None = Field(default=None, description="Where that user's password is, e.g. env:SIMS_PASSWORD.")
    server: str | None = Field(default=None, description="SQL server; SIMS's own setting if not given.")
    database: str | None = Field(default=None, description="Database; SIMS's own setting if not given.")
    parameters: Mapping[str, str] = Field(default_factory=dict, description="The report's parameters by name.")
    widen_dates: bool = Field(default=True, description="Ask for a day more at each end of a period.")
    year_start: str = Field(default="09-01", description="Month and day that 'start of year' means.")
    time_limit_seconds: float = Field(default=TIME_LIMIT_SECONDS, gt=0, description="How long a report may take.")

    @field_validator("password")
    @classmethod
    def _only_a_reference(cls, value: str | None) -> str | None:
        if value is not None and not _REFERENCE.fullmatch(value):
            # Without the value, which may be the password itself.
            raise ValueError(
                "write where the password is (env:NAME, file:PATH, credential:NAME or keyring:NAME), never itself"
            )
        return value

    @field_validator("year_start")
    @classmethod
    def _a_month_and_day(cls, value: str) -> str:
        if not _MONTH_DAY.fullmatch(value):
            raise ValueError('write month and day as "09-01"')
        return value

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> Self:
        named = (self.user is not None, self.password is not None)
        if named != ((False, False) if self.trusted else (True, True)):
            raise ValueError("set either trusted = true, or both user and password")
        return self


class CommandReporter:
    """SIMS itself as a source: `read` runs the report and waits for it."""

    Options: ClassVar[type[CommandReporterOptions]] = CommandReporterOptions
    kind_of_connector: ClassVar[str] = "source"
    description: ClassVar[str] = "Runs a saved SIMS report with CommandReporter.exe and reads its XML."

    def __init__(self, options: CommandReporterOptions, context: ConnectorContext) -> None:
        self._options = options
        self._context = context
        self.notes: tuple[str, ...] = ()

    def read(self, kind: Kind) -> Sequence[ReportReading]:
        """Run the report; one reading, whose `state.began` is the moment just before the process started.

        Raises:
            SourceUnavailable: not installed, not startable, or over the time limit.
            SourceFailed: SIMS reported an error, or left no file.
            SourceRefused: the file is older than the run.
            ConfigurationError: the password could not be had.
        """
        command = [str(self._executable()), *self._switches()]
        work = self._context.work.absolute()  # the reporter runs in a folder of its own
        work.mkdir(parents=True, exist_ok=True)
        self._sweep()
        folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_MARK}{kind.value}-", dir=work))
        forget = partial(shutil.rmtree, folder, ignore_errors=True)
        try:
            return (self._run(command, folder, forget),)
        except BaseException:
            forget()
            raise

    @contextmanager
    def trial(self, kind: Kind) -> Iterator[ReportReading]:
        """Run the report to see what comes; its file is deleted when the block ends.

        Raises:
            SourceUnavailable, SourceFailed, SourceRefused, ConfigurationError: as `read`.
        """
        (reading,) = self.read(kind)
        try:
            yield reading
        finally:
            reading.settle("trial", good=True)

    def check(self) -> Sequence[Finding]:
        """Whether the reporter is there and how it will log in; the report itself is not run."""
        return (self._check_executable(), self._check_login())

    def _run(self, command: Sequence[str], folder: Path, forget: "partial[None]") -> ReportReading:
        deadline = time.monotonic() + self._options.time_limit_seconds
        output, said = folder / "report.xml", folder / "stdout.txt"
        switches = self._parameter_switches(command, folder, deadline)
        began, started = self._context.now(), time.time()
        self._start([*command, *switches, f"/OUTPUT:{output}"], said, deadline)
        return ReportReading(output, self._state(output, began, started), forget)

    def _start(self, command: Sequence[str], said: Path, deadline: float) -> None:
        run(command, said, self._context.environment, deadline, self._context.stopping)

    def _parameter_switches(self, command: Sequence[str], folder: Path, deadline: float) -> list[str]:
        """Ask the report for its parameters, fill them in, and say where; nothing where none are set."""
        if not self._options.parameters:
            return []
        definition, said, filled = folder / "definition.xml", folder / "definition.txt", folder / "parameters.xml"
        self._start([*command, "/PARAMDEF", f"/OUTPUT:{definition}"], said, deadline)
        content = (definition if definition.exists() else said).read_bytes()
        today = self._context.now().astimezone(SCHOOL_TIMEZONE).date()
        month, day = (int(part) for part in self._options.year_start.split("-"))
        words = DateWords(today, (month, day))
        filled.write_bytes(fill_in(content, self._options.parameters, words, widen=self._options.widen_dates))
        return [f"/PARAMFILE:{filled}"]

    def _state(self, output: Path, began: datetime, started: float) -> SourceState:
        try:
            written = output.stat()
            digest = fingerprint(output)
        except FileNotFoundError as fault:
            raise SourceFailed(
                "no_output",
                f'SIMS ended without writing the report "{self._options.report}".',
                "Run the report in SIMS by hand, as the same user; it must be in that user's My Reports.",
            ) from fault
        except OSError as fault:
            raise refusals.unreadable(f'The report "{self._options.report}"') from fault
        if written.st_mtime < started - CLOCK_SLACK_SECONDS:
            raise SourceRefused(
                "stale",
                f'SIMS left an old file in place of the report "{self._options.report}".',
                "Run the report again; check this machine's clock.",
            )
        return SourceState(self._options.report, began, written.st_size, digest)

    def _executable(self) -> Path:
        stated = self._options.executable
        path = (self._context.base / stated).absolute() if stated else find_executable(self._environment())
        if path is None or not path.is_file():
            where = f"is not at {path}" if path else "was not found on this machine"
            raise SourceUnavailable(
                "reporter_not_found",
                f"CommandReporter.exe {where}.",
                "Install the SIMS workstation here, or set `executable` to its full path (UNC, no mapped drive).",
            )
        return path

    def _switches(self) -> list[str]:
        """Log-in, server and report. The password is fetched now and goes nowhere else."""
        options = self._options
        login = ["/TRUSTED"]
        if options.password is not None:
            login = [f"/USER:{options.user}", f"/PASSWORD:{self._context.secret(options.password)}"]
        server = [f"/SERVERNAME:{options.server}"] if options.server else []
        database = [f"/DATABASENAME:{options.database}"] if options.database else []
        return [*login, *server, *database, f"/REPORT:{options.report}", "/QUIET"]

    def _environment(self) -> Mapping[str, str]:
        return {**os.environ, **self._context.environment}

    def _sweep(self) -> None:
        """Delete what a run left behind that was killed: it holds students' data."""
        for folder in self._context.work.glob(f"{FOLDER_MARK}*"):
            try:
                old = time.time() - folder.stat().st_mtime > LEFTOVER_SECONDS
            except OSError:
                continue
            if old and folder.is_dir() and not folder.is_symlink():
                shutil.rmtree(folder, ignore_errors=True)

    def _check_executable(self) -> Finding:
        try:
            path = self._executable()
        except SourceUnavailable as fault:
            return Finding(Severity.WRONG, "CommandReporter", fault.what, fault.do)
        return Finding(Severity.FINE, "CommandReporter", f"Found at {path}{_shown(read_connection(path.parent))}.")

    def _check_login(self) -> Finding:
        subject = f'log-in for the report "{self._options.report}"'
        if self._options.password is None:
            return Finding(Severity.FINE, subject, "Windows log-in (/TRUSTED).")
        try:
            self._context.secret(self._options.password)
        except ConfigurationError as fault:
            return Finding(
                Severity.WRONG, subject, fault.what, fault.do or "Store the password where it is looked for."
            )
        return Finding(
            Severity.WARN,
            subject,
            "The password stands on a command line that everyone on this machine can see while the report runs.",
            "Prefer trusted = true with a Windows user that may run the report.",
        )


def _shown(connection: Connection) -> str:
    named = [name for name in (connection.server, connection.database) if name]
    return f", which uses {' / '.join(named)} (CONNECT.INI)" if named else ""
