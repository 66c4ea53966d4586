"""Is the clock right: the time zone's data are there, and servers that we ask anyway tell about the same time?"""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import requests

from sims_sync.config import Config, SchoolConfig
from sims_sync.connector import Finding, Severity
from sims_sync.context import system_clock

TIME_LIMIT_SECONDS = 5
WARN_SECONDS = 60
WRONG_SECONDS = 600  # deadlines and send windows are kept to the minute
_ADDRESSES = ("base_url", "login_url", "token_url")


def clock_findings(config: Config) -> Iterator[Finding]:
    """The zone's data, and the clock beside the first configured server that answers with a date."""
    try:
        ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        what = "the data of Europe/London are missing: no deadline can be computed."
        yield Finding(Severity.WRONG, "time zone", what, "Install the package tzdata.")
        return
    for server in _servers(config):
        told = server_time(server)
        if told is not None:
            yield judged(system_clock(), told, server)
            return
    what = "is not compared: no configured server tells the time."
    yield Finding(Severity.FINE, "clock", f"{system_clock():%d %b %Y %H:%M} UTC; it {what}")


def judged(here: datetime, there: datetime, server: str) -> Finding:
    """This machine's time beside a server's (both aware)."""
    apart = abs((here - there).total_seconds())
    what = f"{here:%d %b %Y %H:%M} UTC, {apart:.0f} seconds from {server}."
    if apart > WARN_SECONDS:
        severity = Severity.WRONG if apart > WRONG_SECONDS else Severity.WARN
        return Finding(severity, "clock", what, "Let this machine keep its time by NTP (w32time, chrony).")
    return Finding(Severity.FINE, "clock", what)


def server_time(server: str) -> datetime | None:
    """What the server's Date header says; None where it does not answer."""
    try:
        answer = requests.head(server, timeout=TIME_LIMIT_SECONDS, allow_redirects=False)
        told = parsedate_to_datetime(answer.headers["Date"])
    except (requests.RequestException, KeyError, ValueError):
        return None
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)


def _servers(config: Config) -> Iterator[str]:
    """Each configured server once, by its root: no path of ours is asked for."""
    seen: set[str] = set()
    for school in config.schools.values():
        for text in _addresses(school) if school.demo is None else ():
            parts = urlsplit(text)
            server = f"{parts.scheme}://{parts.netloc}/"
            if parts.scheme == "https" and server not in seen:
                seen.add(server)
                yield server


def _addresses(school: SchoolConfig) -> Iterator[str]:
    tables = [source.options for source in school.sources.values() if source.enabled]
    tables.append(school.messages.mailer.options)
    if school.push.enabled and school.push.destination is not None:
        tables.append(school.push.destination.options)
    for table in tables:
        yield from (str(table[key]) for key in _ADDRESSES if table.get(key))
