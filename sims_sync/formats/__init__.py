"""Which reader does a file need, judged by its content and not by its suffix?

The readers are shared by the connectors: `superstar` (CommandReporter's XML), `delimited` (CSV), `workbook` (.xlsx).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sims_sync.connector import Row
from sims_sync.errors import SourceRefused, SourceUnavailable
from sims_sync.formats import refusals
from sims_sync.formats.delimited import DelimitedReader
from sims_sync.formats.superstar import SuperstarReader, ends_with_closing_tag
from sims_sync.formats.text_encoding import Encoding
from sims_sync.formats.workbook import WorkbookReader

SIGNATURE_BYTES = 1024
READ_TWICE_BYTES_MAX = 64 * 1024 * 1024

_ZIP = b"PK"
_OLE = b"\xd0\xcf\x11\xe0"
_PDF = b"%PDF"
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class Reader(Protocol):
    """What every reader of a format offers; see `sims_sync.connector.Reading` for the promises."""

    @property
    def columns(self) -> Sequence[str]:
        """Every column name seen so far, in order."""

    def rows(self) -> Iterator[Row]:
        """Stream the rows in source order; only a normal end says that the source was whole."""


@dataclass(frozen=True, slots=True)
class FormatOptions:
    """How a file is to be read where its content does not say.

    `sheet` of a workbook (None = the first), `fill_down` = columns whose blank cells repeat the one above, `encoding`
    of a CSV file (None = found out).
    """

    sheet: str | None = None
    fill_down: tuple[str, ...] = ()
    encoding: Encoding | None = None


def open_file(path: Path, *, options: FormatOptions | None = None) -> Reader:
    """The reader for `path`, not yet begun.

    Raises:
        SourceRefused: empty, or of no format that is read here.
        SourceUnavailable: the file could not be opened.
    """
    options = options or FormatOptions()
    start = _first_bytes(path)
    if start.startswith(_ZIP):
        return WorkbookReader(path, sheet=options.sheet, fill_down=options.fill_down)
    if _begins_like_xml(start):
        return SuperstarReader(path)
    _refuse_foreign(start, path.name)
    return DelimitedReader(path, fill_down=options.fill_down, encoding=options.encoding)


def looks_finished(path: Path, *, options: FormatOptions | None = None) -> bool:
    """Whether `path` can be read to its end, by reading it: False where it may still be being written.

    Of XML larger than `READ_TWICE_BYTES_MAX` only the closing tag is looked for: reading it twice would double the time
    of the largest pulls. A file refused for another reason counts as finished, and is refused where it is really read.
    """
    try:
        reader = open_file(path, options=options)
        if isinstance(reader, SuperstarReader) and path.stat().st_size > READ_TWICE_BYTES_MAX:
            return ends_with_closing_tag(path)
        for _ in reader.rows():
            pass
    except (SourceUnavailable, OSError):
        return False
    except SourceRefused as refused:
        return refused.code not in refusals.UNFINISHED
    return True


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            start = stream.read(SIGNATURE_BYTES)
    except OSError as fault:
        raise refusals.unreadable(path.name) from fault
    if not start:
        raise refusals.empty(path.name)
    return start


def _begins_like_xml(start: bytes) -> bool:
    for mark in _MARKS:
        start = start.removeprefix(mark)
    return start.lstrip(b" \t\r\n\0").startswith(b"<")


def _refuse_foreign(start: bytes, name: str) -> None:
    if start.startswith(_OLE):
        raise refusals.wrong_format(name, "an old .xls workbook, or one protected by a password")
    if start.startswith(_PDF):
        raise refusals.wrong_format(name, "a PDF document")
