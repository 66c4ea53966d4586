"""Can a CommandReporter report be read by its bytes, many records at once, instead of element by element?

Most can: SIMS writes every record the same way (SIMS §2). Such a *regular* report gives the same texts as the parser
does, several times faster, and a record's raw bytes are its cheapest fingerprint (DESIGN §9). Whatever is not that
regular raises `Irregular`, and the whole file is then read by `superstar`: this module never judges a file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from sims_sync.formats.names import decode
from sims_sync.formats.superstar_opening import ROOT

BLOCK_BYTES = 1024 * 1024
RECORD_BYTES_MAX = 8 * 1024 * 1024
HEAD_BYTES_MAX = 1024 * 1024
COLUMNS_MAX = 200

OPEN, CLOSE = b"<Record>", b"</Record>"
_BLANK = "[ \t\r\n]*"
_DECLARATION = re.compile(rb"\A(?:\xef\xbb\xbf)?<\?xml [^<>?]*\?>")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([^\"']*)[\"']")
_TAIL = re.compile(rb"\A[ \t\r\n]*</" + ROOT.encode() + rb"[ \t\r\n]*>[ \t\r\n]*\Z")
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});")
_ENTITY_BYTES = re.compile(_ENTITY.pattern.encode())
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r")
_NO_CHARACTERS = b"\xef\xbf"  # how U+FFFE and U+FFFF begin in UTF-8, with a few that are characters
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_XML_SCHEMA = "{http://www.w3.org/2001/XMLSchema}schema"


class Irregular(Exception):
    """This report must be read by the parser."""


@dataclass(frozen=True, slots=True)
class RawTable:
    """Some records as columns: caption → one text per record, "" where it is null; texts still carry entities."""

    columns: Sequence[str]
    texts: Sequence[Sequence[str]]
    count: int


def blocks(path: Path) -> Iterator[bytes]:
    """The records of a regular report as bytes, about a megabyte at a time, each block ending with a whole record.

    Raises:
        Irregular: the opening, the end or something between records is not as SIMS writes it.
        OSError: the file could not be read.
    """
    with path.open("rb") as stream:
        rest = _skip_opening(stream.read(BLOCK_BYTES))
        while True:
            end = rest.rfind(CLOSE) + len(CLOSE)
            if end >= len(CLOSE):
                yield rest[:end]
                rest = rest[end:]
            elif len(rest) > RECORD_BYTES_MAX:
                raise Irregular
            more = stream.read(BLOCK_BYTES)
            if not more:
                break
            rest += more
    if not _TAIL.match(rest):
        raise Irregular


def split_records(block: bytes) -> list[bytes]:
    """The raw bytes of each record of a block, in order, without the closing tag."""
    records = block.split(CLOSE)
    records.pop()  # what follows the last closing tag: nothing
    return records


def unescape(text: str) -> str:
    """A text as the parser would give it: line ends made one, entities resolved.

    Raises:
        Irregular: an entity stands for a character that XML does not allow.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _ENTITY.sub(_character, text) if "&" in text else text


class BlockReader:
    """Turns blocks into tables; learns the columns as it meets them."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._pattern = re.compile("(?!)")
        self.captions: tuple[str, ...] = ()

    def table(self, block: bytes) -> RawTable:
        """The records of one block as columns.

        Raises:
            Irregular: they are not as regular as they must be.
        """
        text, tags = _checked_text(block), block.count(b"<")
        table = self._match(text, tags) or self._match(self._learn(text), tags)
        if table is None:
            raise Irregular
        return table

    def _match(self, text: str, tags: int) -> RawTable | None:
        """The table, or None where the known columns do not account for every tag in the text."""
        rows = self._pattern.findall(text) if self._names else []
        texts = list(zip(*rows, strict=True)) if rows else []
        filled = len(rows) * len(texts) - sum(column.count("") for column in texts)
        if not rows or tags != 2 * (len(rows) + filled):
            return None
        return RawTable(self.captions, texts, len(rows))

    def _learn(self, text: str) -> str:
        """Put the columns of these records among those known, each after the one it followed."""
        for record in _parsed(text):
            place = 0
            for field in record:
                if len(field) or field.attrib or not isinstance(field.tag, str):
                    raise Irregular
                if field.tag in self._names:
                    place = self._names.index(field.tag) + 1
                else:
                    self._names.insert(place, field.tag)
                    place += 1
        if len(self._names) > COLUMNS_MAX:
            raise Irregular
        fields = "".join(f"(?:<{re.escape(name)}>([^<]*)</{re.escape(name)}>{_BLANK})?" for name in self._names)
        # One column would make findall give texts instead of tuples: an empty last group keeps them tuples.
        self._pattern = re.compile(f"<Record>{_BLANK}{fields}</Record>()")
        self.captions = (*(decode(name) for name in self._names), "")
        if len(set(self.captions)) != len(self.captions):
            raise Irregular
        return text


def _skip_opening(start: bytes) -> bytes:
    """What follows the opening, beginning with the first record."""
    at = start.find(OPEN)
    head = start[:at]
    if at < 0 or at > HEAD_BYTES_MAX:
        raise Irregular
    declaration = _DECLARATION.match(head)
    if declaration is not None:
        encoding = _ENCODING.search(declaration.group())
        if encoding is not None and encoding.group(1).lower() not in {b"utf-8", b"us-ascii"}:
            raise Irregular
    body = head[declaration.end() :] if declaration else head
    if b"<!" in body or b"<?" in body or b"&" in body:
        raise Irregular
    try:
        root = etree.fromstring(head + b"</" + ROOT.encode() + b">")
    except etree.XMLSyntaxError as fault:
        raise Irregular from fault
    if root.tag != ROOT or len(root) > 1 or (len(root) == 1 and root[0].tag != _XML_SCHEMA):
        raise Irregular
    return start[at:]


def _checked_text(block: bytes) -> str:
    """The block as text, if the parser would accept every character of it."""
    if len(block.translate(None, _CONTROLS)) != len(block) or b"]]>" in block:
        raise Irregular
    if _NO_CHARACTERS in block and _ILLEGAL.search(block.decode("utf-8", "replace")):
        raise Irregular
    if b"&" in block and block.count(b"&") != len(_ENTITY_BYTES.findall(block)):
        raise Irregular
    try:
        return block.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise Irregular from fault


def _parsed(text: str) -> etree._Element:
    try:
        return etree.fromstring(f"<{ROOT}>{text}</{ROOT}>")
    except etree.XMLSyntaxError as fault:
        raise Irregular from fault


def _character(entity: "re.Match[str]") -> str:
    name = entity.group()[1:-1]
    if not name.startswith("#"):
        return _NAMED[name]
    code = int(f"0{name[1:]}", base=0) if name[1] == "x" else int(name[1:])
    character = chr(code) if code < 0x110000 else "\x00"  # noqa: PLR2004 - the end of Unicode
    if _ILLEGAL.match(character) or "\ud800" <= character <= "\udfff":
        raise Irregular
    return character
