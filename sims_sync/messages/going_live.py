"""When may messages go to staff: who decided it, and what did they look at first (DOMAIN rule 8c)?"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sims_sync.compliance.facts import Occasion, StudentLine
from sims_sync.context import RunContext
from sims_sync.errors import RunError
from sims_sync.outcome import Problem
from sims_sync.school_year import HalfTermId
from sims_sync.store.decisions import record_audit
from sims_sync.store.going_live import GoLive, load_decision, save_decision
from sims_sync.store.snapshots import load_snapshots
from sims_sync.store.students import load_students

SAMPLE_SIZE = 10
NOT_DECIDED = Problem(
    "not-decided",
    'The mode is "live", and nobody has recorded the decision to go live: nothing is sent to staff.',
    "See docs/going-live.md, then `sims-sync messages go-live`.",
)


@dataclass(frozen=True, slots=True)
class SampledStudent:
    """One student of the sample: what the product says of them, for a person to compare with SIMS."""

    forename: str
    surname: str
    line: StudentLine


def last_decision(context: RunContext) -> GoLive | None:
    """The decision that stands; None = none was recorded."""
    with context.store.reading() as connection:
        return load_decision(connection, context.school_id)


def first_decision(context: RunContext) -> GoLive | None:
    """The decision from which on messages go to staff: one recorded again later takes nothing back."""
    with context.store.reading() as connection:
        return load_decision(connection, context.school_id, first=True)


def is_before_going_live(context: RunContext, day: date) -> bool:
    """Whether what became due on a school-local day is never sent: in live mode, before it was decided."""
    if context.school.messages.mode != "live":
        return False
    decided = first_decision(context)
    return decided is None or day < context.school_year().local_date(decided.decided_at)


def sample(context: RunContext, half_term: HalfTermId) -> tuple[SampledStudent, ...]:
    """Ten students of the closing snapshot, drawn anew for each half term and always the same ones for it.

    Raises:
        RunError: there is no closing snapshot, or the guard doubted it.
    """
    lines = _closed_lines(context, half_term)
    with context.store.reading() as connection:
        students = load_students(connection, context.school_id)
    known = [line for line in lines if line.student_id in students]
    drawn = random.Random(str(half_term)).sample(known, min(SAMPLE_SIZE, len(known)))  # noqa: S311 - a draw, no secret
    return tuple(
        SampledStudent(students[line.student_id].forename, students[line.student_id].surname, line) for line in drawn
    )


def go_live(context: RunContext, half_term: HalfTermId, *, checked: int, staff_told: date, who: str) -> GoLive:
    """Record the decision. From its day on, messages that become due go to staff where the mode is "live".

    Raises:
        RunError: no closed snapshot without doubts, fewer students checked than the sample has, staff told later.
    """
    lines = _closed_lines(context, half_term)
    wanted = min(SAMPLE_SIZE, len(lines), len(sample(context, half_term)))
    if checked < wanted:
        what = f"{checked} students were checked against SIMS; {wanted} are needed."
        raise RunError("too-few-checked", what, "Print them with `sims-sync messages sample`, and look each one up.")
    now = context.now()
    if staff_told > context.school_year().local_date(now):
        raise RunError("staff-not-told", "The date on which staff were told is still to come.", "Tell them first.")
    decided = GoLive(now, who, str(half_term), checked, staff_told)
    with context.store.writing() as connection:
        save_decision(connection, context.school_id, decided)
        detail = {"checked": checked, "staff_told": staff_told.isoformat()}
        record_audit(
            connection, context.school_id, at=now, who=who, action="go-live", subject=str(half_term), detail=detail
        )
    return decided


def shown_moment(moment: datetime) -> str:
    """A moment in UTC, as lists show it."""
    return f"{moment:%a %d %b %Y %H:%M} UTC"


def _closed_lines(context: RunContext, half_term: HalfTermId) -> Sequence[StudentLine]:
    with context.store.reading() as connection:
        versions = load_snapshots(connection, context.school_id, half_term, Occasion.CLOSING)
    sound = [each for each in versions if not each.content.doubts]
    if not sound:
        what = f"{half_term.shown} has no closing snapshot that the guard did not doubt."
        raise RunError("no-closed-snapshot", what, "Live mail comes after one half term in shadow mode.")
    return sound[-1].content.assessment.lines
