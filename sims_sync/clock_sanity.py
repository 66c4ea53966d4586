"""Can the machine's clock be believed? What a wrong one could do: report before a deadline, close, remove, delete.

Nothing here knows the right time. The store knows at which moments jobs ran: a clock that is behind the newest of them,
or far ahead of it, is asked about. A wrong clock accuses nobody: no job begins while it is far ahead.
"""

from datetime import datetime, timedelta

from sims_sync.outcome import Problem
from sims_sync.store.session import Store
from sims_sync.store.standing import newest_moment

BACK_MINUTES = 5
CLOCK_AHEAD = "clock-ahead"
CLOCK_BACK = "clock-back"


def clock_trouble(newest: datetime | None, now: datetime, jump_days: int) -> Problem | None:
    """What is odd about `now`, given the newest moment that was believed; both aware. `jump_days` 0 = never ahead."""
    if newest is None:
        return None
    if now < newest - timedelta(minutes=BACK_MINUTES):
        what = f"The clock says {_shown(now)}, and the last run began at {_shown(newest)}: one of the two is wrong."
        return Problem("clock-back", what, "Set this machine's clock right, and let it be kept right (NTP).")
    if jump_days and now > newest + timedelta(days=jump_days):
        days = (now - newest).days
        what = f"The clock says {_shown(now)}, {days} days after the last run: no job begins until that is confirmed."
        do = "If it is wrong, set it right: all goes on by itself. If it is right: `sims-sync clock confirm`."
        return Problem("clock-ahead", what, do)
    return None


def far_ahead(store: Store, school: str, now: datetime, jump_days: int) -> Problem | None:
    """Why no job may begin now; None = it may.

    Raises:
        RetriableError: the store does not answer.
    """
    if not jump_days:
        return None
    with store.reading() as connection:
        newest = newest_moment(connection, school)
    found = clock_trouble(newest, now, jump_days)
    return found if found is not None and found.code == CLOCK_AHEAD else None


def _shown(moment: datetime) -> str:
    return f"{moment:%a %d %b %Y %H:%M} UTC"
