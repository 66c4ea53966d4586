"""Tells Progress Leaders whose students lack academic data before the interviews (DOMAIN rule 18)."""

from sims_sync.context import RunContext
from sims_sync.messages import check_readiness
from sims_sync.outcome import Outcome


def run(context: RunContext) -> Outcome:
    """One run: nothing but on a check's own day."""
    return check_readiness(context)
