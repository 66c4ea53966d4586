"""How does the annual evaluation look as text of 100 columns, and as data: CSV, JSON?"""

import csv
import json
import textwrap
from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import zip_longest

from sims_sync.compliance.annual import TOTAL, Shown, Table
from sims_sync.report import annual_words as words
from sims_sync.report.annual_words import AnnualReport
from sims_sync.report.exports import neutralised
from sims_sync.report.summary import clean
from sims_sync.report.trend import text_bar
from sims_sync.report.wording import STAFF_ONLY

SCHEMA = "sims-sync/annual/1"
WIDTH_COLUMNS = 100
ROW_WIDTH = 14
CELL_WIDTH = 12
CSV_COLUMNS = ("table", "by", "row", "measure", "part", "whole", "percent", "students", "suppressed")
_GAP = "  "


def render_text(report: AnnualReport) -> str:
    """The whole report as lines of at most 100 columns, ending with a line break."""
    heading = words.title(report)
    lines = [heading, "=" * min(len(heading), WIDTH_COLUMNS), *_wrapped(words.notes(report)), ""]
    lines += [words.PASTE_HEADING, "-" * len(words.PASTE_HEADING), *_wrapped(words.paste_lines(report))]
    for table in report.annual.tables:
        lines += ["", table.title, "-" * len(table.title), *_table(table)]
    lines += ["", words.TUTORS_HEADING, "-" * len(words.TUTORS_HEADING)]
    lines += _wrapped(words.tutor_lines(report.tutors) or (words.NO_ANSWERS,))
    return "".join(f"{line.rstrip()}\n" for line in [*lines, "", STAFF_ONLY])


def render_csv(report: AnnualReport) -> str:
    """One row per table, row and measure, the whole school's last; a suppressed cell has no number."""
    page = StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for table in report.annual.tables:
        for row, measure, shown in cells_of(table):
            numbers = (shown.part, shown.whole, shown.percent, shown.students)
            texts = ["" if number is None else str(number) for number in numbers]
            told = [table.title, table.by, clean(row), measure, *texts, "yes" if shown.suppressed else "no"]
            writer.writerow([neutralised(text) for text in told])
    return page.getvalue()


def render_json(report: AnnualReport) -> str:
    """One document, ending with a line break; a suppressed cell is null in every number."""
    made = report.annual
    document = {
        "schema": SCHEMA,
        "school": report.school,
        "year": made.year,
        "as_of": report.as_of.isoformat(),
        "closed": [str(each) for each in made.closed],
        "restated": [str(each) for each in made.restated],
        "without_interviews_and_reviews": [str(each) for each in made.without_work],
        "others": {str(half_term): why for half_term, why in made.others},
        "tables": [_json_table(table) for table in made.tables],
        "tutors": [
            {
                "question": each.question,
                "answers": each.answers,
                "mean": None if each.mean_tenths is None else each.mean_tenths / 10,
                "agree_percent": each.agree_percent,
            }
            for each in report.tutors
        ],
        "to_paste": list(words.paste_lines(report)),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def cells_of(table: Table) -> Iterable[tuple[str, str, Shown]]:
    """Row, measure and cell, row after row, the whole school's last."""
    for row in table.rows:
        yield from ((row, column.heading, column.cells[row]) for column in table.columns)
    yield from ((TOTAL, column.heading, column.total) for column in table.columns)


def _table(table: Table) -> Iterable[str]:
    if table.empty:
        return [words.NOTHING]
    lines = [*_line([table.by, *(column.heading for column in table.columns)])]
    for row in (*table.rows, TOTAL):
        shown = [column.total if row is TOTAL else column.cells[row] for column in table.columns]
        lines += ["", *_line([clean(row), *map(_cell, shown)])]
    return lines


def _cell(shown: Shown) -> str:
    """The number, and its bar below it: it always is a share of 100."""
    return f"{words.cell(shown)}\n{text_bar(shown.percent)}"


def _line(cells: Sequence[str]) -> Iterable[str]:
    widths = [ROW_WIDTH, *(CELL_WIDTH for _ in cells[1:])]
    columns = [
        [line for part in cell.split("\n") for line in textwrap.wrap(part, width)]
        for cell, width in zip(cells, widths, strict=True)
    ]
    for parts in zip_longest(*columns, fillvalue=""):
        yield _GAP.join(part.ljust(width) for part, width in zip(parts, widths, strict=True))


def _wrapped(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        yield from textwrap.wrap(line, WIDTH_COLUMNS) or [""]


def _json_table(table: Table) -> dict[str, object]:
    cells = [
        {
            "row": row,
            "measure": measure,
            "part": shown.part,
            "whole": shown.whole,
            "percent": shown.percent,
            "students": shown.students,
            "suppressed": shown.suppressed,
        }
        for row, measure, shown in cells_of(table)
    ]
    return {"title": table.title, "by": table.by, "cells": cells}
