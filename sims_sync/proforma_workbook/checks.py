"""Which checks does Excel make while a tutor types: the formula of the column "Check", and what a cell accepts?

The formulas are ours; what a tutor or SIMS wrote never becomes part of one. They follow DOMAIN rule 15 and the lengths
of `entry_text`; where Excel counts differently (several blanks in a row) they ask for more, never for less. Collection
checks again, and its word counts.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from sims_sync.compliance.entries import MINIMUM_TEXT_CHARACTERS, MINIMUM_TEXT_WORDS
from sims_sync.converters import EXCUSAL_REASON_CHARACTERS, EXCUSAL_REASONS
from sims_sync.entry_text import TEXT_LIMIT, render_no_target, render_review, render_target
from sims_sync.proforma_workbook.layout import (
    FIRST_ROW,
    KIND_WORDS,
    NO,
    OUTCOMES,
    SUBMITTED_CHOICES,
    YES,
    Col,
    place,
)
from sims_sync.records import EntryKind, Review, Target

# Signs that make no word when they stand alone; a word that contains one stays a word without it.
_NO_WORDS = "-–*.,&/"
_MARK = "x"
_DAY = date(2027, 1, 29)
_NOTHING = '""'

Validation = Mapping[str, Any]


def formulas(kind: EntryKind, row: int, last_row: int) -> Mapping[Col, str]:
    """The formulas of a row (both from 0), by column.

    The hidden ones are the text that rule 15 looks at, and its words; "Check" says nothing, "ok", or what is missing,
    too short or too long.
    """
    cells = {column: f"${xl_col_to_name(place(column))}{row + 1}" for column in Col}
    ranges = {column: _range(column, last_row) for column in (Col.STUDENT, Col.DATE, Col.SUBMITTED)}
    text = f'IF({cells[Col.TEXT]}="",{cells[Col.NO_TARGET]},{cells[Col.TEXT]})'
    return {
        Col.TESTED: f"=TRIM({_blanks(text)})",
        Col.WORDS: _words(cells[Col.TESTED]),
        Col.CHECK: _check(kind, cells, ranges),
    }


def _check(kind: EntryKind, cells: Mapping[Col, str], ranges: Mapping[Col, str]) -> str:
    is_target = kind is EntryKind.INTERVIEW
    verdict = _target_verdict(cells) if is_target else _review_verdict(cells)
    counted = (
        (Col.TEXT, Col.AREA, Col.CRITERION, Col.SUPPORT, Col.BY_DATE, Col.NO_TARGET)
        if is_target
        else (Col.TEXT, Col.OUTCOME, Col.EVIDENCE, Col.NEXT_STEP)
    )
    nothing = "&".join(cells[column] for column in counted)
    dated = f'COUNTIFS({ranges[Col.STUDENT]},{cells[Col.STUDENT]},{ranges[Col.DATE]},">0")'
    undated = f'AND({cells[Col.DATE]}="",{dated}=0)'
    filled = f'IF({undated},"date of interview missing",{verdict}&{_draft(cells, ranges)})'
    return f'=IF({nothing}="",{_excusal(cells) if is_target else _NOTHING},{filled})'


def validations(areas: str, first_day: date) -> Mapping[Col, Validation]:
    """What the cells of a whole column accept; `areas` is the range that lists the areas.

    For whole columns, because Excel moves no validation with its row when rows are sorted.
    """
    chosen = {"validate": "list", "error_title": "Choose from the list"}
    own_words = "Keep it in your own words?"
    excusal = f"{own_words} At most {EXCUSAL_REASON_CHARACTERS} characters, and nothing sensitive."
    return {
        Col.DATE: _date(first_day, "=TODAY()", "Write the day of the interview, e.g. 12/11/2026: today or earlier."),
        Col.AREA: {**chosen, "source": areas, "error_type": "warning", "error_message": own_words},
        Col.TEXT: _text_test(Col.TEXT),
        Col.BY_DATE: _date(first_day, date(first_day.year + 8, 12, 31), "Write a date, e.g. 29/01/2027."),
        Col.OUTCOME: {**chosen, "source": list(OUTCOMES), "error_message": f"Choose: {', '.join(OUTCOMES)}."},
        Col.NO_TARGET: _text_test(Col.NO_TARGET),
        Col.EXCUSAL: {**chosen, "source": list(EXCUSAL_REASONS), "error_type": "warning", "error_message": excusal},
        Col.SUBMITTED: {
            **chosen,
            "source": list(SUBMITTED_CHOICES),
            "error_message": "yes = hand it in; no = still a draft; withdrawn = take back what was handed in.",
        },
    }


def _target_verdict(cells: Mapping[Col, str]) -> str:
    plain = len(render_target(Target(_MARK)))
    length = (
        f"{plain - 1}+LEN({cells[Col.TEXT]})"
        f'+IF({cells[Col.BY_DATE]}="",0,{len(render_target(Target(_MARK, by_date=_DAY))) - plain})'
        + _part(cells[Col.CRITERION], len(render_target(Target(_MARK, criterion=_MARK))) - plain)
        + _part(cells[Col.SUPPORT], len(render_target(Target(_MARK, support=_MARK))) - plain)
    )
    reason = f"{len(render_no_target(_MARK)) - 1}+LEN({cells[Col.NO_TARGET]})"
    nothing = f'AND({cells[Col.TEXT]}="",{cells[Col.NO_TARGET]}="")'
    limited = f'IF({cells[Col.TEXT]}="",{_limited(reason)},{_limited(length)})'
    return f'IF({nothing},"write the target",{_tested(cells, limited)})'


def _review_verdict(cells: Mapping[Col, str]) -> str:
    plain = len(render_review(Review(_MARK)))
    length = (
        f"{plain - 1}+LEN({cells[Col.OUTCOME]})"
        + _part(cells[Col.TEXT], len(render_review(Review(_MARK, _MARK))) - plain)
        + _part(cells[Col.EVIDENCE], len(render_review(Review(_MARK, evidence=_MARK))) - plain)
        + _part(cells[Col.NEXT_STEP], len(render_review(Review(_MARK, next_step=_MARK))) - plain)
    )
    return f'IF({cells[Col.OUTCOME]}="","choose an outcome",{_limited(length)})'


def _part(cell: str, with_one_sign: int) -> str:
    """What a part adds to the line: its name and separator, and its text."""
    return f'+IF({cell}="",0,{with_one_sign - 1}+LEN({cell}))'


def _tested(cells: Mapping[Col, str], otherwise: str) -> str:
    """Rule 15."""
    characters, words = f"LEN({cells[Col.TESTED]})", cells[Col.WORDS]
    short = f"OR({characters}<{MINIMUM_TEXT_CHARACTERS},{words}<{MINIMUM_TEXT_WORDS})"
    of = f'" of {MINIMUM_TEXT_CHARACTERS} characters, "&{words}&" of {MINIMUM_TEXT_WORDS} words"'
    return f'IF({short},"too short: "&{characters}&{of},{otherwise})'


def _limited(length: str) -> str:
    return f'IF({length}>{TEXT_LIMIT},"too long: "&({length})&" of {TEXT_LIMIT}","ok")'


def _excusal(cells: Mapping[Col, str]) -> str:
    cell = cells[Col.EXCUSAL]
    long = f'"too long: "&LEN({cell})&" of {EXCUSAL_REASON_CHARACTERS}"'
    return f'IF({cell}="","",IF(LEN({cell})>{EXCUSAL_REASON_CHARACTERS},{long},"ok"))'


def _draft(cells: Mapping[Col, str], ranges: Mapping[Col, str]) -> str:
    """One yes counts for the student's other rows, unless one of them says something else."""
    own = cells[Col.SUBMITTED]
    counted = {
        word: f'COUNTIFS({ranges[Col.STUDENT]},{cells[Col.STUDENT]},{ranges[Col.SUBMITTED]},"{word}")'
        for word in (YES, NO)
    }
    unsaid = f'AND({own}="",OR({counted[YES]}=0,{counted[NO]}>0))'
    return f'IF(OR({own}="{NO}",{unsaid}),"; a draft until Submitted is yes","")'


def _blanks(text: str) -> str:
    """Line breaks and no-break blanks as plain blanks, which are all that TRIM knows."""
    return f'SUBSTITUTE(SUBSTITUTE({text},CHAR(10)," "),CHAR(160)," ")'


def _words(tested: str) -> str:
    bare = tested
    for sign in _NO_WORDS:
        bare = f'SUBSTITUTE({bare},"{sign}","")'
    bare = f"TRIM({bare})"
    return f'=IF(LEN({bare})=0,0,LEN({bare})-LEN(SUBSTITUTE({bare}," ",""))+1)'


def _range(column: Col, last_row: int) -> str:
    letters = xl_col_to_name(place(column))
    return f"${letters}${FIRST_ROW + 1}:${letters}${last_row + 1}"


def _text_test(column: Col) -> Validation:
    """Asked when the cell is left. A warning: a short text is shown as too short, never thrown away (rule 15)."""
    cell, kind = (f"${xl_col_to_name(place(each))}{FIRST_ROW + 1}" for each in (column, Col.KIND))
    blanks = f'LEN(TRIM({cell}))-LEN(SUBSTITUTE(TRIM({cell})," ",""))'
    long_enough = f"LEN(TRIM({cell}))>={MINIMUM_TEXT_CHARACTERS},{blanks}>={MINIMUM_TEXT_WORDS - 1}"
    message = (
        f"To count it needs at least {MINIMUM_TEXT_CHARACTERS} characters and {MINIMUM_TEXT_WORDS} words; SIMS holds "
        f"{TEXT_LIMIT} characters in all. Keep it as it is?"
    )
    return {
        "validate": "custom",
        "value": f'=OR({kind}="{KIND_WORDS[EntryKind.REVIEW]}",AND({long_enough},LEN({cell})<={TEXT_LIMIT}))',
        "error_type": "warning",
        "error_title": "Too short or too long",
        "error_message": message,
    }


def _date(first: date, last: str | date, message: str) -> Validation:
    between = {"criteria": "between", "minimum": first, "maximum": last}
    return {"validate": "date", **between, "error_title": "This is no date for this cell", "error_message": message}
