"""How does any report become an .xlsx file that runs nothing: its sheets, looks, headers and cells?

Every text is written as a text, and marked so that it stays one when somebody edits its cell (DESIGN §10).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from sims_sync.report.row_heights import FONT_POINTS, RowHeights
from sims_sync.report.wording import STAFF_ONLY

A4 = 9
CONTENT_CHARACTERS = 32_767  # Excel's limit of a cell
COVER_WIDTH = 88  # characters: with every typeface that stands in for Excel's, it fits on A4
TITLE_POINTS, HEADING_POINTS = 16, 13
BAR_COLOUR = "#9DB4CC"  # light enough for the number on it, and grey in print
BAR_BORDER_COLOUR = "#35506B"
APART = {"align": "right", "indent": 1}  # a number does not run into the text in the next column
BOLD_LOOKS = frozenset({"header", "title", "heading", "strong", "status"})
_HEADER_COLOUR = "#D9E1F2"
# A share as a bar from 0 to 100 beside its number: one colour, no gradient, so that it reads in greyscale.
SHARE_BAR = {
    "type": "data_bar",
    "min_type": "num",
    "max_type": "num",
    "min_value": 0,
    "max_value": 100,
    "bar_color": BAR_COLOUR,
    "bar_border_color": BAR_BORDER_COLOUR,
    "bar_solid": True,
    "data_bar_2010": True,
}
Cell = str | int | date | None


def workbook_bytes(title: str, as_of: datetime, fill: Callable[["Sheets"], None]) -> bytes:
    """The bytes of a workbook whose sheets `fill` writes: the same for the same content. `as_of` is aware."""
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, options) as book:
        created = as_of.astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"title": title, "comments": STAFF_ONLY, "created": created})
        fill(Sheets(book))
    return buffer.getvalue()


class Sheets:
    """The sheets of one workbook. `quote_prefix` keeps a text a text when its cell is edited."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401 - xlsxwriter has no types
        self.book = book
        text = {"quote_prefix": True, "valign": "top"}
        wrapped = text | {"text_wrap": True}
        looks: Mapping[str, Mapping[str, object]] = {
            "text": wrapped,
            "status": text | {"bold": True},
            "number": {"valign": "top"} | APART,
            "percent": {"valign": "top", "num_format": '0" %"'} | APART,
            "date": {"valign": "top", "align": "left", "num_format": "d mmm yyyy"},
            "header": wrapped | {"bold": True, "bg_color": _HEADER_COLOUR, "bottom": 2},
            "title": wrapped | {"bold": True, "font_size": TITLE_POINTS},
            "heading": wrapped | {"bold": True, "font_size": HEADING_POINTS},
            "strong": wrapped | {"bold": True},
        }
        self._looks = {name: book.add_format(dict(look)) for name, look in looks.items()}
        self._heights = RowHeights()
        self._widths: dict[str, dict[int, float]] = {}

    def cover(self, name: str, lines: Iterable[tuple[str, str]], *, width: int = COVER_WIDTH) -> None:
        """A sheet of one column: how each line looks (title, heading, strong, text), and its words."""
        sheet = self.sheet(name)
        sheet.hide_gridlines(2)
        self.columns(sheet, [width])
        for row, (look, line) in enumerate(lines):
            self.write(sheet, row, 0, line, look)
        sheet.set_portrait()

    def table(self, name: str, headings: Sequence[str], widths: Sequence[int], rows: int, *, fixed: int) -> Any:  # noqa: ANN401 - xlsxwriter's own
        """A sheet whose first row is the header: it stays in sight, filters, and is repeated on each printed page."""
        sheet = self.sheet(name)
        self.columns(sheet, widths)
        for column, heading in enumerate(headings):
            self.write(sheet, 0, column, heading, "header")
        sheet.freeze_panes(1, fixed)
        sheet.autofilter(0, 0, rows, len(headings) - 1)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        return sheet

    def columns(self, sheet: Any, widths: Sequence[float]) -> None:  # noqa: ANN401 - xlsxwriter's own
        """How wide the first columns are, in characters; before their cells are written, whose rows they make high."""
        self._widths[sheet.get_name()] = dict(enumerate(widths))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)

    def sheet(self, name: str) -> Any:  # noqa: ANN401 - xlsxwriter's own
        """An empty sheet, set up for A4 with the warning and the page number on each page."""
        sheet = self.book.add_worksheet(name)
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
        sheet.set_footer(f"&L{STAFF_ONLY}&RPage &P of &N")
        return sheet

    def write(self, sheet: Any, row: int, column: int, cell: Cell, look: str) -> None:  # noqa: ANN401 - xlsxwriter's own
        """One cell, as what it is: a text stays a text in a column of numbers, None leaves it empty."""
        if isinstance(cell, str):
            form = self._looks["text" if look in {"percent", "number", "date"} else look]
            sheet.write_string(row, column, cell[:CONTENT_CHARACTERS], form)
            self._fit(sheet, row, column, cell, look)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, self._looks[look])
        elif cell is not None:
            sheet.write_number(row, column, cell, self._looks[look])

    def _fit(self, sheet: Any, row: int, column: int, text: str, look: str) -> None:  # noqa: ANN401 - xlsxwriter's own
        width = self._widths.get(sheet.get_name(), {}).get(column)
        if width is not None and look != "status":
            points = {"title": TITLE_POINTS, "heading": HEADING_POINTS}.get(look, FONT_POINTS)
            self._heights.fit(sheet, row, text, width, points=points, bold=look in BOLD_LOOKS)
