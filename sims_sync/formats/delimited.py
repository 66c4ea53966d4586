"""How is a CSV file read: SIMS's own, or one that a person saved (SIMS §1, §2)?"""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from sims_sync.connector import Row
from sims_sync.formats import refusals
from sims_sync.formats.table import Table
from sims_sync.formats.text_encoding import Encoding, detect

DELIMITERS = (",", ";", "\t")


class DelimitedReader:
    """Reads one file of lines separated by comma, semicolon or tab, whose first line is the header.

    Every later line is a row, the first one too. Cells come as they stand, padding included; a blank cell is "".
    """

    def __init__(self, path: Path, *, fill_down: Sequence[str] = (), encoding: Encoding | None = None) -> None:
        self._path = path
        self._fill_down = tuple(fill_down)
        self._encoding: Encoding | None = encoding
        self._columns: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The header's captions in order, once reading has begun."""
        return self._columns

    def rows(self) -> Iterator[Row]:
        """Stream the rows in file order. Only a normal end says that the file was whole.

        Raises:
            SourceRefused: empty, cut, NUL bytes, an unknown encoding, or not a table.
            SourceUnavailable: the file could not be opened or read.
        """
        try:
            yield from self._rows()
        except OSError as fault:
            raise refusals.unreadable(self._path.name) from fault
        except csv.Error as fault:
            raise self._explain(fault) from fault

    def _rows(self) -> Iterator[Row]:
        codec = detect(self._path, self._encoding)
        self._refuse_open_end()
        with self._path.open(encoding=codec, newline="") as stream:
            header_line = _first_line(stream)
            if not header_line:
                raise refusals.empty(self._path.name)
            delimiter = _delimiter(header_line)
            lines = csv.reader(chain((header_line,), stream), delimiter=delimiter, strict=True)
            table = Table(self._path.name, next(lines), self._fill_down)
            self._columns = table.columns
            yield from table.rows(lines)

    def _refuse_open_end(self) -> None:
        """A last line without its line end may be cut within its last cell, which nothing else would show."""
        with self._path.open("rb") as stream:
            stream.seek(-1, 2)
            if stream.read(1) not in (b"\n", b"\r"):
                how = "its last line has no line end (if it is whole, save it once more in Excel as CSV UTF-8)"
                raise refusals.truncated(self._path.name, how)

    def _explain(self, fault: csv.Error) -> Exception:
        text = str(fault)
        if "unexpected end of data" in text:
            return refusals.truncated(self._path.name, "a quotation mark is never closed")
        if "field larger" in text:
            return refusals.too_large(
                self._path.name, "one cell holds more than 131,072 characters, as when a quotation mark is never closed"
            )
        return refusals.malformed(self._path.name, "a quotation mark stands within a cell")


def _first_line(stream: Iterator[str]) -> str:
    return next((line for line in stream if line.strip()), "")


def _delimiter(header: str) -> str:
    """The separator that occurs most often outside quotation marks; a header without any is a single column."""
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=bare.count)
