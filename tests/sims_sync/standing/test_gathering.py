"""What the rules are given is what the store holds: on both databases, and each school's own."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, insert

from sims_sync.config import DemoSection
from sims_sync.context import system_clock
from sims_sync.records import Kind
from sims_sync.standing import Facts, standing_of
from sims_sync.standing.gathering import gather
from sims_sync.store.runs import take_lease
from sims_sync.store.tables import ALL_SCHOOLS, breaker, message, pause, slot
from tests.sims_sync.builders import World, at, group, staff, students

WHEN = at("2026-12-16 06:00")


def put(world: World, table: Table, **row: object) -> None:
    with world.store.writing() as connection:
        connection.execute(insert(table).values(**{"school": world.id, **row}))


def facts(world: World) -> Facts:
    demo = DemoSection(clock=WHEN, started=system_clock())
    return gather(world.store, world.school.model_copy(update={"demo": demo}))


def sent(key: str, state: str, created: datetime, school: str = "austen") -> dict[str, Any]:
    return {
        "school": school,
        "message_key": key,
        "academic_year": "2026-27",
        "half_term": "2026-27/autumn-2",
        "kind": "tutor-reminder",
        "occasion": "reminder-1",
        "staff_id": key,
        "message_id": f"<{key}@austen.example>",
        "state": state,
        "shadow": False,
        "created": created,
        "run_id": "r1",
    }


def test_an_empty_store_has_nothing_to_tell(world: World) -> None:
    found = facts(world)
    assert (found.runs, found.plans, found.messages, found.newest_moment) == ((), (), (), None)


def test_runs_and_reads_are_the_newest_and_rehearsals_are_none(world: World) -> None:
    world.read_well(Kind.STAFF, [staff("T1")], "2026-12-16 05:00")
    world.read_well(Kind.STUDENTS, students(3), "2026-12-16 05:30")
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1")], "2026-12-16 06:00")
    found = facts(world)
    (newest,) = found.runs
    assert (newest.job, newest.outcome) == ("pull_students", "done")
    assert found.newest_moment == newest.started
    assert found.reads[Kind.STUDENTS, "students"].began == at("2026-12-16 05:30")


def test_a_slot_that_was_given_up_counts_until_a_later_one_is_claimed(world: World) -> None:
    put(world, slot, job="pull_students", due_at=WHEN, state="given-up")
    put(world, slot, job="pull_entries", due_at=WHEN, state="done")
    assert facts(world).given_up == {"pull_students": WHEN}
    put(world, slot, job="pull_students", due_at=at("2026-12-17 06:00"), state="claimed")
    assert facts(world).given_up == {}


def test_pauses_are_the_schools_own_and_those_of_all(world: World) -> None:
    row = {"since": WHEN, "paused_by": "itadmin", "reason": "new server"}
    put(world, pause, job="pull_students", **row)
    put(world, pause, school=ALL_SCHOOLS, job="", **row)
    put(world, pause, school="bronte", job="push_targets", **row)
    assert sorted(each.job for each in facts(world).resting) == ["", "pull_students"]


def test_a_breaker_is_what_the_service_wrote(world: World) -> None:
    row = {"failures": 3, "failing_since": WHEN, "retry_at": at("2026-12-16 07:00"), "reason": "store", "what": "Full."}
    put(world, breaker, job="pull_students", **row)
    (found,) = standing_of(world.store, world.with_school(sources={}).school).conditions
    assert (found.code, found.subject, found.since) == ("job-failed", "pull_students", WHEN)


def test_messages_are_counted_by_state_with_the_newest_ones_id(world: World) -> None:
    for row in (
        sent("a", "unknown", at("2026-12-15")),
        sent("b", "unknown", at("2026-12-16 05:00")),
        sent("c", "sent", at("2026-12-16 05:30")),
        sent("d", "unknown", at("2026-12-16 05:30"), school="bronte"),
    ):
        put(world, message, **row)
    (found,) = facts(world).messages
    assert (found.count, found.oldest, found.newest_id) == (2, at("2026-12-15"), "<b@austen.example>")


def test_a_run_at_work_is_known_by_its_job_and_by_how_long_it_lasts(world: World) -> None:
    with world.store.writing() as connection:
        take_lease(connection, world.id, "r1", "pull_results", system_clock() - timedelta(hours=5))
    at_work = facts(world).at_work
    assert at_work is not None
    assert at_work[0] == "pull_results"
    assert timedelta(hours=5) <= at_work[1] < timedelta(hours=6)
