"""How long is a job that keeps failing left alone, and when is it tried again by itself (DESIGN §7)?

A failure is a technical one: SIMS, the store or the mail server did not answer, or the configuration is wrong. A run
that the guard stopped, or that holds something, did its work: it closes the breaker. One that was interrupted, or found
the school busy, says nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sims_sync.outcome import Ending, Problem

FAILURES_TO_OPEN = 3  # in a row: from then on its own due times within the wait are left out
FIRST_WAIT = timedelta(minutes=15)  # after each of the first three failures; then doubled …
LONGEST_WAIT = timedelta(hours=4)  # … up to this

_FAILURES = frozenset({Ending.FAILED, Ending.MISCONFIGURED})
_SAY_NOTHING = frozenset({Ending.BUSY, Ending.INTERRUPTED})


@dataclass(frozen=True, slots=True)
class Breaker:
    """How a job of one school has been failing: how often in a row, since when, why, and when it is tried again.

    `reason`: the codes of its problems, sorted; another reason is told anew. `what`: their sentences.
    """

    school: str
    job: str
    failures: int
    failing_since: datetime
    retry_at: datetime | None
    reason: str
    what: str

    @property
    def is_open(self) -> bool:
        """Whether it has failed so often that its own due times wait, too."""
        return self.failures >= FAILURES_TO_OPEN

    def holds(self, now: datetime) -> bool:
        """Whether a due time at `now` is to be left out; a wait longer than any is from a clock that was wrong."""
        return self.is_open and self.retry_at is not None and self.retry_at - LONGEST_WAIT <= now < self.retry_at


def wait_after(failures: int) -> timedelta:
    """How long a job is left alone after so many failures in a row: 15, 15, 15, 30, 60, 120, 240, 240 … minutes."""
    doublings: int = min(max(failures - FAILURES_TO_OPEN, 0), 8)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def says_nothing(ending: Ending) -> bool:
    """Whether a run that ended so leaves the breaker as it is."""
    return ending in _SAY_NOTHING


def after_run(
    before: Breaker | None, school: str, job: str, ending: Ending, problems: Sequence[Problem], now: datetime
) -> Breaker | None:
    """The breaker after a run; None: it is closed."""
    if says_nothing(ending):
        return before
    if ending not in _FAILURES:
        return None
    failures = (before.failures if before else 0) + 1
    since = before.failing_since if before else now
    reason = " ".join(sorted({problem.code for problem in problems})) or ending.value
    what = " ".join(dict.fromkeys(problem.what for problem in problems))
    return Breaker(school, job, failures, since, now + wait_after(failures), reason, what)
