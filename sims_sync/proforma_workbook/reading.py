"""What stands in a returned copy of a pro-forma, whoever moved its rows, columns or sheets?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sims_sync.connector import Row
from sims_sync.errors import SourceRefused
from sims_sync.formats.workbook import WorkbookReader, named_sheets
from sims_sync.proforma_workbook.content import cell_of
from sims_sync.proforma_workbook.layout import CONTENT, FORMAT_VERSION, MARKS_SHEET, NO, WITHDRAWN, YES, Col, Marks

HEADER_WITHIN_ROWS = 30
DFE_COLUMN = "school_dfe"
STATE_COLUMN = "state"
_STATES = {YES: "submitted", NO: "draft"}
# What goes on to the mapping. Names, years and academic data are ours already, and what Excel worked out is not needed.
_PASSED_ON = tuple(
    column
    for column in Col
    if column in CONTENT or column in {Col.KIND, Col.AUTHOR, Col.SUBMITTED, Col.ROW_ID, Col.STUDENT}
)
COLUMNS = (*(STATE_COLUMN if column is Col.SUBMITTED else column.value for column in _PASSED_ON), DFE_COLUMN)

Cells = Mapping[Col, str]


@dataclass(frozen=True, slots=True)
class Copy:
    """A returned copy: its marks (None = the hidden sheet is gone), and (number below the header, cells) of each row.

    A cell is text as `formats.workbook` reads it; a column that is not in the copy is missing from its rows.
    """

    marks: Marks | None
    rows: tuple[tuple[int, Cells], ...]


class CopyReader:
    """Reads one workbook: a copy of ours, or else, as a plain table, one that a school made itself.

    After the last row `copy` holds what was read, for the answer; None = it is none of ours.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._plain: WorkbookReader | None = None
        self.copy: Copy | None = None

    @property
    def columns(self) -> Sequence[str]:
        """The columns of the rows, once reading has begun."""
        if self._plain is not None:
            return self._plain.columns
        return COLUMNS if self.copy is not None else ()

    def rows(self) -> Iterator[Row]:
        """Stream the rows in sheet order.

        Raises:
            SourceRefused: damaged, protected by a password, implausibly large, or issued by a newer version.
            SourceUnavailable: the file could not be opened or read.
        """
        self.copy = read_copy(self._path)
        if self.copy is None:
            self._plain = WorkbookReader(self._path)
            yield from self._plain.rows()
        else:
            yield from raw_rows(self.copy)


def read_copy(path: Path) -> Copy | None:
    """The copy, or None where no sheet has the columns by which a row of ours is known.

    Raises:
        SourceRefused, SourceUnavailable: as `CopyReader.rows`.
    """
    marks: Marks | None = None
    found: tuple[tuple[int, Cells], ...] | None = None
    for name, lines in named_sheets(path):
        if name == MARKS_SHEET:
            marks = _marks(lines, path.name)
        elif found is None:
            found = _table(lines)
    return Copy(marks, found) if found is not None else None


def raw_rows(copy: Copy) -> Iterator[Row]:
    """The rows as the mapping takes them.

    A row that was filled in without a date, or without a word under "Submitted", takes it from the student's other
    rows if they agree: tutors write them once. One that says nothing anywhere is a draft.
    """
    dates = _agreed(copy.rows, Col.DATE)
    states = _agreed(copy.rows, Col.SUBMITTED)
    dfe = copy.marks.school_dfe if copy.marks else ""
    for number, cells in copy.rows:
        given = {column: cells[column] for column in _PASSED_ON if column in cells}
        if is_filled(cells):
            student = cells.get(Col.STUDENT, "").strip()
            given[Col.DATE] = given.get(Col.DATE, "").strip() or dates.get(student, "")
            given[Col.SUBMITTED] = _state(cells.get(Col.SUBMITTED, "").strip() or states.get(student, NO))
        else:
            given[Col.SUBMITTED] = ""
        named = {STATE_COLUMN if column is Col.SUBMITTED else column.value: text for column, text in given.items()}
        yield Row(number, {**named, DFE_COLUMN: dfe})


def is_filled(cells: Cells) -> bool:
    """Whether somebody filled in anything of this row."""
    return any(cells.get(column, "").strip() for column in CONTENT)


def _state(word: str) -> str:
    return _STATES.get(word.casefold(), word)


def _agreed(rows: Iterable[tuple[int, Cells]], column: Col) -> dict[str, str]:
    """Student → the one thing that their filled rows say in this column; students whose rows disagree are left out.

    A row that is withdrawn says nothing about the others.
    """
    said: dict[str, set[str]] = {}
    for _, cells in rows:
        text = cells.get(column, "").strip()
        if text and text.casefold() != WITHDRAWN and is_filled(cells):
            said.setdefault(cells.get(Col.STUDENT, "").strip(), set()).add(_plain(column, text))
    return {student: next(iter(texts)) for student, texts in said.items() if student and len(texts) == 1}


def _plain(column: Col, text: str) -> str:
    return str(cell_of(column, text)) if column is Col.DATE else text.casefold()


def _table(lines: Iterable[Sequence[str]]) -> tuple[tuple[int, Cells], ...] | None:
    places: dict[Col, int] = {}
    rows: list[tuple[int, Cells]] = []
    header = -1
    for at, line in enumerate(lines):
        if header < 0:
            places = _places(line)
            if Col.ROW_ID in places and Col.STUDENT in places:
                header = at
            elif at > HEADER_WITHIN_ROWS:
                return None
        elif any(cell.strip() for cell in line):
            rows.append((at - header, {column: line[place] for column, place in places.items() if place < len(line)}))
    return tuple(rows) if header >= 0 else None


def _places(line: Sequence[str]) -> dict[Col, int]:
    captions = {column.value: column for column in Col}
    return {captions[cell.strip()]: place for place, cell in enumerate(line) if cell.strip() in captions}


def _marks(lines: Iterable[Sequence[str]], name: str) -> Marks | None:
    """What the hidden sheet says; None where somebody spoilt it: the rows know by themselves what they are."""
    said = {line[0]: line[1] for line in lines if len(line) > 1 and line[0]}
    try:
        version = int(said["version"])
        marks = Marks(
            said["school"],
            said["school_dfe"],
            said["half_term"],
            said["group"],
            datetime.fromisoformat(said["issued"]),
            version,
        )
    except (KeyError, ValueError):
        return None
    if version > FORMAT_VERSION:
        raise SourceRefused(
            "newer-form", f"{name} was issued by a newer version of sims-sync.", "Update this one, then collect again."
        )
    return marks
