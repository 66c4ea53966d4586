"""Everything that is due, one kind after the other, and what a person must be told of it."""

from sims_sync.context import RunContext
from sims_sync.messages.alerts import alert, outbox_problems
from sims_sync.messages.corrections import send_corrections
from sims_sync.messages.readiness import check_readiness
from sims_sync.messages.reminders import remind_tutors
from sims_sync.messages.reports import send_reports
from sims_sync.outcome import Ending, Outcome, together

KINDS = (remind_tutors, send_reports, send_corrections, check_readiness)


def send_messages(context: RunContext) -> Outcome:
    """Send what is due of every kind, try again what failed, and tell the admin what needs a person."""
    if context.school.messages.mode == "off":
        return Outcome(notes=("Messages are switched off: nothing was sent.",))
    found = together([kind(context) for kind in KINDS])
    problems = (*found.problems, *outbox_problems(context))
    if context.rehearsal or context.dry:
        return found
    told = alert(context, context.school_year(), problems)
    ending = found.ending if found.ending is not Ending.DONE or not problems else Ending.HELD
    return Outcome(ending, found.counts, (*problems, *told.problems), found.notes)
