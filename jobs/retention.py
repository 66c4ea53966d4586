"""Deletes what is too old, rows and files, and keeps evidence of it (DOMAIN §8)."""

from sims_sync.context import RunContext
from sims_sync.outcome import Outcome
from sims_sync.retention.running import dispose


def run(context: RunContext) -> Outcome:
    """One run: by `[retention]`, for this school."""
    return dispose(context)
