"""What is told at the end of the job that sends messages (DOMAIN rules 6, 7, 8, 8a)?"""

from dataclasses import replace

from sims_sync.alerts.telling import tell_of
from sims_sync.context import RunContext
from sims_sync.errors import SimsSyncError
from sims_sync.outcome import Ending, Outcome, ending_of, problem_of, worst
from sims_sync.standing import SLOW_CODES, standing_of
from sims_sync.store.standing import LastRun


def tell_after(context: RunContext, job: str, outcome: Outcome) -> Outcome:
    """`outcome`, and what telling the admin added to it: nothing, as a rule."""
    if context.rehearsal or context.dry:
        return outcome
    now = context.now()
    problems = [problem.as_json() for problem in outcome.problems]
    ended = LastRun(context.run_id, job, now, now, outcome.ending.value, problems)
    try:
        standing = standing_of(context.store, context.school, ended)
        told = tell_of(context, context.school_id, standing.name, standing.conditions, SLOW_CODES)
    except SimsSyncError as error:  # what was sent to staff stays what this run did
        told = Outcome(ending_of(error), problems=(problem_of(error),))
    ending = worst([outcome.ending, told.ending]) if told.ending is Ending.MISCONFIGURED else outcome.ending
    return replace(outcome, ending=ending, problems=(*outcome.problems, *told.problems))
