"""Can the machine's clock be believed? What a wrong one could do: report before a deadline, close, remove, delete.

Nothing here knows the right time. The store knows at which moments jobs ran: with a clock that is behind the newest of
them, or far ahead of it, no job begins, until it is set right or a person says that it is right. Behind it, tutors
would be reminded of a deadline that is over; far ahead of it, a report would leave before its deadline.
"""

from datetime import datetime, timedelta

from sims_sync.outcome import Problem
from sims_sync.store.session import Store
from sims_sync.store.standing import newest_moment

BACK_MINUTES = 5
CLOCK_CODES = frozenset({"clock-ahead", "clock-back"})


def clock_trouble(newest: datetime | None, now: datetime, jump_days: int) -> Problem | None:
    """What is odd about `now`, given the newest moment that was believed; both aware. `jump_days` 0: nothing is."""
    if newest is None or not jump_days:
        return None
    do = "If it is wrong, set it right: all goes on by itself. If it is right: `sims-sync clock confirm --reason …`."
    if now < newest - timedelta(minutes=BACK_MINUTES):
        what = f"The clock says {_shown(now)}, and the last run began {_shown(newest)}, after that: no job begins."
        return Problem("clock-back", what, do)
    if now > newest + timedelta(days=jump_days):
        days = (now - newest).days
        what = f"The clock says {_shown(now)}, {days} days after the last run: no job begins until that is confirmed."
        return Problem("clock-ahead", what, do)
    return None


def why_not_to_begin(store: Store, school: str, now: datetime, jump_days: int) -> Problem | None:
    """Why no job may begin now; None = it may.

    Raises:
        RetriableError: the store does not answer.
    """
    if not jump_days:
        return None
    with store.reading() as connection:
        newest = newest_moment(connection, school)
    return clock_trouble(newest, now, jump_days)


def _shown(moment: datetime) -> str:
    return f"{moment:%a %d %b %Y %H:%M} UTC"
