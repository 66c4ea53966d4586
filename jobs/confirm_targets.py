"""Reads back what was written into SIMS, and says what is proven."""

from sims_sync.context import RunContext
from sims_sync.outcome import Outcome
from sims_sync.push import engine


def run(context: RunContext) -> Outcome:
    """One run, under the school's own switch."""
    return engine.confirm_targets(context)
