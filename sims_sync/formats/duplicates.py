"""How many records of a source are exact duplicates, and how many sets of columns do they have (SIMS §2)?"""

from collections.abc import Mapping

DIGESTS_MAX = 500_000  # 8 bytes each, about 50 MB as a set: beyond that, memory would grow with the source


class RecordNotes:
    """Counts what is odd but harmless about the records of one source."""

    def __init__(self) -> None:
        self._digests: set[int] = set()
        self._shapes: set[frozenset[str]] = set()
        self._last_columns: tuple[str, ...] = ()
        self._duplicates = 0

    @property
    def duplicates(self) -> int:
        """How many records equal an earlier one in every column, among the first `DIGESTS_MAX` different ones."""
        return self._duplicates

    @property
    def shapes(self) -> int:
        """How many different sets of columns occurred."""
        return len(self._shapes)

    def add(self, values: Mapping[str, str]) -> None:
        """Take note of one record."""
        columns = tuple(values)
        if columns != self._last_columns:
            self._last_columns = columns
            self._shapes.add(frozenset(columns))
        digest = hash(tuple(values.items()))
        if digest in self._digests:
            self._duplicates += 1
        elif len(self._digests) < DIGESTS_MAX:
            self._digests.add(digest)
