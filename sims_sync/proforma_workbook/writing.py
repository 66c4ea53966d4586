"""How does a pro-forma become an .xlsx file: protected where it is ours, open where a tutor writes, printable on A4?

Every text is written as a text, whatever it begins with: only the formulas of `checks` are formulas (DESIGN §10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_range, xl_range_abs

from sims_sync.proforma_workbook.checks import formulas, validations
from sims_sync.proforma_workbook.content import Cell, Proforma, SheetRow
from sims_sync.proforma_workbook.ideas import Ideas
from sims_sync.proforma_workbook.layout import (
    DATES,
    FIRST_ROW,
    HEADER_ROW,
    HIDDEN,
    IDEAS_SHEET,
    INPUTS,
    MARKS_SHEET,
    PUBLIC,
    SHEET,
    WIDTHS,
    Col,
    Marks,
    place,
)

HOW_TO = (
    "Write in the white cells only. One date and one yes under Submitted are enough for all rows of a student. "
    "Leave rows that you do not need empty. Save, then hand this workbook in."
)
HOW_TO_CORRECT = (
    "Look at the column What to correct. Put the coloured cells right, leave the rest as it is, save, and hand this "
    "workbook in: it takes the place of your copy."
)
A4 = 9
CONTENT_CHARACTERS = 32_767  # Excel's limit of a cell
_GREY, _WHITE, _HEADER, _FAULT, _GOOD, _EDGE = "#F2F2F2", "#FFFFFF", "#D9E1F2", "#FCE4D6", "#E2EFDA", "#A6A6A6"
_AREA_COLUMN = 3
_OPEN_TO_SORTING = {"sort": True, "autofilter": True, "format_columns": True, "format_rows": True}


def write_proforma(proforma: Proforma, ideas: Ideas | None, *, correcting: bool = False) -> bytes:
    """The workbook's bytes. `ideas` None = without the second sheet. `correcting`: a returned copy goes back."""
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, options) as book:
        created = proforma.marks.issued.astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"title": f"Pro-forma {proforma.marks.title}", "created": created})
        _ProformaSheet(book, proforma).write(HOW_TO_CORRECT if correcting else HOW_TO)
        if ideas is not None:
            _write_ideas(book, ideas)
        _write_marks(book, proforma.marks, proforma.areas)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class _Look:
    """How a cell looks; each look is made once per workbook."""

    background: str
    is_date: bool = False
    open: bool = False
    top: bool = False
    bold: bool = False


class _ProformaSheet:
    def __init__(self, book: Any, proforma: Proforma) -> None:  # noqa: ANN401 - xlsxwriter has no types
        self._book = book
        self._sheet = book.add_worksheet(SHEET)
        self._proforma = proforma
        self._last_row = FIRST_ROW + max(len(proforma.rows), 1) - 1
        self._formats: dict[_Look, Any] = {}

    def write(self, how_to: str) -> None:
        self._write_head(how_to)
        for row, content in enumerate(self._proforma.rows, start=FIRST_ROW):
            self._write_row(row, content)
        self._validate()
        self._mark_checks()
        self._set_up_page()

    def _write_head(self, how_to: str) -> None:
        bold = self._book.add_format({"bold": True, "font_size": 14})
        self._sheet.write_string(0, 0, f"Pro-forma {self._proforma.marks.title}", bold)
        self._sheet.write_string(1, 0, PUBLIC, self._book.add_format({"bold": True, "font_color": "#C00000"}))
        self._sheet.write_string(2, 0, how_to)
        header = self._format(_Look(_HEADER, bold=True))
        for column in Col:
            options = {"hidden": 1} if column in HIDDEN else {}
            self._sheet.set_column(place(column), place(column), WIDTHS[column], None, options)
            self._sheet.write_string(HEADER_ROW, place(column), column.value, header)

    def _write_row(self, row: int, content: SheetRow) -> None:
        ours = formulas(content.kind, row, self._last_row)
        for column in Col:
            is_open = column in INPUTS[content.kind]
            background = _WHITE if is_open else _GREY
            if content.fault and column in {content.fault_in, Col.CORRECT}:
                background = _FAULT
            elif content.note and column is Col.CORRECT:
                background = _GOOD
            look = self._format(_Look(background, column in DATES, is_open, content.first))
            if column in ours:
                self._sheet.write_formula(row, place(column), ours[column], look, "")
            else:
                note = content.note if column is Col.CORRECT else ""
                _write_cell(self._sheet, row, place(column), content.cells.get(column, note), look)

    def _validate(self) -> None:
        areas = self._proforma.areas
        listed = f"='{MARKS_SHEET}'!{xl_range_abs(0, _AREA_COLUMN, max(len(areas), 1) - 1, _AREA_COLUMN)}"
        for column, rule in validations(listed, self._proforma.first_day).items():
            if column is not Col.AREA or areas:
                self._sheet.data_validation(FIRST_ROW, place(column), self._last_row, place(column), dict(rule))

    def _mark_checks(self) -> None:
        cells = (FIRST_ROW, place(Col.CHECK), self._last_row, place(Col.CHECK))
        good = {"type": "cell", "criteria": "==", "value": '"ok"', "format": self._book.add_format({"bg_color": _GOOD})}
        bad = {"type": "no_blanks", "format": self._book.add_format({"bg_color": _FAULT})}
        nothing = {"type": "cell", "criteria": "==", "value": '""', "stop_if_true": True}
        for rule in (nothing, good | {"stop_if_true": True}, bad):
            self._sheet.conditional_format(*cells, rule)

    def _set_up_page(self) -> None:
        sheet = self._sheet
        sheet.freeze_panes(FIRST_ROW, place(Col.YEAR))
        sheet.autofilter(HEADER_ROW, 0, self._last_row, len(Col) - 1)
        sheet.protect("", _OPEN_TO_SORTING)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(1, HEADER_ROW)
        sheet.print_area(0, 0, self._last_row, place(Col.SUBMITTED))
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer(f"&L{PUBLIC}&RPage &P of &N")
        sheet.ignore_errors({"number_stored_as_text": xl_range(0, 0, self._last_row, len(Col) - 1)})

    def _format(self, look: _Look) -> Any:  # noqa: ANN401 - xlsxwriter has no types
        if look not in self._formats:
            form = {"bg_color": look.background, "border": 1, "border_color": _EDGE, "text_wrap": True, "valign": "top"}
            form |= {"num_format": "dd/mm/yyyy"} if look.is_date else {}
            form |= {"top": 2} if look.top else {}
            form |= {"locked": not look.open, "bold": look.bold}
            self._formats[look] = self._book.add_format(form)
        return self._formats[look]


def _write_cell(sheet: Any, row: int, column: int, cell: Cell, look: Any) -> None:  # noqa: ANN401 - xlsxwriter's own
    if isinstance(cell, date):
        sheet.write_datetime(row, column, cell, look)
    elif cell:
        sheet.write_string(row, column, cell[:CONTENT_CHARACTERS], look)
    else:
        sheet.write_blank(row, column, None, look)


def _write_ideas(book: Any, ideas: Ideas) -> None:  # noqa: ANN401 - xlsxwriter has no types
    sheet = book.add_worksheet(IDEAS_SHEET)
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True, "bg_color": _HEADER, "text_wrap": True})
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 90)
    row = 0
    for heading, lines in _idea_blocks(ideas):
        sheet.write_string(row, 0, heading, bold)
        sheet.write_blank(row, 1, None, bold)
        for offset, (area, line) in enumerate(lines, start=1):
            sheet.write_string(row + offset, 0, area, wrapped)
            sheet.write_string(row + offset, 1, line, wrapped)
        row += len(lines) + 2
    sheet.protect("", {"format_columns": True})
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&RPage &P of &N")


def _idea_blocks(ideas: Ideas) -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
    targets = [(area if not at else "", line) for area, lines in ideas.targets.items() for at, line in enumerate(lines)]
    return (
        ("Interview checklist", [(str(number), line) for number, line in enumerate(ideas.checklist, start=1)]),
        ("Example questions", [("", line) for line in ideas.questions]),
        ("Ideas of targets", targets),
    )


def _write_marks(book: Any, marks: Marks, areas: Sequence[str]) -> None:  # noqa: ANN401 - xlsxwriter has no types
    sheet = book.add_worksheet(MARKS_SHEET)
    for row, (name, text) in enumerate(marks_as_text(marks).items()):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, text)
    sheet.write_column(0, _AREA_COLUMN, list(areas))
    sheet.hide()
    sheet.protect("")


def marks_as_text(marks: Marks) -> Mapping[str, str]:
    """The lines of the hidden sheet, name by name."""
    return {
        "version": str(marks.version),
        "school": marks.school,
        "school_dfe": marks.school_dfe,
        "half_term": marks.half_term,
        "group": marks.group,
        "issued": marks.issued.isoformat(),
    }
