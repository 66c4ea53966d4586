"""How are the pro-forma workbooks collected again that `sims-sync proforma issue` wrote?

Returned copies are read from a folder, oldest first. Where rows of one need correcting, a copy with the reasons beside
the cells goes into the folder's `answers/`; handed in again, it takes the place of the first one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from sims_sync.connector import ConnectorContext, Finding, Options, Row, RowProblem, SourceState
from sims_sync.errors import RetriableError
from sims_sync.formats import looks_finished
from sims_sync.formats.file_reading import FileReading
from sims_sync.formats.waiting_files import Patience, WaitingFile, WaitingFiles
from sims_sync.formats.whole_writing import write_whole
from sims_sync.proforma_workbook.answering import answer
from sims_sync.proforma_workbook.layout import ANSWER_SUFFIX
from sims_sync.proforma_workbook.reading import CopyReader
from sims_sync.records import Kind


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class ProformaWorkbookOptions(Options):
    """The folder of returned copies, where the answers go, and how long to wait for a copy still being saved."""

    folder: str = Field(min_length=1, description="Where copies are handed in; UNC for a service, no mapped drive.")
    answers: str = Field(default="answers", min_length=1, description="Where copies to correct go; inside the folder.")
    pattern: Annotated[tuple[str, ...], BeforeValidator(_as_list)] = Field(
        default=("*.xlsx",), min_length=1, description="Which file names count."
    )
    settle_seconds: float = Field(default=5, ge=0, description="A file unchanged for so long needs no second look.")
    poll_seconds: float = Field(default=1, ge=0, le=60, description="The time between two looks at a newer one.")
    patience_seconds: float = Field(default=600, ge=0, description="An incomplete file younger than this is left.")


class ProformaWorkbook:
    """A folder of returned workbooks as a source. `notes` says which were left for the next run and why."""

    Options: ClassVar[type[ProformaWorkbookOptions]] = ProformaWorkbookOptions
    kind_of_connector: ClassVar[str] = "source"
    description: ClassVar[str] = "Pro-forma workbooks that proforma issue wrote and tutors hand in."

    def __init__(self, options: ProformaWorkbookOptions, context: ConnectorContext) -> None:
        self._options = options
        folder = context.base / options.folder
        self._answers = folder / options.answers
        patience = Patience(options.settle_seconds, options.poll_seconds, options.patience_seconds)
        self._files = WaitingFiles(folder, options.pattern, patience, context.now, looks_finished)
        self.notes: tuple[str, ...] = ()

    def read(self, kind: Kind) -> Sequence["ReturnedCopy"]:  # noqa: ARG002 - all its files are pro-formas
        """The copies that are ready, oldest first; `state.began` is the file's modification time.

        Raises:
            SourceUnavailable: the folder is not there or may not be listed.
        """
        notes: list[str] = []
        ready = [ReturnedCopy(found, self._files.mover(found), self._answers) for found in self._files.ready(notes)]
        self.notes = tuple(notes)
        return ready

    def check(self) -> Sequence[Finding]:
        """Whether the folder can be listed, and what is waiting in it."""
        return self._files.check(self._options.folder)


class ReturnedCopy:
    """One returned copy as a reading that can be answered (`sims_sync.connector.Answerable`)."""

    def __init__(self, found: WaitingFile, after: Callable[[str, bool], None], answers: Path) -> None:
        self._path = found.path
        self._copy = CopyReader(found.path)
        self._answers = answers
        state = replace(found.state, name=original_name(found.path))
        self._reading = FileReading(found.path, found.mark, state, after, open_with=lambda _: self._copy)

    @property
    def state(self) -> SourceState:
        """Named after the first copy, also where this is the corrected one: it mends what that one left held."""
        return self._reading.state

    @property
    def columns(self) -> Sequence[str]:
        """Every column name, once reading has begun."""
        return self._reading.columns

    def rows(self) -> Iterator[Row]:
        """Stream the rows in sheet order; see `sims_sync.connector.Reading.rows`."""
        return self._reading.rows()

    def answer(self, problems: Sequence[RowProblem], *, taken: bool) -> None:
        """Write the copy to correct into `answers/`, if there is anything to correct in a copy of ours.

        Raises:
            RetriableError: it cannot be written there.
        """
        if not problems or self._copy.copy is None:
            return
        path = self._answers / f"{Path(self.state.name).stem}{ANSWER_SUFFIX}{self._path.suffix}"
        content = answer(self._copy.copy, problems, taken=taken)
        try:
            write_whole(path, content)
        except OSError:
            what = f"The answer to {self._path.name} cannot be written to {self._answers}."
            do = "Close it in other programs and check this account's rights there; see sims-sync quarantine list."
            raise RetriableError("answer-not-written", what, do) from None

    def settle(self, run_id: str, *, good: bool) -> None:
        """Move the file away; see `sims_sync.connector.Reading.settle`."""
        self._reading.settle(run_id, good=good)


def original_name(path: Path) -> str:
    """The name of the copy that was answered: "8A1 - please correct.xlsx" → "8A1.xlsx"."""
    return f"{path.stem.removesuffix(ANSWER_SUFFIX)}{path.suffix}"
