"""Everything that is due, one kind after the other, and what a person must be told of it."""

from collections.abc import Callable

import structlog

from sims_sync.context import RunContext
from sims_sync.errors import SimsSyncError
from sims_sync.messages.alerts import alert, outbox_problems
from sims_sync.messages.corrections import send_corrections
from sims_sync.messages.overdue import give_up_overdue
from sims_sync.messages.readiness import check_readiness
from sims_sync.messages.reminders import remind_tutors
from sims_sync.messages.reports import send_reports
from sims_sync.outcome import Ending, Outcome, Problem, ending_of, problem_of, together, worst

log = structlog.get_logger("sims_sync.messages")

KINDS = (remind_tutors, send_reports, send_corrections, check_readiness)


def send_messages(context: RunContext) -> Outcome:
    """Send what is due of every kind, try again what failed, and tell the admin what needs a person."""
    if context.school.messages.mode == "off":
        return Outcome(notes=("Messages are switched off: nothing was sent.",))
    if not (context.rehearsal or context.dry):
        give_up_overdue(context)
    found = together([_one_kind(context, kind) for kind in KINDS])
    # That a message has not left yet is told after a day (rule 7): until then it is tried again by itself.
    problems = (*(each for each in found.problems if each.code != "mail"), *outbox_problems(context))
    if context.rehearsal or context.dry:
        return (
            found if not problems else Outcome(worst([found.ending, Ending.HELD]), found.counts, problems, found.notes)
        )
    told = alert(context, context.school_year(), problems)
    ending = found.ending if found.ending is not Ending.DONE or not problems else Ending.HELD
    return Outcome(ending, found.counts, (*found.problems, *outbox_problems(context), *told.problems), found.notes)


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
