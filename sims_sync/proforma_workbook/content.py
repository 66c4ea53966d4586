"""What stands in a tutor group's pro-forma: for each student the targets to review, then rows for new targets?"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sims_sync.proforma_workbook.layout import DATES, KIND_WORDS, NO, WITHDRAWN, YES, Col, Marks
from sims_sync.records import Entry, EntryKind, EntryState

TARGET_ROWS = 3
REVIEW_ROWS = 3
_ID_BYTES = 10
_STATE_WORDS = {EntryState.SUBMITTED: YES, EntryState.DRAFT: NO, EntryState.WITHDRAWN: WITHDRAWN}

Cell = str | date


@dataclass(frozen=True, slots=True)
class EarlierTarget:
    """A target to review. `reference` names it for ever, whatever else is open beside it."""

    reference: str
    text: str
    area: str | None = None
    by_date: date | None = None

    @property
    def shown(self) -> str:
        """E.g. "Maths: Hand in every homework (by 29/01/2027)"."""
        area = f"{self.area}: " if self.area else ""
        by_date = f" (by {self.by_date:%d/%m/%Y})" if self.by_date else ""
        return f"{area}{self.text}{by_date}"


@dataclass(frozen=True, slots=True)
class StudentLine:
    """One student: `academic` is their newest data as short text, `earlier` the targets to review, newest first."""

    student_id: str
    surname: str
    forename: str
    nc_year: str
    academic: str = ""
    earlier: tuple[EarlierTarget, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of the sheet: what stands in its cells, by column; a column left out is an empty cell.

    `first`: the first row of a student. `note` is what stands under "What to correct", `fault` whether it is a fault,
    in which of its cells (None = the whole row).
    """

    kind: EntryKind
    cells: Mapping[Col, Cell]
    first: bool = False
    note: str = ""
    fault: bool = False
    fault_in: Col | None = None


@dataclass(frozen=True, slots=True)
class Proforma:
    """One workbook: its marks, its rows, and the first day that an interview may have (the academic year's)."""

    marks: Marks
    rows: tuple[SheetRow, ...]
    first_day: date
    areas: tuple[str, ...] = ()


def row_id(school: str, half_term: str, student_id: str, slot: str) -> str:
    """The id of one row: the same whenever it is issued, and nothing that can be guessed from a name or a place."""
    text = f"{school}\x1f{half_term}\x1f{student_id}\x1f{slot}"
    return "w" + hashlib.blake2b(text.encode("utf-8"), digest_size=_ID_BYTES).hexdigest()


def review_slot(target: EarlierTarget) -> str:
    """The slot of a review: that of the target it reviews, so that issued again it is the same row."""
    return f"review of {target.reference}"


def sheet_rows(
    marks: Marks, students: Iterable[StudentLine], *, author: str = "", filled: Mapping[str, Entry] | None = None
) -> Iterator[SheetRow]:
    """The rows of a workbook, student by student: reviews of open targets first, then the rows for new targets.

    `author` is the staff code that stands in "Made by" to begin with. `filled`: row id → the entry that an earlier copy
    of this workbook brought; it stands there again.
    """
    known = filled or {}
    for student in students:
        slots = [(EntryKind.REVIEW, review_slot(each), each.shown) for each in student.earlier[:REVIEW_ROWS]]
        slots += [(EntryKind.INTERVIEW, f"target-{number}", "") for number in range(1, TARGET_ROWS + 1)]
        for place, (kind, slot, earlier) in enumerate(slots):
            own_id = row_id(marks.school, marks.half_term, student.student_id, slot)
            cells: dict[Col, Cell] = {
                Col.SURNAME: student.surname,
                Col.FORENAME: student.forename,
                Col.YEAR: student.nc_year,
                Col.DATA: "" if place else student.academic,
                Col.KIND: KIND_WORDS[kind],
                Col.EARLIER: earlier,
                Col.AUTHOR: author,
                Col.ROW_ID: own_id,
                Col.STUDENT: student.student_id,
            }
            if own_id in known:
                cells |= _filled_cells(known[own_id])
            yield SheetRow(kind, cells, first=place == 0)


def cell_of(column: Col, text: str) -> Cell:
    """A cell of a returned copy as it is written again: a date as a date, where it can be read as one."""
    if column not in DATES:
        return text
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return text


def _filled_cells(entry: Entry) -> dict[Col, Cell]:
    cells: dict[Col, Cell | None] = {
        Col.DATE: entry.interview_date,
        Col.SUBMITTED: _STATE_WORDS[entry.state],
        Col.AUTHOR: entry.author,
        Col.NO_TARGET: entry.no_target_reason,
    }
    for target in entry.targets:
        cells |= {Col.AREA: target.area, Col.TEXT: target.text, Col.CRITERION: target.criterion}
        cells |= {Col.SUPPORT: target.support, Col.BY_DATE: target.by_date}
    for review in entry.reviews:
        cells |= {Col.OUTCOME: review.outcome, Col.TEXT: review.text}
        cells |= {Col.EVIDENCE: review.evidence, Col.NEXT_STEP: review.next_step}
    return {column: cell for column, cell in cells.items() if cell}
