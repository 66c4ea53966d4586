"""How is CommandReporter's XML read as a stream of rows (SIMS §2, DESIGN §12)?

This is the hot path: the parser makes the elements, one dict per record is built, nothing else is kept.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO, cast

from lxml import etree

from sims_sync.connector import Row
from sims_sync.errors import SourceRefused
from sims_sync.formats import refusals
from sims_sync.formats.duplicates import RecordNotes
from sims_sync.formats.names import decode
from sims_sync.formats.superstar_opening import ROOT, read_opening
from sims_sync.formats.text_encoding import holds_utf8

Element = etree._Element  # noqa: SLF001 - the type of an element has no public name

CHUNK_BYTES = 32_768
RECORD_BYTES_MAX = 8 * 1024 * 1024  # a record of 1,000 columns of 1,000 characters fits eight times
COLUMNS_MAX = 10_000
TAIL_BYTES = 256

_XML_SCHEMA = "{http://www.w3.org/2001/XMLSchema}schema"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_STATES_ONE_BYTE = re.compile(
    rb"\s*<\?xml[^>]*encoding\s*=\s*[\"'](?:windows-1252|cp1252|iso-8859-15?|latin-?1)[\"']", re.IGNORECASE
)
_CLOSING = f"{ROOT}>".encode("ascii")
_CLOSING_TAG = re.compile(rb"</[^<>]*" + ROOT.encode("ascii") + rb"\s*>\s*\Z")
_STATED = "the encoding that its first line states (UTF-8 if none)"
_ENCODING_FAULTS = frozenset(
    {
        etree.ErrorTypes.ERR_INVALID_ENCODING,
        etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING,
        etree.ErrorTypes.ERR_UNKNOWN_ENCODING,
    }
)


class SuperstarReader:
    """Reads one `SuperStarReport`, from a path (as often as asked) or an open binary stream (once).

    Columns are captions as a person sees them. A null is a column the row lacks; an empty element is "". With
    `notice_duplicates`, exact duplicates and sets of columns are counted too; the rows stay the same.
    """

    def __init__(self, source: Path | BinaryIO, *, name: str | None = None, notice_duplicates: bool = False) -> None:
        self._source = source
        self._name = name or (source.name if isinstance(source, Path) else "The report")
        self._captions = _Captions(self._name)
        self._notes = RecordNotes() if notice_duplicates else None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every caption met so far, in order of first appearance."""
        return tuple(dict.fromkeys(self._captions.values()))

    @property
    def duplicates(self) -> int:
        """How many rows so far equalled an earlier one; 0 where they are not noticed."""
        return self._notes.duplicates if self._notes else 0

    @property
    def shapes(self) -> int:
        """How many different sets of columns occurred so far; 0 where they are not noticed."""
        return self._notes.shapes if self._notes else 0

    def rows(self) -> Iterator[Row]:
        """Stream the records in file order. Only a normal end says that the file was whole.

        Raises:
            SourceFailed: the document is CommandReporter's error message.
            SourceRefused: empty, truncated, malformed, not this format, or larger than plausible.
            SourceUnavailable: the file could not be opened or read.
        """
        if self._notes:
            self._notes = RecordNotes()
        try:
            with self._open() as stream:
                yield from self._parse(_Chunks(stream, self._name))
        except OSError as fault:
            raise refusals.unreadable(self._name) from fault

    def _open(self) -> AbstractContextManager[BinaryIO]:
        return self._source.open("rb") if isinstance(self._source, Path) else nullcontext(self._source)

    def _parse(self, chunks: "_Chunks") -> Iterator[Row]:
        captions, notes, count = self._captions, self._notes, _Children(self._name)
        number = 0
        try:
            opening = read_opening(chunks, self._name)
            parser = etree.XMLPullParser(
                events=("end",), tag=opening.record_tag, remove_comments=True, remove_pis=True, no_network=True
            )
            for chunk in opening.replay(chunks):
                parser.feed(chunk)
                record: Element | None = None
                for _, record in cast("Iterator[tuple[str, Element]]", parser.read_events()):
                    number += 1
                    # All descendants, not only the children: a nested element would silently cut its parent's text.
                    values = {captions[field.tag]: field.text or "" for field in record.iterdescendants()}
                    if len(values) != len(record):
                        raise self._irregular(number)
                    if notes:
                        notes.add(values)
                    yield Row(number, values)
                chunks.limit(count.forget_read(record))
            root = parser.close()
        except etree.XMLSyntaxError as fault:
            raise chunks.explain(fault) from fault
        count.finish(root, number)

    def _irregular(self, number: int) -> SourceRefused:
        return refusals.malformed(self._name, f"record {number} names a column twice or holds elements inside a value")


def ends_with_closing_tag(path: Path) -> bool:
    """Whether the file's last bytes close the report: a cheap sign that it was written to its end.

    Raises:
        OSError: the file could not be read.
    """
    with path.open("rb") as stream:
        stream.seek(-min(TAIL_BYTES, path.stat().st_size), 2)
        return _is_closed(stream.read())


class _Captions(dict[str, str]):
    """Element name → caption, decoded once per name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def __missing__(self, tag: str) -> str:
        if len(self) == COLUMNS_MAX:
            raise refusals.too_large(self._name, f"it has more than {COLUMNS_MAX:,} columns")
        caption = self[tag] = decode(tag)
        return caption


class _Children:
    """Frees the records already read, and notices anything else that stands between them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._freed = 0
        self._schemas: int | None = None

    def forget_read(self, record: Element | None) -> bool:
        """Delete all children of the root but the last; whether any record was complete.

        The last one stays because the parser may still be writing to it or to the text after it.
        """
        root = record.getparent() if record is not None else None
        if root is None:
            return False
        if root.getparent() is not None:
            raise self._strange()
        self._note_schema(root)
        self._freed += len(root) - 1
        del root[:-1]
        return True

    def finish(self, root: Element, records: int) -> None:
        """Refuse a document with other things than records at its first level: their content would be lost."""
        self._note_schema(root)
        if self._freed + len(root) - (self._schemas or 0) != records:
            raise self._strange()

    def _strange(self) -> SourceRefused:
        return refusals.malformed(self._name, "it holds elements that are neither records nor a schema")

    def _note_schema(self, root: Element) -> None:
        if self._schemas is None:
            self._schemas = int(len(root) > 0 and root[0].tag == _XML_SCHEMA)


class _Chunks:
    """The bytes of the document in chunks; remembers what is needed to say why it could not be parsed."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._tail = b""
        self._wide: bool | None = None
        self._one_byte = False
        self._since_record = 0

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._stream.read(CHUNK_BYTES):
            if self._wide is None:
                self._wide = chunk.startswith(_UTF16_MARKS)
                self._one_byte = _STATES_ONE_BYTE.match(chunk) is not None
            if not self._wide and b"\0" in chunk:
                raise refusals.nul(self._name)
            if self._one_byte and holds_utf8(chunk):
                raise refusals.wrong_encoding(self._name, _STATED)
            self._tail = (self._tail + chunk)[-TAIL_BYTES:]
            self._since_record += len(chunk)
            yield chunk

    def limit(self, record_ended: bool) -> None:
        """Refuse a record, or anything before the first, that goes on for longer than `RECORD_BYTES_MAX`."""
        if record_ended:
            self._since_record = 0
        elif self._since_record > RECORD_BYTES_MAX:
            raise refusals.too_large(self._name, "one record goes on for more than 8 MB")

    def explain(self, fault: etree.XMLSyntaxError) -> SourceRefused:
        """The refusal for what the parser met. The parser's own text is not repeated: it can quote the document."""
        beyond = _code(fault) == etree.ErrorTypes.ERR_DOCUMENT_END and _CLOSING in self._tail
        if not beyond and not self._stream.read(1) and not _is_closed(self._tail):
            return refusals.truncated(self._name, "it ends before its closing tag")
        if _code(fault) in _ENCODING_FAULTS:
            return refusals.wrong_encoding(self._name, _STATED)
        if _code(fault) == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            return refusals.too_large(self._name, "its elements are nested too deeply or hold too much text")
        return refusals.malformed(self._name, f"the XML is faulty in line {fault.lineno}")


def _is_closed(tail: bytes) -> bool:
    """In UTF-16 every second byte of the tag is a NUL; two in a row are the padding of a half-copied file."""
    return b"\0\0" not in tail and _CLOSING_TAG.search(tail.replace(b"\0", b"")) is not None


def _code(fault: etree.XMLSyntaxError) -> int | None:
    return getattr(fault, "code", None)
