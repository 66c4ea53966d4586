"""How is an .xlsx workbook read: a SIMS output or a pro-forma (SIMS §1)?"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineSheet, WorksheetNotFound, load_workbook

from sims_sync.connector import Row
from sims_sync.errors import SourceRefused
from sims_sync.formats import refusals
from sims_sync.formats.table import Table
from sims_sync.formats.workbook_guard import inspect

Cell = int | float | str | bool | time | date | datetime | timedelta


class WorkbookReader:
    """Reads one sheet, whose first row that is not blank is the header: the sheet named, else the first.

    Cells become text: a date "2026-09-01", a time of day "09:30", a whole number without ".0", a formula the value it
    had when the workbook was saved, an empty or faulty cell "".
    """

    def __init__(self, path: Path, *, sheet: str | None = None, fill_down: Sequence[str] = ()) -> None:
        self._path = path
        self._sheet = sheet
        self._fill_down = tuple(fill_down)
        self._columns: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The header's captions in order, once reading has begun."""
        return self._columns

    def rows(self) -> Iterator[Row]:
        """Stream the rows in sheet order.

        Raises:
            SourceRefused: damaged, protected, implausibly large, without the sheet, or not a table.
            SourceUnavailable: the file could not be opened or read.
        """
        try:
            inspect(self._path)
            lines = _lines(self._open())
        except OSError as fault:
            raise refusals.unreadable(self._path.name) from fault
        header = next((line for line in lines if any(cell.strip() for cell in line)), None)
        if header is None:
            raise refusals.empty(self._path.name)
        table = Table(self._path.name, header, self._fill_down)
        self._columns = table.columns
        yield from table.rows(lines)

    def _open(self) -> CalamineSheet:
        with _damage_refused(self._path.name):
            workbook = load_workbook(str(self._path))
            try:
                if self._sheet is not None:
                    return workbook.get_sheet_by_name(self._sheet)
                return workbook.get_sheet_by_index(0)
            except WorksheetNotFound as fault:
                raise self._no_sheet() from fault

    def _no_sheet(self) -> SourceRefused:
        wanted = f'no sheet named "{self._sheet}"' if self._sheet else "no sheet"
        return SourceRefused(
            "no_sheet", f"{self._path.name} has {wanted}.", "Correct the setting sheet, or rename the sheet."
        )


def named_sheets(path: Path) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """Each sheet's name, hidden ones included, and its lines of cells as text, from its first line with content.

    Raises:
        SourceRefused: damaged, protected or implausibly large.
        SourceUnavailable: the file could not be opened or read.
    """
    try:
        inspect(path)
        with _damage_refused(path.name):
            workbook = load_workbook(str(path))
            sheets = [(name, workbook.get_sheet_by_name(name)) for name in workbook.sheet_names]
    except OSError as fault:
        raise refusals.unreadable(path.name) from fault
    for name, sheet in sheets:
        yield name, _lines(sheet)


@contextmanager
def _damage_refused(name: str) -> Iterator[None]:
    try:
        yield
    except (SourceRefused, KeyboardInterrupt, SystemExit, OSError):
        raise
    except BaseException as fault:  # the library's own panic is not an Exception; it must not end the service
        raise refusals.malformed(name, "the workbook is damaged") from fault


def _lines(sheet: CalamineSheet) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        yield [_text(cell) for cell in row]


def _text(cell: Cell) -> str:
    match cell:
        case str():
            return cell
        case bool():
            return "True" if cell else "False"
        case float():
            return str(int(cell)) if cell.is_integer() else repr(cell)
        case datetime():
            return (cell.date() if cell.time() == time.min else cell).isoformat()
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)
