"""A clock that is far ahead lets no job begin, accuses nobody, and is over by itself once it is set right."""

import pytest
from sqlalchemy import func, insert, select

from sims_sync.clock_sanity import clock_trouble
from sims_sync.config import Config, DemoSection
from sims_sync.context import system_clock
from sims_sync.outcome import Ending
from sims_sync.records import Kind
from sims_sync.run import RunOptions, run_job
from sims_sync.store.decisions import record_audit
from sims_sync.store.runs import lease_owner
from sims_sync.store.standing import CLOCK_CONFIRMED, NEWEST_BEFORE, newest_moment
from sims_sync.store.tables import announced_deadline, run, slot
from tests.sims_sync.builders import World, at, group, staff, students

YESTERDAY, NEXT_YEAR = "2026-12-15 06:00", "2027-12-15 06:00"


@pytest.fixture
def careful(sqlite_world: World) -> World:
    """A school whose clock is asked about after 30 days, with students of yesterday."""
    monitoring = sqlite_world.school.monitoring.model_copy(update={"clock_jump_days": 30})
    world = sqlite_world.with_school(monitoring=monitoring)
    world.read_well(Kind.STAFF, [staff("T1")], YESTERDAY)
    world.read_well(Kind.STUDENTS, students(12), YESTERDAY)
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1")], YESTERDAY)
    return world


def counts(world: World) -> tuple[int, int]:
    """Runs, and deadlines that were announced."""
    with world.store.reading() as connection:
        found = (
            connection.execute(select(func.count()).select_from(each)).scalar_one()
            for each in (run, announced_deadline)
        )
        runs, deadlines = found
        return runs, deadlines


@pytest.mark.parametrize(
    ("now", "newest", "code"),
    [
        ("2026-12-16 06:00", None, None),
        ("2026-12-16 06:00", "2026-12-16 06:04", None),
        ("2026-12-16 06:00", "2026-12-16 06:06", "clock-back"),
        ("2026-12-16 06:00", "2026-11-17 06:00", None),
        ("2026-12-16 06:00", "2026-11-15 06:00", "clock-ahead"),
    ],
)
def test_a_clock_is_asked_about_when_it_is_behind_or_far_ahead(now: str, newest: str | None, code: str | None) -> None:
    found = clock_trouble(at(newest) if newest else None, at(now), 30)
    assert (found.code if found else None) == code


def test_no_job_begins_by_a_clock_set_to_next_year_and_nothing_is_announced(careful: World) -> None:
    before = counts(careful)
    for job in ("pull_students", "take_snapshots", "send_messages", "push_targets"):
        outcome = careful.run(job, NEXT_YEAR).outcome
        assert (outcome.ending, [problem.code for problem in outcome.problems]) == (Ending.STOPPED, ["clock-ahead"])
    assert counts(careful) == before


def test_a_due_time_of_next_year_is_given_back_so_that_it_stands_for_none_before_it(careful: World) -> None:
    with careful.store.writing() as connection:
        row = {
            "school": careful.id,
            "job": "pull_students",
            "due_at": at(NEXT_YEAR),
            "state": "claimed",
            "owner": lease_owner(),
        }
        connection.execute(insert(slot).values(**row))
    demo = DemoSection(clock=at(NEXT_YEAR), started=system_clock())
    school = careful.school.model_copy(update={"demo": demo})
    config = Config(file=school.base / "config.toml", schools={school.id: school})
    ended = run_job(careful.store, config, school, "pull_students", RunOptions(slot_due=at(NEXT_YEAR)))
    assert ended.outcome.ending is Ending.STOPPED
    with careful.store.reading() as connection:
        assert connection.execute(select(slot.c.due_at).where(slot.c.job == "pull_students")).all() == []


def test_once_the_clock_is_right_again_all_goes_on_by_itself(careful: World) -> None:
    careful.run("pull_students", NEXT_YEAR)
    assert careful.run("pull_students", "2026-12-16 06:00").outcome.ending is not Ending.STOPPED


def confirm(world: World, when: str) -> None:
    with world.store.writing() as connection:
        newest = newest_moment(connection, world.id)
        assert newest is not None
        detail = {NEWEST_BEFORE: newest.isoformat()}
        record_audit(
            connection, world.id, at=at(when), who="it", action=CLOCK_CONFIRMED, subject="clock", detail=detail
        )


def test_once_a_person_says_that_it_is_right_all_goes_on(careful: World) -> None:
    confirm(careful, NEXT_YEAR)
    assert careful.run("pull_students", NEXT_YEAR).outcome.ending is not Ending.STOPPED


def test_no_job_begins_by_a_clock_that_is_behind_so_nobody_is_reminded_of_a_deadline_that_is_over(
    careful: World,
) -> None:
    outcome = careful.run("send_messages", "2026-12-10 07:30").outcome
    assert [problem.code for problem in outcome.problems] == ["clock-back"]
    assert careful.post.messages == []
    assert careful.run("send_messages", "2026-12-15 07:30").outcome.ending is not Ending.STOPPED


def test_a_clock_that_was_ahead_and_is_right_again_is_believed_once_a_person_says_so(careful: World) -> None:
    careful.run("check_drift", "2026-12-25 06:00")  # ten days ahead, which nobody could see
    assert careful.run("check_drift", "2026-12-15 09:00").outcome.ending is Ending.STOPPED
    confirm(careful, "2026-12-15 09:00")
    for when in ("2026-12-15 09:01", "2026-12-20 06:00", "2026-12-26 06:00"):
        assert careful.run("check_drift", when).outcome.ending is not Ending.STOPPED
    assert careful.run("check_drift", "2026-12-15 09:30").outcome.ending is Ending.STOPPED  # back again


def test_a_rehearsal_may_look_at_next_year(careful: World) -> None:
    assert careful.run("pull_students", NEXT_YEAR, dry=True).outcome.ending is not Ending.STOPPED


def test_a_demo_that_is_opened_later_is_asked_about_like_any_other(careful: World) -> None:
    demo = DemoSection(clock=at(NEXT_YEAR), started=system_clock())
    assert careful.with_school(demo=demo).run("pull_students", NEXT_YEAR).outcome.ending is Ending.STOPPED
