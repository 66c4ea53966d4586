"""Where do the numbered files for a person lie, and how is one written whole, made void and deleted?

    FOLDER/0007/…        waits for its import: at most one at a time
    FOLDER/void/0006/…   not to be imported any more; deleted some days later
    FOLDER/last-number.txt

Children's data must not lie around: what was begun and not finished, or is to be deleted and could not be, goes at the
next opportunity.
"""

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sims_sync.connector import Clock
from sims_sync.errors import RetriableError
from sims_sync.formats.whole_writing import patiently

VOID = "void"
LAST_NUMBER = "last-number.txt"
MANIFEST = "issue.json"

_NUMBER = re.compile(r"[0-9]{4,}")
_IN_THE_WAY = re.compile(r"\.[0-9]{4,}(-[0-9]+)?\.(writing|gone)")
_VOID_NOTE = "VOID - do not import.txt"
_CLOSE_IT = "Close it in Excel and in SIMS, check this account's rights there; the next run tries again."


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue: its number, and what is in it: delivery key → a mark of its revision and text."""

    number: str
    marks: Mapping[str, str]


class IssueFolder:
    """The issues of one school."""

    def __init__(self, folder: Path, now: Clock, void_days: int) -> None:
        self.path = folder
        self._now = now
        self._void_for = timedelta(days=void_days)

    def open_issue(self) -> Issue | None:
        """The issue that waits for its import.

        Raises:
            RetriableError: the folder cannot be looked at.
        """
        try:
            names = sorted(entry.name for entry in self.path.iterdir() if _NUMBER.fullmatch(entry.name))
        except FileNotFoundError:
            return None
        except OSError:
            raise self._unreachable() from None
        return Issue(names[0], _manifest(self.path / names[0]).get("deliveries", {})) if names else None

    def write(
        self, files_of: Callable[[str], Mapping[str, bytes]], marks: Mapping[str, str], verify: Callable[[Path], None]
    ) -> str:
        """Write one issue, whole or not at all; its number. `files_of` makes the files when the number is known.

        `verify` looks at what lies on the disk, before anybody can see it there.

        Raises:
            RetriableError: it cannot be written; nothing of it is left.
            ValueError: `verify` found it wrong; likewise.
        """
        try:
            self.path.mkdir(exist_ok=True)
            number = self._take_number()
            draft = self.path / f".{number}.writing"
            draft.mkdir()
        except OSError:
            raise self._unreachable() from None
        manifest = {"number": number, "issued_at": self._now().isoformat(), "deliveries": dict(marks)}
        try:
            for name, content in files_of(number).items():
                _write_through(draft / name, content)
            _write_through(draft / MANIFEST, json.dumps(manifest, indent=1).encode("utf-8"))
            verify(draft)
            patiently(lambda: draft.rename(self.path / number))
        except OSError:
            raise self._unreachable() from None
        finally:
            shutil.rmtree(draft, ignore_errors=True)  # gone already where it was renamed
        return number

    def void(self, number: str) -> None:
        """Move an issue away, so that nobody imports it; one that is not there has gone before.

        Raises:
            RetriableError: it is in use.
        """
        source = self._of(number)
        if source is None or not source.is_dir():
            return
        target = self.path / VOID / number
        try:
            target.parent.mkdir(exist_ok=True)
            if target.exists():
                self._delete(target)
            patiently(lambda: source.rename(target))
            (target / _VOID_NOTE).write_text("This file is void. Import the newest one.\n", encoding="utf-8")
        except OSError:
            what = f"File {number} is void and could not be moved to {VOID}."
            raise RetriableError("issue-busy", what, f"Do not import it. {_CLOSE_IT}") from None

    def forget(self, number: str) -> None:
        """Delete an issue, open or void.

        Raises:
            RetriableError: it is in use.
        """
        found = self._of(number)
        if found is None:
            return
        try:
            for place in (found, self.path / VOID / number):
                if place.is_dir():
                    self._delete(place)
        except OSError:
            what = f"File {number} is not needed any more and could not be deleted."
            raise RetriableError("issue-busy", what, _CLOSE_IT) from None

    def tidy(self) -> None:
        """Delete what was left behind, and void issues after their days; what is in use stays for the next time."""
        for left in [*_listed(self.path), *_listed(self.path / VOID)]:
            if _IN_THE_WAY.fullmatch(left.name):
                shutil.rmtree(left, ignore_errors=True)
        for old in _listed(self.path / VOID):
            issued_at = _moment(_manifest(old).get("issued_at"))
            if issued_at is None or self._now() - issued_at > self._void_for:
                shutil.rmtree(old, ignore_errors=True)

    def _of(self, number: str) -> Path | None:
        """The issue's folder; a number that is none leads nowhere, and never out of the folder."""
        return self.path / number if _NUMBER.fullmatch(number) else None

    def _delete(self, place: Path) -> None:
        """Out of sight in one step, then for good: half an issue must not be taken for one."""
        gone = place.with_name(f".{place.name}.gone")
        shutil.rmtree(gone, ignore_errors=True)
        patiently(lambda: place.rename(gone))
        shutil.rmtree(gone, ignore_errors=True)

    def _take_number(self) -> str:
        """The next number, noted before it is used: it is never given twice, even if the issue is not finished."""
        known = [_last_number(self.path / LAST_NUMBER)]
        known += [
            int(entry.name) for place in (self.path, self.path / VOID) for entry in _listed(place) if _is_issue(entry)
        ]
        number = f"{max(known) + 1:04}"
        draft = self.path / f"{LAST_NUMBER}.new"
        _write_through(draft, f"{number}\n".encode())
        patiently(lambda: draft.replace(self.path / LAST_NUMBER))
        return number

    def _unreachable(self) -> RetriableError:
        what = f"The folder {self.path} for files to import is not there, or cannot be written to."
        do = r"Check the path, the disk and this account's rights; for a service write \\server\share, no mapped drive."
        return RetriableError("issue-folder", what, do)


def _is_issue(entry: Path) -> bool:
    return _NUMBER.fullmatch(entry.name) is not None


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _last_number(path: Path) -> int:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return 0
    return int(text) if _NUMBER.fullmatch(text) else 0


def _manifest(issue: Path) -> Mapping[str, dict[str, str]]:
    try:
        content = json.loads((issue / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) and isinstance(content.get("deliveries"), dict) else {}


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _write_through(path: Path, content: bytes) -> None:
    """To the disk itself: after a power cut a name without its content would be taken for an issue."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
