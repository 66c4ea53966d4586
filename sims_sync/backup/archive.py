"""What is in a backup, and how is it written and read in one pass?

A sealed, compressed tar: `about.json`, then each table in parts of JSON lines, then the files, and `manifest.json` as
the last, with the number of rows and the hash of each. `tar` opens it once it is unsealed: nothing of ours is needed.
"""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from sqlalchemy import Connection

from sims_sync.backup.belongings import Belongings
from sims_sync.backup.sealed import SealingWriter, UnsealingReader, damaged
from sims_sync.store.every_row import stored_tables, table_lines

FORMAT = 1
PART_BYTES = 1024 * 1024
COMPRESSION = 6
ABOUT, MANIFEST = "about.json", "manifest.json"
_TABLES, _FILES = "tables/", "files/"

Json = dict[str, Any]


@dataclass(slots=True)
class Tally:
    """What was met on the way: rows and hash by table, hash by file."""

    rows: dict[str, int] = field(default_factory=dict)
    hashes: dict[str, "hashlib._Hash"] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def begin(self, table: str) -> None:
        """A table may have no row at all."""
        self.rows[table], self.hashes[table] = 0, hashlib.sha256()

    def add_part(self, table: str, content: bytes) -> None:
        """A further part of a table, each line a row."""
        self.rows[table] += content.count(b"\n")
        self.hashes[table].update(content)

    def add_file(self, name: str, content: bytes) -> None:
        """A file."""
        self.files[name] = hashlib.sha256(content).hexdigest()

    def as_json(self) -> Json:
        """The manifest."""
        tables = {name: {"rows": self.rows[name], "sha256": self.hashes[name].hexdigest()} for name in self.rows}
        return {"format": FORMAT, "tables": tables, "files": self.files}


def write_archive(
    file: BinaryIO, passphrase: str, connection: Connection, about: Mapping[str, object], kept: Belongings
) -> Tally:
    """Write one backup of what `connection` sees, which must not change meanwhile; `about` comes first in it.

    Raises:
        OSError: `file` or one of the files cannot be used.
    """
    tables = stored_tables(connection)
    columns = {table.name: list(table.columns) for table in tables}
    sealing = SealingWriter(file, passphrase)
    tally = Tally()
    with (
        gzip.GzipFile("", "wb", COMPRESSION, _stream(sealing), mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        _add(archive, ABOUT, json.dumps({**about, "format": FORMAT, "columns": columns}).encode())
        for table in tables:
            tally.begin(table.name)
            for number, part in enumerate(_parts(table_lines(connection, table)), start=1):
                tally.add_part(table.name, part)
                _add(archive, f"{_TABLES}{table.name}/{number:06}.jsonl", part)
        for name, path in kept.files.items():
            content = path.read_bytes()
            tally.add_file(name, content)
            _add(archive, f"{_FILES}{name}", content)
        _add(archive, MANIFEST, json.dumps(tally.as_json()).encode())
    sealing.finish()
    return tally


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a table, or a file: `table` or `file` is its name."""

    content: bytes
    table: str = ""
    file: str = ""


class ArchiveReader:
    """Reads a backup once: `about` at once, then `parts`, whose normal end says that all of it was right."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        self._unsealing = UnsealingReader(file, passphrase)
        self._members = self._read_members()
        name, content = next(self._members, ("", b""))
        if name != ABOUT:
            raise damaged()
        self.about: Json = json.loads(content)

    def parts(self) -> Iterator[Part]:
        """Every part, in the order written.

        Raises:
            RunError: something is damaged, missing or too many; whatever was yielded is then worth nothing.
        """
        tally, manifest = Tally(), None
        for table in self.about["columns"]:
            tally.begin(table)
        for name, content in self._members:
            if name == MANIFEST:
                manifest = json.loads(content)
            elif name.startswith(_TABLES) and (table := PurePosixPath(name).parts[1]) in tally.rows:
                tally.add_part(table, content)
                yield Part(content, table=table)
            elif name.startswith(_FILES):
                tally.add_file(name.removeprefix(_FILES), content)
                yield Part(content, file=name.removeprefix(_FILES))
            else:
                raise damaged()
        if manifest != tally.as_json():
            raise damaged()

    def _read_members(self) -> Iterator[tuple[str, bytes]]:
        try:
            with tarfile.open(fileobj=_stream(self._unsealing), mode="r|gz") as archive:
                for member in archive:
                    content = archive.extractfile(member)
                    if content is None:
                        raise damaged()
                    yield member.name, content.read()
            while self._unsealing.read():
                pass  # the last chunk alone says that nothing is missing
        except (tarfile.TarError, EOFError, ValueError):
            raise damaged() from None


def safe_place(folder: Path, name: str) -> Path:
    """Where a file of a backup goes below `folder`; a name that leads elsewhere is refused.

    Raises:
        RunError: it leads out of the folder.
    """
    parts = PurePosixPath(name).parts
    if not parts or any(part in {"", ".", "..", "/"} or "\\" in part or ":" in part for part in parts):
        raise damaged()
    return folder.joinpath(*parts)


def _parts(lines: Iterator[bytes]) -> Iterator[bytes]:
    waiting: list[bytes] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= PART_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def _stream(sealed: SealingWriter | UnsealingReader) -> BinaryIO:
    """A stream's tar only reads, or only writes: of all that a file can, it asks for nothing else."""
    return cast("BinaryIO", sealed)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
