"""Writes the targets and reviews of pro-formas into SIMS."""

from sims_sync.context import RunContext
from sims_sync.outcome import Outcome
from sims_sync.push import engine


def run(context: RunContext) -> Outcome:
    """One run, under the school's own switch."""
    return engine.push_targets(context)
