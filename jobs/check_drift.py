"""Compares everything confirmed in this half term with what SIMS holds now."""

from sims_sync.context import RunContext
from sims_sync.outcome import Outcome
from sims_sync.push import engine


def run(context: RunContext) -> Outcome:
    """One run, under the school's own switch."""
    return engine.check_drift(context)
