"""How is a folder packed so that the same content gives the same bytes, whenever and wherever it is packed?"""

import gzip
import hashlib
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

SUMS = "SHA256SUMS"
_FILE_MODE, _SCRIPT_MODE = 0o644, 0o755
_SCRIPT_SUFFIXES = {".sh"}
_PACKED_ALREADY = {".whl"}


def checksums(folder: Path) -> str:
    """A line for each file, `HASH  PATH`, as `sha256sum --check` reads it; the list itself is left out."""
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in _files(folder))


def pack(folder: Path, archive: Path, epoch_seconds: int) -> None:
    """Pack the folder's files under the archive's own name, sorted, all of one moment, owner and mode."""
    top = archive.name.removesuffix(".tar.gz").removesuffix(".zip")
    write = _zip if archive.suffix == ".zip" else _tar
    write(folder, archive, top, epoch_seconds)


def _files(folder: Path) -> list[tuple[str, Path]]:
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return [(name, found[name]) for name in sorted(found) if name != SUMS]


def _everything(folder: Path) -> list[tuple[str, Path]]:
    return [*_files(folder), (SUMS, folder / SUMS)] if (folder / SUMS).is_file() else _files(folder)


def _mode(path: Path) -> int:
    return _SCRIPT_MODE if path.suffix in _SCRIPT_SUFFIXES else _FILE_MODE


def _zip(folder: Path, archive: Path, top: str, epoch_seconds: int) -> None:
    moment = datetime.fromtimestamp(epoch_seconds, UTC)
    with zipfile.ZipFile(archive, "w") as out:
        for name, path in _everything(folder):
            entry = zipfile.ZipInfo(f"{top}/{name}", moment.timetuple()[:6])
            entry.create_system = 3  # else the packing system's number is in the bytes
            entry.external_attr = _mode(path) << 16
            entry.compress_type = zipfile.ZIP_STORED if path.suffix in _PACKED_ALREADY else zipfile.ZIP_DEFLATED
            out.writestr(entry, path.read_bytes())


def _tar(folder: Path, archive: Path, top: str, epoch_seconds: int) -> None:
    with (  # the wheels are compressed already: more than the lowest level takes time and gains nothing
        archive.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as out,
    ):
        for name, path in _everything(folder):
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size, entry.mtime, entry.mode = path.stat().st_size, epoch_seconds, _mode(path)
            with path.open("rb") as content:
                out.addfile(entry, content)
