"""How is a report definition (`.RptDef`) that somebody built once imported with CommandReportImporter.exe (SIMS §1)?

The tool says in English whether it worked, and in no other way: its last words are the success, all else is a failure.
"""

import os
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, field_validator, model_validator

from connectors.command_reporter.discovery import find_executable
from connectors.command_reporter.process import run
from sims_sync.connector import ConnectorContext, Options
from sims_sync.errors import SimsSyncError, SourceFailed, SourceUnavailable

TIME_LIMIT_SECONDS = 300  # a definition is small: what takes longer waits for somebody to press a button
FOLDER_MARK = "sims-import-"
EXECUTABLE_STEM = "CommandReportImporter"
SUCCESS = "report definition successfully imported"
NOT_FOUND = "report not found"

_REFERENCE = re.compile(r"(env|file|credential|keyring):.+", re.DOTALL)
# Words in what the tool said, what they are about, what they call for. Its text is not repeated: it can name anything.
_SUBJECTS: Sequence[tuple[tuple[str, ...], str, str]] = (
    (("licen",), "SIMS's licence", "Renew the SIMS licence key."),
    (
        ("version", "upgrade"),
        "the version of SIMS",
        "Bring the SIMS workstation on this machine up to the version of the server.",
    ),
    (
        ("login", "log in", "logon", "password", "authenticat"),
        "the log-in",
        "Check the SIMS user and its password, or that the Windows user of --trusted is a SIMS user.",
    ),
    (
        ("permission", "denied", "not allowed", "rights", "authoris", "authoriz"),
        "a permission",
        "Let the user that logs in import reports (System Manager in SIMS) and read the file.",
    ),
    (
        ("connect", "server", "database", "network"),
        "the connection to SIMS",
        "Check that the SIMS server can be reached from this machine.",
    ),
)
_BY_HAND = "Import the file in SIMS by hand, as the same user, to see what is wrong."
_CHECK_FILE = (
    "Check that it is a whole report definition exported from SIMS, and that this account may read it there (UNC, no "
    "mapped drive)."
)
# What `process` says of a report, said of a definition.
_OTHER_WORDS: Mapping[str, tuple[str, str | None]] = {
    "reporter_not_started": ("CommandReportImporter could not be started.", None),
    "reporter_flood": ("CommandReportImporter wrote without end and was stopped.", None),
    "reporter_error": ("SIMS reported an error instead of importing the definition.", _BY_HAND),
    "time_limit": (
        "CommandReportImporter was not finished within the time limit and was stopped.",
        "Import the file in SIMS by hand, as the same user: a question may be waiting there. Else allow more time.",
    ),
}


class ImporterOptions(Options):
    """Which CommandReportImporter to use, as whom, and for how long."""

    executable: str | None = Field(default=None, description="CommandReportImporter.exe; found by itself if not given.")
    reporter: str | None = Field(default=None, description="CommandReporter.exe, beside which the importer stands.")
    trusted: bool = Field(default=False, description="Log in as the Windows user that runs this (recommended).")
    user: str | None = Field(default=None, description="The SIMS user, where `trusted` is not used.")
    password: str | None = Field(default=None, description="Where that user's password is, e.g. env:SIMS_PASSWORD.")
    server: str | None = Field(default=None, description="SQL server; SIMS's own setting if not given.")
    database: str | None = Field(default=None, description="Database; SIMS's own setting if not given.")
    time_limit_seconds: float = Field(default=TIME_LIMIT_SECONDS, gt=0, description="How long one import may take.")

    @field_validator("password")
    @classmethod
    def _only_a_reference(cls, value: str | None) -> str | None:
        if value is not None and not _REFERENCE.fullmatch(value):
            # Without the value, which may be the password itself.
            raise ValueError(
                "say where the password is (env:NAME, file:PATH, credential:NAME or keyring:NAME), never itself"
            )
        return value

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> Self:
        named = (self.user is not None, self.password is not None)
        if named != ((False, False) if self.trusted else (True, True)):
            raise ValueError("log in either as the Windows user (trusted), or with both user and password")
        return self


class CommandReportImporter:
    """Imports one definition after another, each by a short-lived process of its own."""

    Options: ClassVar[type[ImporterOptions]] = ImporterOptions
    kind_of_connector: ClassVar[str] = "importer"
    description: ClassVar[str] = "Imports report definitions into SIMS with CommandReportImporter.exe."

    def __init__(self, options: ImporterOptions, context: ConnectorContext) -> None:
        self._options = options
        self._context = context

    def prepare(self) -> None:
        """See that the tool and the log-in are there; nothing is started.

        Raises:
            SourceUnavailable: the tool is not installed.
            ConfigurationError: the password could not be had.
        """
        self._executable()
        self._login()

    def import_definition(self, definition: Path) -> None:
        """Import one `.RptDef` file; returns only where SIMS said that it did.

        Raises:
            SourceUnavailable: not installed, not startable, or over the time limit.
            SourceFailed: anything but the words of success was said.
            ConfigurationError: the password could not be had.
        """
        command = [str(self._executable()), *self._login(), *self._place(), f"/REPORT:{definition.absolute()}"]
        work = self._context.work.absolute()
        work.mkdir(parents=True, exist_ok=True)
        # On Windows a process that has just been killed may hold its output file for a moment longer.
        with tempfile.TemporaryDirectory(prefix=FOLDER_MARK, dir=work, ignore_cleanup_errors=True) as folder:
            said = Path(folder) / "stdout.txt"
            self._run(command, said)
            _refuse_all_but_success(said.read_bytes())

    def _run(self, command: Sequence[str], said: Path) -> None:
        deadline = time.monotonic() + self._options.time_limit_seconds
        try:
            run(command, said, self._context.environment, deadline)
        except (SourceFailed, SourceUnavailable) as fault:
            raise _about_a_definition(fault) from None

    def _executable(self) -> Path:
        path = self._stated() or self._found()
        if path is None or not path.is_file():
            where = f"is not at {path}" if path else "was not found on this machine"
            raise SourceUnavailable(
                "importer_not_found",
                f"CommandReportImporter.exe {where}.",
                "Install the SIMS workstation here, or say where it is with --executable (UNC, no mapped drive).",
            )
        return path

    def _stated(self) -> Path | None:
        """Where the options say that the tool is: itself, or beside the reporter, whose kind of file it then is."""
        if self._options.executable:
            return (self._context.base / self._options.executable).absolute()
        if self._options.reporter:
            return _beside((self._context.base / self._options.reporter).absolute())
        return None

    def _found(self) -> Path | None:
        reporter = find_executable({**os.environ, **self._context.environment})
        return _beside(reporter) if reporter else None

    def _login(self) -> list[str]:
        """The password is fetched now and goes nowhere but to the command line."""
        options = self._options
        if options.password is None:
            return ["/TRUSTED"]
        return [f"/USER:{options.user}", f"/PASSWORD:{self._context.secret(options.password)}"]

    def _place(self) -> list[str]:
        stated = (("SERVERNAME", self._options.server), ("DATABASENAME", self._options.database))
        return [f"/{switch}:{value}" for switch, value in stated if value]


def succeeded(said: bytes) -> bool:
    """Whether what the tool wrote ends with its words of success; spelling, blanks and encoding apart (SIMS §1)."""
    return _words(said).rstrip(" .!").endswith(SUCCESS)


def _beside(reporter: Path) -> Path:
    return reporter.with_name(f"{EXECUTABLE_STEM}{reporter.suffix}")


def _about_a_definition(fault: SourceFailed | SourceUnavailable) -> SimsSyncError:
    what, do = _OTHER_WORDS.get(fault.code, (fault.what, None))
    return type(fault)(fault.code.replace("reporter", "importer"), what, do or fault.do)


def _refuse_all_but_success(said: bytes) -> None:
    """The exit code means nothing, and there is no error document (SIMS §1)."""
    if succeeded(said):
        return
    text = _words(said)
    if NOT_FOUND in text:
        raise SourceFailed("definition_not_found", "SIMS found no report in the file.", _CHECK_FILE)
    if not text:
        raise SourceFailed("importer_silent", "CommandReportImporter ended without a word.", _BY_HAND)
    about, do = _subject(text)
    raise SourceFailed("importer_refused", f"SIMS did not say that it imported the definition{about}.", do)


def _words(said: bytes) -> str:
    return " ".join(said.replace(b"\0", b"").decode("cp1252", "replace").casefold().split())


def _subject(text: str) -> tuple[str, str]:
    """What a failure seems to be about, as the end of a sentence, and what to do."""
    for words, about, do in _SUBJECTS:
        if any(word in text for word in words):
            return f", but something about {about}", do
    return "", _BY_HAND
