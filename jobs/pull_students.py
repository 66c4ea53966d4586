"""Reads students, staff and tutor groups from SIMS."""

from sims_sync.context import RunContext
from sims_sync.outcome import Outcome
from sims_sync.pull.engine import pull_kinds
from sims_sync.records import Kind


def run(context: RunContext) -> Outcome:
    """One run: each source on its own; one that fails does not stop the others."""
    return pull_kinds(
        context,
        (
            Kind.STAFF,
            Kind.STUDENTS,
            Kind.TUTOR_GROUPS,
        ),
    )
