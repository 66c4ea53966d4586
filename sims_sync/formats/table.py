"""How does a table with a header row become rows by column name, whether it came as CSV or as a workbook?"""

from collections.abc import Iterable, Iterator, Sequence

from sims_sync.connector import Row
from sims_sync.formats import refusals


class Table:
    """A header, and what to do with the lines after it.

    Cells are kept as they came, blanks and padding included. `fill_down` names columns whose blank cells repeat the
    cell above, as SIMS's own CSV leaves out repeated group values (SIMS §1); the first line has nothing to repeat.
    """

    def __init__(self, name: str, header: Sequence[str], fill_down: Sequence[str] = ()) -> None:
        """Take the header line.

        Raises:
            SourceRefused: a caption twice, or a column of `fill_down` that is not there.
        """
        self._name = name
        self._captions = tuple(caption.strip() for caption in header)
        self.columns = tuple(caption for caption in self._captions if caption)
        self._uncaptioned = [place for place, caption in enumerate(self._captions) if not caption]
        self._fill_down = tuple(fill_down)
        self._above = dict.fromkeys(self._fill_down, "")
        self._refuse_header()

    def rows(self, lines: Iterable[Sequence[str]]) -> Iterator[Row]:
        """Make a row of each line that is not blank; `number` counts the blank ones too, so 1 is the second line.

        Raises:
            SourceRefused: a line with fewer cells than the header, or with a value beyond it.
        """
        for number, line in enumerate(lines, start=1):
            if any(cell.strip() for cell in line):
                yield Row(number, self._values(line, number))

    def _refuse_header(self) -> None:
        if len(set(self.columns)) != len(self.columns):
            raise refusals.malformed(self._name, "two of its columns have the same caption")
        if not set(self._fill_down) <= set(self.columns):
            raise refusals.malformed(self._name, "a column that the setting fill_down names is not in it")

    def _values(self, line: Sequence[str], number: int) -> dict[str, str]:
        width = len(self._captions)
        if len(line) < width:
            raise refusals.truncated(self._name, f"row {number} has fewer cells than the header")
        if any(line[place].strip() for place in (*self._uncaptioned, *range(width, len(line)))):
            raise refusals.malformed(self._name, f"row {number} has a value in a column without a caption")
        values = {caption: cell for caption, cell in zip(self._captions, line, strict=False) if caption}
        self._repeat(values)
        return values

    def _repeat(self, values: dict[str, str]) -> None:
        for column in self._fill_down:
            if values[column].strip():
                self._above[column] = values[column]
            else:
                values[column] = self._above[column]
