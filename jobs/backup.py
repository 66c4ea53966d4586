"""Backs up the store and what belongs to it, once a night for all schools that share it (DESIGN §12, DOMAIN §8)."""

from sims_sync.backup.nightly import back_up
from sims_sync.context import RunContext
from sims_sync.outcome import Outcome


def run(context: RunContext) -> Outcome:
    """One run: nothing where another school's run has just made one."""
    return back_up(context)
