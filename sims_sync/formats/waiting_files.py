"""Which files in a folder are whole and ready to be read, and where do they go afterwards?

A file is ready when it has stopped growing and is complete; afterwards it goes to `done/` or `failed/` under the run's
id. Shared by the connectors that watch a folder.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from sims_sync.connector import Clock, Finding, Severity, SourceState
from sims_sync.errors import SourceUnavailable
from sims_sync.formats.file_reading import FileMark, fingerprint
from sims_sync.formats.whole_writing import patiently

DONE = "done"
FAILED = "failed"

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LOCK_MARKS = ("~$", ".")
_UNFINISHED_SUFFIXES = frozenset({".tmp", ".part", ".partial", ".crdownload", ".filepart", ".lock"})
_USE_UNC = (
    r"Check the path and the service account's rights; mapped drives do not exist for a service: write \\server\share."
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a file that may still be being written, in seconds.

    `settle`: a file unchanged for so long needs no second look. `poll`: the time between two looks at a newer one.
    `whole`: an incomplete file younger than this is left.
    """

    settle: float
    poll: float
    whole: float


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file that matches, as it was first seen."""

    path: Path
    mark: FileMark

    @property
    def modified(self) -> datetime:
        """Its modification time, aware and UTC."""
        return datetime.fromtimestamp(self.mark.modified_ns / 1_000_000_000, UTC)

    @property
    def state(self) -> SourceState:
        """What a reading says of it. Of a file that cannot be opened there is no fingerprint; its rows say so."""
        try:
            digest = fingerprint(self.path)
        except OSError:
            digest = None
        return SourceState(self.path.name, self.modified, self.mark.size, digest)


class WaitingFiles:
    """The files of one folder that match one of `patterns`; `is_whole` reads a young one to its end."""

    def __init__(
        self,
        folder: Path,
        patterns: Sequence[str],
        patience: Patience,
        now: Clock,
        is_whole: Callable[[Path], bool],
    ) -> None:
        self._folder = folder
        self._patterns = tuple(patterns)
        self._patience = patience
        self._now = now
        self._is_whole = is_whole

    def ready(self, notes: list[str]) -> Iterator[WaitingFile]:
        """The files that are ready, oldest first; `notes` gets a sentence for each that is left for the next run.

        Raises:
            SourceUnavailable: the folder is not there or may not be listed.
        """
        for found in self._settled(self.waiting(), notes):
            if self._is_unfinished(found):
                notes.append(f"{found.path.name} is not complete yet or in use; it is left for the next run.")
            else:
                yield found

    def waiting(self) -> list[WaitingFile]:
        """Every file that matches, oldest first, ready or not.

        Raises:
            SourceUnavailable: the folder is not there or may not be listed.
        """
        try:
            paths = [path for path in self._folder.iterdir() if self._counts(path)]
        except OSError as fault:
            raise SourceUnavailable(
                "folder_unavailable", f"The folder {self._folder} is not there or may not be opened.", _USE_UNC
            ) from fault
        marked = ((path, mark_or_none(path)) for path in paths)
        found = [WaitingFile(path, mark) for path, mark in marked if mark is not None]
        return sorted(found, key=lambda each: (each.mark.modified_ns, each.path.name))

    def check(self, configured: str) -> Sequence[Finding]:
        """Whether the folder, written `configured` in the configuration, can be listed, and what is waiting in it."""
        subject = f"folder {self._folder}"
        try:
            waiting = len(self.waiting())
        except SourceUnavailable as fault:
            return (Finding(Severity.WRONG, "folder", fault.what, fault.do),)
        findings = [Finding(Severity.FINE, subject, f"{waiting} file(s) waiting.")]
        if re.match(r"[D-Zd-z]:", configured):
            findings.append(Finding(Severity.WARN, subject, "This may be a mapped drive.", _USE_UNC))
        return findings

    def mover(self, found: WaitingFile) -> Callable[[str, bool], None]:
        """What puts the file away once it has been dealt with: call it with the run's id and whether it went well."""
        return _Mover(self._folder, found)

    def _counts(self, path: Path) -> bool:
        """A link could lead out of the folder, so none is followed."""
        name = path.name.casefold()
        if name.startswith(_LOCK_MARKS) or path.suffix.casefold() in _UNFINISHED_SUFFIXES:
            return False
        matches = any(fnmatchcase(name, pattern.casefold()) for pattern in self._patterns)
        return matches and not path.is_symlink() and path.is_file()

    def _settled(self, candidates: Sequence[WaitingFile], notes: list[str]) -> Iterator[WaitingFile]:
        """Those whose size and time have not moved: long since, or between two looks."""
        fresh = {candidate for candidate in candidates if self._is_younger(candidate, self._patience.settle)}
        if fresh:
            time.sleep(self._patience.poll)
        for candidate in candidates:
            if candidate in fresh and mark_or_none(candidate.path) != candidate.mark:
                notes.append(f"{candidate.path.name} is still being written; it is left for the next run.")
            else:
                yield candidate

    def _is_unfinished(self, candidate: WaitingFile) -> bool:
        """Only a young file may be waited for; an old one is refused where it is read, and so comes to `failed/`."""
        return self._is_younger(candidate, self._patience.whole) and not self._is_whole(candidate.path)

    def _is_younger(self, candidate: WaitingFile, seconds: float) -> bool:
        """By the product's clock; a time further ahead than that is a wrong clock and no reason to wait for ever."""
        return abs((self._now() - candidate.modified).total_seconds()) < seconds


@dataclass(frozen=True, slots=True)
class _Mover:
    """Moves a file that has been dealt with out of the way."""

    folder: Path
    found: WaitingFile

    def __call__(self, run_id: str, good: bool) -> None:
        path = self.found.path
        if mark_or_none(path) != self.found.mark:
            return  # replaced by a newer export meanwhile: that one has not been read
        try:
            target = _free_name(self.folder / (DONE if good else FAILED), path, run_id)
            patiently(lambda: path.rename(target))
        except OSError as fault:
            raise SourceUnavailable(
                "file_not_moved",
                f"{path.name} was read but could not be moved to {DONE if good else FAILED}.",
                "Close it in other programs and check that the service's account may write in the folder.",
            ) from fault


def mark_or_none(path: Path) -> FileMark | None:
    """The file's mark now, or None where it is not there or may not be looked at."""
    try:
        return FileMark.of(path)
    except OSError:
        return None


def _free_name(folder: Path, path: Path, run_id: str) -> Path:
    """`students.xml` becomes `students.RUN.xml`, which still opens with a double click; then `students.RUN-2.xml`."""
    folder.mkdir(exist_ok=True)
    run = _UNSAFE.sub("-", run_id)
    target = folder / f"{path.stem}.{run}{path.suffix}"
    number = 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}.{run}-{number}{path.suffix}"
    return target
