"""Tutors' hands in the demo: who opens an issued pro-forma workbook, fills in reviews, and hands it in?"""

import os
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import load_workbook

from sims_sync.compliance.facts import StudentClass
from sims_sync.compliance_report import compliance_report
from sims_sync.context import RunContext
from sims_sync.demo.texts import REVIEWS
from sims_sync.proforma_issue import issue_proformas
from sims_sync.proforma_workbook.layout import HEADER_ROW, OUTCOMES, SHEET, YES, Col
from sims_sync.school_year import HalfTermId

REVIEWS_HANDED_IN = 24
HELD_ON = date(2026, 12, 10)
HANDED_IN = datetime.fromisoformat("2026-12-14T15:40:00+00:00")  # the day before the deadline

Line = dict[str, Any]


def hand_in_workbooks(context: RunContext, half_term: HalfTermId, issued: Path, returned: Path) -> int:
    """Issue the workbooks, fill in one review each for students who were interviewed, hand these in; how many files.

    Only students who are done already: no figure changes by it, and there is something to carry into SIMS.
    """
    lines = compliance_report(context, half_term).assessment.lines
    done = {line.student_id for line in lines if line.student_class is StudentClass.DONE}
    left, files = REVIEWS_HANDED_IN, 0
    for path in issue_proformas(context, half_term, issued):
        sheets = _read(path)
        filled = _fill(sheets[SHEET], done, left)
        if not filled:
            continue
        files, left = files + 1, left - filled
        _save(returned / path.name, sheets)
        if not left:
            break
    return files


def _read(path: Path) -> dict[str, list[list[Any]]]:
    book = load_workbook(str(path))
    return {name: [list(line) for line in book.get_sheet_by_name(name).to_python()] for name in book.sheet_names}


def _fill(lines: list[list[Any]], done: Iterable[str], most: int) -> int:
    """Fill in the first review of each student; how many."""
    place = {caption: number for number, caption in enumerate(lines[HEADER_ROW])}
    waiting = set(done)
    filled = 0
    for line in lines[HEADER_ROW + 1 :]:
        student = line[place[Col.STUDENT]]
        if filled == most or student not in waiting or line[place[Col.KIND]] != "Review":
            continue
        waiting.discard(student)
        for column, cell in _review(filled).items():
            line[place[column]] = cell
        filled += 1
    return filled


def _review(number: int) -> Mapping[Col, object]:
    return {
        Col.DATE: HELD_ON,
        Col.OUTCOME: OUTCOMES[number % len(OUTCOMES)],
        Col.EVIDENCE: REVIEWS[number % len(REVIEWS)],
        Col.SUBMITTED: YES,
    }


def _save(path: Path, sheets: Mapping[str, list[list[Any]]]) -> None:
    """As a spreadsheet program does that knows nothing of us, last changed the day before the deadline."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        dates = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, lines in sheets.items():
            sheet = book.add_worksheet(name)
            for row, line in enumerate(lines):
                for column, cell in enumerate(line):
                    if isinstance(cell, date):
                        sheet.write_datetime(row, column, cell, dates)
                    elif cell != "":
                        sheet.write(row, column, cell)
    moment = HANDED_IN.timestamp()
    os.utime(path, (moment, moment))
