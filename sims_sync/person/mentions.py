"""Which of the product's files tell of one person: found by their ids and by their name, whatever the encoding?"""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from sims_sync.config import SchoolConfig
from sims_sync.retention.places import Kept, Place, file_places, waiting_files
from sims_sync.retention.worked_in import is_worked_in

BYTES_MAX = 64 * 1024 * 1024
_ENCODINGS = ("utf-8", "windows-1252", "utf-16-le", "utf-16-be")


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells of a person: `ids` alone do, `names` only all together (forename and surname)."""

    ids: tuple[str, ...]
    names: tuple[str, ...]

    def are_in(self, content: bytes) -> bool:
        """Whether a content tells of them; names in any case."""
        if any(_has(content, each) for each in self.ids):
            return True
        folded = content.lower()  # of bytes only a to z
        return bool(self.names) and all(
            any(_has(content, form) or _has(folded, form.lower()) for form in (each, escape(each)))
            for each in self.names
        )


@dataclass(frozen=True, slots=True)
class Mention:
    """One file that tells of the person. `ours`: the product wrote it or put it away, and may delete it."""

    what: str
    path: Path
    ours: bool
    why_not: str = ""


def mentions(school: SchoolConfig, marks: Marks) -> Iterator[Mention]:
    """Every file that tells of them, place by place. A file that cannot be looked into counts."""
    for place in file_places(school):
        for path in place.files():
            if _tells(path, marks):
                yield _mention(place, path)
    for path in waiting_files(school):
        if _tells(path, marks):
            yield Mention("not read yet", path, ours=False, why_not="it waits to be read, and is the school's own")


def _mention(place: Place, path: Path) -> Mention:
    why = {
        Kept.FILES_DAYS: "",
        Kept.LISTS: "the next run of write_lists writes it anew without them",
        Kept.CONNECTOR: "it waits for its import into SIMS; the next run of push_targets makes it void",
    }[place.kept]
    if place.for_work and is_worked_in(path):
        why = "somebody wrote in it: hand a copy in, take it away, and issue it anew"
    return Mention(place.what, path, ours=not why, why_not=why)


def _tells(path: Path, marks: Marks) -> bool:
    try:
        if path.stat().st_size > BYTES_MAX:
            return True
        return any(marks.are_in(content) for content in _contents(path))
    except (OSError, zipfile.BadZipFile, RuntimeError, ValueError):
        return True


def _contents(path: Path) -> Iterable[bytes]:
    """The file's bytes, or those of each part of an archive (a workbook is one)."""
    if not zipfile.is_zipfile(path):
        yield path.read_bytes()
        return
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > BYTES_MAX:
            raise ValueError("too large to look into")
        # Together: a workbook keeps its texts in one part, and its cells' numbers in another.
        yield b"\n".join(archive.read(part) for part in parts)


def _has(content: bytes, text: str) -> bool:
    for encoding in _ENCODINGS:
        try:
            wanted = text.encode(encoding)
        except UnicodeEncodeError:
            continue
        if wanted and wanted in content:
            return True
    return False
