"""Keeps each half term's figures as they were, at the deadline and at closing, once each (DOMAIN rules 4, 5, 27)."""

from sims_sync.context import RunContext
from sims_sync.outcome import Outcome
from sims_sync.snapshots import take_snapshots


def run(context: RunContext) -> Outcome:
    """One run: nothing unless a snapshot is due, its data complete, and it is not there yet."""
    return take_snapshots(context)
