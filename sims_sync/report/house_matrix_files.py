"""How does the House Matrix look as a page, a PDF and a workbook?"""

from collections.abc import Iterable

from sims_sync.report import house_matrix_words as words
from sims_sync.report import pdf_blocks as blocks
from sims_sync.report.house_matrix import HouseMatrix, MatrixCell, MatrixRow
from sims_sync.report.page import TEMPLATES
from sims_sync.report.pdf import typeset
from sims_sync.report.sheets import Cell, Sheets, workbook_bytes
from sims_sync.report.wording import STAFF_ONLY, house_name

COVER_SHEET = "Ready to send"
MATRIX_SHEET = "House Matrix"
COUNTS_SHEET = "Counts"
_MATRIX_WIDTHS = (12, 11, 7, *(20,) * 6, 10, 9, 9, 28)
_COUNTS_HEADINGS = ("House", "Tutor group", "Half term", "Status", "Done", "Due", "Share done", "Targets", "Reviews")
_COUNTS_WIDTHS = (16, 12, 24, 20, 8, 8, 14, 10, 10)
_PDF_WIDTHS = (1.1, *(1.25,) * 6, 0.95, 0.8, 0.85)


def render_html(matrix: HouseMatrix) -> str:
    """The whole page, self-contained; the wide table scrolls inside it on a phone."""
    template = TEMPLATES.get_template("house_matrix.html.j2")
    return template.render(matrix=matrix, w=words, staff_only=STAFF_ONLY, house_name=house_name) + "\n"


def render_pdf(matrix: HouseMatrix) -> bytes:
    """The matrix on A4 across, tagged (PDF/UA-1)."""
    return typeset(pdf_content(matrix), matrix.as_of)


def pdf_content(matrix: HouseMatrix) -> dict[str, object]:
    """Title, warning and blocks, as `pdf_content.pdf_content` documents."""
    content = [blocks.heading(1, words.title(matrix)), blocks.paragraph(words.made_on(matrix), "quiet")]
    if not matrix.rows:
        content.append({"kind": "silence", "text": "No tutor group has figures in this year."})
        content.append(blocks.listed([f"{each.half_term.shown}: {each.standing.value}" for each in matrix.columns]))
    for house in matrix.houses:
        content += _house_blocks(matrix, house)
    content += [blocks.heading(2, "How to read this"), blocks.listed(words.explanations(matrix))]
    return {"title": words.title(matrix), "staff_only": STAFF_ONLY, "landscape": True, "blocks": content}


def render_workbook(matrix: HouseMatrix) -> bytes:
    """The lines to copy, the matrix, and the counts as a table to filter."""

    def fill(sheets: Sheets) -> None:
        sheets.cover(COVER_SHEET, _cover(matrix))
        _matrix_sheet(sheets, matrix)
        _counts_sheet(sheets, matrix)

    return workbook_bytes(words.title(matrix), matrix.as_of, fill)


def _house_blocks(matrix: HouseMatrix, house: str) -> Iterable[blocks.Block]:
    rows = matrix.of_house(house)
    headings = [words.column_heading(column) for column in matrix.columns]
    yield blocks.heading(2, house_name(house))
    yield blocks.table(
        ["Tutor group", *headings, "Interviews this year", "Targets set", "Reviews made"],
        _PDF_WIDTHS,
        [_pdf_row(row) for row in rows],
        "Status and done/due, then what was recorded",
    )
    yield blocks.heading(3, words.READY_HEADING)
    yield from (blocks.paragraph(line) for line in words.ready_lines(matrix, house) if line)


def _pdf_row(row: MatrixRow) -> list[blocks.Block]:
    offered = "escalation offered" if row.escalation else ""
    return [
        blocks.cell(row.group, strong=True, quiet=offered),
        *(_pdf_cell(cell) for cell in row.cells),
        blocks.cell(words.interviews(row)),
        blocks.cell(str(row.targets)),
        blocks.cell(str(row.reviews)),
    ]


def _pdf_cell(cell: MatrixCell) -> blocks.Block:
    return blocks.cell(words.cell_status(cell), strong=cell.has_figures, quiet=words.cell_work(cell))


def _cover(matrix: HouseMatrix) -> Iterable[tuple[str, str]]:
    yield "title", words.title(matrix)
    yield "strong", STAFF_ONLY
    yield "text", words.made_on(matrix)
    for house in matrix.houses:
        yield "text", ""
        yield "heading", f"{words.READY_HEADING}: {house_name(house)}"
        yield from (("text", line) for line in words.ready_lines(matrix, house))
    yield "text", ""
    yield "heading", "How to read this"
    yield from (("text", line) for line in words.explanations(matrix))
    if not matrix.rows:
        yield from (("text", f"{each.half_term.shown}: {each.standing.value}") for each in matrix.columns)


def _matrix_sheet(sheets: Sheets, matrix: HouseMatrix) -> None:
    half_terms = [words.column_heading(column) for column in matrix.columns]
    year = ["Interviews this year", "Targets set", "Reviews made", "Escalation offered"]
    headings = ["House", "Tutor group", "NC year", *half_terms, *year]
    sheet = sheets.table(MATRIX_SHEET, headings, _MATRIX_WIDTHS, len(matrix.rows), fixed=2)
    for number, row in enumerate(matrix.rows, start=1):
        texts = [row.house, row.group, row.nc_year, *map(words.cell_status, row.cells), words.interviews(row)]
        cells: tuple[Cell, ...] = (*texts, row.targets, row.reviews, row.escalation)
        for column, cell in enumerate(cells):
            sheets.write(sheet, number, column, cell, "text" if isinstance(cell, str) else "number")


def _counts_sheet(sheets: Sheets, matrix: HouseMatrix) -> None:
    rows = [
        (row, column, cell)
        for row in matrix.rows
        for column, cell in zip(matrix.columns, row.cells, strict=True)
        if cell.has_figures
    ]
    sheet = sheets.table(COUNTS_SHEET, _COUNTS_HEADINGS, _COUNTS_WIDTHS, len(rows), fixed=2)
    for number, (row, column, cell) in enumerate(rows, start=1):
        status = words.status_word(cell)
        texts: tuple[str, ...] = (row.house, row.group, words.column_heading(column), status)
        values: tuple[Cell, ...] = (*texts, cell.done, cell.due, cell.percent, cell.targets, cell.reviews)
        for place, value in enumerate(values):
            look = "percent" if _COUNTS_HEADINGS[place] == "Share done" else "number"
            sheets.write(sheet, number, place, value, look)
