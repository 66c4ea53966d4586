"""Reminds tutors whose entries are outstanding, twice in a half term at most (DOMAIN rule 5)."""

from sims_sync.context import RunContext
from sims_sync.messages import remind_tutors
from sims_sync.outcome import Outcome


def run(context: RunContext) -> Outcome:
    """One run: nothing unless something is due and has not left."""
    return remind_tutors(context)
