"""How do several CSV files come out of one folder or .zip, without a .zip bomb doing harm (DESIGN §10)?"""

import zipfile
import zlib
from pathlib import Path

from sims_sync.errors import SourceUnavailable
from sims_sync.formats import refusals

MEMBERS_MAX = 2_000
UNPACKED_BYTES_MAX = 512 * 1024 * 1024  # 842,000 results, the most of one school, are about a quarter of it
CHUNK_BYTES = 1024 * 1024

_ENCRYPTED = 0x1
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError)
_CHECK = "Export again, and check the path in the config and the service account's rights."


def csv_names(path: Path) -> dict[str, Path]:
    """The CSV files in a folder, or the members of a .zip, by lower-case name without suffix.

    Raises:
        SourceUnavailable: it is not there or may not be opened.
        SourceRefused: the .zip is damaged.
    """
    try:
        if path.is_dir():
            found = [each for each in path.iterdir() if each.is_file() and not each.is_symlink()]
        else:
            with zipfile.ZipFile(path) as archive:
                found = [Path(member.filename) for member in archive.infolist() if not member.is_dir()]
    except _DAMAGE as fault:
        raise refusals.truncated(path.name, "the .zip is damaged or was not copied to its end") from fault
    except OSError as fault:
        what = f"{path} is not there or may not be opened."
        raise SourceUnavailable("folder_unavailable", what, _CHECK) from fault
    return {each.stem.casefold(): each for each in found if each.suffix.casefold() == ".csv"}


def unpack_csv(path: Path, wanted: frozenset[str], folder: Path) -> dict[str, Path]:
    """The `wanted` members (lower case, without suffix) unpacked into `folder`, under names of our own.

    What the .zip says of its parts' sizes is not believed.

    Raises:
        SourceUnavailable: it is not there or may not be opened.
        SourceRefused: damaged, protected by a password, or larger unpacked than any export.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _unpack_members(archive, path.name, wanted, folder)
    except _DAMAGE as fault:
        raise refusals.truncated(path.name, "the .zip is damaged or was not copied to its end") from fault
    except OSError as fault:
        what = f"{path} is not there or may not be opened."
        raise SourceUnavailable("folder_unavailable", what, _CHECK) from fault


def _unpack_members(archive: zipfile.ZipFile, name: str, wanted: frozenset[str], folder: Path) -> dict[str, Path]:
    members = archive.infolist()
    if len(members) > MEMBERS_MAX:
        raise refusals.too_large(name, f"the .zip has more than {MEMBERS_MAX:,} parts")
    unpacked = 0
    found: dict[str, Path] = {}
    for member in members:
        inside = Path(member.filename)
        stem = inside.stem.casefold()
        if member.is_dir() or inside.suffix.casefold() != ".csv" or stem not in wanted:
            continue
        if member.flag_bits & _ENCRYPTED:
            raise refusals.wrong_format(name, "a .zip protected by a password")
        if stem in found:
            raise refusals.malformed(name, "it holds two files of the same name")
        found[stem] = folder / f"{stem}.csv"
        unpacked += _unpack_one(archive, member, found[stem], UNPACKED_BYTES_MAX - unpacked)
        if unpacked > UNPACKED_BYTES_MAX:
            raise refusals.too_large(name, "the .zip unpacks to more than 512 MB")
    return found


def _unpack_one(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, room: int) -> int:
    """The bytes written: more than `room` means that it was broken off."""
    written = 0
    with archive.open(member) as packed, target.open("wb") as plain:
        while written <= room and (chunk := packed.read(CHUNK_BYTES)):
            written += plain.write(chunk)
    return written
