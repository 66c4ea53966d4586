"""Everything that is due, one kind after the other, and what of it needs a person."""

from collections.abc import Callable

import structlog

from sims_sync.context import RunContext
from sims_sync.errors import SimsSyncError
from sims_sync.messages.corrections import send_corrections
from sims_sync.messages.overdue import give_up_overdue
from sims_sync.messages.readiness import check_readiness
from sims_sync.messages.reminders import remind_tutors
from sims_sync.messages.reports import send_reports
from sims_sync.messages.trouble import outbox_problems
from sims_sync.outcome import Ending, Outcome, Problem, ending_of, problem_of, together, worst

log = structlog.get_logger("sims_sync.messages")

KINDS = (remind_tutors, send_reports, send_corrections, check_readiness)


def send_messages(context: RunContext) -> Outcome:
    """Send what is due of every kind, try again what failed, and say what needs a person."""
    if context.school.messages.mode == "off":
        return Outcome(notes=("Messages are switched off: nothing was sent.",))
    if not (context.rehearsal or context.dry):
        give_up_overdue(context)
    found = together([_one_kind(context, kind) for kind in KINDS])
    trouble = outbox_problems(context)
    # That a message has not left yet needs nobody for a day (rule 7): until then it is tried again by itself.
    needs_somebody = trouble or any(each.code != "mail" for each in found.problems)
    ending = worst([found.ending, Ending.HELD]) if needs_somebody else found.ending
    return Outcome(ending, found.counts, (*found.problems, *trouble), found.notes)


def _one_kind(context: RunContext, kind: Callable[..., Outcome]) -> Outcome:
    """What stops one kind must not stop the others, nor the alert about it."""
    try:
        return kind(context, patient=True)
    except SimsSyncError as error:
        return Outcome(ending_of(error), problems=(problem_of(error),))
    except Exception as error:
        log.exception("unforeseen fault", kind=kind.__name__)
        what = f"An unforeseen fault stopped {kind.__name__} ({type(error).__name__})."
        do = "The log file has the details; please report it."
        return Outcome(Ending.FAILED, problems=(Problem("unforeseen", what, do),))
