"""How is one finished run of the reporter a `Reading`, and what becomes of its file?"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sims_sync.connector import Row, SourceState
from sims_sync.formats.superstar import SuperstarReader


class ReportReading:
    """The file of one run. It is read once: it holds students' data, so it is deleted as soon as that has ended."""

    def __init__(self, path: Path, state: SourceState, forget: Callable[[], None]) -> None:
        self._path = path
        self._reader = SuperstarReader(path, name=f'The report "{state.name}"')
        self._state = state
        self._forget = forget

    @property
    def state(self) -> SourceState:
        """When the run began; known before the first row."""
        return self._state

    @property
    def columns(self) -> Sequence[str]:
        """Every caption seen so far."""
        return self._reader.columns

    def rows(self) -> Iterator[Row]:
        """Stream the records; see `sims_sync.connector.Reading.rows`.

        Raises:
            SourceFailed, SourceRefused, SourceUnavailable: as there.
        """
        try:
            yield from self._reader.rows()
        finally:
            self._forget()

    @contextmanager
    def whole_file(self) -> Iterator[Path]:
        """The report's file; deleted when the block has ended normally."""
        try:
            yield self._path
        except Exception:
            raise  # read another way, from the same file
        except BaseException:
            self._forget()  # interrupted: nobody comes back to it
            raise
        self._forget()

    def settle(self, run_id: str, *, good: bool) -> None:  # noqa: ARG002 - good or bad, SIMS can be asked again
        """Delete what is left of the run; a second time changes nothing."""
        self._forget()
