"""When is a job due: which moments does its line name, and which hours are kept free (DESIGN §7)?

APScheduler's trigger gives the moments; what was run is in the store, and a service wakes by a clock that never jumps.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from sims_sync.config import SCHEDULE_FIELDS

_INSTANT = timedelta(microseconds=1)
_LOOK_BACK = (timedelta(minutes=5), timedelta(hours=5), timedelta(days=5), timedelta(days=100))


def trigger_of(schedule: str, zone: str) -> CronTrigger:
    """The due times of a six-field line, school-local; `*` and `*/n` hours are counted in UTC (no clock change)."""
    fields = dict(zip(SCHEDULE_FIELDS, schedule.split(), strict=True))
    return CronTrigger(**fields, timezone="UTC" if fields["hour"].startswith("*") else zone)


def newest_due(trigger: CronTrigger, after: datetime, until: datetime) -> datetime | None:
    """The last due time in (after, until], so that several missed ones run once; None where there is none."""
    for look_back in _LOOK_BACK:  # after a long time away the last one is found without counting all before it
        begin = until - look_back
        if begin <= after:
            break
        if (found := _last_in(trigger, begin, until)) is not None:
            return found
    return _last_in(trigger, after, until)


def next_due(trigger: CronTrigger, after: datetime) -> datetime | None:
    """The first due time after a moment."""
    moment = trigger.get_next_fire_time(None, after + _INSTANT)
    return moment.astimezone(UTC) if moment is not None else None


def kept_free_until(windows: Sequence[str], moment: datetime, zone: ZoneInfo) -> datetime | None:
    """When the hours end that are kept free at `moment`; None where none of the windows ("HH:MM-HH:MM") holds it.

    School-local, also over midnight; several that touch are one.
    """
    end = moment
    for _ in windows:
        ends = [last for window in windows for first, last in _around(window, end, zone) if first <= end < last]
        if not ends:
            break
        end = max(ends)
    return end if end > moment else None


def _around(window: str, moment: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """The window of the day, and that which began the day before."""
    first, last = (time.fromisoformat(part) for part in window.split("-"))
    today = moment.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        yield _at(day, first, zone), _at(day + timedelta(days=1) if last < first else day, last, zone)


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)


def _last_in(trigger: CronTrigger, after: datetime, until: datetime) -> datetime | None:
    found = None
    moment = trigger.get_next_fire_time(None, after + _INSTANT)
    while moment is not None and moment <= until:
        found = moment.astimezone(UTC)
        moment = trigger.get_next_fire_time(moment, moment + _INSTANT)
    return found
