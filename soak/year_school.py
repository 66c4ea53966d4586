"""Which school sends the mails of a whole year, and on which days of the reference calendar does something leave?

A small invented school, live since before the year: in each half term two of three students have their target typed in
SIMS by the first reminder, so that every tutor has something to be reminded of and every Head of House a report.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

from sims_sync.demo.calendar import reference_calendar
from sims_sync.demo.config_text import SCHOOL_ID
from sims_sync.demo.cycle import prepare
from sims_sync.demo.days import SCHOOL_TIMEZONE
from sims_sync.demo.sims_file import INSERT_RESULT, STATE_FILE, stored
from sims_sync.demo.texts import TARGETS
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.going_live import GoLive, save_decision
from sims_sync.store.session import open_store
from soak.folder import set_clock, set_keys, sims_sync
from soak.post import HOST

STUDENTS = 60
STARTS_WITH = "2026-27/autumn-1"
FIRST_READ = datetime(2026, 9, 3, 5, 0, tzinfo=UTC)
HALF_PAST_SEVEN = time(7, 30)
EVERY_THIRD = 3
MAILS_KEPT_DAYS = 400
LONGEST_JUMP = timedelta(days=28)
REMINDER_DAY = date(2026, 12, 1)  # the first of Autumn 2


def reference_year() -> SchoolYear:
    """The calendar of DOMAIN §2."""
    return SchoolYear(reference_calendar())


def message_days(year: SchoolYear) -> list[date]:
    """Of each half term: its first school day, both reminders' days, the day after the second, the report's day.

    And one school day between where more than four weeks would pass: a clock that jumps so far is not believed.
    """
    found: list[date] = []
    for half_term in year.ids():
        dates = year.dates(half_term)
        between = [day for day in dates.school_days if dates.reminder_2 and day > dates.reminder_2][:1]
        days = (dates.first_school_day, dates.reminder_1, dates.reminder_2, *between, dates.report)
        found += sorted(day for day in days if day is not None)
    for before, after in pairwise(found.copy()):
        if after - before > LONGEST_JUMP:
            found.append(year.school_days_between(before, after)[10])
    return sorted(found)


def at_half_past_seven(day: date) -> datetime:
    """When the send window opens on that day."""
    return datetime.combine(day, HALF_PAST_SEVEN, SCHOOL_TIMEZONE).astimezone(UTC)


def make_year_school(base: Path, port: int, sims_url: str | None = None, first_read: datetime = FIRST_READ) -> None:
    """The school on the day it is read first, its first plans released; mail goes to that port.

    `sims_url`: the OneRoster server into which targets are pushed; None = nothing is.
    """
    prepare(base, STUDENTS)
    for kept in ("proformas", "workbooks"):
        for path in (base / kept).glob("*"):
            path.unlink()  # the demo's own: they tell of one half term only
    configure(base, port, sims_url)
    year = reference_year()
    with closing(sqlite3.connect(base / "sims" / STATE_FILE)) as sims, sims:
        sims.execute("DELETE FROM result WHERE aspect LIKE 'Mentoring %'")
        students = [row[0] for row in sims.execute("SELECT person_id FROM student ORDER BY person_id")]
        for half_term in year.ids():
            sims.executemany(INSERT_RESULT, _typed(year, half_term, students))
    set_clock(base, first_read)
    for jobs in (("pull_students",), ("pull_results", "pull_entries")):
        sims_sync(base, "run", *jobs)
        sims_sync(base, "plans", "release", "--first", "--reason", "soak")
    _decide(base)


def configure(base: Path, port: int, sims_url: str | None) -> None:
    """Live from the year's first half term on; to servers that run by themselves."""
    path = base / "config.toml"
    text = path.read_text(encoding="utf-8")
    push = "enabled = false" if sims_url is None else "enabled = true"
    for before, after in (
        ('starts_with = "2026-27/autumn-2"', f'starts_with = "{STARTS_WITH}"'),
        ('mode = "shadow"', 'mode = "live"'),
        (
            'connector = "mail_folder"\nfolder = "mail"',
            f'connector = "smtp"\nhost = "{HOST}"\nport = {port}\nsecurity = "none"',
        ),
        ('[push]\nenabled = true\nsimulated_sims = "sims"', f"[push]\n{push}"),
        ("timeout_seconds = 1\ntotal_seconds = 5", "timeout_seconds = 10\ntotal_seconds = 30"),
    ):
        if before not in text:
            raise ValueError(f"The demo's configuration no longer says {before}.")
        text = text.replace(before, after)
    text += f"\n[retention]\nsent_mail_days = {MAILS_KEPT_DAYS}\n"  # else a mail's Message-ID goes after 90 days
    path.write_text(text, encoding="utf-8")
    if sims_url is not None:
        set_keys(base, {"base_url": f'"{sims_url}"', "token_url": f'"{sims_url}/connect/token"'})


def _typed(
    year: SchoolYear, half_term: HalfTermId, students: Sequence[str]
) -> list[tuple[str, str, str, str, str, str]]:
    """Two of three students' first target, typed on the half term's third school day."""
    day = year.dates(half_term).school_days[2]
    typed_at = stored(at_half_past_seven(day) + timedelta(hours=8))
    result_set = f"Mentoring {half_term.shown.partition(' 2')[0]} 2026/27"
    return [
        (person, "Mentoring Target 1", result_set, TARGETS[number % len(TARGETS)], day.isoformat(), typed_at)
        for number, person in enumerate(students)
        if number % EVERY_THIRD
    ]


def _decide(base: Path) -> None:
    """The decision to go live, as it would have been recorded after the year before."""
    store = open_store("sqlite:///sims-sync.db", base)
    try:
        with store.writing() as connection:
            told = GoLive(datetime(2026, 8, 1, tzinfo=UTC), "soak", "2025-26/summer-2", 10, date(2026, 7, 1))
            save_decision(connection, SCHOOL_ID, told)
    finally:
        store.close()
