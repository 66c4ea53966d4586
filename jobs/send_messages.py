"""Sends every message that is due, tries again what failed, and tells the admin (DOMAIN rules 6, 7)."""

from sims_sync.alerts import tell_after
from sims_sync.context import RunContext
from sims_sync.messages import send_messages
from sims_sync.outcome import Outcome


def run(context: RunContext) -> Outcome:
    """One run: nothing unless something is due and has not left."""
    return tell_after(context, "send_messages", send_messages(context))
