"""What is known of a school, in few and cheap reads, before anything is judged?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sims_sync.config import SchoolConfig
from sims_sync.context import RunContext, school_clock, system_clock
from sims_sync.delivery import NEEDS_PERSON
from sims_sync.errors import SimsSyncError
from sims_sync.messages.trouble import TROUBLED
from sims_sync.outcome import Problem
from sims_sync.push.engine import unconfirmed
from sims_sync.push.trial import settings_of
from sims_sync.records import Kind
from sims_sync.registry import job_names
from sims_sync.school_year import SchoolYear
from sims_sync.store.alerts import OpenAlert, open_alerts
from sims_sync.store.deliveries import count_states, last_trial
from sims_sync.store.reads import StoredRead, good_reads
from sims_sync.store.runs import lease_holder
from sims_sync.store.session import Store
from sims_sync.store.standing import (
    LastRun,
    MessageCount,
    OpenBreaker,
    Resting,
    WaitingPlan,
    count_messages,
    count_missing,
    count_problems,
    count_quarantine,
    given_up_slots,
    newest_moment,
    newest_runs,
    open_breakers,
    resting,
    waiting_plans,
)

_LISTED = (Kind.STUDENTS.value, Kind.STAFF.value, Kind.TUTOR_GROUPS.value)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the rules ask about one school at one moment.

    `school_year` is None where the calendar cannot be used; `calendar_problem` says why. `looked_up`: what an earlier,
    slower look found and is not over, such as a certificate. `at_work`: the job that runs now, and for how long.
    `proven`: when the push was tried in training.
    """

    school: SchoolConfig
    now: datetime
    school_year: SchoolYear | None = None
    calendar_problem: str = ""
    runs: tuple[LastRun, ...] = ()
    breakers: tuple[OpenBreaker, ...] = ()
    resting: tuple[Resting, ...] = ()
    at_work: tuple[str, timedelta] | None = None
    given_up: Mapping[str, datetime] = field(default_factory=dict)
    plans: tuple[WaitingPlan, ...] = ()
    reads: Mapping[tuple[Kind, str], StoredRead] = field(default_factory=dict)
    quarantined: int = 0
    missing: int = 0
    held_removals: int = 0
    problems: int = 0
    texts: Mapping[str, int] = field(default_factory=dict)
    unconfirmed: tuple[Problem, ...] = ()
    messages: tuple[MessageCount, ...] = ()
    newest_moment: datetime | None = None
    looked_up: tuple[OpenAlert, ...] = ()
    proven: datetime | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The school's time zone, in which moments are shown."""
        return ZoneInfo(self.school.school.timezone)

    @property
    def texts_for_a_person(self) -> int:
        """Texts for SIMS that need a person first."""
        return sum(self.texts.get(state.value, 0) for state in NEEDS_PERSON)


def gather(store: Store, school: SchoolConfig, slow_codes: Sequence[str] = ()) -> Facts:
    """Read what is known of a school now.

    Raises:
        RetriableError: the store does not answer.
    """
    context = RunContext(store, school, school_clock(school.demo), "standing", rehearsal=True)
    school_year, calendar_problem = _school_year(context)
    late = unconfirmed(context) if school.push.enabled and school_year is not None else ()
    with store.reading() as connection:
        missing, held_removals = count_missing(connection, school.id, _LISTED)
        destination = school.push.destination
        real_now = system_clock()
        holder = lease_holder(connection, school.id, real_now)
        return Facts(
            school=school,
            now=context.now(),
            school_year=school_year,
            calendar_problem=calendar_problem,
            runs=newest_runs(connection, school.id, job_names()),
            breakers=open_breakers(connection, school.id),
            resting=resting(connection, school.id),
            at_work=(holder[0], real_now - holder[1]) if holder is not None else None,
            given_up=given_up_slots(connection, school.id),
            plans=waiting_plans(connection, school.id),
            reads=good_reads(connection, school.id),
            quarantined=count_quarantine(connection, school.id),
            missing=missing,
            held_removals=held_removals,
            problems=count_problems(connection, school.id),
            texts=count_states(connection, school.id),
            unconfirmed=late,
            messages=count_messages(connection, school.id, TROUBLED),
            newest_moment=newest_moment(connection, school.id),
            looked_up=tuple(each for each in open_alerts(connection, school.id) if each.code in slow_codes),
            proven=last_trial(connection, school.id, destination.connector, settings_of(school))
            if destination is not None
            else None,
        )


def _school_year(context: RunContext) -> tuple[SchoolYear | None, str]:
    """A calendar that cannot be used is a condition of its own and hides no other."""
    try:
        return context.school_year(), ""
    except SimsSyncError as error:
        if error.code == "store":
            raise
        return None, str(error)
