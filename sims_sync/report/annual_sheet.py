"""What is on the anonymous sheet for tutors: five questions, a scale, no name and no room for free text (rule 25)?"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sims_sync.compliance.tutor_view import FEWEST_ANSWERS, HIGHEST, LOWEST, QUESTIONS, SCALE
from sims_sync.report.sheets import Sheets, workbook_bytes

QUESTION_SHEET = "Questions"
COLLECT_SHEET = "Answers"
TITLE = "The Student Support Programme: five questions for tutors"
ANONYMOUS = (
    "Anonymous: write no name, and nothing but a number. Print it, fill it in and hand it in folded; do not e-mail it.",
    f"Results are shown from {FEWEST_ANSWERS} answers on, as a mean and a share; no single sheet is ever shown.",
    f"Scale: {SCALE}. Leave a question open if it does not apply to you.",
)
_QUESTION_WIDTH, _ANSWER_WIDTH = 72, 14
_ROWS_TO_COLLECT = 200


def render_sheet(as_of: datetime) -> bytes:
    """The blank workbook: the sheet to fill in, and an empty list for whoever collects. `as_of` is aware."""

    def fill(sheets: Sheets) -> None:
        _questions(sheets)
        _answers(sheets)

    return workbook_bytes(TITLE, as_of, fill)


def _questions(sheets: Sheets) -> None:
    sheet = sheets.sheet(QUESTION_SHEET)
    sheet.set_footer("&LAnonymous: write no name")
    sheets.columns(sheet, [_QUESTION_WIDTH, _ANSWER_WIDTH])
    first = _column(sheets, sheet, 0, 0, [("title", TITLE), *(("text", line) for line in ANONYMOUS), ("text", "")])
    sheets.write(sheet, first, 0, "Question", "header")
    sheets.write(sheet, first, 1, f"{LOWEST} to {HIGHEST}", "header")
    for number, question in enumerate(QUESTIONS, start=1):
        sheets.write(sheet, first + number, 0, f"{number}. {question}", "text")
        sheet.set_row(first + number, 30)
    sheet.data_validation(first + 1, 1, first + len(QUESTIONS), 1, _scale())
    sheet.set_portrait()


def _answers(sheets: Sheets) -> None:
    """As the file that `reports.tutor_answers` names must look, saved as CSV UTF-8."""
    headings = ["year", *(f"q{number}" for number in range(1, len(QUESTIONS) + 1))]
    sheet = sheets.table(COLLECT_SHEET, headings, [12, *(8 for _ in QUESTIONS)], _ROWS_TO_COLLECT, fixed=0)
    sheet.data_validation(1, 1, _ROWS_TO_COLLECT, len(QUESTIONS), _scale())


def _scale() -> dict[str, object]:
    return {
        "validate": "integer",
        "criteria": "between",
        "minimum": LOWEST,
        "maximum": HIGHEST,
        "error_title": f"{LOWEST} to {HIGHEST}",
        "error_message": SCALE,
    }


def _column(sheets: Sheets, sheet: Any, row: int, column: int, lines: Iterable[tuple[str, str]]) -> int:  # noqa: ANN401 - xlsxwriter's own
    """Write lines one below the other; the row after them."""
    for look, line in lines:
        sheets.write(sheet, row, column, line, look)
        row += 1
    return row
