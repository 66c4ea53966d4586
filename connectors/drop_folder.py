"""How are exports read that somebody, or a scheduled task, puts into a folder (XML, CSV, workbooks)?

A file is taken when it has stopped growing and is whole; afterwards it goes to `done/` or `failed/` under the run's
id. Files are named in messages, since an admin must find them: do not put students' names into file names.
"""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from sims_sync.connector import ConnectorContext, Finding, Options, Severity, SourceState
from sims_sync.errors import SourceUnavailable
from sims_sync.formats import FormatOptions, looks_finished
from sims_sync.formats.file_reading import FileMark, FileReading, fingerprint
from sims_sync.records import Kind

MOVE_ATTEMPTS = 10
MOVE_WAIT_SECONDS = 0.2
DONE = "done"
FAILED = "failed"

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LOCK_MARKS = ("~$", ".")
_UNFINISHED_SUFFIXES = frozenset({".tmp", ".part", ".partial", ".crdownload", ".filepart", ".lock"})


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_list)]


class DropFolderOptions(Options):
    """The folder, which of its files count, and how long to wait for one that is still being written."""

    folder: str = Field(min_length=1, description="Where the exports arrive; UNC for a service, never a mapped drive.")
    pattern: Texts = Field(default=("*.xml", "*.csv", "*.xlsx"), min_length=1, description="Which file names count.")
    sheet: str | None = Field(default=None, description="The workbook's sheet; the first one if not given.")
    fill_down: Texts = Field(default=(), description="Columns whose blank cells repeat the one above (SIMS's CSV).")
    encoding: Literal["utf-8", "windows-1252"] | None = Field(default=None, description="A CSV's; else found out.")
    settle_seconds: float = Field(default=5, ge=0, description="A file unchanged for so long needs no second look.")
    poll_seconds: float = Field(default=1, ge=0, le=60, description="The time between two looks at a newer one.")
    patience_seconds: float = Field(default=600, ge=0, description="An incomplete file younger than this is left.")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A file that matches, as it was first seen."""

    path: Path
    mark: FileMark

    @property
    def modified(self) -> datetime:
        return datetime.fromtimestamp(self.mark.modified_ns / 1_000_000_000, UTC)


class DropFolder:
    """A folder as a source. `notes` says, after `read`, which files were left for the next run and why."""

    Options: ClassVar[type[DropFolderOptions]] = DropFolderOptions
    kind_of_connector: ClassVar[str] = "source"
    description: ClassVar[str] = "Files put into a folder: SIMS reports as XML or CSV, and workbooks."

    def __init__(self, options: DropFolderOptions, context: ConnectorContext) -> None:
        self._options = options
        self._context = context
        self._folder = context.base / options.folder
        self._formats = FormatOptions(options.sheet, options.fill_down, options.encoding)
        self.notes: tuple[str, ...] = ()

    def read(self, kind: Kind) -> Sequence[FileReading]:  # noqa: ARG002 - one folder per kind: all its files are of it
        """The files that are ready, oldest first; `state.began` is the file's modification time.

        Raises:
            SourceUnavailable: the folder is not there or may not be listed.
        """
        notes: list[str] = []
        ready = []
        for candidate in self._settled(self._candidates(), notes):
            if self._is_unfinished(candidate):
                notes.append(f"{candidate.path.name} is not complete yet or in use; it is left for the next run.")
            else:
                state, after = _state(candidate), _Mover(self._folder, candidate)
                ready.append(FileReading(candidate.path, candidate.mark, state, after, self._formats))
        self.notes = tuple(notes)
        return ready

    def check(self) -> Sequence[Finding]:
        """Whether the folder can be listed, and what is waiting in it."""
        subject = f"folder {self._folder}"
        try:
            waiting = len(self._candidates())
        except SourceUnavailable as fault:
            return (Finding(Severity.WRONG, subject, fault.what, fault.do),)
        findings = [Finding(Severity.FINE, subject, f"{waiting} file(s) waiting.")]
        if re.match(r"[D-Zd-z]:", self._options.folder):
            findings.append(Finding(Severity.WARN, subject, "This may be a mapped drive.", _USE_UNC))
        return findings

    def _candidates(self) -> list[_Candidate]:
        try:
            paths = [path for path in self._folder.iterdir() if self._counts(path)]
        except OSError as fault:
            raise SourceUnavailable(
                "folder_unavailable", f"The folder {self._folder} is not there or may not be opened.", _USE_UNC
            ) from fault
        marked = ((path, _mark_or_none(path)) for path in paths)
        found = [_Candidate(path, mark) for path, mark in marked if mark is not None]
        return sorted(found, key=lambda candidate: (candidate.mark.modified_ns, candidate.path.name))

    def _counts(self, path: Path) -> bool:
        """A link could lead out of the folder, so none is followed."""
        name = path.name.casefold()
        if name.startswith(_LOCK_MARKS) or path.suffix.casefold() in _UNFINISHED_SUFFIXES:
            return False
        matches = any(fnmatchcase(name, pattern.casefold()) for pattern in self._options.pattern)
        return matches and not path.is_symlink() and path.is_file()

    def _settled(self, candidates: Sequence[_Candidate], notes: list[str]) -> Iterator[_Candidate]:
        """Those whose size and time have not moved: long since, or between two looks."""
        fresh = {candidate for candidate in candidates if self._is_younger(candidate, self._options.settle_seconds)}
        if fresh:
            time.sleep(self._options.poll_seconds)
        for candidate in candidates:
            if candidate in fresh and _mark_or_none(candidate.path) != candidate.mark:
                notes.append(f"{candidate.path.name} is still being written; it is left for the next run.")
            else:
                yield candidate

    def _is_unfinished(self, candidate: _Candidate) -> bool:
        """Only a young file may be waited for; an old one is refused where it is read, and so comes to `failed/`."""
        if not self._is_younger(candidate, self._options.patience_seconds):
            return False
        return not looks_finished(candidate.path, options=self._formats)

    def _is_younger(self, candidate: _Candidate, seconds: float) -> bool:
        """By the product's clock; a time further ahead than that is a wrong clock and no reason to wait for ever."""
        return abs((self._context.now() - candidate.modified).total_seconds()) < seconds


@dataclass(frozen=True, slots=True)
class _Mover:
    """Moves a file that has been dealt with out of the way."""

    folder: Path
    candidate: _Candidate

    def __call__(self, run_id: str, good: bool) -> None:
        path = self.candidate.path
        if _mark_or_none(path) != self.candidate.mark:
            return  # replaced by a newer export meanwhile: that one has not been read
        try:
            target = _free_name(self.folder / (DONE if good else FAILED), path, run_id)
            _rename(path, target)
        except OSError as fault:
            raise SourceUnavailable(
                "file_not_moved",
                f"{path.name} was read but could not be moved to {DONE if good else FAILED}.",
                "Close it in other programs and check that the service's account may write in the folder.",
            ) from fault


_USE_UNC = (
    r"Check the path and the service account's rights; mapped drives do not exist for a service: write \\server\share."
)


def _state(candidate: _Candidate) -> SourceState:
    """Of a file that cannot be read there is no fingerprint; reading its rows says so."""
    try:
        digest = fingerprint(candidate.path)
    except OSError:
        digest = None
    return SourceState(candidate.path.name, candidate.modified, candidate.mark.size, digest)


def _mark_or_none(path: Path) -> FileMark | None:
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


def _rename(path: Path, target: Path) -> None:
    """On Windows a scanner may hold the file for a moment (DESIGN §12)."""
    waiting = Retrying(
        retry=retry_if_exception_type(PermissionError),
        stop=stop_after_attempt(MOVE_ATTEMPTS),
        wait=wait_fixed(MOVE_WAIT_SECONDS),
        reraise=True,
    )
    waiting(path.rename, target)
