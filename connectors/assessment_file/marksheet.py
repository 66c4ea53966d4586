"""How do deliveries become a workbook that SIMS can import as a spreadsheet: a sheet for each result set?

Every cell is a text or a date, whatever it begins with: nothing in it is ever run as a formula (DESIGN §10).
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from io import BytesIO
from itertools import groupby
from typing import Any

from xlsxwriter import Workbook

from connectors.assessment_file.cover import Cover, cover_lines, in_order
from sims_sync.records import Delivery

COVER_SHEET = "READ ME FIRST"
STUDENT_COLUMNS = ("UPN", "Surname", "Forename")

_NAME_CHARACTERS = 31  # Excel's limit of a sheet's name
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
_WIDTH, _WIDE = 16, 60


def marksheet_of(cover: Cover, deliveries: Sequence[Delivery]) -> bytes:
    """The workbook. A sheet has a row for each student, and for each aspect its text and the date of the interview."""
    buffer = BytesIO()
    with Workbook(buffer, _PLAIN) as book:
        created = cover.issued_at.astimezone(UTC).replace(tzinfo=None)
        book.set_properties({"title": f"File {cover.number} for SIMS", "created": created})
        looks = _Looks(book)
        sheet = book.add_worksheet(COVER_SHEET)
        sheet.set_column(0, 0, 110)
        for row, line in enumerate(cover_lines(cover)):
            sheet.write_string(row, 0, line, looks.text)
        names: set[str] = {COVER_SHEET.casefold()}
        for result_set, texts in groupby(in_order(deliveries), lambda each: each.result_set):
            _write_sheet(book.add_worksheet(_sheet_name(result_set, names)), looks, result_set, list(texts))
    return buffer.getvalue()


class _Looks:
    """The formats of a workbook. A text keeps its mark of being one, also where somebody edits the cell."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401 - xlsxwriter has no types
        self.text = book.add_format({"num_format": "@", "quote_prefix": True})
        self.head = book.add_format({"num_format": "@", "quote_prefix": True, "bold": True, "bottom": 1})
        self.day = book.add_format({"num_format": "dd/mm/yyyy"})


def _write_sheet(sheet: Any, looks: _Looks, result_set: str, deliveries: Sequence[Delivery]) -> None:  # noqa: ANN401 - xlsxwriter has no types
    """`deliveries` in the order of `in_order`."""
    aspects = list(dict.fromkeys(each.aspect for each in deliveries))
    sheet.write_string(0, 0, result_set, looks.head)
    titles = [*STUDENT_COLUMNS, *(title for aspect in aspects for title in (aspect, f"{aspect} date"))]
    for column, title in enumerate(titles):
        sheet.write_string(1, column, title, looks.head)
        is_text = column >= len(STUDENT_COLUMNS) and (column - len(STUDENT_COLUMNS)) % 2 == 0
        sheet.set_column(column, column, _WIDE if is_text else _WIDTH)
    sheet.freeze_panes(2, len(STUDENT_COLUMNS))
    for row, (ids, texts) in enumerate(_by_student(deliveries), start=2):
        for column, text in enumerate(ids):
            sheet.write_string(row, column, text, looks.text)
        for delivery in texts:
            column = len(STUDENT_COLUMNS) + 2 * aspects.index(delivery.aspect)
            sheet.write_string(row, column, delivery.text, looks.text)
            sheet.write_datetime(row, column + 1, datetime.combine(delivery.result_date, time()), looks.day)


def _by_student(deliveries: Sequence[Delivery]) -> Iterable[tuple[tuple[str, str, str], list[Delivery]]]:
    found: dict[tuple[str, str, str], list[Delivery]] = {}
    for each in deliveries:
        ids = (each.student.upn or "", each.student.surname or "", each.forename)
        found.setdefault(ids, []).append(each)
    return sorted(found.items(), key=lambda one: (one[0][1].casefold(), one[0][2].casefold(), one[0][0]))


def _sheet_name(result_set: str, taken: set[str]) -> str:
    """As like the result set's name as Excel allows, and unlike every other sheet's."""
    plain = _NOT_IN_NAMES.sub("-", result_set)[:_NAME_CHARACTERS] or "Result set"
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        ending = f" ({number})"
        name = plain[: _NAME_CHARACTERS - len(ending)] + ending
    taken.add(name.casefold())
    return name
