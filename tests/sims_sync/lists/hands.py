"""A Head's or a tutor's hands in a test: opens a list, writes into cells, saves it at a moment."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import load_workbook

from sims_sync.lists.layout import NOTE_LABEL, STUDENTS_SHEET, Col
from tests.sims_sync.builders import at

Line = dict[str, Any]


@dataclass
class Opened:
    """The sheets by name, each as its lines of cells."""

    sheets: dict[str, list[list[Any]]]

    @property
    def captions(self) -> list[str]:
        return [str(cell) for cell in self.sheets.get(STUDENTS_SHEET, [[]])[0]]

    @property
    def rows(self) -> list[Line]:
        return [dict(zip(self.captions, line, strict=True)) for line in self.sheets.get(STUDENTS_SHEET, [[]])[1:]]

    def of(self, surname: str) -> Line:
        """A student's row."""
        return next(row for row in self.rows if row[Col.SURNAME] == surname)

    def surnames(self) -> list[str]:
        return [str(row[Col.SURNAME]) for row in self.rows]

    def write(self, surname: str, **cells: str) -> "Opened":
        """Write into a student's row: `reason="…"`, by the names of `Col` in small letters."""
        for line in self.sheets[STUDENTS_SHEET][1:]:
            if line[self.captions.index(Col.SURNAME)] == surname:
                for name, text in cells.items():
                    line[self.captions.index(Col[name.upper()])] = text
        return self

    def note(self, text: str | None = None) -> str:
        """What stands in the cell for the note; with `text`, write it there."""
        for line in self.sheets["Overview"]:
            if line[0] == NOTE_LABEL:
                line[1] = line[1] if text is None else text
                return str(line[1])
        raise AssertionError("no cell for a note")

    def save(self, path: Path, when: str = "2026-12-10 15:00") -> "Opened":
        """Save it as a spreadsheet program does that knows nothing of us, last changed at `when`."""
        with xlsxwriter.Workbook(path) as book:
            days = book.add_format({"num_format": "dd/mm/yyyy"})
            for name, lines in self.sheets.items():
                sheet = book.add_worksheet(name)
                for row, line in enumerate(lines):
                    for column, cell in enumerate(line):
                        _write(sheet, row, column, cell, days)
        moment = at(when).timestamp()
        os.utime(path, (moment, moment))
        return self


def open_list(path: Path) -> Opened:
    """The list as whoever opens it sees it, hidden sheets included."""
    book = load_workbook(str(path))
    return Opened(
        {name: [list(line) for line in book.get_sheet_by_name(name).to_python()] for name in book.sheet_names}
    )


def texts(opened: Opened) -> Iterator[str]:
    """Everything that can be read in it, hidden sheets included."""
    for lines in opened.sheets.values():
        yield from (str(cell) for line in lines for cell in line)


def _write(sheet: Any, row: int, column: int, cell: Any, days: Any) -> None:  # noqa: ANN401 - xlsxwriter has no types
    if isinstance(cell, date):
        sheet.write_datetime(row, column, cell, days)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell) if cell else None
    else:
        sheet.write(row, column, cell)
