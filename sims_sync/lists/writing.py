"""How does a list become an .xlsx file: protected where it is ours, open where a Head of House or tutor writes?

Every text is written as a text, and marked so that it stays one when somebody edits its cell (DESIGN §10).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from sims_sync.converters import EXCUSAL_REASON_CHARACTERS, EXCUSAL_REASONS
from sims_sync.lists.content import ListContent, ListedStudent
from sims_sync.lists.folders import ListKind
from sims_sync.lists.layout import (
    COLUMNS,
    DECISIONS,
    GROUPS_SHEET,
    HIDDEN,
    MARKS_SHEET,
    NOTE_CHARACTERS,
    NOTE_HINT,
    NOTE_LABEL,
    OVERVIEW_SHEET,
    STUDENTS_SHEET,
    WAS,
    WIDTHS,
    Col,
    Marks,
)
from sims_sync.report import wording
from sims_sync.report.row_heights import FONT_POINTS, RowHeights
from sims_sync.report.sheets import APART, BOLD_LOOKS, COVER_WIDTH, HEADING_POINTS, TITLE_POINTS
from sims_sync.report.workbook import GROUP_COLUMNS, cover_lines, group_cells

HOW_TO = "White cells are yours: write, save and close. What you wrote is collected the next morning."
A4 = 9
CONTENT_CHARACTERS = 32_767  # Excel's limit of a cell
_NOTE_COLUMN = "The tutor's own note"
_NOTE_COLUMN_WIDTH = 34
_LABEL_WIDTH = 28  # of the overview, where beside it a note may be written
_GREY, _WHITE, _HEADER, _FAULT = "#F2F2F2", "#FFFFFF", "#D9E1F2", "#FCE4D6"
# The same content gives the same bytes, so that a list in which nothing is new is left alone.
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook knows no time zone
_OPEN_TO_SORTING = {"sort": True, "autofilter": True, "format_columns": True, "format_rows": True}
Cell = str | int | date | None
Line = tuple[str, str]


def write_list(content: ListContent) -> bytes:
    """The workbook's bytes, the same for the same content."""
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(buffer, options) as book:
        book.set_properties({"title": _title(content), "comments": wording.STAFF_ONLY, "created": _CREATED})
        pages = _Pages(book, content)
        pages.overview()
        if content.groups and content.key.kind is not ListKind.GROUP:
            pages.groups()
        if content.students:
            pages.students()
        pages.marks()
    return buffer.getvalue()


class _Pages:
    """The sheets of one list."""

    def __init__(self, book: Any, content: ListContent) -> None:  # noqa: ANN401 - xlsxwriter has no types
        self._book = book
        self._content = content
        text = {"quote_prefix": True, "valign": "top", "text_wrap": True}
        boxed = text | {"border": 1, "border_color": "#A6A6A6"}
        looks: Mapping[str, Mapping[str, object]] = {
            "text": text,
            "title": text | {"bold": True, "font_size": TITLE_POINTS},
            "heading": text | {"bold": True, "font_size": HEADING_POINTS},
            "strong": text | {"bold": True},
            "header": boxed | {"bold": True, "bg_color": _HEADER},
            "locked": boxed | {"bg_color": _GREY},
            "open": boxed | {"bg_color": _WHITE, "locked": False},
            "fault": boxed | {"bg_color": _FAULT},
            "open fault": boxed | {"bg_color": _FAULT, "locked": False},
            "number": {"valign": "top"} | APART,
            "percent": {"valign": "top", "num_format": '0" %"'} | APART,
            "date": {"valign": "top", "align": "left", "num_format": "d mmm yyyy"},
            "status": text | {"bold": True},
        }
        self._looks = {name: book.add_format(dict(look)) for name, look in looks.items()}
        self._heights = RowHeights()
        self._widths: dict[tuple[str, int], float] = {}

    def overview(self) -> None:
        sheet = self._sheet(OVERVIEW_SHEET)
        sheet.hide_gridlines(2)
        has_note = self._content.note is not None
        widths = [_LABEL_WIDTH, COVER_WIDTH - _LABEL_WIDTH] if has_note else [COVER_WIDTH]
        self._columns(sheet, widths)
        row = 0
        for look, line in overview_lines(self._content):
            if has_note:  # over both columns: the first alone is as wide as a label
                sheet.merge_range(row, 0, row, 1, "", self._looks[look])
            self._write(sheet, row, 0, line, look, width=COVER_WIDTH)
            row += 1
        if self._content.note is not None:
            self._write_note(sheet, row + 1, self._content.note)
        sheet.protect("", {"format_columns": True, "format_rows": True})

    def _write_note(self, sheet: Any, row: int, note: str) -> None:  # noqa: ANN401 - xlsxwriter's own
        answer = self._content.note_answer
        self._write(sheet, row, 0, NOTE_LABEL, "header")
        self._write(sheet, row, 1, note, "open fault" if answer else "open")
        sheet.set_row(row, 60)
        self._write(sheet, row + 1, 1, answer or NOTE_HINT, "fault" if answer else "text")
        limit = {"validate": "length", "criteria": "<=", "value": NOTE_CHARACTERS, "error_title": "Too long"}
        sheet.data_validation(row, 1, row, 1, {**limit, "error_message": f"At most {NOTE_CHARACTERS} characters."})

    def groups(self) -> None:
        sheet = self._sheet(GROUPS_SHEET)
        headings = [(column.heading, column.width, column.form) for column in GROUP_COLUMNS]
        headings.append((_NOTE_COLUMN, _NOTE_COLUMN_WIDTH, "text"))
        self._columns(sheet, [width for _, width, _ in headings])
        for column, (heading, _, _) in enumerate(headings):
            self._write(sheet, 0, column, heading, "header")
        for row, (house, group, note) in enumerate(self._content.groups, start=1):
            cells = (*group_cells(self._content.summary, house, group), note)
            for column, cell in enumerate(cells):
                self._write(sheet, row, column, cell, headings[column][2])
        self._as_table(sheet, 0, len(self._content.groups), len(headings), fixed=2)

    def students(self) -> None:
        sheet = self._sheet(STUDENTS_SHEET)
        columns, rows = COLUMNS[self._content.key.kind], self._content.students
        for place, column in enumerate(columns):
            hidden = {"hidden": 1} if column in HIDDEN else {}
            width = WIDTHS.get(column, 12)
            sheet.set_column(place, place, width, None, hidden)
            if not hidden:
                self._widths[STUDENTS_SHEET, place] = width
            self._write(sheet, 0, place, column.value, "header")
        for row, student in enumerate(rows, start=1):
            for place, column in enumerate(columns):
                self._write(sheet, row, place, _cell(student, column), _look(student, column))
        for column, rule in _validations().items():
            if column in columns and any(column in student.open for student in rows):
                sheet.data_validation(1, columns.index(column), len(rows), columns.index(column), dict(rule))
        # Over the hidden columns too: sorted without them, a row would carry another student's id.
        self._as_table(sheet, 0, len(rows), len(columns), fixed=columns.index(Col.FORENAME) + 1)
        sheet.protect("", _OPEN_TO_SORTING)

    def marks(self) -> None:
        sheet = self._book.add_worksheet(MARKS_SHEET)
        for row, (name, text) in enumerate(marks_as_text(self._content.marks).items()):
            sheet.write_string(row, 0, name)
            sheet.write_string(row, 1, text)
        sheet.hide()
        sheet.protect("")

    def _as_table(self, sheet: Any, header: int, rows: int, columns: int, *, fixed: int) -> None:  # noqa: ANN401 - xlsxwriter's own
        sheet.freeze_panes(header + 1, fixed)
        sheet.autofilter(header, 0, header + rows, columns - 1)
        sheet.repeat_rows(header)
        sheet.set_landscape()

    def _columns(self, sheet: Any, widths: Sequence[float]) -> None:  # noqa: ANN401 - xlsxwriter's own
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
            self._widths[sheet.get_name(), column] = width

    def _sheet(self, name: str) -> Any:  # noqa: ANN401 - xlsxwriter's own
        sheet = self._book.add_worksheet(name)
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
        sheet.set_footer(f"&L{wording.STAFF_ONLY}&RPage &P of &N")
        return sheet

    def _write(
        self,
        sheet: Any,  # noqa: ANN401 - xlsxwriter's own
        row: int,
        column: int,
        cell: Cell,
        look: str,
        *,
        width: float | None = None,
    ) -> None:
        """One cell as what it is; `width`: its own, where it spans several columns."""
        if isinstance(cell, str):
            form = self._looks["text" if look in {"percent", "number", "date"} else look]
            if cell:
                sheet.write_string(row, column, cell[:CONTENT_CHARACTERS], form)
                self._fit(sheet, row, cell, look, width or self._widths.get((sheet.get_name(), column)))
            else:
                sheet.write_blank(row, column, None, form)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, self._looks[look])
        elif cell is not None:
            sheet.write_number(row, column, cell, self._looks[look])

    def _fit(self, sheet: Any, row: int, text: str, look: str, width: float | None) -> None:  # noqa: ANN401 - xlsxwriter's own
        if width is not None:
            points = {"title": TITLE_POINTS, "heading": HEADING_POINTS}.get(look, FONT_POINTS)
            self._heights.fit(sheet, row, text, width, points=points, bold=look in BOLD_LOOKS)


def overview_lines(content: ListContent) -> Iterator[Line]:
    """The first sheet from top to bottom: how each line looks, and its words."""
    if content.key.kind is ListKind.HOUSE:
        yield from cover_lines(content.summary)
    else:
        yield from _own_cover(content)
    if content.remark:
        yield from (("text", ""), ("strong", content.remark))
    elif content.summary.has_figures:
        yield from (("text", ""), ("text", HOW_TO))
    if content.lines:
        yield from (("text", ""), ("heading", Col.ANSWER.value))
        yield from (("text", line) for line in content.lines)


def _own_cover(content: ListContent) -> Iterator[Line]:
    """A group's or the programme lead's: what concerns them alone, in the report's own words."""
    summary = content.summary
    yield "title", _title(content)
    yield "strong", wording.STAFF_ONLY
    if summary.has_figures:
        yield "text", wording.occasion(summary)
    yield from (("text", line) for line in wording.closed_lines(summary))
    yield from (("strong", sentence) for sentence in wording.silence(summary))
    if content.key.kind is ListKind.GROUP:
        yield from _group_lines(content)
    yield "text", ""
    yield from (("text", wording.source_line(summary, read)) for read in summary.data_as_of)
    yield "text", wording.age_line(summary)


def _group_lines(content: ListContent) -> Iterator[Line]:
    for _, row, _ in content.groups:
        group = row.figures
        yield "heading", f"{group.shown}: {wording.status(group)}"
        share = wording.group_percent(group)
        done = f"{group.done} of {wording.count(group.due, 'student')} done"
        yield "strong", f"{done}{f' ({share})' if share else ''}, {group.outstanding} outstanding."
        yield from (("text", note) for note in wording.notes(content.summary, group))


def _title(content: ListContent) -> str:
    return f"{content.key.shown[:1].upper()}{content.key.shown[1:]} {wording.DASH} {wording.title(content.summary)}"


def _cell(student: ListedStudent, column: Col) -> str:
    if column is Col.ROW_ID:
        return student.row_id
    if column is Col.ANSWER:
        return student.answer
    for shown, was in WAS.items():
        if column is was:
            return student.cells.get(shown, "")
    return student.kept.get(column, student.cells.get(column, ""))


def _look(student: ListedStudent, column: Col) -> str:
    if column in student.open:
        return "open fault" if column in student.kept else "open"
    return "fault" if column is Col.ANSWER and student.answer else "locked"


def _validations() -> Mapping[Col, Mapping[str, Any]]:
    """What Excel accepts while somebody types; collection checks again."""
    limit = f"At most {EXCUSAL_REASON_CHARACTERS} characters. No names, no diagnosis."
    short = {"validate": "length", "criteria": "<=", "value": EXCUSAL_REASON_CHARACTERS, "error_message": limit}
    own_words = {"error_type": "warning", "error_message": f"Keep it in your own words? {limit}"}
    chosen: Sequence[str] = list(EXCUSAL_REASONS)
    return {
        Col.REASON: {"validate": "list", "source": chosen, "error_title": "Your own words", **own_words},
        Col.DECISION: {
            "validate": "list",
            "source": list(DECISIONS),
            "error_message": f"Choose: {', '.join(DECISIONS)}.",
        },
        Col.WHY: short,
        Col.EXEMPT: short,
    }


def marks_as_text(marks: Marks) -> Mapping[str, str]:
    """The lines of the hidden sheet, name by name."""
    return {
        "version": str(marks.version),
        "school": marks.school,
        "half_term": marks.half_term,
        "list": marks.key,
        "note": marks.note,
    }
