"""Runs one job for one school: lease, run row, outcome; every fault becomes one sentence (DESIGN §4, §7)."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from sims_sync.alerts.ping import Ping
from sims_sync.clock_sanity import why_not_to_begin
from sims_sync.config import Config, SchoolConfig
from sims_sync.context import RunContext, school_clock, system_clock
from sims_sync.errors import RunInterrupted, SafetyStop, SimsSyncError
from sims_sync.outcome import COUNT_NAMES, Ending, Outcome, Problem, ending_of, problem_of
from sims_sync.registry import job_function
from sims_sync.school_year import HalfTermId
from sims_sync.store.breakers import note_ending
from sims_sync.store.decisions import announce
from sims_sync.store.messages import mark_interrupted
from sims_sync.store.runs import (
    LEASE_SECONDS,
    beat,
    end_run,
    forsake_lease,
    give_back_lease,
    lease_owner,
    start_run,
    take_lease,
)
from sims_sync.store.session import Store
from sims_sync.store.slots import give_back_slot, settle_slot

HEARTBEAT_SECONDS = LEASE_SECONDS / 4

STOPPED = Problem(
    "stopping", "The service was stopped while this ran.", "Nothing is lost: the next start goes on from there."
)
TAKEN_OVER = Problem(
    "taken-over",
    "This machine was not heard of for some minutes while this ran, and another one took it over.",
    "Nothing is to be done. If it comes often: is the machine put to sleep, or its clock minutes wrong?",
)

log = structlog.get_logger("sims_sync.run")


@dataclass(frozen=True, slots=True)
class RunReport:
    """One finished run, as every output shows it."""

    run_id: str
    job: str
    school: str
    outcome: Outcome
    started: datetime
    ended: datetime

    def as_json(self) -> dict[str, object]:
        """The shape of `--json` (DESIGN §6)."""
        return {
            "run": self.run_id,
            "job": self.job,
            "school": self.school,
            "outcome": self.outcome.ending.shown,
            "started": self.started.isoformat(),
            "ended": self.ended.isoformat(),
            "counts": {name: self.outcome.counts.get(name, 0) for name in COUNT_NAMES},
            "problems": [problem.as_json() for problem in self.outcome.problems],
            "notes": list(self.outcome.notes),
        }


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run was asked for: `dry` plans only; `as_of` stands in for now; `slot_due` is the due time it serves.

    `attempt` counts the runs of that due time; `stopping` says whether the service is to stop.
    """

    dry: bool = False
    as_of: datetime | None = None
    slot_due: datetime | None = None
    attempt: int = 1
    progress: Callable[[str], None] | None = field(default=None)
    stopping: Callable[[], bool] = field(default=lambda: False)


def run_job(
    store: Store, config: Config, school: SchoolConfig, job: str, options: RunOptions | None = None
) -> RunReport:
    """Run one job; never raises for a foreseeable fault.

    Raises:
        ConfigurationError: there is no such job.
    """
    return run_step(store, school, job, job_function(job), options, config)


def run_step(
    store: Store,
    school: SchoolConfig,
    job: str,
    function: Callable[[RunContext], Outcome],
    options: RunOptions | None = None,
    config: Config | None = None,
) -> RunReport:
    """Run one function as a run of its own: under the lease, with its row, every fault as a sentence.

    `config`: given for a job, which the clock may stop and which is pinged; not for what a person does by hand.
    """
    asked = options or RunOptions()
    clock = school_clock(school.demo, asked.as_of)
    started = clock()
    run_id = f"{started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    taken_over = threading.Event()

    def stopping() -> bool:
        return taken_over.is_set() or asked.stopping()

    context = RunContext(
        store,
        school,
        clock,
        run_id,
        dry=asked.dry,
        rehearsal=asked.as_of is not None,
        progress=_progress(asked.progress, stopping),
        stopping=stopping,
        config=config,
    )
    with structlog.contextvars.bound_contextvars(run=run_id, job=job, school=school.id):
        outcome = _guarded(context, job, started, asked, function, taken_over)
        log.info("run ended", outcome=outcome.ending.value, counts=dict(outcome.counts))
        for problem in outcome.problems:
            log.warning("problem", code=problem.code, source=problem.source, what=problem.what)
    return RunReport(run_id, job, school.id, outcome, started, clock())


def _progress(told: Callable[[str], None] | None, stopping: Callable[[], bool]) -> Callable[[str], None]:
    def show(text: str) -> None:
        if stopping():
            raise RunInterrupted
        if told is not None:
            told(text)

    return show


def _guarded(
    context: RunContext,
    job: str,
    started: datetime,
    asked: RunOptions,
    function: Callable[[RunContext], Outcome],
    taken_over: threading.Event,
) -> Outcome:
    is_job = context.config is not None and not (context.dry or context.rehearsal)
    try:
        if is_job:
            _believe_the_clock(context, job, asked.slot_due)
        _begin(context, job, started, asked)
    except SimsSyncError as error:
        return Outcome(ending_of(error), problems=(problem_of(error),))
    ping = Ping(context.school.monitoring.ping_url if is_job else None, job, context.run_id)
    ping.start()
    outcome = Outcome(Ending.INTERRUPTED)
    try:
        with _heartbeat(context, taken_over):
            outcome = _outcome(context, function)
        if taken_over.is_set() and outcome.ending is Ending.INTERRUPTED:
            outcome = replace(outcome, problems=(TAKEN_OVER,))
    finally:
        _end_if_it_can_be_stored(context, job, outcome, asked)
        ping.end(outcome)
    return outcome


def _believe_the_clock(context: RunContext, job: str, slot_due: datetime | None) -> None:
    """A wrong clock would report before a deadline, remind after it, close half terms and delete what is kept.

    The due time is given back: it may be one of next year, and must not stand for all that come before.

    Raises:
        SafetyStop: it is behind the last run or far ahead of it: a person must set it right, or say that it is.
    """
    jump_days = context.school.monitoring.clock_jump_days
    odd = why_not_to_begin(context.store, context.school_id, context.now(), jump_days)
    if odd is not None:
        if slot_due is not None:
            with context.store.writing() as connection:
                give_back_slot(connection, context.school_id, job, slot_due)
        raise SafetyStop(odd.code, odd.what, odd.do)


def _begin(context: RunContext, job: str, started: datetime, asked: RunOptions) -> None:
    with context.store.writing() as connection:
        # By the real clock: a rehearsal of next month must not find another host's lease long over.
        take_lease(connection, context.school_id, context.run_id, job, system_clock())
        start_run(
            connection,
            context.school_id,
            {
                "run_id": context.run_id,
                "job": job,
                "slot_due": asked.slot_due,
                "attempt": asked.attempt,
                "owner": lease_owner(),
                "started": started,
                "heartbeat": started,
                "counts": {},
                "problems": [],
                "as_of": asked.as_of,
            },
        )
        if not (context.dry or context.rehearsal):
            mark_interrupted(connection, context.school_id, system_clock())


@contextmanager
def _heartbeat(context: RunContext, taken_over: threading.Event) -> Iterator[None]:
    """Keep the lease while the run is at work: SIMS may take 40 minutes over one report.

    A machine that was asleep finds it `taken_over` when it wakes: then this run ends, or two would write to SIMS. Only
    another host asks for it, and a SQLite store has one host.
    """
    if context.store.dialect == "sqlite":
        yield
        return
    over = threading.Event()

    def keep() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            with suppress(SimsSyncError), context.store.writing() as connection:
                if not beat(connection, context.school_id, context.run_id, system_clock()):
                    taken_over.set()

    keeper = threading.Thread(target=keep, name="heartbeat", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _outcome(context: RunContext, function: Callable[[RunContext], Outcome]) -> Outcome:
    try:
        _announce_deadlines(context)
        return _interrupted_if_failed(context, function(context))
    except RunInterrupted:
        return Outcome(Ending.INTERRUPTED, problems=(STOPPED,))
    except SimsSyncError as error:
        return _interrupted_if_failed(context, Outcome(ending_of(error), problems=(problem_of(error),)))
    except Exception as error:
        log.exception("unforeseen fault")
        what = f"An unforeseen fault stopped this run ({type(error).__name__})."
        return Outcome(
            Ending.FAILED, problems=(Problem("unforeseen", what, "The log file has the details; please report it."),)
        )


def _interrupted_if_failed(context: RunContext, outcome: Outcome) -> Outcome:
    """What fails while the service stops was cut off: Ctrl+C reaches SIMS's reporter as well."""
    if outcome.ending is not Ending.FAILED or not context.stopping():
        return outcome
    return Outcome(Ending.INTERRUPTED, outcome.counts, (STOPPED, *outcome.problems), outcome.notes)


def _announce_deadlines(context: RunContext) -> None:
    """Announced once, on the half term's first school day or at the first run after it (DOMAIN rule 4)."""
    if context.rehearsal or context.dry:
        return
    now = context.now()
    starts_with = HalfTermId.parse(context.school.programme.starts_with)
    deadlines = context.school_year().announcements(now, starts_with)
    if not deadlines:
        return
    with context.store.writing() as connection:
        for half_term, deadline in deadlines.items():
            announce(connection, context.school_id, half_term, deadline, now)


def _end_if_it_can_be_stored(context: RunContext, job: str, outcome: Outcome, asked: RunOptions) -> None:
    """The first fault is what matters: a store that is gone must not hide it behind a second one.

    Nor must the lease that stays in it keep this process from the school until somebody starts it anew.
    """
    try:
        _end(context, job, outcome, asked)
    except SimsSyncError as error:
        log.warning("the end of a run could not be stored", code=error.code)
        forsake_lease(context.run_id)
    except BaseException:
        forsake_lease(context.run_id)
        raise


def _end(context: RunContext, job: str, outcome: Outcome, asked: RunOptions) -> None:
    """In one transaction: the run, its due time and the job's breaker never say different things."""
    ending = outcome.ending
    with context.store.writing() as connection:
        end_run(
            connection,
            context.school_id,
            context.run_id,
            {
                "ended": context.now(),
                "outcome": ending.value,
                "counts": dict(outcome.counts),
                "problems": [problem.as_json() for problem in outcome.problems],
            },
        )
        give_back_lease(connection, context.school_id, context.run_id)
        if asked.slot_due is not None and ending is Ending.INTERRUPTED:
            give_back_slot(connection, context.school_id, job, asked.slot_due)
        elif asked.slot_due is not None:
            settle_slot(connection, context.school_id, job, asked.slot_due, ending.value, context.run_id)
        if not (context.dry or context.rehearsal):
            note_ending(connection, context.school_id, job, ending, outcome.problems, context.now())
