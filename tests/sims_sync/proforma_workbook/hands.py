"""A tutor's hands in a test: opens an issued workbook, writes into cells, moves rows, saves it at a moment."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import load_workbook

from sims_sync.proforma_workbook.layout import HEADER_ROW, SHEET, Col
from tests.sims_sync.builders import at

Line = dict[str, Any]


@dataclass
class Workbook:
    """The rows of the sheet "Pro-forma" by caption, and the other sheets as they are."""

    above: list[list[Any]]
    captions: list[str]
    rows: list[Line]
    others: dict[str, list[list[Any]]] = field(default_factory=dict)

    def of(self, surname: str, kind: str = "Target") -> list[Line]:
        """A student's rows of one kind, in the sheet's order."""
        return [row for row in self.rows if row[Col.SURNAME] == surname and row[Col.KIND] == kind]

    def write(self, surname: str, kind: str = "Target", at_row: int = 0, **cells: object) -> "Workbook":
        """Fill in one row of a student: `text="…"`, `date=…`, by the names of `Col` in small letters."""
        row = self.of(surname, kind)[at_row]
        row.update({Col[name.upper()].value: cell for name, cell in cells.items()})
        return self

    def save(self, path: Path, when: str) -> Path:
        """Save it as a spreadsheet program does that knows nothing of us, last changed at `when`."""
        lines = [*self.above, self.captions, *([row.get(name, "") for name in self.captions] for row in self.rows)]
        path.parent.mkdir(parents=True, exist_ok=True)
        with xlsxwriter.Workbook(path) as book:
            dates = book.add_format({"num_format": "dd/mm/yyyy"})
            for name, content in {SHEET: lines, **self.others}.items():
                _write(book.add_worksheet(name), content, dates)
        moment = at(when).timestamp()
        os.utime(path, (moment, moment))
        return path


def open_workbook(path: Path) -> Workbook:
    """The workbook as a tutor sees it."""
    book = load_workbook(str(path))
    sheets = {name: [list(line) for line in book.get_sheet_by_name(name).to_python()] for name in book.sheet_names}
    lines = sheets.pop(SHEET)
    captions = [str(caption) for caption in lines[HEADER_ROW]]
    rows = [dict(zip(captions, line, strict=True)) for line in lines[HEADER_ROW + 1 :]]
    return Workbook(lines[:HEADER_ROW], captions, rows, sheets)


def sorted_by(key: Callable[[Line], Any], workbook: Workbook) -> Workbook:
    """The same with its rows in another order."""
    return Workbook(workbook.above, workbook.captions, sorted(workbook.rows, key=key), workbook.others)


def texts(workbook: Workbook) -> Iterator[str]:
    """Everything that can be read in it, hidden sheets included."""
    for row in workbook.rows:
        yield from map(str, row.values())
    for lines in ([*workbook.above], *workbook.others.values()):
        yield from (str(cell) for line in lines for cell in line)


def _write(sheet: Any, lines: list[list[Any]], dates: Any) -> None:  # noqa: ANN401 - xlsxwriter has no types
    for row, line in enumerate(lines):
        for column, cell in enumerate(line):
            if isinstance(cell, date):
                sheet.write_datetime(row, column, cell, dates)
            elif isinstance(cell, str):
                sheet.write_string(row, column, cell) if cell else None
            else:
                sheet.write(row, column, cell)
