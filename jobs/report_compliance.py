"""Sends each Head of House the compliance report, once per half term (DOMAIN rules 5, 7, 22)."""

from sims_sync.context import RunContext
from sims_sync.messages import send_reports
from sims_sync.outcome import Outcome


def run(context: RunContext) -> Outcome:
    """One run: nothing unless a report is due, complete and not yet sent."""
    return send_reports(context)
