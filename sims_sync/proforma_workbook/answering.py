"""How is a returned copy given back: the same rows, with what to correct beside the cells?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from sims_sync.connector import RowProblem
from sims_sync.proforma_workbook.content import Proforma, SheetRow, cell_of
from sims_sync.proforma_workbook.ideas import DEFAULT_IDEAS
from sims_sync.proforma_workbook.layout import KIND_WORDS, NO, Col, Marks
from sims_sync.proforma_workbook.reading import Cells, Copy, is_filled
from sims_sync.proforma_workbook.writing import write_proforma
from sims_sync.records import EntryKind

TAKEN = "Taken over."
NOT_TAKEN = "Not taken over yet: put the coloured rows right, then hand this workbook in again."
UNKNOWN_MARKS = Marks("", "", "2000-01/autumn-1", "", datetime(2000, 1, 1, tzinfo=UTC))
EARLIEST_DAY = date(2000, 1, 1)

_COLUMN_OF: Mapping[str, Col] = {
    "row_id": Col.ROW_ID,
    "interview_date": Col.DATE,
    "author": Col.AUTHOR,
    "state": Col.SUBMITTED,
    "kind": Col.KIND,
    "area": Col.AREA,
    "text": Col.TEXT,
    "criterion": Col.CRITERION,
    "support": Col.SUPPORT,
    "by_date": Col.BY_DATE,
    "outcome": Col.OUTCOME,
    "evidence": Col.EVIDENCE,
    "next_step": Col.NEXT_STEP,
    "no_target_reason": Col.NO_TARGET,
    "excusal_reason": Col.EXCUSAL,
}
# Where the rule is written for whoever keeps the system, the tutor reads this instead.
_SAID: Mapping[str, str] = {
    "unknown-student": "This row does not say any more which student it is of. Write it into a fresh copy.",
    "no-id": "This row does not say any more which student it is of. Write it into a fresh copy.",
    "row-id-taken": "This row was copied from another one. Write it into an empty row of the student instead.",
}


def answer(copy: Copy, problems: Sequence[RowProblem], *, taken: bool, first_day: date = EARLIEST_DAY) -> bytes:
    """The workbook that goes back; `taken`: the rows without a problem were taken over."""
    by_row: dict[int, list[RowProblem]] = defaultdict(list)
    for problem in problems:
        by_row[problem.number].append(problem)
    rows = tuple(_answered_rows(copy, by_row, taken=taken))
    return write_proforma(
        Proforma(copy.marks or UNKNOWN_MARKS, rows, first_day, DEFAULT_IDEAS.areas), None, correcting=True
    )


def sentence(problem: RowProblem) -> str:
    """What the tutor reads beside the row, e.g. "Date of interview: the interview lies in the future. Correct …"."""
    if problem.code in _SAID:
        return _SAID[problem.code]
    if problem.field == "row_id" and problem.code == "required-empty":
        return "This row has lost its hidden id. Write it into an empty row of the student instead."
    column = _COLUMN_OF.get(problem.field)
    what = f"{column.value}: {problem.what}" if column and column is not Col.ROW_ID else problem.what
    return f"{what[:1].upper()}{what[1:].rstrip('.')}. {problem.do}".strip()


def _answered_rows(copy: Copy, problems: Mapping[int, Sequence[RowProblem]], *, taken: bool) -> Iterable[SheetRow]:
    before = ""
    for number, cells in copy.rows:
        own = problems.get(number, ())
        first = _column_of(own[0]) if own else None
        yield SheetRow(
            EntryKind.REVIEW if _is_review(cells) else EntryKind.INTERVIEW,
            {column: cell_of(column, text) for column, text in cells.items() if column is not Col.CORRECT},
            first=cells.get(Col.STUDENT, "") != before,
            note=" ".join(map(sentence, own)) if own else _note(cells, taken=taken),
            fault=bool(own),
            fault_in=first,
        )
        before = cells.get(Col.STUDENT, "")


def _note(cells: Cells, *, taken: bool) -> str:
    if not is_filled(cells):
        return ""
    if not taken:
        return NOT_TAKEN
    return f"{TAKEN} A draft." if cells.get(Col.SUBMITTED, "").strip().casefold() == NO else TAKEN


def _column_of(problem: RowProblem) -> Col | None:
    return _COLUMN_OF.get(problem.field)


def _is_review(cells: Cells) -> bool:
    return cells.get(Col.KIND, "").strip().casefold() == KIND_WORDS[EntryKind.REVIEW].casefold()
