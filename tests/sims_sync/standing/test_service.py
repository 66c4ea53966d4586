"""Where nothing serves any more and jobs are due, that is seen; where all is run by hand, nothing is."""

import pytest

from sims_sync.config import JobSection
from sims_sync.connector import Severity
from sims_sync.service.heartbeat import Heartbeat
from sims_sync.standing import Condition, service_standing
from tests.sims_sync.builders import World
from tests.sims_sync.service.watch import JOB, Watch

STARTED, NIGHT, MORNING = "2026-12-14 12:00", "2026-12-15 03:00", "2026-12-15 07:01"


@pytest.fixture
def watch(sqlite_world: World) -> Watch:
    """A service that was started once, and stopped in good order."""
    found = Watch(sqlite_world)
    found.start(STARTED)
    return found


def conditions(watch: Watch, when: str) -> tuple[Condition, ...]:
    return service_standing(watch.world.store, watch.config(when)).conditions


def test_a_service_that_was_stopped_and_is_missed_is_said(watch: Watch) -> None:
    assert conditions(watch, NIGHT) == ()
    (found,) = conditions(watch, MORNING)
    assert (found.code, found.severity) == ("service-down", Severity.WARN)
    assert "No service runs" in found.what
    assert "1 job is due" in found.what


def test_once_one_serves_again_nothing_is_said_though_much_is_due(watch: Watch) -> None:
    Heartbeat(watch.world.store).announce(None)
    assert conditions(watch, MORNING) == ()


def test_what_the_systems_own_timer_ran_is_not_missed(watch: Watch) -> None:
    watch.wake("2026-12-15 06:05")  # `serve --once`
    assert conditions(watch, MORNING) == ()


def test_what_has_no_schedule_any_more_is_not_missed(watch: Watch) -> None:
    watch.jobs[JOB] = JobSection()
    assert conditions(watch, MORNING) == ()
