"""What is too old goes, rows and files, with evidence; what is needed, held or somebody else's stays."""

import os
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from sims_sync.compliance.facts import Occasion
from sims_sync.outcome import Ending
from sims_sync.records import Kind
from sims_sync.retention.files import Removal
from sims_sync.school_year import HalfTermId
from sims_sync.store.disposals import load_disposals
from sims_sync.store.holdings import HOLDINGS, Rule
from sims_sync.store.messages import load_messages
from sims_sync.store.reads import load_quarantine
from sims_sync.store.session import Store
from sims_sync.store.snapshot_totals import load_totals
from sims_sync.store.snapshots import list_snapshots, taken_snapshots
from sims_sync.store.students import load_students
from sims_sync.store.tables import (
    entry,
    journal,
    message,
    metadata,
    missing,
    plan,
    quarantine,
    read,
    snapshot_total,
    student,
)
from tests.sims_sync.builders import (
    AUTUMN_2,
    World,
    at,
    group,
    make_world,
    proforma,
    result,
    staff,
    students,
    typed,
)
from tests.sims_sync.builders import (
    student as student_report_row,
)
from tests.sims_sync.retention.seeded import (
    NOT_OURS,
    OUR_FILES,
    STUDENT_ID,
    declared,
    fill_tables,
    marked_files,
    put_files,
    traces,
    with_folders,
)

NEXT_YEAR, YEAR_AFTER = "2027-09-02 02:30", "2028-09-02 02:30"


def newest_read(store: Store, when: str) -> None:
    """A school that is at work reads every day: without a read the clock is not believed."""
    moment = at(when) - timedelta(days=1)
    row = {"school": "austen", "read_id": f"r{when}", "kind": "staff", "source": "staff", "run_id": "r", "name": "x"}
    more = {"began": moment, "finished": moment, "good": True, "filled": {}, "unmapped": []}
    with store.writing() as connection:
        connection.execute(insert(read).values(row | more))


def retention(world: World, when: str) -> Ending:
    newest_read(world.store, when)
    return world.run("retention", when).outcome.ending


def leave(store: Store, day: date) -> None:
    with store.writing() as connection:
        connection.execute(update(student).where(student.c.student_id == STUDENT_ID).values(leaving_date=day))


def test_every_table_is_decided_about() -> None:
    assert set(HOLDINGS) == set(metadata.tables)


def test_every_table_with_a_student_goes_with_the_student_or_sooner() -> None:
    with_column = {name for name, table in metadata.tables.items() if "student_id" in table.columns}
    assert {name for name in with_column if HOLDINGS[name].student is None} == set()
    longer = {Rule.TOTALS, Rule.CURRENT}
    of_students = {name for name, holding in HOLDINGS.items() if holding.student is not None}
    assert {name for name in of_students if HOLDINGS[name].rule in longer} == {"read_mark"}


def test_nothing_of_a_leaver_is_left_one_academic_year_after_the_year_they_left_in(
    sqlite_store: Store, tmp_path: Path
) -> None:
    world = with_folders(make_world(sqlite_store, tmp_path), tmp_path)
    fill_tables(sqlite_store)
    leave(sqlite_store, date(2026, 12, 4))
    put_files(tmp_path, OUR_FILES, days_old=20)
    assert retention(world, NEXT_YEAR) is Ending.DONE
    assert {"student", "entry", "target", "result", "delivery"} <= traces(sqlite_store)
    assert retention(world, YEAR_AFTER) is Ending.DONE
    # What names them in words alone goes with its own rule: two years after it was written at the latest.
    assert traces(sqlite_store) <= {"audit", "plan"}
    assert retention(world, "2029-09-03 02:30") is Ending.DONE
    assert traces(sqlite_store) == set()
    sqlite_store.close()
    assert marked_files(tmp_path) == []


def test_nobody_who_is_on_roll_or_whose_removal_is_held_is_deleted(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(40), "2026-11-20 06:00")
    with world.store.writing() as connection:
        gone, held = sorted(load_students(connection, world.id))[:2]
        for key, is_held in ((gone, False), (held, True)):
            row = {"school": world.id, "kind": "students", "row_key": key, "source": "students", "run_id": "r"}
            seen = {"since": at("2026-12-05"), "last_seen": at("2026-12-04"), "held": is_held, "released": False}
            connection.execute(insert(missing).values(row | seen))
    retention(world, YEAR_AFTER)
    with world.store.reading() as connection:
        left = load_students(connection, world.id)
    assert len(left) == 39
    assert held in left


def test_a_leaving_date_with_a_wrong_year_costs_nobody_their_entries(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(20), "2026-11-20 06:00")
    world.read_well(Kind.PROFORMAS, [proforma("r1", 1)], "2026-11-20 06:00")
    mistyped = [student_report_row(number, Leaving_Date="2006-07-20") for number in (1, 2)]
    world.read_well(Kind.STUDENTS, [*mistyped, *students(20)[2:]], "2026-12-10 06:00")
    retention(world, "2026-12-11 02:30")
    with world.store.reading() as connection:
        assert len(load_students(connection, world.id)) == 19  # of whom nobody has heard this year
        assert connection.execute(select(func.count()).select_from(entry)).scalar() == 1


def test_old_rows_of_a_leaver_in_an_export_are_left_out_in_silence(world: World) -> None:
    rows = [*students(20), student_report_row(21, Leaving_Date="2026-12-04")]
    world.read_well(Kind.STUDENTS, rows, "2026-12-10 06:00")
    retention(world, YEAR_AFTER)
    world.read_well(Kind.STUDENTS, rows, "2028-09-04 06:00")
    world.read_well(Kind.RESULTS, [result(number, "7") for number in range(1, 22)], "2028-09-04 06:00")
    world.read_well(Kind.MENTORING_ENTRIES, [typed(number) for number in range(1, 22)], "2028-09-04 06:00")
    with world.store.reading() as connection:
        assert len(load_students(connection, world.id)) == 20
        assert load_quarantine(connection, world.id) == ()
    world.read_well(Kind.STUDENTS, students(21), "2028-09-05 06:00")  # readmitted
    world.read_well(Kind.PROFORMAS, [proforma("r21", 21)], "2028-09-05 06:00")
    with world.store.reading() as connection:
        assert len(load_students(connection, world.id)) == 21


def test_an_old_snapshot_becomes_totals_without_groups_and_is_not_taken_again(world: World) -> None:
    for kind, rows in (
        (Kind.STAFF, [staff("T1")]),
        (Kind.TUTOR_GROUPS, [group("8A1", "T1")]),
        (Kind.STUDENTS, students(12)),
        (Kind.MENTORING_ENTRIES, [typed(number) for number in range(1, 9)]),
        (Kind.PROFORMAS, [proforma("r9", 9)]),
    ):
        world.read_well(kind, rows, "2026-12-16 06:00")
    world.run("take_snapshots", "2026-12-16 07:00")
    retention(world, NEXT_YEAR)
    with world.store.reading() as connection:
        assert len(list_snapshots(connection, world.id)) == 1
    retention(world, YEAR_AFTER)
    with world.store.reading() as connection:
        assert list_snapshots(connection, world.id) == ()
        totals = [(row["scope"], row["name"], row["done"], row["due"]) for row in load_totals(connection, world.id)]
        assert (AUTUMN_2, Occasion.DEADLINE) in taken_snapshots(connection, world.id)
    assert totals == [("house", "Austen", 8, 12), ("year", "8", 8, 12)]
    retention(world, "2033-09-02 02:30")
    with world.store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(snapshot_total)).scalar() == 0


def _message(connection: object, key: str, half_term: str, created: datetime) -> dict[str, object]:
    del connection
    return {
        "school": "austen",
        "message_key": key,
        "academic_year": HalfTermId.parse(half_term).year,
        "half_term": half_term,
        "kind": "report",
        "occasion": "deadline",
        "staff_id": "t1",
        "message_id": "<1@austen.example>",
        "state": "sent",
        "shadow": False,
        "attempts": 1,
        "created": created,
        "sent_at": created,
        "detail": "accepted",
        "content": b"{}",
        "run_id": "r",
    }


def test_what_was_mailed_keeps_key_and_state_to_the_end_of_the_academic_year(sqlite_world: World) -> None:
    with sqlite_world.store.writing() as connection:
        connection.execute(insert(message).values(_message(connection, "k", "2026-27/autumn-2", at("2026-12-16"))))
    retention(sqlite_world, "2027-04-20 02:30")
    with sqlite_world.store.reading() as connection:
        (kept,) = load_messages(connection, "austen")
    assert (kept.message_key, kept.state, kept.staff_id) == ("k", "sent", "t1")
    assert (kept.message_id, kept.sent_at, kept.detail, kept.content) == ("", None, "", None)
    retention(sqlite_world, NEXT_YEAR)
    with sqlite_world.store.reading() as connection:
        assert load_messages(connection, "austen") == ()


def test_what_undo_and_plans_know_of_students_goes_after_the_days_of_files(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(12), "2026-11-20 06:00")
    retention(world, "2026-12-01 02:30")
    with world.store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(journal)).scalar()
    retention(world, "2026-12-10 02:30")
    with world.store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(journal)).scalar() == 0
        assert connection.execute(select(plan.c.changes)).scalars().all() == [[]]
        assert connection.execute(select(plan.c.totals)).scalar_one()["added"] == 12


def test_a_held_row_is_marked_until_its_year_is_closed_or_long_over(sqlite_world: World) -> None:
    with sqlite_world.store.writing() as connection:
        row = {"school": "austen", "quarantine_id": "q1", "kind": "proformas", "source": "proformas", "code": "x"}
        more = {"field": "id", "rule": "r", "record_number": 1, "state": "held", "run_id": "r", "seen_count": 1}
        when = {"first_seen": at("2026-11-20"), "last_seen": at("2026-11-20"), "scope": "8A1.xlsx"}
        connection.execute(insert(quarantine).values(row | more | when))
    retention(sqlite_world, NEXT_YEAR)
    with sqlite_world.store.reading() as connection:
        assert len(load_quarantine(connection, "austen")) == 1
    retention(sqlite_world, YEAR_AFTER)  # that half term was never closed here
    with sqlite_world.store.reading() as connection:
        assert load_quarantine(connection, "austen") == ()


def test_old_files_of_ours_go_and_nobody_elses(sqlite_store: Store, tmp_path: Path) -> None:
    world = with_folders(make_world(sqlite_store, tmp_path), tmp_path)
    put_files(tmp_path, (*OUR_FILES, *NOT_OURS), days_old=20)
    assert declared(world.school) == set(OUR_FILES)
    assert world.run("retention", "2026-12-20 02:30").outcome.ending is Ending.DONE
    assert [name for name in OUR_FILES if (tmp_path / name).exists()] == []
    assert [name for name in NOT_OURS if not (tmp_path / name).exists()] == []


def test_a_young_file_and_one_that_was_put_away_of_late_stay(sqlite_store: Store, tmp_path: Path) -> None:
    world = with_folders(make_world(sqlite_store, tmp_path), tmp_path)
    late = "in/students/done/students.20261218T060000-0123abcd.csv"
    put_files(tmp_path, OUR_FILES, days_old=10)
    put_files(tmp_path, (late,), days_old=300)
    world.run("retention", "2026-12-20 02:30")
    assert [name for name in (*OUR_FILES, late) if not (tmp_path / name).exists()] == []


def test_a_link_is_not_followed(sqlite_store: Store, tmp_path: Path) -> None:
    world = with_folders(make_world(sqlite_store, tmp_path), tmp_path)
    put_files(tmp_path, ("elsewhere/students.20261112T090000-0123abcd.csv",), days_old=20)
    (tmp_path / "in" / "students").mkdir(parents=True)
    (tmp_path / "in" / "students" / "done").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "work" / "austen").mkdir(parents=True)
    (tmp_path / "work" / "austen" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    world.run("retention", "2026-12-20 02:30")
    assert list((tmp_path / "work" / "austen").iterdir()) != []


def test_a_file_that_another_program_holds_is_told_and_tried_again(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = with_folders(make_world(sqlite_store, tmp_path), tmp_path)
    put_files(tmp_path, OUR_FILES[:1], days_old=20)

    def held(self: Path, *, missing_ok: bool = False) -> None:
        raise PermissionError(f"{self.name} {missing_ok}")

    with monkeypatch.context() as patch:  # Linux lets nobody hold a file: what Windows then says
        patch.setattr(Path, "unlink", held)
        patch.setattr("sims_sync.formats.whole_writing.MOVE_WAIT_SECONDS", 0)
        removal = Removal()
        removal.stuck = [tmp_path] * 3  # no more waiting
        removal.remove("x", tmp_path / OUR_FILES[0])
    assert removal.stuck[-1] == tmp_path / OUR_FILES[0]
    assert world.run("retention", "2026-12-20 02:30").outcome.ending is Ending.DONE
    assert not (tmp_path / OUR_FILES[0]).exists()


def test_a_clock_that_no_read_bears_out_deletes_nothing(world: World) -> None:
    world.read_well(Kind.STUDENTS, [student_report_row(1, Leaving_Date="2026-11-25")], "2026-11-20 06:00")
    report = world.run("retention", "2040-01-01 02:30")
    assert report.outcome.ending is Ending.STOPPED
    assert [problem.code for problem in report.outcome.problems] == ["clock-in-doubt"]
    with world.store.reading() as connection:
        assert len(load_students(connection, world.id)) == 1


def test_evidence_says_what_and_how_many_and_never_whose(sqlite_store: Store, tmp_path: Path) -> None:
    world = with_folders(make_world(sqlite_store, tmp_path), tmp_path)
    fill_tables(sqlite_store)
    leave(sqlite_store, date(2026, 12, 4))
    put_files(tmp_path, OUR_FILES, days_old=20)
    retention(world, YEAR_AFTER)
    with sqlite_store.reading() as connection:
        found = {each.what: each for each in load_disposals(connection, "austen")}
    assert found["student"].count == 1
    assert found["processed exports"].count == 3
    assert STUDENT_ID not in str(found)


def test_a_plan_says_what_would_go_and_deletes_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    world = with_folders(make_world(sqlite_store, tmp_path), tmp_path)
    filled = fill_tables(sqlite_store)
    leave(sqlite_store, date(2026, 12, 4))
    put_files(tmp_path, (*OUR_FILES, *NOT_OURS), days_old=20)
    newest_read(sqlite_store, YEAR_AFTER)
    (note,) = world.run("retention", YEAR_AFTER, dry=True).outcome.notes
    assert "1 student" in note
    assert "3 processed exports" in note
    assert traces(sqlite_store) == filled
    assert declared(world.school) == set(OUR_FILES)
    assert not (tmp_path / "secrets").exists()


def test_an_export_that_nobody_reads_is_mentioned(sqlite_store: Store, tmp_path: Path) -> None:
    world = with_folders(make_world(sqlite_store, tmp_path), tmp_path)
    put_files(tmp_path, NOT_OURS, days_old=20)
    notes = world.run("retention", "2026-12-20 02:30").outcome.notes
    assert notes[-1].startswith("2 files in the folders of sources were not read for 14 days")


def test_a_second_night_deletes_nothing(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(12), "2026-11-20 06:00")
    retention(world, YEAR_AFTER)
    report = world.run("retention", YEAR_AFTER)
    assert report.outcome.notes == ("Nothing is too old.",)


def test_a_copy_from_before_an_upgrade_goes_too_where_no_backup_is_configured(
    sqlite_store: Store, tmp_path: Path
) -> None:
    world = make_world(sqlite_store, tmp_path)
    file = sqlite_store.file
    assert file is not None
    old, young = (file.with_name(f"{file.name}.before-0004-2026110{day}T073000Z") for day in (1, 9))
    for path, days in ((old, 15), (young, 13)):
        path.write_bytes(b"Zorblatt")
        moment = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(path, (moment, moment))
    assert retention(world, "2026-12-16 02:30") is Ending.DONE
    assert (old.exists(), young.exists()) == (False, True)
    with sqlite_store.reading() as connection:
        gone = {each.what: each.count for each in load_disposals(connection, "austen")}
    assert gone["copies of the store from before an upgrade"] == 1
    young.unlink()


def test_an_issued_workbook_that_somebody_wrote_in_stays_for_the_year(sqlite_store: Store, tmp_path: Path) -> None:
    world = make_world(sqlite_store, tmp_path)
    folder = tmp_path / "proformas-issued" / "austen" / "2026-27 Autumn 2"
    folder.mkdir(parents=True)
    made = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
    for name, said, written in (("7A1", 0, 0), ("8A1", 4, 4), ("8B1", 0, 4), ("9A1", 4, 0)):
        saved = made + timedelta(days=said)
        with zipfile.ZipFile(folder / f"{name}.xlsx", "w") as workbook:
            times = zip(("created", "modified"), (made, saved), strict=True)
            words = (f"<dcterms:{word}>{moment:%Y-%m-%dT%H:%M:%SZ}</dcterms:{word}>" for word, moment in times)
            workbook.writestr("docProps/core.xml", "".join(words))
        moment = (made + timedelta(days=written)).timestamp()
        os.utime(folder / f"{name}.xlsx", (moment, moment))
    newest_read(sqlite_store, "2026-12-05 02:30")
    notes = world.run("retention", "2026-12-05 02:30").outcome.notes
    assert sorted(path.name for path in folder.iterdir()) == ["8A1.xlsx", "8B1.xlsx", "9A1.xlsx"]
    assert any(note.startswith("3 issued pro-formas were written in") for note in notes)
    retention(world, NEXT_YEAR)
    assert not folder.exists()
