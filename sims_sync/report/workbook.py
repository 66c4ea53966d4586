"""How does the report become an .xlsx file: to filter and sort, with nothing in it that a spreadsheet would run?

Every text is written as a text, and marked so that it stays one when somebody edits its cell (DESIGN §10).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from sims_sync.report import wording
from sims_sync.report.exports import NAME_COLUMNS, name_rows
from sims_sync.report.summary import ComplianceSummary, GroupRow, HouseSummary, Section

COVER_SHEET = "Report"
GROUPS_SHEET = "Tutor groups"
NAMES_SHEET = "Students not done"
A4 = 9
CONTENT_CHARACTERS = 32_767  # Excel's limit of a cell
_BAR_COLOUR = "#9DB4CC"  # light enough for the number on it, and grey in print
_HEADER_COLOUR = "#D9E1F2"
_SECTIONS_WITHOUT_TABLE = {Section.COMPLETE: "Complete, with thanks", Section.NOT_DUE: "Nobody due"}
# Done of due, as a bar from 0 to 100 beside the number: one colour, no gradient, so that it reads in greyscale.
_SHARE_BAR = {
    "type": "data_bar",
    "min_type": "num",
    "max_type": "num",
    "min_value": 0,
    "max_value": 100,
    "bar_color": _BAR_COLOUR,
    "bar_border_color": "#35506B",
    "bar_solid": True,
    "data_bar_2010": True,
}
Cell = str | int | date | None


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the groups' sheet: its heading, and its width in characters."""

    heading: str
    width: int
    form: str = "text"


GROUP_COLUMNS = (
    _Column("House", 16),
    _Column("Tutor group", 22),
    _Column("Tutors", 32),
    _Column("NC year", 9),
    _Column("Status", 19, "status"),
    _Column("Share done", 14, "percent"),
    _Column("Due", 8, "number"),
    _Column("Done", 8, "number"),
    _Column("Outstanding", 13, "number"),
    _Column("Where in the report", 32),
    _Column("Done since the deadline", 14, "number"),
    _Column("Last entry", 13, "date"),
    _Column("Half terms incomplete in a row", 16, "number"),
    _Column("Entry made, text too short", 14, "number"),
    _Column("Drafts", 9, "number"),
    _Column("Not yet in SIMS", 11, "number"),
    _Column("Not reminded", 11),
    _Column("Interviews this year", 12),
    _Column("Excused share of the group", 14, "percent"),
)
_SHARE = 5
_NAME_WIDTHS = (16, 34, 22, 24, 24)


def render_workbook(summary: ComplianceSummary) -> bytes:
    """The workbook's bytes, the same for the same summary: the cover, the groups, and the students where named.

    Held or not assessed: the cover alone, with the reasons. The students' sheet has the columns and rows of the CSV
    with names.
    """
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, options) as book:
        created = summary.as_of.astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"title": wording.title(summary), "comments": wording.STAFF_ONLY, "created": created})
        pages = _Pages(book)
        pages.cover(summary)
        if summary.has_figures:
            pages.groups(summary)
        if summary.has_figures and summary.names:
            pages.names(summary)
    return buffer.getvalue()


class _Pages:
    """The sheets of one workbook. `quote_prefix` keeps a text a text when its cell is edited."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401 - xlsxwriter has no types
        self._book = book
        text = {"quote_prefix": True, "valign": "top"}
        wrapped = text | {"text_wrap": True}
        looks: Mapping[str, Mapping[str, object]] = {
            "text": wrapped,
            "status": text | {"bold": True},
            "number": {"valign": "top"},
            "percent": {"valign": "top", "num_format": '0" %"'},
            "date": {"valign": "top", "align": "left", "num_format": "d mmm yyyy"},
            "header": wrapped | {"bold": True, "bg_color": _HEADER_COLOUR, "bottom": 2},
            "title": text | {"bold": True, "font_size": 16},
            "heading": wrapped | {"bold": True, "font_size": 13},
            "strong": wrapped | {"bold": True},
        }
        self._looks = {name: book.add_format(dict(look)) for name, look in looks.items()}

    def cover(self, summary: ComplianceSummary) -> None:
        sheet = self._sheet(COVER_SHEET)
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, 100)
        for row, (look, line) in enumerate(cover_lines(summary)):
            self._write(sheet, row, 0, line, look)
        sheet.set_portrait()

    def groups(self, summary: ComplianceSummary) -> None:
        rows = [(house, group) for house in summary.houses for group in house.groups]
        headings = [column.heading for column in GROUP_COLUMNS]
        sheet = self._table(GROUPS_SHEET, headings, [column.width for column in GROUP_COLUMNS], len(rows), fixed=2)
        for row, (house, group) in enumerate(rows, start=1):
            for column, cell in enumerate(group_cells(summary, house, group)):
                self._write(sheet, row, column, cell, GROUP_COLUMNS[column].form)
        if rows:
            sheet.conditional_format(1, _SHARE, len(rows), _SHARE, _SHARE_BAR)

    def names(self, summary: ComplianceSummary) -> None:
        rows = name_rows(summary)
        headings = [column.replace("_", " ").capitalize() for column in NAME_COLUMNS]
        sheet = self._table(NAMES_SHEET, headings, _NAME_WIDTHS, len(rows), fixed=1)
        for row, cells in enumerate(rows, start=1):
            for column, cell in enumerate(cells):
                self._write(sheet, row, column, cell, "text")

    def _table(self, name: str, headings: Sequence[str], widths: Sequence[int], rows: int, *, fixed: int) -> Any:  # noqa: ANN401 - xlsxwriter's own
        """A sheet whose first row is the header: it stays in sight, filters, and is repeated on each printed page."""
        sheet = self._sheet(name)
        for column, (heading, width) in enumerate(zip(headings, widths, strict=True)):
            sheet.set_column(column, column, width)
            self._write(sheet, 0, column, heading, "header")
        sheet.freeze_panes(1, fixed)
        sheet.autofilter(0, 0, rows, len(headings) - 1)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        return sheet

    def _sheet(self, name: str) -> Any:  # noqa: ANN401 - xlsxwriter's own
        sheet = self._book.add_worksheet(name)
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
        sheet.set_footer(f"&L{wording.STAFF_ONLY}&RPage &P of &N")
        return sheet

    def _write(self, sheet: Any, row: int, column: int, cell: Cell, look: str) -> None:  # noqa: ANN401 - xlsxwriter's own
        if isinstance(cell, str):
            form = self._looks["text" if look in {"percent", "number", "date"} else look]
            sheet.write_string(row, column, cell[:CONTENT_CHARACTERS], form)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, self._looks[look])
        elif cell is not None:
            sheet.write_number(row, column, cell, self._looks[look])


def cover_lines(summary: ComplianceSummary) -> Iterable[tuple[str, str]]:
    """The cover from top to bottom: how each line looks (title, heading, strong, text), and its words."""
    yield "title", wording.title(summary)
    yield "strong", wording.STAFF_ONLY
    if summary.has_figures:
        yield "text", wording.occasion(summary)
    yield from (("text", line) for line in wording.closed_lines(summary))
    yield from (("strong", sentence) for sentence in wording.silence(summary))
    for house in summary.houses:
        yield from _house_lines(summary, house)
    homeless = [f"{number} {found}" for found, number in (summary.homeless or {}).items()]
    yield from _listed("Students in no house", homeless)
    yield from _listed("Data to put right in SIMS", wording.problem_lines(summary.problems))
    yield from _listed("Rules that are off", summary.rules_off)
    sources = [wording.source_line(summary, read) for read in summary.data_as_of]
    notes = [summary.first_read_note] if summary.first_read_note else []
    yield from _listed("Data as of", [*sources, wording.age_line(summary), *notes])
    yield "text", ""
    yield "strong", wording.STAFF_ONLY


def group_cells(summary: ComplianceSummary, house: HouseSummary, row: GroupRow) -> Sequence[Cell]:
    """One tutor group's cells under `GROUP_COLUMNS`; None leaves a cell empty."""
    figures = row.figures
    return (
        house.house,
        figures.shown,
        wording.joined(row.tutors),
        figures.nc_year,
        wording.status(figures),
        wording.group_percent(figures) if figures.percent is None else figures.percent,
        figures.due,
        figures.done,
        figures.outstanding,
        _SECTIONS_WITHOUT_TABLE.get(row.section) or wording.section_title(row.section, summary),
        figures.done_since_deadline,
        figures.last_entry,
        figures.incomplete_in_a_row,
        figures.too_short,
        figures.drafts,
        figures.not_yet_in_sims,
        "yes" if figures.not_reminded else "no",
        wording.interviews(figures),
        figures.excused_share,
    )


def _house_lines(summary: ComplianceSummary, house: HouseSummary) -> Iterable[tuple[str, str]]:
    yield "text", ""
    yield "heading", wording.house_name(house.house)
    yield "strong", wording.headline(summary, house)
    if nearly := wording.nearly_line([house]):
        yield "text", nearly
    yield "text", f"Head of House: {wording.heads(house)}."
    for number, what in (*wording.not_counted(house), *wording.not_the_tutors_fault(house)):
        yield "text", f"{number} {what}"


def _listed(heading: str, lines: Sequence[str]) -> Iterable[tuple[str, str]]:
    if lines:
        yield "text", ""
        yield "heading", heading
        yield from (("text", line) for line in lines)
