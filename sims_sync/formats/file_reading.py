"""How is one file on disk a `Reading`, whoever put it there?"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sims_sync.connector import Row, SourceState
from sims_sync.errors import SourceUnavailable
from sims_sync.formats import FormatOptions, Reader, open_file, refusals

FINGERPRINT_DIGITS = 32


@dataclass(frozen=True, slots=True)
class FileMark:
    """By what a file is known to be the same one, unchanged: size in bytes and modification time in nanoseconds."""

    size: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> "FileMark":
        """The mark of `path` now.

        Raises:
            OSError: it is not there, or may not be looked at.
        """
        seen = path.stat()
        return cls(seen.st_size, seen.st_mtime_ns)


def fingerprint(path: Path) -> str:
    """32 hexadecimal digits over the file's raw bytes.

    Raises:
        OSError: it could not be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:FINGERPRINT_DIGITS]


class FileReading:
    """One file, read by the reader that its content asks for; `mark` is the file as it was found.

    `after` is told once what became of it: the run's id and whether it went well. `open_with` reads a file that is no
    plain table.
    """

    def __init__(
        self,
        path: Path,
        mark: FileMark,
        state: SourceState,
        after: Callable[[str, bool], None],
        options: FormatOptions | None = None,
        *,
        open_with: Callable[[Path], Reader] | None = None,
    ) -> None:
        self._path = path
        self._expected = mark
        self._state = state
        self._after = after
        self._open = open_with or partial(open_file, options=options)
        self._reader: Reader | None = None
        self._settled = False

    @property
    def state(self) -> SourceState:
        """When the data was true; known before the first row."""
        return self._state

    @property
    def columns(self) -> Sequence[str]:
        """Every column name seen so far."""
        return self._reader.columns if self._reader else ()

    def rows(self) -> Iterator[Row]:
        """Stream the rows; see `sims_sync.connector.Reading.rows`.

        Raises:
            SourceFailed, SourceRefused, SourceUnavailable: as there; the last also when the file changed since it was
                found, for then its state and its rows would not belong together.
        """
        self._refuse_change()
        self._reader = self._open(self._path)
        yield from self._reader.rows()
        self._refuse_change()

    @contextmanager
    def whole_file(self) -> Iterator[Path]:
        """The file itself; see `sims_sync.connector.WholeFile`.

        Raises:
            SourceUnavailable: as `rows`, when the file changed since it was found.
        """
        self._refuse_change()
        yield self._path
        self._refuse_change()

    def settle(self, run_id: str, *, good: bool) -> None:
        """Tell the source how it went; a second time changes nothing.

        Raises:
            SourceUnavailable: the file is held by another program.
        """
        if not self._settled:
            self._after(run_id, good)
            self._settled = True

    def _refuse_change(self) -> None:
        try:
            mark = FileMark.of(self._path)
        except OSError as fault:
            raise refusals.unreadable(self._path.name) from fault
        if mark != self._expected:
            raise SourceUnavailable(
                "changed_while_read",
                f"{self._path.name} was written to while it was read.",
                "Run again when the export has finished.",
            )
