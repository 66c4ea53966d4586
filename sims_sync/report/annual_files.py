"""How does the annual evaluation look as a page, a PDF with bars, and a workbook with charts?"""

from collections.abc import Iterable
from typing import Any

from sims_sync.compliance.annual import TOTAL, Shown, Table
from sims_sync.report import annual_words as words
from sims_sync.report import pdf_blocks as blocks
from sims_sync.report.annual_text import cells_of
from sims_sync.report.annual_words import AnnualReport
from sims_sync.report.page import TEMPLATES
from sims_sync.report.pdf import typeset
from sims_sync.report.sheets import SHARE_BAR, Sheets, workbook_bytes
from sims_sync.report.summary import clean
from sims_sync.report.wording import STAFF_ONLY

COVER_SHEET = "To paste"
NUMBERS_SHEET = "Numbers"
CHART_SHEETS = ("Done by house", "Done by year group")
_NUMBER_HEADINGS = ("Table", "By", "Row", "Measure", "Part", "Whole", "Share", "Students", "Suppressed")
_NUMBER_WIDTHS = (44, 12, 18, 16, 8, 8, 12, 10, 12)
_SHARE = 6
_CHART_WIDTH, _CHART_HEIGHT = 900, 380  # pixels
# Told apart in greyscale: from dark to light, each with its own outline.
_FILLS = ("#1A1A1A", "#35506B", "#6B7F95", "#9DB4CC", "#C9D5E2", "#FFFFFF")


def render_html(report: AnnualReport) -> str:
    """The whole page, self-contained."""
    template = TEMPLATES.get_template("annual.html.j2")
    return template.render(report=report, w=words, total=TOTAL, staff_only=STAFF_ONLY, clean=clean) + "\n"


def render_pdf(report: AnnualReport) -> bytes:
    """The report on A4 across, tagged (PDF/UA-1), a bar in each cell that is a share."""
    return typeset(pdf_content(report), report.as_of)


def pdf_content(report: AnnualReport) -> dict[str, object]:
    """Title, warning and blocks, as `pdf_content.pdf_content` documents."""
    content = [
        blocks.heading(1, words.title(report)),
        blocks.listed(words.notes(report)),
        blocks.heading(2, words.PASTE_HEADING),
        *(blocks.paragraph(line) for line in words.paste_lines(report)),
    ]
    for table in report.annual.tables:
        content += _pdf_table(table)
    content += [blocks.heading(2, words.TUTORS_HEADING)]
    content += [blocks.listed(words.tutor_lines(report.tutors) or (words.NO_ANSWERS,))]
    return {"title": words.title(report), "staff_only": STAFF_ONLY, "landscape": True, "blocks": content}


def render_workbook(report: AnnualReport) -> bytes:
    """The lines to paste, the share done with its charts, and every number as a table to filter."""

    def fill(sheets: Sheets) -> None:
        sheets.cover(COVER_SHEET, _cover(report))
        for name, table in zip(CHART_SHEETS, report.annual.done, strict=True):
            if report.annual.closed:
                _chart_sheet(sheets, name, table)
        _numbers_sheet(sheets, report)

    return workbook_bytes(words.title(report), report.as_of, fill)


def _pdf_table(table: Table) -> Iterable[blocks.Block]:
    yield blocks.heading(2, table.title)
    if table.empty:
        yield blocks.paragraph(words.NOTHING)
        return
    rows = [
        [blocks.cell(clean(row), strong=True), *(_pdf_cell(column.cells[row]) for column in table.columns)]
        for row in table.rows
    ]
    total = [blocks.cell(TOTAL, strong=True), *(_pdf_cell(column.total) for column in table.columns)]
    headings = [table.by, *(column.heading for column in table.columns)]
    yield blocks.table(headings, (1.2, *(1.0,) * len(table.columns)), [*rows, total])


def _pdf_cell(shown: Shown) -> blocks.Block:
    return blocks.cell(words.cell(shown), percent=shown.percent)


def _cover(report: AnnualReport) -> Iterable[tuple[str, str]]:
    yield "title", words.title(report)
    yield "strong", STAFF_ONLY
    yield "heading", words.PASTE_HEADING
    yield from (("text", line) for line in words.paste_lines(report))
    yield "text", ""
    yield "heading", words.TUTORS_HEADING
    yield from (("text", line) for line in words.tutor_lines(report.tutors) or (words.NO_ANSWERS,))
    yield "text", ""
    yield "heading", "What the figures rest on"
    yield from (("text", line) for line in words.notes(report))


def _chart_sheet(sheets: Sheets, name: str, table: Table) -> None:
    """The share done by half term, a chart below it. A suppressed cell is a text: the chart leaves a gap there."""
    headings = [table.by, *(column.heading for column in table.columns)]
    rows = [*table.rows, TOTAL]
    sheet = sheets.table(name, headings, [18, *(14 for _ in table.columns)], len(rows), fixed=1)
    for number, row in enumerate(rows, start=1):
        sheets.write(sheet, number, 0, clean(row), "text")
        for place, column in enumerate(table.columns, start=1):
            shown = column.total if row is TOTAL else column.cells[row]
            sheets.write(sheet, number, place, words.cell(shown) if shown.percent is None else shown.percent, "percent")
    if not table.empty:
        sheet.insert_chart(len(rows) + 2, 0, _chart(sheets, name, table, len(rows)))


def _chart(sheets: Sheets, name: str, table: Table, rows: int) -> Any:  # noqa: ANN401 - xlsxwriter's own
    chart = sheets.book.add_chart({"type": "column"})
    for place, column in enumerate(table.columns, start=1):
        fill = _FILLS[(place - 1) % len(_FILLS)]
        chart.add_series(
            {
                "name": column.heading,
                "categories": [name, 1, 0, rows, 0],
                "values": [name, 1, place, rows, place],
                "fill": {"color": fill},
                "border": {"color": "#1A1A1A"},
                "data_labels": {"value": True, "font": {"size": 8}},
            }
        )
    chart.set_title({"name": table.title, "name_font": {"size": 12}})
    chart.set_y_axis({"min": 0, "max": 100, "name": "Students done, %"})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": _CHART_WIDTH, "height": _CHART_HEIGHT})
    chart.show_blanks_as("gap")
    return chart


def _numbers_sheet(sheets: Sheets, report: AnnualReport) -> None:
    rows = [(table, *found) for table in report.annual.tables for found in cells_of(table)]
    sheet = sheets.table(NUMBERS_SHEET, _NUMBER_HEADINGS, _NUMBER_WIDTHS, len(rows), fixed=0)
    for number, (table, row, measure, shown) in enumerate(rows, start=1):
        for place, text in enumerate((table.title, table.by, clean(row), measure)):
            sheets.write(sheet, number, place, text, "text")
        for place, value in enumerate((shown.part, shown.whole, shown.percent, shown.students), start=4):
            sheets.write(sheet, number, place, value, "percent" if place == _SHARE else "number")
        sheets.write(sheet, number, _SHARE + 2, "yes" if shown.suppressed else "no", "text")
    if rows:
        sheet.conditional_format(1, _SHARE, len(rows), _SHARE, SHARE_BAR)
