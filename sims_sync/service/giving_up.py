"""What is said of a due time whose process died again and again?"""

from sims_sync.context import RunContext
from sims_sync.outcome import Ending, Outcome, Problem
from sims_sync.run import RunReport, run_step
from sims_sync.service.claiming import Claim
from sims_sync.service.scheduled import Scheduled
from sims_sync.store.session import Store


def give_up(store: Store, item: Scheduled, claim: Claim) -> RunReport:
    """A run that failed, with the reason: `status`, the log and the breaker then know of it."""
    what = f"{item.job} was begun {claim.attempt} times for one due time, and each time its process died."
    do = "Is memory short, or is the service killed? Look at the log's end, then run it by hand."

    def failed(_: RunContext) -> Outcome:
        return Outcome(Ending.FAILED, problems=(Problem("given-up", what, do),))

    return run_step(store, item.school, item.job, failed)
