"""How is a list laid out: its sheets, its columns and the marks by which a changed copy is known again?"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sims_sync.lists.folders import ListKind

FORMAT_VERSION = 1
OVERVIEW_SHEET = "Overview"
GROUPS_SHEET = "Tutor groups"
STUDENTS_SHEET = "Students not done"
MARKS_SHEET = "sims-sync"  # hidden: whose list it is, of which school and half term
NOTE_LABEL = "Note for the Head of House"
NOTE_CHARACTERS = 200  # DOMAIN rule 22
NOTE_HINT = (
    f"Your note about this group, at most {NOTE_CHARACTERS} characters; the Head of House reads it. No diagnosis."
)
ACCEPT, REFUSE = "accept", "do not accept"
DECISIONS = (ACCEPT, REFUSE)
FOR_THE_LEAD = "for the programme lead"


class Col(StrEnum):
    """The columns of the students in their order; the values are the captions."""

    GROUP = "Tutor group"
    SURNAME = "Surname"
    FORENAME = "Forename"
    STANDING = "Where they stand"
    KNOWN = "What is known"
    REASON = "No interview because"
    GIVEN = "Given on"
    STATE = "Decided"
    DECISION = "Decision"
    WHY = "Not accepted because"
    EXEMPT = "Exempt because"
    ANSWER = "What was not taken over"
    ROW_ID = "row_id"
    WAS_REASON = "was: reason"
    WAS_DECISION = "was: decision"
    WAS_WHY = "was: why"
    WAS_EXEMPT = "was: exempt"


# What stood in a cell as we wrote it: only what differs from it was written by a person.
WAS: Mapping[Col, Col] = {
    Col.REASON: Col.WAS_REASON,
    Col.DECISION: Col.WAS_DECISION,
    Col.WHY: Col.WAS_WHY,
    Col.EXEMPT: Col.WAS_EXEMPT,
}
HIDDEN = frozenset({Col.ROW_ID, *WAS.values()})
_HEADS_COLUMNS = tuple(column for column in Col if column is not Col.STATE)
_TUTORS_COLUMNS = (
    Col.SURNAME,
    Col.FORENAME,
    Col.STANDING,
    Col.KNOWN,
    Col.REASON,
    Col.STATE,
    Col.ANSWER,
    Col.ROW_ID,
    Col.WAS_REASON,
)
COLUMNS: Mapping[ListKind, tuple[Col, ...]] = {
    ListKind.HOUSE: _HEADS_COLUMNS,
    ListKind.LEAD: _HEADS_COLUMNS,
    ListKind.GROUP: _TUTORS_COLUMNS,
}
# What may be written at all in the lists of each kind, whoever unlocked a cell.
INPUTS: Mapping[ListKind, tuple[Col, ...]] = {
    ListKind.HOUSE: (Col.DECISION, Col.WHY, Col.EXEMPT),
    ListKind.LEAD: (Col.DECISION, Col.WHY, Col.EXEMPT),
    ListKind.GROUP: (Col.REASON,),
}
WIDTHS: Mapping[Col, int] = {
    Col.GROUP: 10,
    Col.SURNAME: 18,
    Col.FORENAME: 16,
    Col.STANDING: 20,
    Col.KNOWN: 24,
    Col.REASON: 26,
    Col.GIVEN: 13,
    Col.STATE: 16,
    Col.DECISION: 18,
    Col.WHY: 26,
    Col.EXEMPT: 26,
    Col.ANSWER: 40,
}


@dataclass(frozen=True, slots=True)
class Marks:
    """What a list says of itself on its hidden sheet; `note` is the note as we wrote it."""

    school: str
    half_term: str
    key: str
    note: str = ""
    version: int = FORMAT_VERSION
