"""Collects what was written in the lists of houses and tutor groups, and writes each anew (DOMAIN rules 11, 22)."""

from sims_sync.context import RunContext
from sims_sync.lists.refreshing import write_lists
from sims_sync.outcome import Outcome


def run(context: RunContext) -> Outcome:
    """One run: nothing unless `[reports.folders]` names a folder."""
    return write_lists(context)
