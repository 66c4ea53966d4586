"""Mails the admin once a day how all schools stand, the worst first."""

from sims_sync.alerts.digest import send_digest
from sims_sync.context import RunContext
from sims_sync.outcome import Outcome


def run(context: RunContext) -> Outcome:
    """One run: one digest for each admin address, from the first of its schools."""
    return send_digest(context)
