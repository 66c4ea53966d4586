"""How do several processes write one log file, and turn it over, without losing a line?

On Windows a file that another process holds open cannot be renamed. So nobody holds it open: each line is written under
a lock that all processes share, and the file is closed again. Lines are few.
"""

import logging
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

LOCK_SECONDS = 5
LOCK_SUFFIX = ".lock"


class SharedLogFile(logging.Handler):
    """Appends lines to `path`; over `max_bytes` it becomes `path`.1, that `path`.2 …, of which `kept` stay.

    A log that cannot be written stops nothing: the line is lost, and `check` says that the folder is not writable.
    """

    def __init__(self, path: Path, max_bytes: int, kept: int) -> None:
        super().__init__()
        self._path = path
        self._max_bytes = max_bytes
        self._kept = kept
        self._lock_file = FileLock(f"{path}{LOCK_SUFFIX}", timeout=LOCK_SECONDS)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        with suppress(OSError):
            line = self.format(record).replace("\n", " ") + "\n"
            try:
                with self._lock_file:
                    self._write(line)
            except Timeout:
                self._append(line)  # a process that hangs in its line must not silence the others

    def _write(self, line: str) -> None:
        with suppress(OSError):  # another program looks into it: it is turned over at the next line
            if self._path.stat().st_size + len(line) > self._max_bytes:
                self._turn_over()
        self._append(line)

    def _append(self, line: str) -> None:
        with self._path.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(line)

    def _turn_over(self) -> None:
        for number in range(self._kept, 0, -1):
            source = self._numbered(number - 1)
            if source.exists():
                source.replace(self._numbered(number))
        self._numbered(self._kept + 1).unlink(missing_ok=True)

    def _numbered(self, number: int) -> Path:
        return self._path if number == 0 else self._path.with_name(f"{self._path.name}.{number}")
