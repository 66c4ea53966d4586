"""What does the service do from one wake to the next, for every school, and how does it end?

Schools take turns: each has one job at work at a time, and after it stands at the end of the queue again, so that sixty
schools share a few workers and one that hangs keeps no other waiting. Within a school what is due runs in the order of
the cycle. The alarm is a wait by a clock that never jumps: a corrected system clock delays and repeats nothing.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from sims_sync.clock_sanity import CLOCK_CODES, why_not_to_begin
from sims_sync.config import Config, SchoolConfig
from sims_sync.connector import Clock
from sims_sync.context import school_clock, system_clock
from sims_sync.errors import SimsSyncError
from sims_sync.outcome import Ending
from sims_sync.run import RunOptions, RunReport, run_job
from sims_sync.service import outlook
from sims_sync.service.claiming import Claim, Found, claim_due, remember_start
from sims_sync.service.giving_up import give_up
from sims_sync.service.heartbeat import Heartbeat
from sims_sync.service.hooks import Hooks, nothing
from sims_sync.service.outlook import Outlook
from sims_sync.service.scheduled import Scheduled, scheduled
from sims_sync.service.stopping import Stop
from sims_sync.store.breakers import all_breakers
from sims_sync.store.pauses import Pause, all_pauses
from sims_sync.store.runs import lease_owner
from sims_sync.store.session import Store
from sims_sync.store.slots import give_back_slot, orphaned_slots

TIDY_SECONDS = 24 * 3600.0  # so often slots that are long over are dropped
END_SLICE_SECONDS = 0.2  # Windows delivers a second signal only between two waits
LOOK_SECONDS = 1.0  # between two looks at the stop file
JUMP = timedelta(seconds=5)  # a clock that went back by more was put right: every job is looked at anew

log = structlog.get_logger("sims_sync.service")


Runner = Callable[[Store, Config, SchoolConfig, str, RunOptions], RunReport]  # as `run_job`


def clock_of(school: SchoolConfig) -> Clock:
    """The school's clock: the demo's, or the real one."""
    return school_clock(school.demo)


@dataclass(slots=True)
class _Round:
    """What may be due for one school at one wake, in the order of the cycle."""

    school: str
    items: deque[Scheduled]


class Service:
    """Runs every scheduled job of every school, each due time once."""

    def __init__(
        self,
        store: Store,
        config: Config,
        on_run: Callable[[RunReport], object] | None = None,
        *,
        hooks: Hooks | None = None,
        stop: Stop | None = None,
        clocks: Callable[[SchoolConfig], Clock] = clock_of,
        runner: Runner = run_job,
    ) -> None:
        self._store = store
        self._hooks = hooks or Hooks()
        if on_run is not None:
            self._hooks.after_run.append(on_run)
        self._stop = stop or Stop()
        self._clocks = clocks
        self._runner = runner
        self._pool = ThreadPoolExecutor(config.service.workers, "school")
        # The heart has a thread of its own: a mail server that hangs must not make a living service look dead.
        self._beside = ThreadPoolExecutor(2, "beside")
        self._doing: dict[Callable[[], None], Future[None]] = {}
        self._lock = threading.Condition()
        self._telling = threading.Lock()
        self._rounds: dict[str, _Round] = {}
        self._reports: list[RunReport] = []
        self._busy: set[str] = set()
        self._odd_clocks: set[str] = set()  # the schools whose clock was not believed when a job was to begin
        self._outlook = Outlook()
        self._tidied = time.monotonic()
        self._pauses: tuple[Pause, ...] = ()
        self._in_trouble: str | None = None
        self._clock_before = (time.monotonic(), system_clock())
        self._heartbeat = Heartbeat(store)
        self._adopt(config)

    def serve(self, look: Callable[[], None] = nothing) -> bool:
        """Work until it is to stop; whether every run in hand had ended `stop_seconds` after that.

        `look` is called about every second. Where False comes back, end the process: what still runs is cut off as by a
        power cut, and the next start goes on from there.
        """
        self._patiently(self._start)
        wake_at = time.monotonic()
        while not self._stop():
            if time.monotonic() >= wake_at:
                wake_at = time.monotonic() + self.wake()
            if self._stop.wait(min(LOOK_SECONDS, max(wake_at - time.monotonic(), 0.0))):
                wake_at = time.monotonic()
            try:
                look()
            except Exception:
                log.exception("unforeseen fault in a look")
        return self._end()

    def stop(self) -> None:
        """Ask the service to end."""
        self._stop.ask()

    def replace(self, config: Config) -> None:
        """Go on with another configuration; what runs now ends under the old one."""
        with self._lock:
            self._adopt(config)
        self._patiently(self._start)
        self._stop.rouse()

    def remember_start(self) -> None:
        """From the very first start on, a due time that passes while the service is down counts as missed."""
        with self._store.writing() as connection:
            for item in self._items:
                remember_start(connection, item, self._now(item), system_clock())
        self._tidied = time.monotonic()

    def run_due(self) -> list[RunReport]:
        """Claim and run everything that is due now, and wait for its end; the reports in the order of their ends."""
        self._reports = []
        self._busy.clear()
        self._outlook.forget()
        self._begin_rounds()
        with self._lock:
            self._lock.wait_for(lambda: not self._rounds)
        return self._reports

    def found_busy(self) -> list[str]:
        """The schools that `run_due` found at work in another process: what is due there waits."""
        return sorted(self._busy)

    def wake(self) -> float:
        """Begin what is due, without waiting for it; in how many seconds to wake again."""
        try:
            self._notice_clock()
            seconds = self._begin_rounds()
        except SimsSyncError as error:
            self._trouble(error)
            return outlook.BUSY_SECONDS
        except Exception:
            log.exception("unforeseen fault in a wake")
            return outlook.BUSY_SECONDS
        for task in (self._keep, self._tell_beside):
            if task not in self._doing or self._doing[task].done():
                self._doing[task] = self._beside.submit(task)
        return seconds

    def _adopt(self, config: Config) -> None:
        self._config = config
        self._items = tuple(scheduled(config))
        self._outlook.forget()

    def _start(self) -> None:
        self.remember_start()
        self._heartbeat.announce(self._config)

    def _patiently(self, step: Callable[[], None]) -> None:
        """Once more each few seconds while the store cannot be used: the disk is full, another program locks it."""
        while not self._stop():
            try:
                step()
            except SimsSyncError as error:
                self._trouble(error)
                self._stop.sleep(outlook.BUSY_SECONDS)
            else:
                self._trouble(None)
                return

    def _notice_clock(self) -> None:
        """A clock that was put back leaves moments to look at which lie too far ahead."""
        monotonic, before = self._clock_before
        self._clock_before = (time.monotonic(), system_clock())
        elapsed = timedelta(seconds=self._clock_before[0] - monotonic)
        if self._clock_before[1] - before < elapsed - JUMP:
            log.warning("the clock was put back")
            self._outlook.forget()
            self.remember_start()

    def _begin_rounds(self) -> float:
        """A round for each school that may have something due; the seconds to the next moment of any."""
        with self._store.reading() as connection:
            # Those of this process, too: the store was gone when their run ended.
            orphans = {(slot.school, slot.job) for slot in orphaned_slots(connection, system_clock(), lease_owner())}
            breakers, pauses = all_breakers(connection), all_pauses(connection)
        if pauses != self._pauses:
            self._pauses = pauses
            self._outlook.forget()
        due, seconds = self._outlook.due(self._items, self._now, orphans, breakers)
        for school, items in due.items():
            self._begin(_Round(school, items))
        return seconds

    def _begin(self, round_: _Round) -> None:
        with self._lock:
            if round_.school in self._rounds or self._stop():
                return  # it is at work: what came due meanwhile is looked at when that has ended
            self._rounds[round_.school] = round_
        self._pool.submit(self._take_turn, round_)

    def _take_turn(self, round_: _Round) -> None:
        """One job of a school's round; then it stands at the end of the queue."""
        try:
            if self._waits_for_its_clock(round_):
                self._rest(round_)
            while round_.items and not self._stop():
                item = round_.items.popleft()
                if self._is_in_force(item) and self._attend(item):
                    break
        except SimsSyncError as error:
            self._rest(round_)
            self._trouble(error)
        except Exception:
            self._rest(round_)
            log.exception("unforeseen fault", school=round_.school)
        if round_.items and not self._stop():
            self._pool.submit(self._take_turn, round_)
            return
        with self._lock:
            del self._rounds[round_.school]
            self._lock.notify_all()
        self._stop.rouse()

    def _waits_for_its_clock(self, round_: _Round) -> bool:
        """Whether a clock that stopped a job has been neither set right nor confirmed: said once, then asked quietly.

        So that all goes on at once when it has been, and not at the next due time of each job.
        """
        if round_.school not in self._odd_clocks or not round_.items:
            return False
        item = round_.items[0]
        jump_days = item.school.monitoring.clock_jump_days
        if why_not_to_begin(self._store, round_.school, self._now(item), jump_days) is not None:
            return True
        self._odd_clocks.discard(round_.school)
        return False

    def _is_in_force(self, item: Scheduled) -> bool:
        """Whether it is of the present configuration: a push or a mail just switched off must not go from the queue."""
        return any(item is each for each in self._items)

    def _rest(self, round_: _Round) -> None:
        """What could not be claimed now is tried again a little later."""
        round_.items.clear()
        self._outlook.rest(round_.school)

    def _attend(self, item: Scheduled) -> bool:
        """Claim and run what is due of one job; whether anything ran."""
        now = self._now(item)
        with self._store.writing() as connection:
            claim = claim_due(connection, item, now, system_clock())
        self._trouble(None)
        self._outlook.looked(item, now, busy=claim.found is Found.BUSY)
        if claim.found is Found.BUSY:
            self._busy.add(item.school.id)
        if claim.found is Found.GIVE_UP:
            self._tell(give_up(self._store, item, claim))
            return True
        if claim.found is not Found.RUN:
            return False
        self._tell(self._run(item, claim))
        return True

    def _run(self, item: Scheduled, claim: Claim) -> RunReport:
        asked = RunOptions(slot_due=claim.due_at, attempt=claim.attempt, stopping=self._stop)
        report = self._runner(self._store, self._config, item.school, item.job, asked)
        if report.outcome.ending is Ending.BUSY and claim.due_at is not None:
            with self._store.writing() as connection:
                give_back_slot(connection, *item.key, claim.due_at)
            self._outlook.looked(item, self._now(item), busy=True)
        if any(problem.code in CLOCK_CODES for problem in report.outcome.problems):
            self._odd_clocks.add(item.school.id)
            self._outlook.forget(item.key)
        return report

    def _tell(self, report: RunReport) -> None:
        with self._telling:
            self._reports.append(report)
            for told in self._hooks.after_run:
                try:
                    told(report)
                except Exception:
                    log.exception("unforeseen fault beside a run")

    def _keep(self) -> None:
        """Let others see that this process serves."""
        try:
            if time.monotonic() - self._tidied > TIDY_SECONDS:
                self.remember_start()
            if self._in_trouble is None:
                self._heartbeat.beat(self._config)
            else:
                self._heartbeat.announce(self._config)  # a write, to see whether that works again
                self._trouble(None)
        except SimsSyncError as error:
            self._trouble(error)
        except Exception:
            log.exception("unforeseen fault in a heartbeat")

    def _tell_beside(self) -> None:
        """What others do beside the runs; nothing of it may stop them."""
        try:
            self._hooks.beside()
        except Exception:
            log.exception("unforeseen fault beside the runs")

    def _trouble(self, error: SimsSyncError | None) -> None:
        """Said once, and once more when it is over."""
        what = None if error is None else str(error)
        with self._lock:
            if what == self._in_trouble:
                return
            self._in_trouble = what
        if error is None:
            log.info("the store can be used again")
        else:
            log.error("the store cannot be used", code=error.code, what=error.what)
        self._hooks.trouble(error)

    def _end(self) -> bool:
        """Let the runs in hand end their record; say good-bye, and leave one whole file."""
        log.info("stopping", at_work=sorted(self._rounds))
        end = time.monotonic() + self._config.service.stop_seconds
        while self._rounds and time.monotonic() < end:
            with self._lock:
                self._lock.wait(END_SLICE_SECONDS)
        if self._rounds:
            log.error("cut off", at_work=sorted(self._rounds))
            return False
        self._pool.shutdown()
        self._beside.shutdown(wait=False, cancel_futures=True)
        while self._is_beside_at_work() and time.monotonic() < end:
            time.sleep(END_SLICE_SECONDS)
        self._say_good_bye()
        return not self._is_beside_at_work()

    def _is_beside_at_work(self) -> bool:
        return not all(task.done() for task in self._doing.values())

    def _say_good_bye(self) -> None:
        try:
            self._heartbeat.leave()
            self._store.checkpoint()
        except SimsSyncError as error:
            log.warning("not closed cleanly", code=error.code, what=error.what)

    def _now(self, item: Scheduled) -> datetime:
        return self._clocks(item.school)()
