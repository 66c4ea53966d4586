"""How is a list that a server or an archive holds a `Reading`?"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from sims_sync.connector import Row, SourceState


def nothing(run_id: str, good: bool) -> None:
    """What a source does after a read that it need not remember."""
    del run_id, good


class ListReading:
    """Records that come one after another, read once.

    `after` is told once what became of them: the run's id and whether it went well.
    """

    def __init__(
        self,
        state: SourceState,
        records: Iterator[Mapping[str, str]],
        after: Callable[[str, bool], None] = nothing,
    ) -> None:
        self._state = state
        self._records: Iterator[Mapping[str, str]] | None = records
        self._after = after
        self._columns: dict[str, None] = {}
        self._settled = False

    @property
    def state(self) -> SourceState:
        """When the data was true; known before the first row."""
        return self._state

    @property
    def columns(self) -> Sequence[str]:
        """Every column name seen so far, in order of first appearance."""
        return tuple(self._columns)

    def rows(self) -> Iterator[Row]:
        """Stream the rows; see `sims_sync.connector.Reading.rows`. They come once: what is gone must not look whole.

        Raises:
            SourceFailed, SourceRefused, SourceUnavailable: as there.
            RuntimeError: they were read before.
        """
        records, self._records = self._records, None
        if records is None:
            raise RuntimeError("These rows were read before.")
        for number, record in enumerate(records, start=1):
            self._columns.update(dict.fromkeys(record))
            yield Row(number, record)

    def settle(self, run_id: str, *, good: bool) -> None:
        """Tell the source how it went; a second time changes nothing."""
        if not self._settled:
            self._settled = True
            self._after(run_id, good)
