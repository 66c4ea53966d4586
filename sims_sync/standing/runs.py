"""What do the runs of the jobs say is the matter: failed, given up, paused, held by the guard, a clock that is odd?"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from sims_sync.clock_sanity import clock_trouble
from sims_sync.compliance.gate import RELEASABLE
from sims_sync.connector import Severity
from sims_sync.messages.trouble import FAILED_FOR
from sims_sync.standing.condition import Condition
from sims_sync.standing.gathering import Facts
from sims_sync.standing.words import shown_at
from sims_sync.store.standing import LastRun, OpenBreaker

SENDS_MESSAGES = "send_messages"
INTERRUPTED_PATIENCE = timedelta(hours=1)  # the next start goes on from there by itself
PAUSED_PATIENCE = timedelta(days=3)
LONG_RUN = timedelta(hours=4)  # SIMS may take most of an hour over one report; a share that hangs takes for ever
_WRONG_OUTCOMES = frozenset({"failed", "stopped", "misconfigured", "interrupted"})
_OF_THE_OUTBOX = frozenset({"mail", "mail-unknown", "mail-refused", "mail-failed"})  # judged by the outbox itself
_LOOK = "See `sims-sync status`, then run the job again."


def run_conditions(facts: Facts) -> Iterator[Condition]:
    """What is the matter with this school's jobs, and with the clock they run by."""
    yield from _clock(facts)
    yield from _jobs(facts)
    yield from _at_work_for_long(facts)
    yield from _given_up(facts)
    yield from _messages_held(facts)
    yield from _paused(facts)


def waits_only_for_mail(run: LastRun) -> bool:
    """Whether a run failed for nothing but mail that did not leave yet, which is tried again by itself (rule 7)."""
    return bool(run.problems) and all(problem["code"] == "mail" for problem in run.problems)


def _clock(facts: Facts) -> Iterator[Condition]:
    found = clock_trouble(facts.newest_moment, facts.now, facts.school.monitoring.clock_jump_days)
    if found is not None:
        yield Condition(found.code, "", Severity.WRONG, found.what, found.do)


def _jobs(facts: Facts) -> Iterator[Condition]:
    """Each job whose newest run went wrong, or that fails again and again."""
    breakers: Mapping[str, OpenBreaker] = {each.job: each for each in facts.breakers if each.failures}
    told = set()
    for run in facts.runs:
        if run.outcome in _WRONG_OUTCOMES:
            told.add(run.job)
            yield _job_failed(facts, run, breakers.get(run.job))
    for job, breaker in breakers.items():
        if job not in told and breaker.retry_at is not None:
            yield _breaker_open(facts, breaker)


def _job_failed(facts: Facts, run: LastRun, breaker: OpenBreaker | None) -> Condition:
    first: Mapping[str, str] = run.problems[0] if run.problems else {}
    what = f"{run.job} {run.outcome} on {shown_at(run.started, facts.zone)}. {first.get('what', '')}".strip()
    if breaker is not None and breaker.failures > 1:
        what += f" That makes {breaker.failures} times in a row."
    codes = sorted({problem["code"] for problem in run.problems})
    patience = timedelta(0)
    if run.outcome == "interrupted":
        patience = INTERRUPTED_PATIENCE
    elif waits_only_for_mail(run):
        patience = FAILED_FOR
    return Condition(
        "job-failed",
        run.job,
        Severity.WRONG,
        what,
        _tried_again(facts, breaker) + (first.get("do", "") or _LOOK),
        reason="+".join(codes) or run.outcome,
        since=breaker.failing_since if breaker is not None else run.started,
        patience=patience,
        page=first.get("code", ""),
    )


def _breaker_open(facts: Facts, breaker: OpenBreaker) -> Condition:
    what = f"{breaker.job} failed {breaker.failures} times in a row. {breaker.what}".strip()
    do = _tried_again(facts, breaker) + _LOOK
    return Condition(
        "job-failed", breaker.job, Severity.WRONG, what, do, reason=breaker.reason, since=breaker.failing_since
    )


def _tried_again(facts: Facts, breaker: OpenBreaker | None) -> str:
    """With what to do, not with what happened: the mail that it is over repeats only that."""
    if breaker is None or breaker.retry_at is None:
        return ""
    return f"It is tried again at {shown_at(breaker.retry_at, facts.zone)}. "


def _at_work_for_long(facts: Facts) -> Iterator[Condition]:
    """A run that hangs looks like one at work, and nothing else of its school begins."""
    if facts.at_work is not None and facts.at_work[1] > LONG_RUN:
        job, lasted = facts.at_work
        since = facts.now - lasted
        what = f"{job} has been at work since {shown_at(since, facts.zone)}: no other job of this school can begin."
        do = "Does a share or SIMS not answer? Mend that; else start the service anew: nothing is lost."
        yield Condition("run-long", job, Severity.WRONG, what, do, since=since)


def _given_up(facts: Facts) -> Iterator[Condition]:
    for job, due_at in facts.given_up.items():
        if any(run.job == job and run.started > due_at and run.outcome in {"done", "held"} for run in facts.runs):
            continue
        what = f"{job} of {shown_at(due_at, facts.zone)} was begun several times, and the process died each time."
        do = "The log says where it stopped; then `sims-sync run` that job by hand."
        yield Condition("slot-given-up", job, Severity.WRONG, what, do, since=due_at)


def _messages_held(facts: Facts) -> Iterator[Condition]:
    """What keeps messages to staff from leaving: the guard's doubts, data that are missing, a decision."""
    newest = next((run for run in facts.runs if run.job == SENDS_MESSAGES), None)
    if newest is None or newest.outcome == "misconfigured":
        return
    seen = set()
    for problem in newest.problems:
        code = problem["code"]
        if code in _OF_THE_OUTBOX or code in seen or (newest.outcome == "stopped"):
            continue
        seen.add(code)
        yield Condition(
            code, "messages", Severity.WARN, problem["what"], problem.get("do", ""), for_lead=code in RELEASABLE
        )


def _paused(facts: Facts) -> Iterator[Condition]:
    for each in facts.resting:
        which = each.job or "Every job"
        when = shown_at(each.since, facts.zone)
        what = f"{which} is paused since {when} by {each.paused_by}: {each.reason.rstrip('.')}."
        do = f"When it may run again: `sims-sync resume {each.job or '--all'}`."
        yield Condition("paused", each.job, Severity.WARN, what, do, since=each.since, patience=PAUSED_PATIENCE)
