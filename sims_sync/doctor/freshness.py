"""When was each source last read well, and how did each job's last run end?"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sims_sync.connector import Finding, Severity
from sims_sync.context import RunContext
from sims_sync.outcome import Ending
from sims_sync.registry import job_names
from sims_sync.standing.data import JOB_OF
from sims_sync.store.reads import good_reads
from sims_sync.store.runs import StoredRun, last_runs

WARN_AFTER = timedelta(hours=96)  # a long weekend is no fault
_BADLY = {Ending.FAILED, Ending.STOPPED, Ending.MISCONFIGURED, Ending.INTERRUPTED}


def freshness_findings(context: RunContext) -> Iterator[Finding]:
    """One finding for each source that is switched on, and one for each job whose last run ended badly."""
    with context.store.reading() as connection:
        reads = good_reads(connection, context.school_id)
        runs = last_runs(connection, context.school_id)
    yield from _ended_badly(context, runs)
    for name, section in context.school.sources.items():
        subject = f"{context.school_id}: sources.{name}"
        read = reads.get((section.kind, name))
        if not section.enabled:
            continue
        if read is None:
            do = f"Run `sims-sync run {JOB_OF[section.kind]}` and look at what it says."
            yield Finding(Severity.WARN, subject, "has never been read well.", do)
        elif context.now() - read.began > WARN_AFTER:
            what = f"was last read well on {read.began:%d %b %Y %H:%M} UTC."
            yield Finding(Severity.WARN, subject, what, "Look at its job's last run: sims-sync status")
        else:
            yield Finding(Severity.FINE, subject, f"last read well on {read.began:%d %b %Y %H:%M} UTC.")


def _ended_badly(context: RunContext, runs: Sequence[StoredRun]) -> Iterator[Finding]:
    for run in runs:
        if run.job in job_names() and run.outcome in _BADLY:
            said = run.problems[0] if run.problems else {"what": "", "do": ""}
            what = f"its last run, on {run.started:%d %b %Y %H:%M} UTC, ended as {run.outcome}. {said['what']}".strip()
            yield Finding(Severity.WARN, f"{context.school_id}: {run.job}", what, said["do"] or "Run it again.")
