"""How is a pro-forma workbook laid out: its sheets, its columns and the marks by which a copy is known again?

The captions of the input columns are those of mappings/proforma_workbook.toml.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sims_sync.records import EntryKind
from sims_sync.school_year import HalfTermId

FORMAT_VERSION = 1
SHEET = "Pro-forma"
IDEAS_SHEET = "Ideas"
MARKS_SHEET = "sims-sync"  # hidden: which school and half term the copy was issued for
ANSWER_SUFFIX = " - please correct"
PUBLIC = "All staff, the student and parents can read this. Nothing sensitive."
HEADER_ROW = 3  # from 0: below the title, that sentence and how to fill it in
FIRST_ROW = HEADER_ROW + 1

YES, NO, WITHDRAWN = "yes", "no", "withdrawn"
SUBMITTED_CHOICES = (YES, NO, WITHDRAWN)
OUTCOMES = ("achieved", "partly", "not achieved")
KIND_WORDS: Mapping[EntryKind, str] = {EntryKind.INTERVIEW: "Target", EntryKind.REVIEW: "Review"}


class Col(StrEnum):
    """The columns in their order; the values are the captions."""

    SURNAME = "Surname"
    FORENAME = "Forename"
    YEAR = "Year"
    DATA = "Academic data"
    KIND = "Kind"
    EARLIER = "Target to review"
    DATE = "Date of interview"
    AREA = "Area"
    TEXT = "Target or review"
    CRITERION = "Success criterion"
    SUPPORT = "Support"
    BY_DATE = "By date"
    OUTCOME = "Outcome"
    EVIDENCE = "Evidence"
    NEXT_STEP = "Next step"
    NO_TARGET = "No new target because"
    EXCUSAL = "No interview because"
    SUBMITTED = "Submitted"
    AUTHOR = "Made by"
    CHECK = "Check"
    CORRECT = "What to correct"
    ROW_ID = "row_id"
    STUDENT = "student"
    TESTED = "tested text"  # by formula, for the column Check
    WORDS = "words"


# Narrow, for everything up to "Submitted" is to be readable on one A4 page across.
WIDTHS: Mapping[Col, int] = {
    Col.SURNAME: 12,
    Col.FORENAME: 10,
    Col.YEAR: 5,
    Col.DATA: 22,
    Col.KIND: 7,
    Col.EARLIER: 24,
    Col.DATE: 11,
    Col.AREA: 12,
    Col.TEXT: 32,
    Col.CRITERION: 18,
    Col.SUPPORT: 14,
    Col.BY_DATE: 11,
    Col.OUTCOME: 10,
    Col.EVIDENCE: 18,
    Col.NEXT_STEP: 14,
    Col.NO_TARGET: 16,
    Col.EXCUSAL: 13,
    Col.SUBMITTED: 10,
    Col.AUTHOR: 9,
    Col.CHECK: 22,
    Col.CORRECT: 40,
    Col.ROW_ID: 24,
    Col.STUDENT: 20,
    Col.TESTED: 20,
    Col.WORDS: 8,
}
HIDDEN = frozenset({Col.ROW_ID, Col.STUDENT, Col.TESTED, Col.WORDS})
DATES = frozenset({Col.DATE, Col.BY_DATE})
_EVERY_ROW = frozenset({Col.DATE, Col.TEXT, Col.SUBMITTED, Col.AUTHOR})
INPUTS: Mapping[EntryKind, frozenset[Col]] = {
    EntryKind.INTERVIEW: _EVERY_ROW | {Col.AREA, Col.CRITERION, Col.SUPPORT, Col.BY_DATE, Col.NO_TARGET, Col.EXCUSAL},
    EntryKind.REVIEW: _EVERY_ROW | {Col.OUTCOME, Col.EVIDENCE, Col.NEXT_STEP},
}
# What makes a row one that somebody filled in; who made it and whether it is submitted says nothing by itself.
CONTENT = (INPUTS[EntryKind.INTERVIEW] | INPUTS[EntryKind.REVIEW]) - {Col.SUBMITTED, Col.AUTHOR}


@dataclass(frozen=True, slots=True)
class Marks:
    """What a workbook says of itself on its hidden sheet: for which school and half term it was issued, and when.

    `half_term` is "2026-27/autumn-2", `school_dfe` "" where the school has set none, `issued` aware.
    """

    school: str
    school_dfe: str
    half_term: str
    group: str
    issued: datetime
    version: int = FORMAT_VERSION

    @property
    def title(self) -> str:
        """E.g. "8A1: Autumn 2 2026/27"."""
        half_term = HalfTermId.parse(self.half_term)
        return f"{self.group}: {half_term.shown} {half_term.year.replace('-', '/')}"


def place(column: Col) -> int:
    """The column's place in a workbook that we write, from 0."""
    return tuple(Col).index(column)
