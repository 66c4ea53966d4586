"""What may be decided about one student and half term, from the command line or from a list (DOMAIN rules 9, 11)?"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from sims_sync.compliance.facts import Assessment, Excusal, Exemption, StudentClass
from sims_sync.converters import EXCUSAL_REASON_CHARACTERS, EXCUSAL_REASONS
from sims_sync.report.summary import clean
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.decisions import decide_excusal, load_excusals, record_audit, save_excusal, save_exemption

REASONS = (*EXCUSAL_REASONS, "other")
REASON_CHARACTERS = EXCUSAL_REASON_CHARACTERS
ALREADY_DONE = "This student has an entry already, so there is nothing to exempt from: nothing was changed."


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about one student: by whom, and when it counts as made (aware).

    `noted`: when we learnt of it, where that is later: of a copy that was changed yesterday and is read today.
    """

    school: str
    student_id: str
    half_term: HalfTermId
    who: str
    at: datetime
    noted: datetime | None = None


def plain_reason(text: str) -> str:
    """A reason as it is kept: one line; one of `REASONS` in its own spelling, whatever case it was typed in."""
    line = clean(text)
    return next((reason for reason in REASONS if reason == line.casefold()), line)


def reason_fault(text: str) -> str | None:
    """Why a text is no reason, as a sentence; None = it is one (rule 11)."""
    length = len(plain_reason(text))
    if 1 <= length <= REASON_CHARACTERS:
        return None
    return f"A reason has 1 to {REASON_CHARACTERS} characters."


def is_done(assessment: Assessment, student_id: str) -> bool:
    """Whether the student has a qualifying entry: there is nothing to exempt them from then."""
    return any(line.student_id == student_id and line.student_class is StudentClass.DONE for line in assessment.lines)


def is_after_deadline(school_year: SchoolYear, half_term: HalfTermId, at: datetime) -> bool:
    """Whether a decision made `at` (aware) comes after the deadline, whose figures then stay as they were."""
    deadline = school_year.dates(half_term).deadline
    return deadline is not None and school_year.local_date(at) > deadline


def find_excusal(connection: Connection, decision: Decision) -> Excusal | None:
    """The excusal given for this student and half term; None = none."""
    for given in load_excusals(connection, decision.school):
        if (given.student_id, given.half_term) == (decision.student_id, decision.half_term):
            return given
    return None


def give_excusal(connection: Connection, decision: Decision, reason: str, day: date) -> None:
    """Give a reason, or put an undecided one into other words: it stays given on the day it was first given.

    Else who mends a word after the deadline would lose a reason that was given in time (rule 11).
    """
    before = find_excusal(connection, decision)
    if before is not None and before.accepted is None:
        day = min(day, before.effective)
    given = Excusal(decision.student_id, decision.half_term, plain_reason(reason), day)
    save_excusal(connection, decision.school, given, decision.who, decision.at)
    _audit(connection, decision, "excusal-given")


def settle_excusal(connection: Connection, decision: Decision, *, accepted: bool, reason: str | None) -> None:
    """Accept an excusal, or do not."""
    values = {
        "accepted": accepted,
        "decided_by": decision.who,
        "decided_at": decision.at,
        "decision_reason": clean(reason) if reason else None,
    }
    decide_excusal(connection, decision.school, decision.student_id, decision.half_term, values)
    _audit(connection, decision, "excusal-accepted" if accepted else "excusal-refused")


def exempt_student(connection: Connection, decision: Decision, reason: str) -> None:
    """Exempt a student for the half term; ask `is_done` before."""
    given = Exemption(decision.student_id, decision.half_term, plain_reason(reason))
    save_exemption(connection, decision.school, given, decision.who, decision.at)
    _audit(connection, decision, "exempted")


def _audit(connection: Connection, decision: Decision, action: str) -> None:
    record_audit(
        connection,
        decision.school,
        at=decision.noted or decision.at,
        who=decision.who,
        action=action,
        subject=decision.student_id,
        detail={"half_term": str(decision.half_term)},
    )
