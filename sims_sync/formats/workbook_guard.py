"""Is an .xlsx file what it seems, before anything unpacks it into memory (DESIGN §10: workbook bombs are refused)?"""

import errno
import re
import struct
import zipfile
import zlib
from pathlib import Path

from sims_sync.errors import SourceRefused
from sims_sync.formats import refusals

MEMBERS_MAX = 2_000
UNPACKED_BYTES_MAX = 128 * 1024 * 1024  # a sheet of 115,000 results of 12 columns unpacks to about half
CELLS_MAX = 5_000_000  # rows times columns: the reader makes a full rectangle of the outermost cells
CHUNK_BYTES = 1024 * 1024
OVERLAP_BYTES = 512

# An empty, merely formatted cell ends with "/>" and takes no room; whole columns of them are common.
_CELL = re.compile(rb"<(?:\w+:)?(?:c|row)\s[^<>]*?\br=[\"']([A-Za-z]*)([0-9]+)[\"'][^<>]*?(/?)>")
_ENCRYPTED = 0x1
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, ValueError, OverflowError)


def inspect(path: Path) -> None:
    """Unpack every part once, counting instead of keeping; what the archive says about its own sizes is not believed.

    Raises:
        SourceRefused: cut, damaged, protected by a password, or larger than any real export.
        OSError: the file could not be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _inspect_members(archive, path.name)
    except _DAMAGE as fault:
        raise _damaged(path.name) from fault
    except OSError as fault:
        if fault.errno == errno.EINVAL:  # a part is said to stand before the file's beginning
            raise _damaged(path.name) from fault
        raise


def _damaged(name: str) -> SourceRefused:
    return refusals.truncated(name, "the workbook is damaged or was not copied to its end")


def _inspect_members(archive: zipfile.ZipFile, name: str) -> None:
    members = archive.infolist()
    if len(members) > MEMBERS_MAX:
        raise refusals.too_large(name, f"the workbook has more than {MEMBERS_MAX:,} parts")
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise refusals.wrong_format(name, "a workbook protected by a password")
    unpacked = 0
    for member in members:
        unpacked = _inspect_member(archive, member, unpacked, name)


def _inspect_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, unpacked: int, name: str) -> int:
    rectangle = _Rectangle()
    member.file_size = UNPACKED_BYTES_MAX + 2 * CHUNK_BYTES  # read on to the real end, whatever size is stated
    with archive.open(member) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            unpacked += len(chunk)
            if unpacked > UNPACKED_BYTES_MAX:
                raise refusals.too_large(name, "the workbook unpacks to more than 128 MB")
            rectangle.look(chunk)
            if rectangle.cells > CELLS_MAX:
                raise refusals.too_large(name, f"a sheet of the workbook spans more than {CELLS_MAX:,} cells")
    return unpacked


class _Rectangle:
    """The outermost row and column that a part of the workbook mentions."""

    def __init__(self) -> None:
        self._tail = b""
        self._last_row = 0
        self._last_column = 0

    @property
    def cells(self) -> int:
        return self._last_row * max(self._last_column, 1)

    def look(self, chunk: bytes) -> None:
        text = self._tail + chunk
        for letters, digits, closed in _CELL.findall(text):
            if closed:
                continue
            self._last_row = max(self._last_row, int(digits[:9]))
            if letters:
                self._last_column = max(self._last_column, _column_number(letters))
        self._tail = text[-OVERLAP_BYTES:]


def _column_number(letters: bytes) -> int:
    """A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters.upper()[:7]:
        number = number * 26 + letter - ord("A") + 1
    return number
