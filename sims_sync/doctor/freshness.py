"""When was each source last read well?"""

from collections.abc import Iterator
from datetime import timedelta

from sims_sync.connector import Finding, Severity
from sims_sync.context import RunContext
from sims_sync.store.reads import good_reads

WARN_AFTER = timedelta(hours=96)  # a long weekend is no fault


def freshness_findings(context: RunContext) -> Iterator[Finding]:
    """One finding for each source that is switched on."""
    with context.store.reading() as connection:
        reads = good_reads(connection, context.school_id)
    for name, section in context.school.sources.items():
        subject = f"{context.school_id}: sources.{name}"
        read = reads.get((section.kind, name))
        if not section.enabled:
            continue
        if read is None:
            yield Finding(Severity.WARN, subject, "has never been read well.", "Run its job: sims-sync jobs")
        elif context.now() - read.began > WARN_AFTER:
            what = f"was last read well on {read.began:%d %b %Y %H:%M} UTC."
            yield Finding(Severity.WARN, subject, what, "Look at its job's last run: sims-sync status")
        else:
            yield Finding(Severity.FINE, subject, f"last read well on {read.began:%d %b %Y %H:%M} UTC.")
