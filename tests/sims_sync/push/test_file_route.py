"""Texts that go by a file which a person imports: one at a time, confirmed by an export, void after two school days."""

from pathlib import Path

import pytest

from sims_sync.outcome import Ending
from sims_sync.records import Kind
from sims_sync.store.deliveries import load_deliveries
from sims_sync.store.session import Store
from tests.sims_sync.builders import TEXT, World, make_world, proforma, student, typed

LINE = f"Target: {TEXT}"
FRIDAY, MONDAY, TUESDAY, WEDNESDAY = ("2026-11-20 12:00", "2026-11-23 12:00", "2026-11-24 12:00", "2026-11-25 12:00")


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    """Ten students with UPNs, and a destination that writes files."""
    destination = {"connector": "assessment_file", "folder": "for-sims"}
    push = {"enabled": True, "destination": destination}
    made = make_world(store, tmp_path, (Kind.STUDENTS, Kind.MENTORING_ENTRIES, Kind.PROFORMAS), push=push)
    rows = [student(number, UPN=f"B80120000{5000 + number}") for number in range(1, 11)]
    made.read(Kind.STUDENTS, rows, "2026-11-20 06:00")
    made.read(Kind.PROFORMAS, [proforma("r1", 1), proforma("r2", 2)], "2026-11-20 06:00")
    return made


def states(world: World) -> set[str]:
    with world.store.reading() as connection:
        return {f"{row.state.value} {row.reason}".strip() for row in load_deliveries(connection, world.id).values()}


def files(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "for-sims").rglob("*") if path.is_file())


def exported(world: World, *numbers: int, when: str) -> None:
    rows = [typed(number, LINE) for number in numbers]
    world.read(Kind.MENTORING_ENTRIES, [*rows, typed(9, "Typed by another tutor in SIMS")], when)


def test_a_file_waits_for_a_person_and_is_deleted_once_the_export_shows_its_texts(world: World, tmp_path: Path) -> None:
    assert world.run("push_targets", FRIDAY).outcome.ending is Ending.DONE
    assert states(world) == {"waiting"}
    assert [name for name in files(tmp_path) if name.endswith(".xml")]
    exported(world, 1, 2, when=MONDAY)
    assert states(world) == {"confirmed"}
    world.run("confirm_targets", MONDAY)
    assert not [name for name in files(tmp_path) if name.endswith((".xml", ".xlsx"))]


def test_no_second_file_is_written_while_one_is_open(world: World, tmp_path: Path) -> None:
    world.run("push_targets", FRIDAY)
    before = files(tmp_path)
    world.read(Kind.PROFORMAS, [proforma("r3", 3)], "2026-11-20 13:00", name="another.csv")
    report = world.run("push_targets", MONDAY)
    assert [problem.code for problem in report.outcome.problems] == ["file-open"]
    assert files(tmp_path) == before
    assert states(world) == {"waiting", "queued"}


def test_a_file_that_nobody_imported_is_void_after_two_school_days_and_issued_anew(
    world: World, tmp_path: Path
) -> None:
    world.run("push_targets", FRIDAY)
    world.run("push_targets", TUESDAY)
    assert states(world) == {"waiting"}
    report = world.run("push_targets", WEDNESDAY)
    assert "file-void" in [problem.code for problem in report.outcome.problems]
    assert states(world) == {"waiting"}
    with world.store.reading() as connection:
        numbers = {row.file for row in load_deliveries(connection, world.id).values()}
    assert len(numbers) == 1
    assert len([path for path in (tmp_path / "for-sims").rglob("*.xml") if "void" not in path.as_posix()]) == 1


def test_a_file_imported_in_part_keeps_waiting_for_the_rest(world: World) -> None:
    world.run("push_targets", FRIDAY)
    exported(world, 1, when=MONDAY)
    assert states(world) == {"confirmed", "waiting"}


def test_typed_in_its_place_before_the_import_is_a_conflict(world: World) -> None:
    world.run("push_targets", FRIDAY)
    world.read(Kind.MENTORING_ENTRIES, [typed(1, "Typed by the tutor meanwhile"), typed(9)], MONDAY)
    assert states(world) == {"conflict typed-in-sims", "waiting"}
