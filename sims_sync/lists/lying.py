"""How does a list lie in its folder: absent, as we left it, changed, open in a program; how is it replaced whole?"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from sims_sync.context import system_clock
from sims_sync.formats.whole_writing import patiently, write_whole

BYTES_MAX = 20_000_000  # a list of a whole house has a hundredth of it
OPEN_MARK_HOURS = 24  # an older mark was left behind by a program that crashed


class Lying(Enum):
    """How a file lies there."""

    ABSENT = "absent"
    UNTOUCHED = "as we wrote it"
    CHANGED = "not as we wrote it"
    OUT_OF_REACH = "held by a program, or no file of a list's size"


@dataclass(frozen=True, slots=True)
class Found:
    """A list as it lies in its folder. `fingerprint` is of its bytes, `modified` aware; both only where it is there."""

    lying: Lying
    fingerprint: str = ""
    modified: datetime | None = None


def fingerprint(content: bytes) -> str:
    """Which bytes a file holds."""
    return hashlib.sha256(content).hexdigest()


def look(path: Path, ours: Collection[str]) -> Found:
    """How the file lies there; `ours` are the fingerprints of everything that we wrote."""
    try:
        about = path.lstat()
    except FileNotFoundError:
        return Found(Lying.ABSENT)
    except OSError:
        return Found(Lying.OUT_OF_REACH)
    # A link could lead out of the folder, so none is followed.
    if path.is_symlink() or not path.is_file() or about.st_size > BYTES_MAX:
        return Found(Lying.OUT_OF_REACH)
    try:
        mark = fingerprint(path.read_bytes())
    except OSError:
        return Found(Lying.OUT_OF_REACH)
    lying = Lying.UNTOUCHED if mark in ours else Lying.CHANGED
    return Found(lying, mark, datetime.fromtimestamp(about.st_mtime, UTC))


def is_open(path: Path) -> bool:
    """Whether a spreadsheet program says beside it that it has the file open: saved later, it would undo our change."""
    oldest = system_clock() - timedelta(hours=OPEN_MARK_HOURS)
    for mark in (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")):
        try:
            if datetime.fromtimestamp(mark.stat().st_mtime, UTC) > oldest:
                return True
        except OSError:
            continue
    return False


def replace_list(path: Path, content: bytes, before: Found) -> bool:
    """Put `content` there whole, unless the file is no more as it was looked at, or open; whether it was replaced.

    Raises:
        OSError: it cannot be written, or is held by a program; what was there stays.
    """
    if is_open(path) or look(path, ()).fingerprint != before.fingerprint:
        return False
    write_whole(path, content)
    return True


def take_away(path: Path) -> None:
    """Delete a list that nobody has touched.

    Raises:
        OSError: a program holds it.
    """
    patiently(lambda: path.unlink(missing_ok=True))
