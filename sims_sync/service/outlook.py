"""When must each job be looked at in the store, so that the service can sleep in between?

All of it can be forgotten at any moment: then every job is looked at once. What is due is in the store alone.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sims_sync.breaker import Breaker
from sims_sync.schedule import next_due
from sims_sync.service.scheduled import Scheduled

WAKE_SECONDS = 15  # the longest between two wakes: another service's death, a pause, a resume are noticed then
BUSY_SECONDS = 20  # how soon what could not be done is tried again: another run held the lease, the store was gone
ASKING_SECONDS = 5.0  # between two looks at a job that a dead process left, or that is to be tried again

Key = tuple[str, str]  # school, job


class Outlook:
    """The next look at each job, by its school's clock; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._look_at: dict[Key, tuple[Scheduled, datetime]] = {}
        self._looked_at: dict[Key, float] = {}
        self._rests_until: dict[str, float] = {}

    def forget(self, key: Key | None = None) -> None:
        """Look at one job anew, or at every job."""
        with self._lock:
            if key is None:
                self._look_at.clear()
            else:
                self._look_at.pop(key, None)

    def looked(self, item: Scheduled, now: datetime, *, busy: bool) -> None:
        """A job was looked at; next when it is due again, its free hours end, or soon where its school was `busy`."""
        moment = now + timedelta(seconds=BUSY_SECONDS) if busy else _next_look(item, now)
        with self._lock:
            self._look_at[item.key] = item, moment
            self._looked_at[item.key] = time.monotonic()

    def rest(self, school: str) -> None:
        """Leave a school alone for a while: the store could not be used."""
        with self._lock:
            self._rests_until[school] = time.monotonic() + BUSY_SECONDS

    def due(
        self,
        items: Sequence[Scheduled],
        now_of: Callable[[Scheduled], datetime],
        orphans: Collection[Key],
        breakers: Mapping[Key, Breaker],
    ) -> tuple[dict[str, deque[Scheduled]], float]:
        """What to look at now, by school and in the order of `items`; in how many seconds to ask again.

        `orphans`: the jobs that a dead process left. `breakers`: those that are to be tried again at some moment.
        """
        found: dict[str, deque[Scheduled]] = {}
        waits = [float(WAKE_SECONDS)]
        with self._lock:
            for item in items:
                breaker = breakers.get(item.key)
                retry_at = breaker.retry_at if breaker is not None else None
                wait = self._wait(item, now_of(item), retry_at, is_orphan=item.key in orphans)
                if wait <= 0:
                    found.setdefault(item.school.id, deque()).append(item)
                else:
                    waits.append(wait)
        return found, min(waits)

    def _wait(self, item: Scheduled, now: datetime, retry_at: datetime | None, *, is_orphan: bool) -> float:
        """In how many seconds to look at a job; 0 or less = now."""
        rests = self._rests_until.get(item.school.id, 0.0) - time.monotonic()
        if rests > 0:
            return rests
        known, moment = self._look_at.get(item.key, (item, now))
        if known is not item:
            return 0.0  # the configuration has changed since: its line may be another
        until_moment = (moment - now).total_seconds()
        if retry_at is not None and retry_at > now:
            return min(until_moment, (retry_at - now).total_seconds())
        if retry_at is None and not is_orphan:
            return until_moment
        asked = self._looked_at.get(item.key, -ASKING_SECONDS) + ASKING_SECONDS - time.monotonic()
        return min(until_moment, asked)


def _next_look(item: Scheduled, now: datetime) -> datetime:
    upcoming = next_due(item.trigger, now) or now + timedelta(days=1)
    free_from = item.kept_free_until(now)
    return upcoming if free_from is None else min(upcoming, free_from)
