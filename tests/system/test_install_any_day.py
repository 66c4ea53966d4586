"""Is nothing sent about half terms before the programme, whatever the day on which the product is installed?

A few days by the installed command; every day of the year is tried in tests/sims_sync/test_install_any_day.py.
"""

import email
import email.policy
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.system.command import Ended, rows, set_clock, sims_sync
from tests.system.exports import local

PULLS = ("pull_students", "pull_entries", "collect_proformas")
CYCLE = (*PULLS, "report_compliance")


def installed(demo: Path, starts_with: str, day: str) -> Ended:
    """A fresh store on that day, with the programme beginning then or later: what the first cycle does."""
    (demo / "sims-sync.db").unlink()
    _set_up(demo, starts_with, day)
    for job in PULLS:
        sims_sync("run", job, "--config", demo / "config.toml")
        sims_sync("plans", "release", "--first", "--reason", "it is this school", "--config", demo / "config.toml")
    return sims_sync("run", "report_compliance", "--config", demo / "config.toml", "--json")


def gone_on(demo: Path, starts_with: str, day: str) -> Ended:
    """What a cycle on that day does with the demo's own store, read on 16 December, when nothing has been sent yet."""
    with closing(sqlite3.connect(demo / "sims-sync.db")) as connection, connection:
        connection.execute("DELETE FROM message")
    _set_up(demo, starts_with, day)
    return sims_sync("run", *CYCLE, "--config", demo / "config.toml", "--json")


def _set_up(demo: Path, starts_with: str, day: str) -> None:
    config = demo / "config.toml"
    text = re.sub(r'starts_with = ".*"', f'starts_with = "2026-27/{starts_with}"', config.read_text(encoding="utf-8"))
    # The clock goes to and fro here, which is no business of these tests.
    config.write_text(f"{text}\n[monitoring]\nclock_jump_days = 0\n", encoding="utf-8")
    set_clock(config, local(day), datetime.now(UTC))
    shutil.rmtree(demo / "mail")
    (demo / "mail").mkdir()


def subjects(demo: Path) -> list[str]:
    found = (demo / "mail").glob("*.eml")
    return [str(email.message_from_bytes(path.read_bytes(), policy=email.policy.default)["Subject"]) for path in found]


def assert_nothing_sent(demo: Path, ended: Ended) -> None:
    assert ended.code in {0, 3, 4}, ended.said
    assert subjects(demo) == []
    assert rows(demo / "sims-sync.db", "SELECT * FROM message") == []


@pytest.mark.parametrize(
    ("starts_with", "day"),
    [
        ("spring-1", "2026-12-16T08:00"),  # Autumn 2's report day
        ("autumn-2", "2026-10-21T08:00"),  # Autumn 1's report day
    ],
)
def test_installed_on_a_report_day_before_the_programme_nothing_is_sent(demo: Path, starts_with: str, day: str) -> None:
    assert_nothing_sent(demo, installed(demo, starts_with, day))
    assert rows(demo / "sims-sync.db", "SELECT * FROM student")


@pytest.mark.parametrize(
    ("starts_with", "day"),
    [
        ("spring-1", "2027-01-05T08:00"),  # the first day of the programme
        ("spring-1", "2027-02-10T07:00"),  # its own report day, too early in the morning
        ("autumn-2", "2026-12-19T10:00"),  # a Saturday
        ("autumn-2", "2027-09-06T08:00"),  # the academic year is over
    ],
)
def test_nothing_is_sent_before_the_programme_nor_outside_the_window(demo: Path, starts_with: str, day: str) -> None:
    assert_nothing_sent(demo, gone_on(demo, starts_with, day))


def test_a_report_that_was_missed_leaves_once_on_the_next_school_day_about_its_own_half_term(demo: Path) -> None:
    ended = gone_on(demo, "autumn-2", "2027-01-05T08:00")
    assert ended.code == 0, ended.said
    assert subjects(demo)
    assert all("Autumn 2 mentoring" in subject for subject in subjects(demo))
    sent = sorted(subjects(demo))
    set_clock(demo / "config.toml", local("2027-01-06T08:00"), datetime.now(UTC))
    assert sims_sync("run", *CYCLE, "--config", demo / "config.toml").code == 0
    assert sorted(subjects(demo)) == sent


def test_a_report_computed_at_night_waits_for_the_morning(demo: Path) -> None:
    night = gone_on(demo, "autumn-2", "2026-12-16T06:30")
    assert night.code == 0, night.said
    assert "wait for the send window: Wed 16 Dec 07:30" in " ".join(night.json["runs"][-1]["notes"])
    assert subjects(demo) == []
    set_clock(demo / "config.toml", local("2026-12-16T06:30") + timedelta(hours=1), datetime.now(UTC))
    assert sims_sync("run", "report_compliance", "--config", demo / "config.toml").code == 0
    assert subjects(demo)
