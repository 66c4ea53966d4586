"""How are many questions asked side by side, in step with each other, and with little in memory?"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from queue import SimpleQueue
from typing import Generic, Self, TypeVar

from sims_sync.errors import SimsSyncError
from sims_sync.http import HttpClient

WAITING_PER_THREAD = 2

Unit = TypeVar("Unit")
Found = TypeVar("Found")


class SharedPace:
    """Keeps the threads in step: no more than so many questions in a second, and none while the server says "wait"."""

    def __init__(
        self,
        requests_per_second: float | None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gap = 1 / requests_per_second if requests_per_second else 0.0
        self._sleep = sleep
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._free_at = 0.0

    def wait(self) -> None:
        """Return when the next question may be asked."""
        while (left := self._take()) > 0:
            self._sleep(left)

    def hold(self, seconds: float) -> None:
        """Let nobody ask for so long."""
        with self._lock:
            self._free_at = max(self._free_at, self._monotonic() + seconds)

    def _take(self) -> float:
        """0 and the turn taken, or the seconds until there is one."""
        with self._lock:
            now = self._monotonic()
            if now < self._free_at:
                return self._free_at - now
            self._free_at = now + self._gap
            return 0.0


class FaultsInARow:
    """Stops a call in which nothing works any more: the rest would only be a long row of time-outs."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._count = 0
        self._error: SimsSyncError | None = None

    def check(self) -> None:
        """Raise the last fault where there were too many in a row.

        Raises:
            SimsSyncError: that fault.
        """
        if self._error is not None:
            raise self._error

    def count(self, error: SimsSyncError | None) -> None:
        """One more fault; None = something worked."""
        with self._lock:
            self._count = self._count + 1 if error else 0
            if error is not None and self._count >= self._limit:
                self._error = error


def side_by_side(
    work: Callable[[HttpClient, Unit], Found],
    units: Iterable[Unit],
    open_client: Callable[[], HttpClient],
    threads: int,
) -> Iterator[Found]:
    """What `work` finds for each unit, in the order in which it is done; each thread has a client of its own.

    An error, or Ctrl-C, lets nothing more begin. What has begun is finished and yielded, and then it is raised.
    """
    with _Crew(work, open_client, threads) as crew:
        rest = iter(units)
        while crew.begin(rest):
            yield from crew.done()
    if crew.failure is not None:
        raise crew.failure


class _Crew(Generic[Unit, Found]):
    """The threads of one call. Left early, it finishes what has begun and begins nothing more."""

    def __init__(
        self, work: Callable[[HttpClient, Unit], Found], open_client: Callable[[], HttpClient], threads: int
    ) -> None:
        self.failure: BaseException | None = None
        self._work = work
        self._room = WAITING_PER_THREAD * threads
        self._running: set[Future[Found]] = set()
        self._clients: SimpleQueue[HttpClient] = SimpleQueue()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="oneroster")
        for _ in range(threads):
            self._clients.put(open_client())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        while not self._clients.empty():
            self._clients.get().close()

    def begin(self, rest: Iterator[Unit]) -> bool:
        """Begin as many units as there is room for; whether anything is under way."""
        room = self._room - len(self._running) if self.failure is None else 0
        for unit in islice(rest, room):
            self._running.add(self._pool.submit(self._at_work, unit))
        return bool(self._running)

    def done(self) -> list[Found]:
        """What has been found meanwhile; waits for at least one unit."""
        try:
            done, self._running = wait(self._running, return_when=FIRST_COMPLETED)
        except KeyboardInterrupt as interrupt:
            self._fail(interrupt)
            return []
        over = [future for future in done if not future.cancelled()]
        for error in filter(None, (future.exception() for future in over)):
            self._fail(error)
        return [future.result() for future in over if future.exception() is None]

    def _at_work(self, unit: Unit) -> Found:
        client = self._clients.get()
        try:
            return self._work(client, unit)
        finally:
            self._clients.put(client)

    def _fail(self, error: BaseException) -> None:
        self.failure = self.failure or error
        for future in self._running:
            future.cancel()
