"""How is the reporter run: for a bounded time, with bounded output, and leaving no process behind (SIMS §1)?

The command line can hold a password, so it is in no message and no log line.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from sims_sync.errors import RunInterrupted, SourceFailed, SourceUnavailable

STDOUT_BYTES_MAX = 16 * 1024 * 1024
LOOK_SECONDS_FIRST = 0.01
LOOK_SECONDS_MAX = 0.5
KILL_SECONDS = 5
NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # exists on Windows only

_ERROR_MARK = "commandreportererror"
# Words in SIMS's error text, and what they call for. The text itself is not repeated: it can name anything.
_ADVICE: Sequence[tuple[tuple[str, ...], str]] = (
    (("licen",), "Renew the SIMS licence key."),
    (("version", "upgrade"), "Bring the SIMS workstation on this machine up to the version of the server."),
    (("login", "log in", "logon", "password", "authenticat"), "Check the SIMS user and its password, or /TRUSTED."),
    (("caption", "duplicate"), "Give every column of the report a caption of its own."),
    (("parameter",), "Check `parameters` in the source's settings against the report."),
    (("not found", "no report", "does not exist"), "Check the report's name: it must be in that user's My Reports."),
    (("connect", "server", "database", "network"), "Check that the SIMS server can be reached from this machine."),
)
_ADVICE_ELSE = "Run the report in SIMS by hand, as the same user, to see what is wrong."


def _never() -> bool:
    return False


def run(
    command: Sequence[str],
    stdout: Path,
    environment: Mapping[str, str],
    deadline: float,
    stopping: Callable[[], bool] = _never,
) -> None:
    """Run `command` to its end, its standard output going to the file `stdout`; the exit code means nothing.

    `deadline` is a reading of `time.monotonic()`. A process stopped before its end is stopped with all that it started.

    Raises:
        SourceUnavailable: it could not be started, or was not finished by the deadline.
        SourceFailed: it reported an error, or wrote without end.
        RunInterrupted: the service is to stop, and SIMS may need another half an hour.
    """
    with stdout.open("wb") as output:
        process = _start(_interpreted(command), output.fileno(), stdout.parent, environment)
        try:
            _watch(process, stdout, deadline, stopping)
        finally:
            _kill_tree(process)
    _refuse_reported_error(stdout)


def _interpreted(command: Sequence[str]) -> list[str]:
    """A Python script is run by this Python: that is how the demonstration's reporter works on every platform."""
    script = command[0].casefold().endswith(".py")
    return [sys.executable, *command] if script else list(command)


def _start(
    command: Sequence[str], output: int, folder: Path, environment: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603 - the admin names the program; no shell is involved
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,  # not SIMS's own folder: a process standing there blocks its upgrades
            env={**os.environ, **environment},
            creationflags=NO_WINDOW,
        )
    except (OSError, ValueError):
        # Without the cause: its text holds the command line.
        raise SourceUnavailable(
            "reporter_not_started",
            "CommandReporter could not be started.",
            "Check that the service's account may run it, and that `executable` names the right file.",
        ) from None


def _watch(process: "subprocess.Popen[bytes]", stdout: Path, deadline: float, stopping: Callable[[], bool]) -> None:
    look = LOOK_SECONDS_FIRST
    while True:
        if stopping():
            raise RunInterrupted
        left = deadline - time.monotonic()
        if left <= 0:
            raise SourceUnavailable(
                "time_limit",
                "CommandReporter was not finished within the time limit and was stopped.",
                "Try again outside SIMS's busy hours, narrow the report, or raise `time_limit_seconds`.",
            )
        try:
            process.wait(min(look, left))
        except subprocess.TimeoutExpired:
            look = min(look * 2, LOOK_SECONDS_MAX)
        else:
            return
        if stdout.stat().st_size > STDOUT_BYTES_MAX:
            raise SourceFailed(
                "reporter_flood",
                "CommandReporter wrote to its standard output without end and was stopped.",
                "Check that `executable` names CommandReporter.exe itself.",
            )


def _kill_tree(process: "subprocess.Popen[bytes]") -> None:
    """End the process and all that it started; does nothing where it ended by itself.

    A process that has ended is not looked up: its number may already be another's.
    """
    if process.poll() is not None:
        return
    try:
        parent = psutil.Process(process.pid)
        family = [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            member.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(family, timeout=KILL_SECONDS)
    process.poll()


def _refuse_reported_error(stdout: Path) -> None:
    with stdout.open("rb") as stream:
        said = stream.read(STDOUT_BYTES_MAX).replace(b"\0", b"").decode("cp1252", "replace").casefold()
    _, mark, text = said.partition(_ERROR_MARK)
    if mark:
        raise SourceFailed("reporter_error", "SIMS reported an error instead of running the report.", _advice(text))


def _advice(text: str) -> str:
    return next((advice for words, advice in _ADVICE if any(word in text for word in words)), _ADVICE_ELSE)
