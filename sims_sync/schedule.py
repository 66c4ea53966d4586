"""When each job is due, and a service that runs each due time once (DESIGN §7).

The state is in the store: a slot row per due time, claimed before the run. APScheduler is only the alarm clock: it
wakes the service, which then asks the store what is due. A due time missed while the service was down runs once after
start-up.
"""

import signal
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import FrameType

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger

from sims_sync.config import SCHEDULE_FIELDS, Config, SchoolConfig
from sims_sync.context import school_clock, system_clock
from sims_sync.outcome import Ending
from sims_sync.registry import job_names
from sims_sync.run import RunOptions, RunReport, run_job
from sims_sync.store.runs import claim_slot, give_back_slot, last_slot, settle_slot
from sims_sync.store.session import Store

REARM_SECONDS = 60  # the longest a changed system clock can keep the alarm from ringing
BUSY_SECONDS = 20  # how soon a due time is tried again when another run held the lease
BASELINE = "baseline"


def trigger_of(schedule: str, zone: str) -> CronTrigger:
    """The due times of a six-field line, school-local; `*` and `*/n` hours are counted in UTC (no clock change)."""
    fields = dict(zip(SCHEDULE_FIELDS, schedule.split(), strict=True))
    return CronTrigger(**fields, timezone="UTC" if fields["hour"].startswith("*") else zone)


def newest_due(trigger: CronTrigger, after: datetime, until: datetime) -> datetime | None:
    """The last due time in (after, until], so that several missed ones run once; None where there is none."""
    found = None
    moment = trigger.get_next_fire_time(None, after + timedelta(microseconds=1))
    while moment is not None and moment <= until:
        found = moment.astimezone(UTC)
        moment = trigger.get_next_fire_time(moment, moment + timedelta(microseconds=1))
    return found


def next_due(trigger: CronTrigger, after: datetime) -> datetime | None:
    """The first due time after a moment."""
    moment = trigger.get_next_fire_time(None, after + timedelta(microseconds=1))
    return moment.astimezone(UTC) if moment is not None else None


@dataclass(frozen=True, slots=True)
class Scheduled:
    """One job of one school with its due times."""

    school: SchoolConfig
    job: str
    trigger: CronTrigger


class Service:
    """Runs every scheduled job of every school, each due time once, one after the other."""

    def __init__(self, store: Store, config: Config, on_run: Callable[[RunReport], object]) -> None:
        self._store = store
        self._config = config
        self._on_run = on_run
        self._stop = threading.Event()
        self._scheduled = tuple(_scheduled(config))

    def serve(self) -> None:
        """Work until stopped by Ctrl+C, SIGTERM or Ctrl+Break; the run in hand is finished first."""
        for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._asked_to_stop)
        self.remember_start()
        alarm = BackgroundScheduler(executors={"default": ThreadPoolExecutor(1)}, timezone="UTC")
        alarm.add_job(self._wake, args=[alarm], id="wake", coalesce=True, misfire_grace_time=None, max_instances=1)
        alarm.start()
        while not self._stop.wait(timeout=1 if sys.platform == "win32" else None):
            pass  # Windows delivers a signal only between short waits
        alarm.shutdown(wait=True)

    def stop(self) -> None:
        """Ask the service to end."""
        self._stop.set()

    def remember_start(self) -> None:
        """From the very first start on, a due time that passes while the service is down counts as missed."""
        for item in self._scheduled:
            with self._store.writing() as connection:
                if last_slot(connection, item.school.id, item.job) is None:
                    now = school_clock(item.school.demo)()
                    claim_slot(connection, item.school.id, item.job, now, BASELINE)
                    settle_slot(connection, item.school.id, item.job, now, BASELINE)

    def run_due(self) -> list[RunReport]:
        """Claim and run everything that is due now, in the order of the cycle."""
        reports = []
        for item in self._scheduled:
            if self._stop.is_set():
                break
            due_at = self._due(item)
            if due_at is not None and (report := self._run(item, due_at)) is not None:
                reports.append(report)
        return reports

    def _wake(self, alarm: BackgroundScheduler) -> None:
        busy = any(report.outcome.ending is Ending.BUSY for report in self.run_due())
        if self._stop.is_set():
            return
        seconds = BUSY_SECONDS if busy else min(self._seconds_to_next(), REARM_SECONDS)
        alarm.add_job(
            self._wake,
            DateTrigger(system_clock() + timedelta(seconds=seconds)),
            args=[alarm],
            id="wake",
            replace_existing=True,
            coalesce=True,
            misfire_grace_time=None,
        )

    def _seconds_to_next(self) -> float:
        waits = []
        for item in self._scheduled:
            now = school_clock(item.school.demo)()
            upcoming = next_due(item.trigger, now)
            if upcoming is not None:
                waits.append((upcoming - now).total_seconds())
        return max(min(waits, default=REARM_SECONDS), 0)

    def _due(self, item: Scheduled) -> datetime | None:
        with self._store.reading() as connection:
            last = last_slot(connection, item.school.id, item.job)
        now = school_clock(item.school.demo)()
        return newest_due(item.trigger, last or now, now)

    def _run(self, item: Scheduled, due_at: datetime) -> RunReport | None:
        with self._store.writing() as connection:
            if not claim_slot(connection, item.school.id, item.job, due_at, uuid.uuid4().hex):
                return None
        report = run_job(self._store, self._config, item.school, item.job, RunOptions(slot_due=due_at))
        with self._store.writing() as connection:
            if report.outcome.ending is Ending.BUSY:
                give_back_slot(connection, item.school.id, item.job, due_at)
            else:
                settle_slot(connection, item.school.id, item.job, due_at, report.outcome.ending.value)
        self._on_run(report)
        return report

    def _asked_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stop()


def _scheduled(config: Config) -> Iterator[Scheduled]:
    for school in config.schools.values():
        for job in job_names():
            section = school.jobs.get(job)
            if section is not None and section.enabled and section.schedule is not None:
                yield Scheduled(school, job, trigger_of(section.schedule, school.school.timezone))
