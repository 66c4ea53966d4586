"""In which encoding is a text file written: UTF-8, with or without a byte order mark, or Windows-1252 (SIMS §1)?"""

import codecs
import re
from pathlib import Path
from typing import BinaryIO, Literal

from sims_sync.formats import refusals

Encoding = Literal["utf-8", "windows-1252"]
CHUNK_BYTES = 1024 * 1024

_CP1252_UNUSED = frozenset(b"\x81\x8d\x8f\x90\x9d")
# "é" in UTF-8, and a typographic quotation mark or dash. Read as Windows-1252: "Ã" before a sign, "â€".
_UTF8_SIGN = re.compile(rb"\xc3[\x80-\xbf]|\xe2\x80[\x80-\xbf]")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def detect(path: Path, stated: Encoding | None = None) -> str:
    """The codec's name for `path`, after reading all of it once: a late byte decides as well as an early one.

    Raises:
        SourceRefused: empty, NUL bytes, cut within a character, in two encodings, or neither the stated encoding nor
            any that is known.
    """
    looked = _Look()
    with path.open("rb") as stream:
        _scan(stream, looked, path.name)
    if stated == "windows-1252":
        return _cp1252(looked, path.name)
    if looked.is_utf8:
        return "utf-8-sig"
    if looked.cut_within_character and looked.saw_multibyte:
        raise refusals.truncated(path.name, "it ends within a character")
    if stated == "utf-8":
        raise refusals.wrong_encoding(path.name, "UTF-8")
    return _cp1252(looked, path.name)


def holds_utf8(text: bytes) -> bool:
    """Whether letters in UTF-8 stand in what is to be read as a one-byte encoding: each would become two signs."""
    return _UTF8_SIGN.search(text) is not None


class _Look:
    """What one pass over the bytes showed."""

    def __init__(self) -> None:
        self.is_utf8 = True
        self.cut_within_character = False
        self.saw_multibyte = False
        self.is_cp1252 = True
        self.holds_utf8 = False


def _scan(stream: BinaryIO, looked: _Look, name: str) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    first = True
    while chunk := stream.read(CHUNK_BYTES):
        if first and chunk.startswith(_UTF16_MARKS):
            raise refusals.wrong_encoding(name, "UTF-8 or Windows-1252")
        if b"\0" in chunk:
            raise refusals.nul(name)
        first = False
        _judge(chunk, decoder, looked)
    if first:
        raise refusals.empty(name)
    if looked.is_utf8 and decoder.getstate()[0]:
        looked.is_utf8, looked.cut_within_character = False, True


def _judge(chunk: bytes, decoder: codecs.IncrementalDecoder, looked: _Look) -> None:
    if not chunk.isascii():
        looked.is_cp1252 = looked.is_cp1252 and _CP1252_UNUSED.isdisjoint(chunk)
        looked.holds_utf8 = looked.holds_utf8 or holds_utf8(chunk)
    if looked.is_utf8:
        try:
            looked.saw_multibyte = not decoder.decode(chunk).isascii() or looked.saw_multibyte
        except UnicodeDecodeError:
            looked.is_utf8 = False


def _cp1252(looked: _Look, name: str) -> str:
    if not looked.is_cp1252:
        raise refusals.wrong_encoding(name, "UTF-8 or Windows-1252")
    if looked.holds_utf8:
        raise refusals.wrong_encoding(name, "Windows-1252 throughout: some of it is UTF-8")
    return "cp1252"
