"""How does the House Matrix put its counts: cells, headings, and the summary that a Head of House copies and sends?"""

from collections import Counter
from collections.abc import Iterable, Sequence

from sims_sync.compliance.facts import STATUS_SYMBOLS, Occasion, Status
from sims_sync.compliance.half_terms_known import Standing
from sims_sync.report.house_matrix import HouseMatrix, HouseTotals, MatrixCell, MatrixColumn, MatrixRow
from sims_sync.report.wording import DASH, count, day, hold_lines, house_name, percent

WORK_NOT_KEPT = "targets, reviews: not kept"
READY_HEADING = "House Matrix summary, ready to send"
A_PERSON_DECIDES = "Where escalation is offered, a person decides."
_LIVE = {Occasion.BEFORE: "so far", Occasion.DEADLINE: "deadline", Occasion.CLOSING: "not yet kept"}
_ORDER = tuple(STATUS_SYMBOLS)


def title(matrix: HouseMatrix) -> str:
    """The heading of the whole report."""
    return f"{matrix.school}: House Matrix, {matrix.year}"


def cell_status(cell: MatrixCell) -> str:
    """Symbol, word and number (rule 20), or the word that stands in place of figures."""
    if not cell.has_figures:
        return cell.word
    word = status_word(cell)
    return word if cell.status is Status.NOT_DUE else f"{word} {cell.done}/{cell.due}"


def status_word(cell: MatrixCell) -> str:
    """Symbol and word; for a group that was covered or without a tutor, what it was instead."""
    return f"{STATUS_SYMBOLS[cell.status]} {cell.status}" if cell.status else cell.word


def cell_work(cell: MatrixCell) -> str:
    """What was recorded, "targets 12, reviews 8"; nothing where there are no figures."""
    if not cell.has_figures:
        return ""
    return WORK_NOT_KEPT if cell.targets is None else f"targets {cell.targets}, reviews {cell.reviews}"


def column_heading(column: MatrixColumn) -> str:
    """E.g. "Autumn 1 (restated)"; "Spring 1 (so far)"."""
    note = _note(column)
    return f"{column.half_term.shown} ({note})" if note else column.half_term.shown


def interviews(row: MatrixRow) -> str:
    """The interviews of this year, "1 of 3" (rule 16)."""
    done, of = row.interviews
    return f"{done} of {of}"


def year_line(row: MatrixRow) -> str:
    """A group's year in counts."""
    return f"interviews this year {interviews(row)}; targets set {row.targets}; reviews made {row.reviews}"


def escalation_lines(rows: Iterable[MatrixRow]) -> tuple[str, ...]:
    """The groups for which escalation is offered, each with its reason."""
    return tuple(f"{row.group}: escalation offered ({row.escalation})." for row in rows if row.escalation)


def explanations(matrix: HouseMatrix) -> tuple[str, ...]:
    """What a reader must know beside the table: what is held, restated, not counted, and how to read it."""
    restated = [column.half_term.shown for column in matrix.columns if column.restated]
    told = [
        "Closed half terms are shown as they were kept at closing; each cell is done/due.",
        "Targets and reviews are those recorded by the moment of the figures; of closed half terms as kept at closing.",
    ]
    if any(cell.targets is None for row in matrix.rows for cell in row.cells):
        told.append("Not kept: an earlier release closed that half term without them; they are in no sum.")
    if restated:
        told.append(f"Restated after closing, with a date and a reason: {', '.join(restated)}.")
    if any(column.standing is Standing.HELD for column in matrix.columns):
        told.append("Held: the figures are not certain enough to be shown.")
        told.extend(hold_lines(matrix.held))
    return (*told, A_PERSON_DECIDES)


def ready_lines(matrix: HouseMatrix, house: str) -> tuple[str, ...]:
    """The summary of one house as plain lines to copy into a message: counts only, no tutor, no student."""
    newest = matrix.newest
    if newest is None:
        return ("There are no figures to send yet.",)
    rows, at = matrix.of_house(house), matrix.columns.index(newest)
    here = [(row, row.cells[at]) for row in rows if row.cells[at].has_figures]
    return (
        f"{house_name(house)} {DASH} House Matrix summary {DASH} {newest.half_term.shown} {matrix.year}",
        f"{_occasion(newest)} {_total(matrix, house)}",
        f"{count(len(here), 'tutor group')}: {_statuses([cell for _, cell in here])}.",
        "",
        *(f"{row.group}: {cell_status(cell)}{_share(cell)}; {year_line(row)}." for row, cell in here),
        "",
        *_escalations(rows),
        "Counts only: the report with names stays with the Head of House.",
    )


def _escalations(rows: Iterable[MatrixRow]) -> tuple[str, ...]:
    offered = escalation_lines(rows)
    return (*offered, A_PERSON_DECIDES) if offered else ("No escalation is offered.",)


def made_on(matrix: HouseMatrix) -> str:
    """When it was made, in the school's time."""
    local = matrix.as_of.astimezone(matrix.zone)
    return f"As of {day(local.date())}, {local:%H:%M}."


def _note(column: MatrixColumn) -> str:
    if column.restated:
        return "restated"
    return "" if column.closed or column.occasion is None else _LIVE[column.occasion]


def _occasion(column: MatrixColumn) -> str:
    if column.closed:
        return "Figures at closing, restated since." if column.restated else "Figures at closing."
    if column.occasion is Occasion.BEFORE:
        return "Figures so far, before the deadline."
    return "Figures at the deadline." if column.occasion is Occasion.DEADLINE else "Figures at closing, not yet kept."


def _total(matrix: HouseMatrix, house: str) -> str:
    found: HouseTotals | None = next((each for each in matrix.totals if each.house == house), None)
    if found is None:
        return ""
    return f"The house: {found.done} of {count(found.due, 'student')} done ({percent(found.percent)})."


def _statuses(cells: Sequence[MatrixCell]) -> str:
    """How many stand where: "3 ✔ Complete, 1 ▲ Action needed, 1 cover", in the order of the statuses."""
    found = Counter(cell.status for cell in cells if cell.status is not None)
    covered = Counter(cell.word for cell in cells if cell.status is None)
    named = [f"{found[status]} {STATUS_SYMBOLS[status]} {status}" for status in _ORDER if found[status]]
    return ", ".join([*named, *(f"{number} {word}" for word, number in sorted(covered.items()))]) or "none"


def _share(cell: MatrixCell) -> str:
    return f" ({percent(cell.percent)})" if cell.percent is not None else ""
