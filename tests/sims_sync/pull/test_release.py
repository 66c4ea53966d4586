"""What a person decides about a plan: released once, as exactly that plan; undone; held rows read again (DESIGN §4)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sims_sync.context import RunContext
from sims_sync.errors import ConfigurationError, SimsSyncError
from sims_sync.outcome import Ending, Outcome
from sims_sync.pull.release import Decision, release, release_first, release_held, retry
from sims_sync.pull.undo import undo
from sims_sync.records import Kind
from sims_sync.run import run_step
from sims_sync.store.entries import load_entries
from sims_sync.store.plans import load_kept, load_plans
from sims_sync.store.reads import load_missing, load_quarantine
from sims_sync.store.results import load_results
from sims_sync.store.students import load_spans, load_students
from tests.sims_sync.builders import World, at, result, student, students, typed

FIRST, SECOND, THIRD, FOURTH = (f"2026-11-{day} 06:00" for day in ("03", "04", "05", "06"))
WEEKS_LATER = "2026-11-30 06:00"
WHY = Decision("an admin", "looked at it")


def step(world: World, function: Callable[[RunContext], Outcome]) -> Outcome:
    return run_step(world.store, world.school, "release", function).outcome


def names(world: World) -> dict[str, str | None]:
    with world.store.reading() as connection:
        return {each.ref.person_id or "": each.tutor_group for each in load_students(connection, world.id).values()}


def newest_plan(world: World) -> str:
    with world.store.reading() as connection:
        return load_plans(connection, world.id)[0].plan_id


def test_the_first_plan_waits_and_says_what_it_found(world: World) -> None:
    world.confirmed = False
    report = world.read(Kind.STUDENTS, students(12), FIRST)
    assert report.outcome.ending is Ending.HELD
    assert "12 students, 1 groups, 1 houses, 0 without a tutor group – is this your school?" in str(
        report.outcome.problems[0]
    )
    assert names(world) == {}


def test_a_released_first_plan_is_applied_and_the_next_read_needs_nobody(world: World) -> None:
    world.confirmed = False
    world.read(Kind.STUDENTS, students(12), FIRST)
    assert step(world, lambda context: release_first(context, WHY)).ending is Ending.DONE
    assert len(names(world)) == 12
    assert world.read(Kind.STUDENTS, students(12), SECOND).outcome.ending is Ending.DONE


def test_a_plan_is_released_once(world: World) -> None:
    world.confirmed = False
    world.read(Kind.STUDENTS, students(12), FIRST)
    plan = newest_plan(world)
    step(world, lambda context: release(context, plan, WHY))
    again = step(world, lambda context: release(context, plan, WHY))
    assert again.ending is Ending.MISCONFIGURED
    assert "released" in str(again.problems[0])


def test_a_stopped_plan_that_is_released_is_applied_as_it_was(sqlite_world: World) -> None:
    world = sqlite_world
    world.read_well(Kind.STUDENTS, students(12), FIRST)
    moved = [student(number, "9B1") for number in range(1, 13)]
    assert world.read(Kind.STUDENTS, moved, SECOND).outcome.ending is Ending.STOPPED
    plan = newest_plan(world)
    assert step(world, lambda context: release(context, plan, WHY)).ending is Ending.DONE
    assert set(names(world).values()) == {"9B1"}


def test_a_plan_is_not_released_when_the_store_changed_since(sqlite_world: World) -> None:
    world = sqlite_world
    world.confirmed = False
    world.read(Kind.STUDENTS, students(12), FIRST)
    first = newest_plan(world)
    world.read(Kind.STUDENTS, students(13), SECOND)
    outcome = step(world, lambda context: release(context, first, WHY))
    assert outcome.ending is Ending.MISCONFIGURED
    assert "superseded" in str(outcome.problems[0])
    assert names(world) == {}


def test_another_mapping_waits_until_a_person_has_looked(sqlite_world: World) -> None:
    world = sqlite_world
    world.read_well(Kind.STUDENTS, students(12), FIRST)
    world.confirmed = False
    folder = world.school.path(world.school.mappings_folder)
    folder.mkdir(exist_ok=True)
    packaged = Path("mappings/sims_students.toml").read_text(encoding="utf-8")
    text = packaged.replace('description = "', 'description = "Our own: ', 1).replace(
        '"House"', '"House", "Our House"', 1
    )
    (folder / "sims_students.toml").write_text(text, encoding="utf-8")
    report = world.read(Kind.STUDENTS, students(13), SECOND)
    assert [problem.code for problem in report.outcome.problems] == ["config-changed"]
    assert len(names(world)) == 12


def test_held_removals_are_released_once_and_then_wait_out_their_grace(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(20), FIRST)
    held = world.read(Kind.STUDENTS, students(14), SECOND)
    assert (held.outcome.ending, len(names(world))) == (Ending.HELD, 20)
    assert step(world, lambda context: release_held(context, "students", WHY)).ending is Ending.DONE
    assert step(world, lambda context: release_held(context, "students", WHY)).ending is Ending.MISCONFIGURED
    assert world.read(Kind.STUDENTS, students(14), THIRD).outcome.ending is Ending.DONE
    with world.store.reading() as connection:
        missing = load_missing(connection, world.id, Kind.STUDENTS)
    assert (len(missing), any(row.held for row in missing.values())) == (6, False)


def test_those_who_came_back_are_not_removed_by_a_release(sqlite_world: World) -> None:
    world = sqlite_world
    world.read_well(Kind.STUDENTS, students(20), FIRST)
    world.read(Kind.STUDENTS, students(14), SECOND)
    world.read(Kind.STUDENTS, students(17), THIRD)
    step(world, lambda context: release_held(context, "students", WHY))
    with world.store.reading() as connection:
        assert len(load_missing(connection, world.id, Kind.STUDENTS)) == 3


def test_a_run_says_again_that_removals_are_held(sqlite_world: World) -> None:
    world = sqlite_world
    world.read_well(Kind.STUDENTS, students(20), FIRST)
    world.read(Kind.STUDENTS, students(14), SECOND)
    again = world.read(Kind.STUDENTS, students(14), THIRD)
    assert again.outcome.ending is Ending.HELD
    assert "plans release --removals students" in str(again.outcome.problems[0])


def test_an_undone_run_leaves_what_was_before_it(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(12), FIRST)
    before = names(world)
    report = world.read_well(Kind.STUDENTS, [student(1, "9B1"), *students(12, first=2)], SECOND)
    assert names(world) != before
    outcome = step(world, lambda context: undo(context, report.run_id, "an admin", "wrong report"))
    assert outcome.ending is Ending.DONE
    assert names(world) == before
    with world.store.reading() as connection:
        groups = load_spans(connection, world.id, "group")
    assert {tuple(span.value for span in spans) for spans in groups.values()} == {("8A1",)}


def test_after_an_undo_the_source_plans_only(sqlite_world: World) -> None:
    world = sqlite_world
    world.read_well(Kind.STUDENTS, students(12), FIRST)
    report = world.read_well(Kind.STUDENTS, students(13), SECOND)
    world.confirmed = False
    step(world, lambda context: undo(context, report.run_id, "an admin", "wrong report"))
    assert world.read(Kind.STUDENTS, students(13), THIRD).outcome.ending is Ending.HELD
    assert len(names(world)) == 12


def test_undo_leaves_alone_what_something_later_touched(sqlite_world: World) -> None:
    world = sqlite_world
    first = world.read_well(Kind.STUDENTS, students(12), FIRST)
    world.read_well(Kind.MENTORING_ENTRIES, [typed(1)], SECOND)
    outcome = step(world, lambda context: undo(context, first.run_id, "an admin", "wrong school"))
    assert any("left alone" in note for note in outcome.notes)
    assert list(names(world)) == ["1"]


def test_undone_entries_are_gone_with_their_targets(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(12), FIRST)
    report = world.read_well(Kind.MENTORING_ENTRIES, [typed(1), typed(2)], SECOND)
    step(world, lambda context: undo(context, report.run_id, "an admin", "wrong report"))
    with world.store.reading() as connection:
        assert load_entries(connection, world.id) == {}


def test_undone_results_are_as_they_were(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(12), FIRST)
    world.read_well(Kind.RESULTS, [result(number, "7") for number in range(1, 9)], FIRST)
    changed = [result(1, "8"), *(result(number, "7") for number in range(2, 10))]
    report = world.read_well(Kind.RESULTS, changed, SECOND)
    step(world, lambda context: undo(context, report.run_id, "an admin", "wrong report"))
    with world.store.reading() as connection:
        values = [row[4] for row in load_results(connection, world.id)]
    assert values == ["7"] * 8


def test_an_undo_of_nothing_is_a_sentence(sqlite_world: World) -> None:
    with pytest.raises(ConfigurationError, match="changed nothing"):
        undo(sqlite_world.context(FIRST), "no-such-run", "an admin", "x")


def test_kept_rows_are_read_again_with_a_mended_mapping(sqlite_world: World) -> None:
    world = sqlite_world
    world.read_well(Kind.STUDENTS, students(30), FIRST)
    late = [typed(1, day="soon"), *(typed(number) for number in range(2, 20))]
    assert world.read(Kind.MENTORING_ENTRIES, late, SECOND).outcome.ending is Ending.HELD
    folder = world.school.path(world.school.mappings_folder)
    folder.mkdir(exist_ok=True)
    text = Path("mappings/sims_mentoring_entries.toml").read_text(encoding="utf-8")
    start = text.index("[fields.result_date]")
    end = text.find("[fields.", start + 1)
    (folder / "sims_mentoring_entries.toml").write_text(
        text[:start] + (text[end:] if end > 0 else ""), encoding="utf-8"
    )
    world.confirm_sources()
    step(world, lambda context: retry(context, "mentoring_entries"))
    with world.store.reading() as connection:
        assert load_quarantine(connection, world.id) == ()
        assert len(load_entries(connection, world.id)) == 19


def test_a_source_of_which_nothing_is_held_has_nothing_to_retry(sqlite_world: World) -> None:
    with pytest.raises(SimsSyncError, match="nothing kept"):
        retry(sqlite_world.context(FIRST), "mentoring_entries")


def test_a_new_column_is_told_once(sqlite_world: World) -> None:
    world = sqlite_world
    world.read_well(Kind.STUDENTS, students(6), FIRST)
    more = [{**row, "Locker": "7"} for row in students(6)]
    second, third = world.read_well(Kind.STUDENTS, more, SECOND), world.read_well(Kind.STUDENTS, more, THIRD)
    assert any("Locker" in note for note in second.outcome.notes)
    assert not any("Locker" in note for note in third.outcome.notes)


def test_everybody_may_move_up_in_the_roll_over_window_only(sqlite_world: World) -> None:
    world = sqlite_world
    world.read_well(Kind.STUDENTS, students(12), "2027-06-08 06:00")
    up = [student(number, "9A1") for number in range(1, 13)]
    assert world.read(Kind.STUDENTS, up, "2027-06-09 06:00").outcome.ending is Ending.STOPPED
    assert world.read(Kind.STUDENTS, up, "2027-09-02 06:00").outcome.ending is Ending.DONE


def test_a_student_gone_for_the_whole_grace_counts_as_left_and_comes_back_with_history(sqlite_world: World) -> None:
    world = sqlite_world
    world.read_well(Kind.STUDENTS, students(12), FIRST)
    world.read_well(Kind.STUDENTS, students(11), SECOND)
    world.read_well(Kind.STUDENTS, students(11), WEEKS_LATER)
    with world.store.reading() as connection:
        gone = load_missing(connection, world.id, Kind.STUDENTS)
        assert [row.since for row in gone.values()] == [at(SECOND)]
    world.read_well(Kind.STUDENTS, students(12), "2026-12-01 06:00")
    with world.store.reading() as connection:
        assert load_missing(connection, world.id, Kind.STUDENTS) == {}
    assert len(names(world)) == 12


def test_what_is_kept_is_forgotten_after_fourteen_days(sqlite_world: World) -> None:
    world = sqlite_world
    world.confirmed = False
    world.read(Kind.STUDENTS, students(12), FIRST)
    old = newest_plan(world)
    world.read(Kind.STUDENTS, students(12), WEEKS_LATER)
    with world.store.reading() as connection:
        assert load_kept(connection, world.id, old) is None
        assert load_kept(connection, world.id, newest_plan(world)) is not None
