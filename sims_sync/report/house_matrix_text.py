"""How does the House Matrix look on a terminal of 100 columns, and as data: text, CSV, JSON?"""

import csv
import json
import textwrap
from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import zip_longest

from sims_sync.report import house_matrix_words as words
from sims_sync.report.exports import neutralised
from sims_sync.report.house_matrix import HouseMatrix, MatrixCell, MatrixColumn, MatrixRow
from sims_sync.report.wording import STAFF_ONLY, house_name

SCHEMA = "sims-sync/house-matrix/1"
WIDTH_COLUMNS = 100
GROUP_WIDTH = 9
CELL_WIDTH = 13
_GAP = "  "
CSV_COLUMNS = (
    "house",
    "tutor_group",
    "nc_year",
    "half_term",
    "standing",
    "restated",
    "status",
    "done",
    "due",
    "percent",
    "targets_set",
    "reviews_made",
    "interviews_this_year",
    "escalation_offered",
)


def render_text(matrix: HouseMatrix) -> str:
    """The whole report as lines of at most 100 columns, ending with a line break."""
    lines = [words.title(matrix), "=" * len(words.title(matrix)), words.made_on(matrix)]
    for house in matrix.houses:
        lines += ["", house_name(house), "-" * len(house_name(house)), *_table(matrix, house)]
    if not matrix.rows:
        lines += ["", "No tutor group has figures in this year.", *_standings(matrix)]
    lines += ["", *_wrapped(words.explanations(matrix))]
    for house in matrix.houses:
        heading = f"{words.READY_HEADING} ({house_name(house)})"
        lines += ["", heading, "-" * len(heading), *_wrapped(words.ready_lines(matrix, house))]
    return "".join(f"{line.rstrip()}\n" for line in [*lines, "", STAFF_ONLY])


def render_csv(matrix: HouseMatrix) -> str:
    """One row per tutor group and half term, in the order of the matrix; lines end with a line feed."""
    page = StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in matrix.rows:
        for column, cell in zip(matrix.columns, row.cells, strict=True):
            writer.writerow([neutralised(text) for text in _csv_cells(row, column, cell)])
    return page.getvalue()


def render_json(matrix: HouseMatrix) -> str:
    """One document: the half terms, then the groups with a cell for each of them, ending with a line break."""
    document = {
        "schema": SCHEMA,
        "school": matrix.school,
        "year": matrix.year,
        "as_of": matrix.as_of.isoformat(),
        "half_terms": [_column(column) for column in matrix.columns],
        "held": [{"code": each.code, "what": each.what, "do": each.do} for each in matrix.held],
        "groups": [_group(matrix, row) for row in matrix.rows],
        "ready_to_send": {house: list(words.ready_lines(matrix, house)) for house in matrix.houses},
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _table(matrix: HouseMatrix, house: str) -> Iterable[str]:
    yield from _line("Group", [words.column_heading(column) for column in matrix.columns])
    for row in matrix.of_house(house):
        yield ""
        yield from _line(row.group, [words.cell_status(cell) for cell in row.cells])
        yield f"{' ' * GROUP_WIDTH}{_GAP}{words.year_line(row)}"
        for line in words.escalation_lines([row]):
            yield from textwrap.wrap(line, WIDTH_COLUMNS, initial_indent=" " * 11, subsequent_indent=" " * 13)


def _line(group: str, cells: Sequence[str]) -> Iterable[str]:
    """One row of the table: as many lines as its longest cell needs."""
    columns = [textwrap.wrap(group, GROUP_WIDTH), *(textwrap.wrap(cell, CELL_WIDTH) for cell in cells)]
    widths = [GROUP_WIDTH, *(CELL_WIDTH for _ in cells)]
    for parts in zip_longest(*columns, fillvalue=""):
        yield _GAP.join(part.ljust(width) for part, width in zip(parts, widths, strict=True))


def _standings(matrix: HouseMatrix) -> Iterable[str]:
    return (f"  {column.half_term.shown}: {column.standing.value}" for column in matrix.columns)


def _wrapped(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        yield from textwrap.wrap(line, WIDTH_COLUMNS) or [""]


def _csv_cells(row: MatrixRow, column: MatrixColumn, cell: MatrixCell) -> Sequence[str]:
    figures = tuple(
        "" if value is None else value for value in (cell.done, cell.due, cell.percent, cell.targets, cell.reviews)
    )
    values = (
        row.house,
        row.group,
        row.nc_year,
        str(column.half_term),
        column.standing.value,
        "yes" if column.restated else "no",
        (cell.status or cell.word) if cell.has_figures else cell.word,
        *(figures if cell.has_figures else ("",) * len(figures)),
        words.interviews(row),
        row.escalation,
    )
    return [str(value) for value in values]


def _column(column: MatrixColumn) -> dict[str, object]:
    return {
        "half_term": str(column.half_term),
        "standing": column.standing.value,
        "closed": column.closed,
        "restated": column.restated,
    }


def _group(matrix: HouseMatrix, row: MatrixRow) -> dict[str, object]:
    return {
        "house": row.house,
        "tutor_group": row.group,
        "nc_year": row.nc_year,
        "interviews_this_year": list(row.interviews),
        "targets_set": row.targets,
        "reviews_made": row.reviews,
        "escalation_offered": row.escalation or None,
        "cells": [_cell(column, cell) for column, cell in zip(matrix.columns, row.cells, strict=True)],
    }


def _cell(column: MatrixColumn, cell: MatrixCell) -> dict[str, object]:
    found: dict[str, object] = {"half_term": str(column.half_term), "word": cell.word or None}
    if not cell.has_figures:
        return found
    return found | {
        "status": cell.status.value if cell.status else None,
        "done": cell.done,
        "due": cell.due,
        "percent": cell.percent,
        "targets_set": cell.targets,
        "reviews_made": cell.reviews,
    }
