"""How are OneRoster's CSV files (1.1 or 1.2, bulk) read, from a folder or from the .zip in which they are exchanged?

Read tolerantly: `status` and `dateLastModified` may be filled or empty, and files that no kind needs may be missing.
The files stay where they are; the same ones read again change nothing.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from sims_sync.connector import ConnectorContext, Finding, Options, Severity, SourceState
from sims_sync.errors import ConfigProblem, ConfigurationError, SimsSyncError, SourceRefused, SourceUnavailable
from sims_sync.formats import refusals
from sims_sync.formats.csv_archive import csv_names, unpack_csv
from sims_sync.formats.delimited import DelimitedReader
from sims_sync.formats.file_reading import FileMark, fingerprint
from sims_sync.formats.list_reading import ListReading
from sims_sync.formats.oneroster_rows import (
    Homerooms,
    Record,
    listed,
    of_aspects,
    result_rows,
    staff_among,
    student_rows,
    students_among,
    tutor_group_rows,
)
from sims_sync.records import Kind

SCHOOL_TIMEZONE = ZoneInfo("Europe/London")
FOLDER_MARK = "oneroster-csv-"

_REFERENCE_COLUMN = re.compile(r"(.+)SourcedId(s?)")
_USER_ID = re.compile(r"\{([^:{}]+):([^{}]*)\}")


class OneRosterCsvOptions(Options):
    """Where the files are."""

    path: str = Field(min_length=1, description="The folder with the CSV files, or the .zip that holds them.")
    results: Literal["results", "assessmentResults"] = Field(default="results", description="Which results to read.")
    aspects: tuple[str, ...] = Field(default=("*",), description="Results only: titles to read; * is anything.")
    without_aspects: tuple[str, ...] = Field(default=(), description="Results only: titles to leave out.")
    settle_seconds: float = Field(default=30, ge=0, description="A file younger than this is left for the next run.")


# What each kind is put together from: the files it cannot do without, then those that help where they are there.
_FILES: Mapping[Kind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Kind.STUDENTS: (("users", "classes", "enrollments"), ("roles",)),
    Kind.STAFF: (("users",), ("roles",)),
    Kind.TUTOR_GROUPS: (("classes", "enrollments", "users"), ("roles",)),
    Kind.RESULTS: ((), ("lineItems", "assessmentLineItems", "academicSessions")),
    Kind.MENTORING_ENTRIES: ((), ("lineItems", "assessmentLineItems", "academicSessions")),
}


class OneRosterCsv:
    """OneRoster's CSV files as a source. `notes` says, after `read`, why nothing was taken."""

    Options: ClassVar[type[OneRosterCsvOptions]] = OneRosterCsvOptions
    kind_of_connector: ClassVar[str] = "source"
    description: ClassVar[str] = "OneRoster CSV files (1.1 or 1.2) in a folder or a .zip."
    proven_with_sims: ClassVar[bool] = False

    def __init__(self, options: OneRosterCsvOptions, context: ConnectorContext) -> None:
        self._options = options
        self._context = context
        self._path = context.base / options.path
        self.notes: tuple[str, ...] = ()

    def read(self, kind: Kind) -> Sequence[ListReading]:
        """One reading; `state.began` is the modification time of the oldest file that it needs.

        Raises:
            SourceUnavailable: folder, .zip or a file that is needed is not there or may not be opened.
            SourceRefused: the .zip is damaged or unpacks to more than any export, or the files hold changes only.
            ConfigurationError: OneRoster holds nothing of that kind.
        """
        if kind not in _FILES:
            problem = ConfigProblem(kind.value, "is nothing that OneRoster holds.", "Read it with another connector.")
            raise ConfigurationError([problem])
        needed, helpful = _FILES[kind]
        if not needed:
            needed = (self._options.results,)
        stack = ExitStack()
        try:
            files = self._files(kind, needed, helpful, stack)
            if self._is_young(files):
                self.notes = (f"{self._path.name} may still be being written; it is left for the next run.",)
                stack.close()
                return ()
            state = self._state(files, _is_delta(files, kind))
        except BaseException:
            stack.close()
            raise
        self.notes = ()
        return (ListReading(state, self._rows(kind, files, stack), lambda _run, _good: stack.close()),)

    def check(self) -> Sequence[Finding]:
        """Which files are there."""
        subject = f"OneRoster CSV {self._path}"
        try:
            found = sorted(csv_names(self._path))
        except SimsSyncError as fault:
            return (Finding(Severity.WRONG, subject, fault.what, fault.do),)
        if not found:
            return (Finding(Severity.WRONG, subject, "holds no CSV file.", _EXPORT),)
        return (Finding(Severity.FINE, subject, f"holds {', '.join(found)}. No real SIMS export has been tried yet."),)

    def _files(self, kind: Kind, needed: Sequence[str], helpful: Sequence[str], stack: ExitStack) -> "_Files":
        wanted = (*needed, *helpful, "manifest")
        if self._path.is_dir():
            paths = {name: path for name, path in csv_names(self._path).items() if name in _folded(wanted)}
        else:
            paths = unpack_csv(self._path, _folded(wanted), self._temporary(kind, stack))
        for name in needed:
            if name.casefold() not in paths:
                raise SourceUnavailable("file_missing", f"{name}.csv is not in {self._path.name}.", _EXPORT)
        sources = [self._path] if self._path.is_file() else list(paths.values())
        return _Files(paths, {path: _mark(path) for path in sources})

    def _temporary(self, kind: Kind, stack: ExitStack) -> Path:
        self._context.work.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_MARK}{kind.value}-", dir=self._context.work))
        stack.callback(partial(shutil.rmtree, folder, ignore_errors=True))
        return folder

    def _is_young(self, files: "_Files") -> bool:
        age = abs((self._context.now() - files.newest).total_seconds())
        return age < self._options.settle_seconds

    def _state(self, files: "_Files", incremental: bool) -> SourceState:
        digest = blake2b(digest_size=16)
        for path in sorted(files.marks):
            digest.update(fingerprint(path).encode("ascii"))
        size = sum(mark.size for mark in files.marks.values())
        return SourceState(self._path.name, files.oldest, size, digest.hexdigest(), incremental)

    def _rows(self, kind: Kind, files: "_Files", stack: ExitStack) -> Iterator[Record]:
        with stack:
            if kind is Kind.STUDENTS:
                today = self._context.now().astimezone(SCHOOL_TIMEZONE).date()
                homerooms = Homerooms.of(files.records("classes"), files.records("enrollments"))
                yield from student_rows(students_among(files.users()), homerooms, today)
            elif kind is Kind.STAFF:
                yield from staff_among(files.users())
            elif kind is Kind.TUTOR_GROUPS:
                homerooms = Homerooms.of(files.records("classes"), files.records("enrollments"))
                yield from tutor_group_rows(homerooms, staff_among(files.users()))
            else:
                yield from self._result_rows(files)
            files.refuse_change()

    def _result_rows(self, files: "_Files") -> Iterator[Record]:
        item = "assessmentLineItem" if self._options.results == "assessmentResults" else "lineItem"
        items, periods = list(files.records(f"{item}s")), list(files.records("academicSessions"))
        rows = result_rows(files.records(self._options.results), items, periods, item)
        yield from of_aspects(rows, item, self._options.aspects, self._options.without_aspects)


_EXPORT = "Export again, and check the path in the config and the service account's rights."


@dataclass(frozen=True, slots=True)
class _Files:
    """The CSV files by lower-case name without suffix, and what they came from as it was found."""

    paths: Mapping[str, Path]
    marks: Mapping[Path, FileMark]

    @property
    def oldest(self) -> datetime:
        return _moment(min(mark.modified_ns for mark in self.marks.values()))

    @property
    def newest(self) -> datetime:
        return _moment(max(mark.modified_ns for mark in self.marks.values()))

    def records(self, name: str) -> Iterator[Record]:
        """The rows of one file that are not marked as deleted; none where the file is not there."""
        path = self.paths.get(name.casefold())
        if path is not None:
            yield from listed(_dotted(row.values) for row in DelimitedReader(path).rows())

    def users(self) -> Iterator[Record]:
        """The users, with their roles of 1.2's own file where there is one."""
        roles: dict[str, list[str]] = {}
        for role in self.records("roles"):
            roles.setdefault(role.get("user.sourcedId", ""), []).append(role.get("role", ""))
        for user in self.records("users"):
            found = roles.get(user.get("sourcedId", ""))
            yield {**user, "roles.role": ",".join(found)} if found else user

    def refuse_change(self) -> None:
        """The rows of two exports must not pass for one."""
        for path, mark in self.marks.items():
            if _mark(path) != mark:
                what = f"{path.name} was written to while it was read."
                raise SourceUnavailable("changed_while_read", what, "Run again when the export has finished.")


def _dotted(values: Mapping[str, str]) -> Record:
    """The names that REST uses: `userSourcedId` → `user.sourcedId`; `userIds` "{UPN:B80…}" → `userIds.UPN`."""
    record: dict[str, str] = {}
    for name, text in values.items():
        found = _REFERENCE_COLUMN.fullmatch(name)
        record[f"{found[1]}{found[2]}.sourcedId" if found else name] = text
    record.update({f"userIds.{kind}": text for kind, text in _USER_ID.findall(record.get("userIds", ""))})
    return record


def _is_delta(files: _Files, kind: Kind) -> bool:
    """Whether the manifest says that a file holds changes only. Results may: nothing is concluded from their absence.

    Raises:
        SourceRefused: so does another list, and everything it leaves out would seem to have left the school.
    """
    modes = {record.get("propertyName", ""): record.get("value", "") for record in files.records("manifest")}
    delta = any(modes.get(f"file.{name}", "").casefold() == "delta" for name in _spelt(files.paths, modes))
    if delta and kind is not Kind.RESULTS:
        what = "The OneRoster files hold changes only (delta), not the whole school."
        raise SourceRefused("delta", what, "Export them as bulk.")
    return delta


def _spelt(paths: Mapping[str, Path], modes: Mapping[str, str]) -> list[str]:
    """The names of the files that are read, as the manifest spells them."""
    names = (mode.removeprefix("file.") for mode in modes)
    return [name for name in names if name.casefold() in paths]


def _folded(names: Sequence[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


def _mark(path: Path) -> FileMark:
    try:
        return FileMark.of(path)
    except OSError as fault:
        raise refusals.unreadable(path.name) from fault


def _moment(modified_ns: int) -> datetime:
    return datetime.fromtimestamp(modified_ns / 1_000_000_000, UTC)
