"""How are many questions asked side by side, in step with each other, and with little in memory?"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
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
    with _Crew(work, units, open_client, threads) as crew:
        yield from crew.found()
    if crew.failure is not None:
        raise crew.failure


class _Crew(Generic[Unit, Found]):
    """The threads of one call. Left early, it finishes what has begun and begins nothing more.

    Each thread takes its next unit itself, and waits when too much of what was found is not yet asked for. A pool of
    the standard library, with a task and a waiter for each unit, takes a tenth of a millisecond more for each.
    """

    def __init__(
        self,
        work: Callable[[HttpClient, Unit], Found],
        units: Iterable[Unit],
        open_client: Callable[[], HttpClient],
        threads: int,
    ) -> None:
        self.failure: BaseException | None = None
        self._work = work
        self._rest = iter(units)
        self._over = False
        self._taking = threading.Lock()
        self._room = threading.Semaphore(WAITING_PER_THREAD * threads)
        self._done: SimpleQueue[list[Found]] = SimpleQueue()  # one thing found, or none: a thread has ended
        self._clients = [open_client() for _ in range(threads)]
        self._threads = [
            threading.Thread(target=self._run, args=(client,), name="oneroster") for client in self._clients
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._room.release(len(self._threads))
        for thread in self._threads:
            thread.join()
        for client in self._clients:
            client.close()

    def found(self) -> Iterator[Found]:
        """What the threads find, until all have ended; after an interrupt that is what had begun by then."""
        running = len(self._threads)
        while running:
            try:
                found = wait(self._done)
            except KeyboardInterrupt as interrupt:
                self._fail(interrupt)
                continue
            yield from found
            self._room.release()
            running -= not found

    def _run(self, client: HttpClient) -> None:
        try:
            while unit := self._next():
                self._done.put([self._work(client, unit[0])])
        except BaseException as error:  # noqa: BLE001 - raised by the caller's thread, when what has begun is done
            self._fail(error)
        finally:
            self._done.put([])

    def _next(self) -> list[Unit]:
        """The next unit, in a list; an empty one where there is none, or where nothing more is to begin."""
        self._room.acquire()
        with self._taking:
            return [] if self._over else list(islice(self._rest, 1))

    def _fail(self, error: BaseException) -> None:
        self.failure = self.failure or error
        self._over = True


def wait(done: "SimpleQueue[list[Found]]") -> list[Found]:
    """What is found next; a place of its own, for a test that interrupts here."""
    return done.get()
