"""One line says it all, in words that a person reads at a glance."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from sims_sync.connector import Severity
from sims_sync.standing import Condition, Standing
from sims_sync.standing.words import lasted, line_of, line_of_all, shown_lately
from tests.sims_sync.builders import at

ZONE = ZoneInfo("Europe/London")
NOW = at("2026-12-16 09:00")
SERVICE = Standing("*", "the service", ())


def school(name: str, wrong: int = 0, warn: int = 0) -> Standing:
    found = [Condition("x", str(number), Severity.WRONG, "x", "x") for number in range(wrong)]
    found += [Condition("y", str(number), Severity.WARN, "y", "y") for number in range(warn)]
    return Standing(name.lower(), name, tuple(found), at("2026-12-16 06:00"))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (8100, "2 h 15 min"),
        (7200, "2 h"),
        (86400, "1 day"),
        (273600, "3 days 4 h"),
    ],
)
def test_how_long_something_lasted(seconds: int, said: str) -> None:
    assert lasted(NOW, NOW + timedelta(seconds=seconds)) == said


def test_a_moment_of_these_days_is_called_so_and_in_school_time() -> None:
    assert shown_lately(at("2026-12-16 06:00"), NOW, ZONE) == "today 06:00"
    assert shown_lately(at("2026-12-15 06:00"), NOW, ZONE) == "yesterday 06:00"
    assert shown_lately(at("2026-06-11 06:00"), NOW, ZONE) == "Thu 11 Jun 2026 06:00"


def test_one_school_in_one_line() -> None:
    said = line_of(school("Austen", 1, 2), NOW, ZONE)
    assert said == "Austen: 1 thing is wrong, 2 to look at; last pull today 06:00"
    assert line_of_all([school("Austen")], SERVICE, NOW, ZONE) == "Austen: all is well; last pull today 06:00"


def test_many_schools_in_one_line_with_the_worst_and_the_service() -> None:
    found = [school("Curie", 2), school("Austen", 0, 1), school("Bronte")]
    down = Standing("*", "the service", (Condition("disk-low", "", Severity.WRONG, "x", "x"),))
    said = line_of_all(found, down, NOW, ZONE)
    assert said == "3 schools: 1 wrong, 1 to look at, 1 well; worst: Curie; the service: 1 thing is wrong"
