"""How are exports read that somebody, or a scheduled task, puts into a folder (XML, CSV, workbooks)?

A file is taken when it has stopped growing and is whole; afterwards it goes to `done/` or `failed/` under the run's
id. Files are named in messages, since an admin must find them: do not put students' names into file names.
"""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from sims_sync.connector import ConnectorContext, Finding, Options
from sims_sync.formats import FormatOptions, looks_finished
from sims_sync.formats.file_reading import FileReading
from sims_sync.formats.waiting_files import Patience, WaitingFiles
from sims_sync.records import Kind


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


class DropFolder:
    """A folder as a source. `notes` says, after `read`, which files were left for the next run and why."""

    Options: ClassVar[type[DropFolderOptions]] = DropFolderOptions
    kind_of_connector: ClassVar[str] = "source"
    description: ClassVar[str] = "Files put into a folder: SIMS reports as XML or CSV, and workbooks."

    def __init__(self, options: DropFolderOptions, context: ConnectorContext) -> None:
        self._options = options
        self._formats = FormatOptions(options.sheet, options.fill_down, options.encoding)
        self._files = WaitingFiles(
            context.base / options.folder,
            options.pattern,
            Patience(options.settle_seconds, options.poll_seconds, options.patience_seconds),
            context.now,
            partial(looks_finished, options=self._formats),
        )
        self.notes: tuple[str, ...] = ()

    def read(self, kind: Kind) -> Sequence[FileReading]:  # noqa: ARG002 - one folder per kind: all its files are of it
        """The files that are ready, oldest first; `state.began` is the file's modification time.

        Raises:
            SourceUnavailable: the folder is not there or may not be listed.
        """
        notes: list[str] = []
        ready = [
            FileReading(found.path, found.mark, found.state, self._files.mover(found), self._formats)
            for found in self._files.ready(notes)
        ]
        self.notes = tuple(notes)
        return ready

    def check(self) -> Sequence[Finding]:
        """Whether the folder can be listed, and what is waiting in it."""
        return self._files.check(self._options.folder)
