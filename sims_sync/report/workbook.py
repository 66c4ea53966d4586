"""How does the report become an .xlsx file: to filter and sort, with nothing in it that a spreadsheet would run?

Every text is written as a text, and marked so that it stays one when somebody edits its cell (DESIGN §10).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sims_sync.report import wording
from sims_sync.report.exports import NAME_COLUMNS, name_rows
from sims_sync.report.ready_to_send import HEADING, ready_to_send
from sims_sync.report.sheets import SHARE_BAR, Cell, Sheets, workbook_bytes
from sims_sync.report.summary import ComplianceSummary, GroupRow, HouseSummary, Section, whole_school

COVER_SHEET = "Report"
GROUPS_SHEET = "Tutor groups"
NAMES_SHEET = "Students not done"
TREND_SHEET = "Trend"
_TREND_HEADINGS = ("House", "Half term", "Share done", "Done", "Due")
_TREND_WIDTHS = (18, 20, 24, 8, 8)
_SECTIONS_WITHOUT_TABLE = {Section.COMPLETE: "Complete, with thanks", Section.NOT_DUE: "Nobody due"}


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the groups' sheet: its heading, and its width in characters."""

    heading: str
    width: int
    form: str = "text"


GROUP_COLUMNS = (
    _Column("House", 12),
    _Column("Tutor group", 14),
    _Column("Tutors", 26),
    _Column("NC year", 6),
    _Column("Status", 18, "status"),
    _Column("Share done", 10, "percent"),
    _Column("Due", 6, "number"),
    _Column("Done", 7, "number"),
    _Column("Outstanding", 12, "number"),
    _Column("Where in the report", 26),
    _Column("Done since the deadline", 10, "number"),
    _Column("Last entry", 12, "date"),
    _Column("Half terms incomplete in a row", 11, "number"),
    _Column("Entry made, text too short", 11, "number"),
    _Column("Drafts", 7, "number"),
    _Column("Not yet in SIMS", 8, "number"),
    _Column("Not reminded", 9),
    _Column("Interviews this year", 10),
    _Column("Excused share of the group", 11, "percent"),
)
_SHARE = 5
_NAME_WIDTHS = (16, 34, 22, 24, 24)


def render_workbook(summary: ComplianceSummary) -> bytes:
    """The workbook's bytes, the same for the same summary: the cover, the groups, and the students where named.

    Held or not assessed: the cover alone, with the reasons. The students' sheet has the columns and rows of the CSV
    with names.
    """

    def fill(sheets: Sheets) -> None:
        sheets.cover(COVER_SHEET, cover_lines(summary))
        if summary.has_figures:
            _groups(sheets, summary)
        if any(house.trend for house in summary.houses):
            _trend(sheets, summary)
        if summary.has_figures and summary.names:
            _names(sheets, summary)

    return workbook_bytes(wording.title(summary), summary.as_of, fill)


def _groups(sheets: Sheets, summary: ComplianceSummary) -> None:
    rows = [(house, group) for house in summary.houses for group in house.groups]
    headings = [column.heading for column in GROUP_COLUMNS]
    sheet = sheets.table(GROUPS_SHEET, headings, [column.width for column in GROUP_COLUMNS], len(rows), fixed=2)
    for row, (house, group) in enumerate(rows, start=1):
        for column, cell in enumerate(group_cells(summary, house, group)):
            sheets.write(sheet, row, column, cell, GROUP_COLUMNS[column].form)
    if rows:
        sheet.conditional_format(1, _SHARE, len(rows), _SHARE, SHARE_BAR)


def _trend(sheets: Sheets, summary: ComplianceSummary) -> None:
    """One row per house and half term, as bars and numbers; the whole school's last."""
    houses = [(house.house, house.trend) for house in summary.houses]
    if points := whole_school(summary):
        houses.append(("The whole school", points))
    rows = [(name, point) for name, found in houses for point in found]
    sheet = sheets.table(TREND_SHEET, _TREND_HEADINGS, _TREND_WIDTHS, len(rows), fixed=2)
    for row, (name, point) in enumerate(rows, start=1):
        for column, cell in enumerate((name, point.label)):
            sheets.write(sheet, row, column, cell, "text")
        sheets.write(sheet, row, 2, point.percent, "percent")
        for column, number in enumerate((point.done, point.due), start=3):
            sheets.write(sheet, row, column, number, "number")
    sheet.conditional_format(1, 2, len(rows), 2, SHARE_BAR)


def _names(sheets: Sheets, summary: ComplianceSummary) -> None:
    rows = name_rows(summary)
    headings = [column.replace("_", " ").capitalize() for column in NAME_COLUMNS]
    sheet = sheets.table(NAMES_SHEET, headings, _NAME_WIDTHS, len(rows), fixed=1)
    for row, cells in enumerate(rows, start=1):
        for column, cell in enumerate(cells):
            sheets.write(sheet, row, column, cell, "text")


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
    if ready := ready_to_send(summary, house):
        yield "strong", HEADING
        yield from (("text", line) for line in ready)


def _listed(heading: str, lines: Sequence[str]) -> Iterable[tuple[str, str]]:
    if lines:
        yield "text", ""
        yield "heading", heading
        yield from (("text", line) for line in lines)
