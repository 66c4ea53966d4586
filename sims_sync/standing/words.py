"""How is a standing said: moments, how long something lasted, and the one line that says it all?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sims_sync.connector import Severity
from sims_sync.standing.condition import Standing

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def shown_at(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as the school's clocks show it: "Wed 16 Dec 2026 07:30"."""
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M}"


def shown_lately(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """A moment of these days: "today 06:00", "yesterday 06:00", else "Fri 11 Dec 2026 06:00"."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    names = {today: "today", today - timedelta(days=1): "yesterday"}
    return f"{names[local.date()]} {local:%H:%M}" if local.date() in names else shown_at(moment, zone)


def lasted(since: datetime, until: datetime) -> str:
    """How long something lasted: "45 s", "12 min", "2 h 15 min", "3 days 4 h"."""
    seconds = max(int((until - since).total_seconds()), 0)
    minutes, hours, days = seconds // _MINUTE, seconds // _HOUR, seconds // _DAY
    if days:
        rest = hours % 24
        return f"{days} {'day' if days == 1 else 'days'}{f' {rest} h' if rest else ''}"
    if hours:
        return f"{hours} h{f' {minutes % 60} min' if minutes % 60 else ''}"
    return f"{minutes} min" if minutes else f"{seconds} s"


def line_of(standing: Standing, now: datetime, zone: ZoneInfo) -> str:
    """One school in one line: "Austen Academy: 1 thing is wrong, 2 to look at; last pull today 06:00"."""
    pulled = (
        f"; last pull {shown_lately(standing.last_read, now, zone)}" if standing.last_read else "; nothing read yet"
    )
    return f"{standing.name}: {_found(standing)}{pulled}"


def line_of_all(standings: Sequence[Standing], service: Standing, now: datetime, zone: ZoneInfo) -> str:
    """Everything in one line; `standings`: the worst first."""
    said = "" if service.verdict is Severity.FINE else f"{service.name}: {_found(service)}"
    if len(standings) == 1:
        return "; ".join(part for part in (line_of(standings[0], now, zone), said) if part)
    counts = {severity: sum(each.verdict is severity for each in standings) for severity in Severity}
    words = {Severity.WRONG: "wrong", Severity.WARN: "to look at", Severity.FINE: "well"}
    listed = ", ".join(f"{counts[severity]} {word}" for severity, word in words.items() if counts[severity])
    troubled = standings and standings[0].verdict is not Severity.FINE
    worst = f"; worst: {standings[0].name}" if troubled else ""
    return "; ".join(part for part in (f"{len(standings)} schools: {listed or 'none'}{worst}", said) if part)


def _found(standing: Standing) -> str:
    wrong, warn = len(standing.wrong), len(standing.warn)
    parts = []
    if wrong:
        parts.append(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong")
    if warn:
        parts.append(f"{warn} to look at")
    return ", ".join(parts) or "all is well"
