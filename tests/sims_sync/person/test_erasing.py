"""Erasing one person: nothing of them is left, the figures stay, and they come back by no road until let in."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from sims_sync.compliance.facts import Occasion
from sims_sync.connector import Row, SourceState
from sims_sync.erasure_key import KEY_FILE
from sims_sync.errors import RunError
from sims_sync.outcome import Ending
from sims_sync.person.erasing import By, erase_staff, erase_student, let_in
from sims_sync.person.holding import held_on_staff, held_on_student
from sims_sync.records import Kind
from sims_sync.store.decisions import record_audit
from sims_sync.store.entries import load_entries
from sims_sync.store.erased import load_erasures
from sims_sync.store.plans import keep, kept_of_source
from sims_sync.store.reads import load_quarantine
from sims_sync.store.session import Store
from sims_sync.store.snapshots import load_snapshots
from sims_sync.store.staff import load_staff
from sims_sync.store.students import load_students
from sims_sync.store.tables import audit, erased_person, metadata, result
from tests.sims_sync.builders import (
    AUTUMN_2,
    World,
    at,
    group,
    proforma,
    staff,
    student,
    students,
    typed,
)
from tests.sims_sync.builders import make_world as made
from tests.sims_sync.builders import (
    result as result_row,
)
from tests.sims_sync.retention.seeded import (
    FORENAME,
    NOT_OURS,
    OUR_FILES,
    STUDENT_ID,
    SURNAME,
    UPN,
    fill_tables,
    marked_files,
    put_files,
    readable,
    traces,
    with_folders,
)

BECAUSE = By("a test", "asked for")
MORNING = "2026-11-20 06:00"


def student_id_of(world: World, number: int) -> str:
    with world.store.reading() as connection:
        found = load_students(connection, world.id)
    return next(key for key, each in found.items() if each.ref.person_id == str(number))


def test_nothing_of_an_erased_student_is_left_in_any_table_or_file(sqlite_store: Store, tmp_path: Path) -> None:
    world = with_folders(made(sqlite_store, tmp_path), tmp_path)
    filled = fill_tables(sqlite_store)
    assert traces(sqlite_store) == filled
    put_files(tmp_path, OUR_FILES, days_old=0)
    (tmp_path / "log" / "sims-sync.log.1").write_text("a log names nobody\n", encoding="utf-8")
    done = erase_student(world.context("2026-11-20 12:00"), STUDENT_ID, BECAUSE)
    assert traces(sqlite_store) == set()
    assert done.wiped
    assert done.left == ()
    sqlite_store.close()
    assert marked_files(tmp_path) == []


def test_a_file_that_waits_or_is_somebody_elses_is_told_and_left(sqlite_store: Store, tmp_path: Path) -> None:
    world = with_folders(made(sqlite_store, tmp_path), tmp_path)
    fill_tables(sqlite_store)
    put_files(tmp_path, NOT_OURS, days_old=100)
    done = erase_student(world.context("2026-11-20 12:00"), STUDENT_ID, BECAUSE)
    assert {each.path.name for each in done.left} == {"students.csv", "8A1.xlsx"}
    assert all((tmp_path / name).exists() for name in NOT_OURS)


def test_an_erased_student_comes_back_by_no_road_and_nobody_is_told_so_every_night(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(30), MORNING)
    world.read_well(Kind.RESULTS, [result_row(number, "7") for number in range(1, 31)], MORNING)
    erase_student(world.context("2026-11-20 12:00"), student_id_of(world, 1), BECAUSE)
    for kind, rows in (
        (Kind.STUDENTS, students(30)),
        (Kind.RESULTS, [result_row(number, "7") for number in range(1, 31)]),
        (Kind.MENTORING_ENTRIES, [typed(1), typed(2)]),
        (Kind.PROFORMAS, [proforma("r1", 1), proforma("r2", 3)]),
    ):
        world.read_well(kind, rows, "2026-11-23 06:00")
    with world.store.reading() as connection:
        assert len(load_students(connection, world.id)) == 29
        assert len(load_entries(connection, world.id)) == 2
        assert len(connection.execute(select(result.c.student_id)).all()) == 29
        assert load_quarantine(connection, world.id) == ()


def test_what_waits_for_a_person_holds_no_row_of_theirs(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(30), MORNING)
    erase_student(world.context("2026-11-20 12:00"), student_id_of(world, 1), BECAUSE)
    stormy = [student(number, "9Z9") for number in range(1, 31)]
    assert world.read(Kind.STUDENTS, stormy, "2026-11-23 06:00").outcome.ending is Ending.STOPPED
    with world.store.reading() as connection:
        (kept,) = kept_of_source(connection, world.id, "students")
    assert "1" not in {row.values["Person ID"] for row in kept.rows}


def test_they_come_back_once_they_are_let_in(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(30), MORNING)
    done = erase_student(world.context("2026-11-20 12:00"), student_id_of(world, 1), BECAUSE)
    let_in(world.context("2026-11-23 05:00"), done.erasure_id, By("a test", "came back"))
    world.read_well(Kind.STUDENTS, students(30), "2026-11-23 06:00")
    with world.store.reading() as connection:
        assert len(load_students(connection, world.id)) == 30
    with pytest.raises(RunError, match="Nobody is kept out"):
        let_in(world.context("2026-11-23 05:00"), done.erasure_id, By("a test", "again"))


def test_who_was_let_in_and_is_erased_again_stays_out(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(30), MORNING)
    done = erase_student(world.context("2026-11-20 12:00"), student_id_of(world, 1), BECAUSE)
    let_in(world.context("2026-11-23 05:00"), done.erasure_id, By("a test", "came back"))
    world.read_well(Kind.STUDENTS, students(30), "2026-11-23 06:00")
    again = erase_student(world.context("2026-11-23 12:00"), student_id_of(world, 1), BECAUSE)
    for day in (24, 25):
        world.read_well(Kind.STUDENTS, students(30), f"2026-11-{day} 06:00")
        with world.store.reading() as connection:
            assert len(load_students(connection, world.id)) == 29
            stand = {each.erasure_id: each.released_at for each in load_erasures(connection, world.id)}
    assert stand[again.erasure_id] is None


def test_without_the_key_nothing_is_pulled_for_nobody_could_say_who_stays_out(sqlite_world: World) -> None:
    sqlite_world.read_well(Kind.STUDENTS, students(30), MORNING)
    erase_student(sqlite_world.context("2026-11-20 12:00"), student_id_of(sqlite_world, 1), BECAUSE)
    (sqlite_world.school.base / KEY_FILE).unlink()
    report = sqlite_world.read(Kind.STUDENTS, students(30), "2026-11-23 06:00")
    assert [problem.code for problem in report.outcome.problems] == ["erasure-key"]
    with sqlite_world.store.reading() as connection:
        assert len(load_students(connection, sqlite_world.id)) == 29


def test_a_restored_backup_does_not_bring_them_back(sqlite_world: World) -> None:
    world = sqlite_world
    world.read_well(Kind.STUDENTS, students(30), MORNING)
    backup = sqlite3.connect(":memory:")
    with closing(sqlite3.connect(world.school.base / "store.db")) as store:
        store.backup(backup)
    erase_student(world.context("2026-11-20 12:00"), student_id_of(world, 1), BECAUSE)
    world.store.close()
    with closing(sqlite3.connect(world.school.base / "store.db")) as store:
        backup.backup(store)
    backup.close()
    world.read_well(Kind.STUDENTS, students(30), "2026-11-23 06:00")
    assert world.run("retention", "2026-11-24 02:30").outcome.ending is Ending.DONE
    with world.store.reading() as connection:
        assert len(load_students(connection, world.id)) == 29
    with pytest.raises(StopIteration):
        student_id_of(world, 1)


def test_no_hash_can_be_made_from_the_store_alone(sqlite_world: World) -> None:
    sqlite_world.read_well(Kind.STUDENTS, students(3), MORNING)
    erase_student(sqlite_world.context("2026-11-20 12:00"), student_id_of(sqlite_world, 1), BECAUSE)
    key = (sqlite_world.school.base / KEY_FILE).read_text(encoding="ascii").strip()
    with sqlite_world.store.reading() as connection:
        rows = connection.execute(select(erased_person)).all()
    assert rows
    assert not any(key in str(row) for row in rows)


def test_closed_figures_stay_as_they_were_without_the_student(world: World) -> None:
    world.read_well(Kind.STAFF, [staff("T1")], "2026-11-02 06:00")
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1")], "2026-11-02 06:00")
    world.read_well(Kind.STUDENTS, students(12), "2026-11-02 06:00")
    for kind, rows in (
        (Kind.STAFF, [staff("T1")]),
        (Kind.TUTOR_GROUPS, [group("8A1", "T1")]),
        (Kind.STUDENTS, students(12)),
        (Kind.MENTORING_ENTRIES, [typed(number) for number in range(1, 9)]),
        (Kind.PROFORMAS, [proforma("r9", 9)]),
    ):
        world.read_well(kind, rows, "2026-12-16 06:00")
    world.run("take_snapshots", "2026-12-16 07:00")
    gone = student_id_of(world, 12)
    with world.store.reading() as connection:
        (before,) = load_snapshots(connection, world.id, AUTUMN_2, Occasion.DEADLINE)
    erase_student(world.context("2026-12-16 12:00"), gone, BECAUSE)
    with world.store.reading() as connection:
        (after,) = load_snapshots(connection, world.id, AUTUMN_2, Occasion.DEADLINE)
    assert after.content.assessment.houses == before.content.assessment.houses
    assert len(after.content.assessment.lines) == len(before.content.assessment.lines)
    assert gone not in str(after)


def test_a_tutor_in_post_is_not_erased(world: World) -> None:
    world.read_well(Kind.STAFF, [staff("T1")], MORNING)
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1")], MORNING)
    with world.store.reading() as connection:
        (staff_id,) = load_staff(connection, world.id)
    with pytest.raises(RunError, match="tutor 8A1"):
        erase_staff(world.context("2026-11-20 12:00"), staff_id, BECAUSE)


def test_what_a_former_member_of_staff_decided_stays_without_their_name(world: World) -> None:
    world.read_well(Kind.STAFF, [staff("T1"), staff("T2")], MORNING)
    world.read_well(Kind.STUDENTS, students(3), MORNING)
    world.read_well(Kind.PROFORMAS, [proforma("r1", 1, author="T2")], MORNING)
    with world.store.writing() as connection:
        found = load_staff(connection, world.id)
        (staff_id,) = (key for key, each in found.items() if each.staff_code == "T2")
        record_audit(connection, world.id, at=at(MORNING), who="ktolm", action="undo", subject="a run", detail={})
        record_audit(connection, world.id, at=at(MORNING), who="it", action="tutor-away", subject="T2", detail={})
    erase_staff(world.context("2026-11-20 12:00"), staff_id, BECAUSE, frozenset({"ktolm"}))
    with world.store.reading() as connection:
        assert [each.staff_code for each in load_staff(connection, world.id).values()] == ["T1"]
        (entry,) = load_entries(connection, world.id).values()
        lines = connection.execute(select(audit.c.who, audit.c.action, audit.c.subject)).all()
    assert entry.author is None
    assert ("a former member of staff", "undo", "a run") in lines
    assert ("it", "tutor-away", "a former member of staff") in lines
    world.read_well(Kind.STAFF, [staff("T1"), staff("T2")], "2026-11-23 06:00")
    with world.store.reading() as connection:
        assert [each.staff_code for each in load_staff(connection, world.id).values()] == ["T1"]


def test_nothing_readable_of_a_former_member_of_staff_is_left(sqlite_world: World) -> None:
    world = sqlite_world
    people = [staff("T1"), staff("T2", "Qxvorandel", Leaving_Date="2026-11-01")]
    world.read_well(Kind.STAFF, people, MORNING)
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T2"), group("8B1", "T1")], "2026-11-02 06:00")
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1"), group("8B1", "T1")], "2026-11-12 06:00")
    world.read_well(Kind.STUDENTS, students(3), MORNING)
    world.read_well(Kind.PROFORMAS, [proforma("r1", 1, author="T2")], MORNING)
    rows = [Row(1, staff("T2", "Qxvorandel")), Row(2, staff("T1"))]
    of = {"kind": "staff", "source": "staff", "run_id": "r", "kept_at": at(MORNING), "began": at(MORNING)}
    with world.store.writing() as connection:
        keep(connection, world.id, "k1", SourceState("staff", at(MORNING)), rows, of)
        (staff_id,) = (key for key, each in load_staff(connection, world.id).items() if each.staff_code == "T2")
    told = held_on_staff(world.context("2026-11-20 12:00"), staff_id, frozenset())
    assert {"staff_member", "role", "entry", "kept_read"} <= set(told.tables)
    erase_staff(world.context("2026-11-20 12:00"), staff_id, BECAUSE)
    left = set()
    with world.store.reading() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                text = " ".join(readable(value) for value in row.values())
                if any(mark in text for mark in (staff_id, "Qxvorandel", '"T2"', "t2@austen.example")):
                    left.add(table.name)
    assert left == set()


def test_everything_that_is_held_is_told(sqlite_store: Store, tmp_path: Path) -> None:
    world = with_folders(made(sqlite_store, tmp_path), tmp_path)
    filled = fill_tables(sqlite_store)
    put_files(tmp_path, OUR_FILES, days_old=0)
    held = held_on_student(world.context("2026-11-20 12:00"), STUDENT_ID)
    assert set(held.tables) == filled
    assert held.name == f"{FORENAME} {SURNAME}"
    assert UPN in str(held.tables["student"])
    assert len(held.files) == len(OUR_FILES)
