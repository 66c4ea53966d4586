"""What failed and is no longer due: given up, so that it neither leaves late nor hides what fails today (rule 5)."""

from collections.abc import Sequence

from sims_sync.context import RunContext
from sims_sync.messages.letters import MessageKind
from sims_sync.messages.reports import report_half_term
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.messages import DISCARDED, FAILED, StoredMessage, decide_state, load_messages

NO_LONGER_DUE = "No longer due."


def give_up_overdue(context: RunContext) -> int:
    """How many failed messages were given up: reminders past the deadline, reports of an earlier half term."""
    school_year = context.school_year()
    with context.store.reading() as connection:
        every = load_messages(connection, context.school_id)
    over = [row for row in every if row.state == FAILED and _is_over(context, school_year, row, every)]
    with context.store.writing() as connection:
        for row in over:
            decide_state(connection, context.school_id, row, {"state": DISCARDED, "detail": NO_LONGER_DUE})
    return len(over)


def _is_over(context: RunContext, school_year: SchoolYear, row: StoredMessage, every: Sequence[StoredMessage]) -> bool:
    half_term, today = HalfTermId.parse(row.half_term), school_year.local_date(context.now())
    if half_term not in school_year.ids() or today > school_year.year_end(half_term.year):
        return True
    if row.kind == MessageKind.REMINDER:
        deadline = school_year.dates(half_term).deadline
        return deadline is None or today > deadline
    if row.kind in {MessageKind.REPORT, MessageKind.LEAD_NOTE}:
        starts_with = HalfTermId.parse(context.school.programme.starts_with)
        return report_half_term(school_year, starts_with, context.now()) != half_term
    if row.kind == MessageKind.READINESS:
        return today > school_year.local_date(row.created)  # a check is made on its own day
    if row.kind == MessageKind.CORRECTION:
        return _is_overtaken(row, every)
    return False


def _is_overtaken(row: StoredMessage, every: Sequence[StoredMessage]) -> bool:
    """Whether its reader has been told of a later restatement of the same figures."""
    occasion, _, version = row.occasion.rpartition("-v")
    return any(
        other.kind == row.kind
        and (other.half_term, other.staff_id) == (row.half_term, row.staff_id)
        and other.occasion.rpartition("-v")[0] == occasion
        and int(other.occasion.rpartition("-v")[2]) > int(version)
        for other in every
    )
