"""What does a changed copy of a list ask for, what of it may be taken over, and what is answered instead?"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from sims_sync.compliance.facts import StudentClass
from sims_sync.converters import NulError, tidy
from sims_sync.decision_rules import (
    ALREADY_DONE,
    Decision,
    exempt_student,
    give_excusal,
    plain_reason,
    reason_fault,
    settle_excusal,
)
from sims_sync.identity import sort_key
from sims_sync.lists.answers import Answers
from sims_sync.lists.content import Figures
from sims_sync.lists.folders import ListKey, ListKind
from sims_sync.lists.layout import ACCEPT, DECISIONS, INPUTS, NOTE_CHARACTERS, REFUSE, WAS, Col
from sims_sync.lists.reading import Cells, ChangedCopy
from sims_sync.report.summary import clean
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.decisions import record_audit
from sims_sync.store.notes import save_note

_UNKNOWN_ROW = "it has lost its hidden id, or was typed in by hand. Write into the student's own row."
_MOVED = "this student is not in this list any more, so nothing was taken over."
_TWICE = "There are two rows of this student that say different things: keep one."
_SHIFTED = (
    "A text of this column left one row and stands in another, as after sorting it alone: write into a fresh list."
)
_OTHER_NAME = "the name and the hidden id of it are not the same student's. Write into a fresh list."
_CLOSED = "The half term it was for is closed: nothing was taken over."
_LOCKED = "This cell is not open in this list: nothing was taken over."
_FOR_THE_LEAD = "The programme lead decides here: nothing was taken over."
_DECIDED = "It has been decided already: speak to whoever decided."
_NO_REASON_GIVEN = "No reason has been given for this student: there is nothing to decide."
_ANOTHER_REASON = "The reason given has changed since this list was written: look at it, then decide."
_CHOOSE = f"Choose {ACCEPT} or {REFUSE}."
_SAY_WHY = "Say why it is not accepted."
_NOT_TAKEN_BACK = "Emptying the cell takes nothing back."
_EXEMPT_ALREADY = "This student is exempt: nothing was changed."
_SAVE_AGAIN = (
    "It could not be taken over when it was written, and can be now: if it still holds, save this list once more."
)
_UNREADABLE = "The text holds a character that cannot be kept: type it again."


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that a copy asks for: what (REASON, DECISION or EXEMPT), of whom, and the reason written with it."""

    student_id: str
    what: Col
    text: str
    accepted: bool | None = None

    @property
    def written(self) -> Mapping[Col, str]:
        """The cells that ask for it."""
        if self.what is Col.DECISION:
            return {Col.DECISION: ACCEPT if self.accepted else REFUSE, Col.WHY: self.text}
        return {self.what: self.text}


@dataclass(slots=True)
class Judged:
    """What of a copy is taken over, and what is answered. `note` None = it did not change."""

    asked: list[Asked] = field(default_factory=list)
    note: str | None = None
    rows: dict[str, tuple[dict[Col, str], str]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    note_answer: tuple[str, str] | None = None

    @property
    def answers(self) -> Answers:
        """What goes back into the list."""
        return Answers(dict(self.rows), self.note_answer, tuple(self.lines))

    @property
    def taken(self) -> int:
        """How many cells are taken over."""
        return len(self.asked) + (self.note is not None)

    def ask_again(self) -> None:
        """What was refused once is not taken over by itself later, when much may have changed; nor does it vanish."""
        asked, self.asked = self.asked, []
        for each in asked:
            self.refuse(each.student_id, each.written, _SAVE_AGAIN)
        if self.note is not None:
            self.note_answer = (self.note, _SAVE_AGAIN)
            self.note = None

    def refuse(self, student_id: str, written: Mapping[Col, str], why: str) -> None:
        """Answer a row; several answers to one row stand one after the other."""
        kept, said = self.rows.get(student_id, ({}, ""))
        self.rows[student_id] = ({**kept, **written}, f"{said} {why}".strip())


def judge(copy: ChangedCopy, key: ListKey, figures: Figures) -> Judged:
    """What a copy of the list `key` asks for, cell by cell: only what differs from what we wrote was written.

    `figures` are those of the copy's half term, as they are now; who is not in this list can be given nothing by it.
    """
    judged = Judged()
    written = [(row, found) for row in copy.rows if (found := _written(row, key))]
    note = _changed_note(copy, key)
    if figures.closed:
        if written or note is not None:
            judged.lines.append(_CLOSED)
        return judged
    _judge_rows(judged, written, key, figures)
    if note is not None:
        _judge_note(judged, note)
    return judged


def apply(
    connection: Connection,
    judged: Judged,
    key: ListKey,
    figures: Figures,
    *,
    at: datetime,
    noted: datetime,
    school_year: SchoolYear,
) -> None:
    """Keep what was taken over, each with its line in the audit log; `at` is when it counts as written (aware)."""
    half_term, who = HalfTermId.parse(figures.half_term), f"folder of {key.shown}"
    for asked in judged.asked:
        decision = Decision(figures.school, asked.student_id, half_term, who, at, noted)
        if asked.what is Col.REASON:
            give_excusal(connection, decision, asked.text, school_year.local_date(at))
        elif asked.what is Col.EXEMPT:
            exempt_student(connection, decision, asked.text)
        else:
            settle_excusal(connection, decision, accepted=bool(asked.accepted), reason=asked.text or None)
    if judged.note is not None:
        save_note(connection, figures.school, half_term, key.name, judged.note, who=who, at=at)
        detail = {"half_term": figures.half_term}
        record_audit(
            connection, figures.school, at=noted, who=who, action="tutor-note", subject=key.name, detail=detail
        )


def written_at(modified: datetime, listed: datetime, now: datetime) -> datetime:
    """When a copy counts as changed: its file's time, but never before we wrote the list, nor in the future."""
    return min(max(modified, listed), now)


def _written(row: Cells, key: ListKey) -> dict[Col, str]:
    """The cells that a person wrote, by column; an emptied one is ""."""
    found = {column: _tidied(row.get(column, "")) for column in INPUTS[key.kind] if column in row}
    return {column: text for column, text in found.items() if text != _tidied(row.get(WAS[column], ""))}


def _tidied(text: str) -> str:
    try:
        return clean(tidy(text))
    except NulError:
        return "\0"


def _judge_rows(
    judged: Judged, written: Sequence[tuple[Cells, dict[Col, str]]], key: ListKey, figures: Figures
) -> None:
    by_student: dict[str, list[tuple[Cells, dict[Col, str]]]] = defaultdict(list)
    astray: Counter[str] = Counter()
    for row, cells in written:
        student = figures.by_row.get(row.get(Col.ROW_ID, "").strip())
        line = figures.by_id.get(student or "")
        if student is None:
            astray[_UNKNOWN_ROW] += 1
        elif line is None or not figures.belongs(key, line):
            astray[_MOVED] += 1
        elif not _is_named(row, figures, student):
            astray[_OTHER_NAME] += 1
        else:
            by_student[student].append((row, cells))
    judged.lines += [f"{count} row{'' if count == 1 else 's'}: {why}" for why, count in astray.items()]
    shifted = _shifted(written)
    for student, rows in by_student.items():
        row, cells = rows[0]
        if any(other != cells for _, other in rows):
            judged.refuse(student, {}, _TWICE)
        elif shifted & cells.keys():
            judged.refuse(student, cells, _SHIFTED)
        else:
            _judge_row(judged, student, row, cells, key, figures)


def _shifted(written: Sequence[tuple[Cells, dict[Col, str]]]) -> set[Col]:
    """The columns in which a text left one row and stands in another: somebody sorted that column by itself.

    Nobody can then say whose any of its cells is, and a guess would excuse another student.
    """
    found = set()
    for column in {column for _, cells in written for column in cells}:
        gone = {_tidied(row.get(WAS[column], "")) for row, cells in written if column in cells} - {""}
        come = {cells[column] for _, cells in written if cells.get(column)}
        if gone & come:
            found.add(column)
    return found


def _is_named(row: Cells, figures: Figures, student: str) -> bool:
    """Whether the names that stand in the row are the student's: somebody may have sorted a part of the columns."""
    shown = row.get(Col.SURNAME, ""), row.get(Col.FORENAME, "")
    known = clean(figures.students[student].surname), clean(figures.students[student].forename)
    return [sort_key(clean(text)) for text in shown] == [sort_key(text) for text in known]


def _judge_row(
    judged: Judged, student: str, row: Cells, cells: Mapping[Col, str], key: ListKey, figures: Figures
) -> None:
    if Col.REASON in cells:
        _settle(judged, student, {Col.REASON: cells[Col.REASON]}, _reason(student, cells[Col.REASON], key, figures))
    decision = {column: cells[column] for column in (Col.DECISION, Col.WHY) if column in cells}
    if decision:
        both = {column: _tidied(row.get(column, "")) for column in (Col.DECISION, Col.WHY)}
        _settle(judged, student, both, _decision(student, both, row, key, figures))
    if Col.EXEMPT in cells:
        _settle(judged, student, {Col.EXEMPT: cells[Col.EXEMPT]}, _exemption(student, cells[Col.EXEMPT], key, figures))


def _settle(judged: Judged, student: str, written: Mapping[Col, str], found: Asked | str | None) -> None:
    if isinstance(found, Asked):
        judged.asked.append(found)
    elif found is not None:
        judged.refuse(student, {column: text.replace("\0", "") for column, text in written.items()}, found)


def _reason(student: str, text: str, key: ListKey, figures: Figures) -> Asked | str | None:
    """What a tutor's reason asks for; a sentence = why it is not taken over; None = it is so already."""
    given = figures.excusals.get(student)
    if given is not None and given.reason == plain_reason(text):
        return None
    if not text and given is None:
        return None
    if given is not None and given.accepted is not None:
        return _DECIDED
    if Col.REASON not in figures.open_columns(key, figures.by_id[student]):
        return _LOCKED
    return _fault(text) or Asked(student, Col.REASON, text)


def _decision(student: str, both: Mapping[Col, str], row: Cells, key: ListKey, figures: Figures) -> Asked | str | None:
    given = figures.excusals.get(student)
    word, why = both[Col.DECISION].casefold(), both[Col.WHY]
    if not word and not why:
        return None
    if key.kind is ListKind.HOUSE and figures.is_for_the_lead(figures.by_id[student]):
        return _FOR_THE_LEAD
    if given is None:
        return _NO_REASON_GIVEN
    if given.accepted is not None:
        return None if word == (ACCEPT if given.accepted else REFUSE) else _DECIDED
    shown = plain_reason(row.get(Col.REASON, ""))
    fault = _ANOTHER_REASON if shown != plain_reason(given.reason) else _decision_fault(word, why)
    return fault or Asked(student, Col.DECISION, why, accepted=word == ACCEPT)


def _decision_fault(word: str, why: str) -> str | None:
    if word not in DECISIONS:
        return _CHOOSE
    if word == REFUSE and not why:
        return _SAY_WHY
    return _fault(why) if why else None


def _exemption(student: str, text: str, key: ListKey, figures: Figures) -> Asked | str | None:
    exempt = figures.exemptions.get(student)
    line = figures.by_id[student]
    if not text:
        return _NOT_TAKEN_BACK if exempt else None
    if exempt is not None:
        return None if exempt.reason == plain_reason(text) else _EXEMPT_ALREADY
    if key.kind is ListKind.HOUSE and figures.is_for_the_lead(line):
        return _FOR_THE_LEAD
    if line.student_class is StudentClass.DONE:
        return ALREADY_DONE
    if Col.EXEMPT not in figures.open_columns(key, line):
        return _LOCKED
    return _fault(text) or Asked(student, Col.EXEMPT, text)


def _fault(text: str) -> str | None:
    if "\0" in text:
        return _UNREADABLE
    return reason_fault(text) if text else _NOT_TAKEN_BACK


def _changed_note(copy: ChangedCopy, key: ListKey) -> str | None:
    if key.kind is not ListKind.GROUP or copy.note is None:
        return None
    note = _tidied(copy.note)
    return note if note != _tidied(copy.marks.note) else None


def _judge_note(judged: Judged, note: str) -> None:
    if "\0" in note:
        judged.note_answer = (note.replace("\0", ""), _UNREADABLE)
    elif len(note) > NOTE_CHARACTERS:
        why = f"A note has at most {NOTE_CHARACTERS} characters, this one has {len(note)}: shorten it."
        judged.note_answer = (note, why)
    else:
        judged.note = note
