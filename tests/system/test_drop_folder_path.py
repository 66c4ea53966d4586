"""What happens to files in a drop folder, from the outside: taken, left alone, refused, and where they go?"""

import csv
import io
import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.system.command import Ended, once, rows, sims_sync, tables, touch, write_file
from tests.system.exports import Row, as_csv, as_xml, local, make_school, put_export, release_first_plans

BEGIN, FIRST, SECOND = local("2026-11-16T06:00"), local("2026-12-01T06:00"), local("2026-12-16T06:00")
REPORT_AT = "2026-12-16T07:30"
TARGET = "Read for twenty minutes each evening"
PROFORMA = ("row_id", "admission_number", "surname", "interview_date", "author", "state", "kind", "text")
GROUPS = ("8A1", "8A2")


def students(count: int = 24, **changed: str) -> list[Row]:
    return [
        {
            "primary_id": str(1000 + number),
            "Adno": f"{number:06d}",
            "Surname": f"Surname{number}",
            "Forename": f"Forename{number}",
            "Reg": GROUPS[number % 2],
            "Year": "Year  8",
            "House": "Austen",
            **changed,
        }
        for number in range(1, count + 1)
    ]


def staff() -> list[Row]:
    return [
        {"StaffCode": code, "PreferredSurname": f"Tutor{code}", "PreferredForename": "Alex"} for code in ("T1", "T2")
    ]


def tutor_groups() -> list[Row]:
    return [
        {"Reg": group, "Year": "Year  8", "House": "Austen", "Tutor": code}
        for group, code in zip(GROUPS, ("T1", "T2"), strict=True)
    ]


def entries(numbers: range) -> list[Row]:
    return [
        {
            "primary_id": str(1000 + number),
            "Surname": f"Surname{number}",
            "Aspect": "Mentoring Target 1",
            "Result set": "Mentoring Autumn 2 2026/27",
            "Result": TARGET,
            "Result date": "2026-11-12",
        }
        for number in numbers
    ]


def proforma(number: int, **cells: str) -> bytes:
    row = {
        "row_id": f"row-{number}",
        "admission_number": f"{number:06d}",
        "surname": f"Surname{number}",
        "interview_date": "2026-12-10",
        "author": "T1",
        "state": "submitted",
        "kind": "interview",
        "text": TARGET,
    }
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, PROFORMA)
    writer.writeheader()
    writer.writerow({**row, **cells})
    return text.getvalue().encode()


def put_all(folder: Path, at: datetime, form: str = "xml") -> None:
    put_export(folder, "students", students(), at, form)
    put_export(folder, "staff", staff(), at, form)
    put_export(folder, "tutor_groups", tutor_groups(), at, form)
    put_export(folder, "entries", entries(range(1, 11)), at, form)


def run(folder: Path, *jobs: str, after: datetime) -> Ended:
    as_of = (after + timedelta(minutes=30)).isoformat()
    return sims_sync("run", *jobs, "--as-of", as_of, "--config", folder / "config.toml", "--json")


def report(folder: Path) -> Ended:
    return sims_sync(
        "report", "compliance", "--as-of", REPORT_AT, "--format", "json", "--config", folder / "config.toml"
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


@pytest.fixture
def new_school(tmp_path: Path) -> Path:
    """A school that nothing was ever read of."""
    make_school(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def pristine_school(shared: Path) -> Path:
    """A school whose first reads of every kind were released. Only to be looked at."""
    return once(shared, "drop-folder-school", _begin)


@pytest.fixture
def school(pristine_school: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine_school, tmp_path / "school"))


def _begin(folder: Path) -> None:
    make_school(folder)
    put_export(folder, "students", students(12), BEGIN)
    put_export(folder, "staff", staff(), BEGIN)
    put_export(folder, "tutor_groups", tutor_groups(), BEGIN)
    _first_run(folder, "pull_students")
    put_export(folder, "entries", entries(range(1, 2)), BEGIN)
    write_file(folder / "proformas" / "first.csv", proforma(12, interview_date="2026-11-10"), BEGIN)
    _first_run(folder, "pull_entries", "collect_proformas")


def _first_run(folder: Path, *jobs: str) -> None:
    ended = run(folder, *jobs, after=BEGIN)
    assert ended.code == 3, ended.said
    assert "is this your school?" in ended.said
    release_first_plans(folder / "config.toml", BEGIN + timedelta(hours=1))


def test_read_files_go_to_done_and_refused_ones_to_failed_under_the_id_of_the_run(school: Path) -> None:
    put_export(school, "students", students(), FIRST)
    write_file(school / "exports" / "staff" / "staff.xml", b"<SuperStarReport><Record>", FIRST)
    ended = run(school, "pull_students", after=FIRST)
    assert ended.code == 4
    run_id = ended.json["runs"][0]["run"]
    assert f"students 2026-12-01.{run_id}.xml" in names(school / "exports" / "students" / "done")
    assert names(school / "exports" / "staff" / "failed") == [f"staff.{run_id}.xml"]
    assert names(school / "exports" / "students") == names(school / "exports" / "staff") == []
    assert len(rows(school / "sims-sync.db", "SELECT * FROM student")) == 24


def test_the_same_files_again_change_nothing_and_say_so(school: Path) -> None:
    put_all(school, FIRST)
    assert run(school, "pull_students", "pull_entries", after=FIRST).code == 0
    before = tables(school / "sims-sync.db")
    put_all(school, FIRST, "csv")
    again = run(school, "pull_students", "pull_entries", after=FIRST)
    assert again.code == 0
    assert tables(school / "sims-sync.db") == before
    for each in again.json["runs"]:
        assert all("read, nothing changed." in note for note in each["notes"])
        assert {each["counts"][name] for name in ("added", "changed", "missing")} == {0}


def test_a_half_written_file_is_left_alone_until_it_is_whole(school: Path) -> None:
    whole = as_xml(students())
    path = school / "exports" / "students" / "students.xml"
    write_file(path, whole[: len(whole) // 2], FIRST)
    as_of = (FIRST + timedelta(seconds=30)).isoformat()
    early = sims_sync("run", "pull_students", "--as-of", as_of, "--config", school / "config.toml", "--json")
    assert early.code == 0
    assert any("left for the next run" in note for note in early.json["runs"][0]["notes"])
    assert path.exists()
    assert len(rows(school / "sims-sync.db", "SELECT * FROM student")) == 12
    write_file(path, whole, FIRST)
    assert run(school, "pull_students", after=FIRST).code == 0
    assert len(rows(school / "sims-sync.db", "SELECT * FROM student")) == 24


def test_a_file_older_than_the_last_one_read_is_refused(school: Path) -> None:
    put_all(school, SECOND)
    assert run(school, "pull_students", "pull_entries", after=SECOND).code == 0
    before = tables(school / "sims-sync.db")
    put_export(school, "students", students(20, House="Brunel"), FIRST)
    ended = run(school, "pull_students", after=SECOND)
    assert ended.code == 4
    (problem,) = ended.json["runs"][0]["problems"]
    assert problem["code"] == "older"
    assert re.search(r"older than the last one read", problem["what"])
    assert tables(school / "sims-sync.db") == before
    assert len(names(school / "exports" / "students" / "failed")) == 1


def test_two_exports_that_waited_are_read_oldest_first(school: Path) -> None:
    put_export(school, "students", students(24), SECOND)
    put_export(school, "students", students(23), FIRST)
    ended = run(school, "pull_students", after=SECOND)
    assert ended.code == 0
    added = [note for note in ended.json["runs"][0]["notes"] if note.startswith("students: ")]
    assert added == ["students: 23 read: 11 added, 12 unchanged.", "students: 24 read: 1 added, 23 unchanged."]


def test_csv_in_windows_1252_and_utf_8_keeps_every_letter(school: Path) -> None:
    table = [dict(row) for row in students(12)]
    table[0]["Surname"] = "O'Brïen-Straße"
    for at, encoding in ((FIRST, "windows-1252"), (SECOND, "utf-8-sig")):
        write_file(school / "exports" / "students" / "students.csv", as_csv(table, encoding), at)
        assert run(school, "pull_students", after=at).code == 0
        found = rows(school / "sims-sync.db", "SELECT surname FROM student WHERE admission_number = '000001'")
        assert found == [("O'Brïen-Straße",)]


def test_a_returned_proforma_counts_and_handing_it_in_again_changes_nothing(school: Path) -> None:
    put_all(school, SECOND)
    write_file(school / "proformas" / "8A2.csv", proforma(11), local("2026-12-14T15:00"))
    jobs = ("pull_students", "pull_entries", "collect_proformas")
    assert run(school, *jobs, after=SECOND).code == 0
    done = sum(house["done"] for house in report(school).json["houses"])
    assert done == 12
    but_the_copies = [name for name in tables(school / "sims-sync.db") if name != "entry_version"]  # their file times
    before = tables(school / "sims-sync.db", but_the_copies)
    write_file(school / "proformas" / "8A2 again.csv", proforma(11), local("2026-12-16T06:10"))
    again = run(school, "collect_proformas", after=SECOND)
    assert again.code == 0
    assert tables(school / "sims-sync.db", but_the_copies) == before
    assert len(names(school / "proformas" / "done")) == 3


def test_a_draft_is_no_entry_and_submitting_it_late_is_late(school: Path) -> None:
    put_all(school, SECOND)
    write_file(school / "proformas" / "8A2.csv", proforma(11, state="draft"), local("2026-12-14T15:00"))
    assert run(school, "pull_students", "pull_entries", "collect_proformas", after=SECOND).code == 0
    write_file(school / "proformas" / "8A2.csv", proforma(11), local("2026-12-16T06:10"))
    assert run(school, "collect_proformas", after=SECOND).code == 0
    houses = report(school).json["houses"]
    assert sum(house["done"] for house in houses) == 11
    assert sum(group["done_since_deadline"] for house in houses for group in house["groups"]) == 1


def test_a_broken_workbook_holds_the_report_until_it_is_handed_in_well(school: Path) -> None:
    put_all(school, SECOND)
    write_file(school / "proformas" / "8A2.xlsx", b"PK\x03\x04 no workbook at all", local("2026-12-14T15:00"))
    ended = run(school, "pull_students", "pull_entries", "collect_proformas", after=SECOND)
    assert ended.code == 4
    assert len(ended.json["runs"][2]["problems"]) == 1
    held = report(school)
    assert held.code == 3
    assert held.json["houses"] == []
    assert "TutorT" not in held.said
    assert "quarantine" in held.json["held"][0]["what"]
    write_file(school / "proformas" / "8A2.csv", proforma(11), local("2026-12-14T16:00"))
    assert run(school, "collect_proformas", after=SECOND).code == 0
    still = report(school)
    assert still.code == 3, "another file says nothing about the broken one"
    (row_id,) = rows(school / "sims-sync.db", "SELECT quarantine_id FROM quarantine WHERE state = 'held'")
    discarded = sims_sync(
        "quarantine", "discard", str(row_id[0]), "--reason", "handed in as CSV", "--config", school / "config.toml"
    )
    assert discarded.code == 0
    shown = report(school)
    assert shown.code == 0
    assert sum(house["done"] for house in shown.json["houses"]) == 12


def test_a_row_without_a_date_holds_that_student_alone(school: Path) -> None:
    put_all(school, SECOND)
    write_file(school / "proformas" / "8A2.csv", proforma(11, interview_date=""), local("2026-12-14T15:00"))
    ended = run(school, "pull_students", "pull_entries", "collect_proformas", after=SECOND)
    assert ended.code == 3
    listed = sims_sync("quarantine", "list", "--json", "--config", school / "config.toml").json["quarantine"]
    assert [(row["field"], row["source"]) for row in listed] == [("interview_date", "proformas")]
    shown = report(school)
    assert shown.code == 0
    counts = [group["counts"] for house in shown.json["houses"] for group in house["groups"]]
    assert sum(each.get("entry being checked", 0) for each in counts) == 1


def test_lock_files_and_unfinished_downloads_are_not_taken(school: Path) -> None:
    folder = school / "exports" / "students"
    for name in ("~$students.xlsx", ".students.xml", "students.xml.part", "notes.txt"):
        write_file(folder / name, as_xml(students()), FIRST)
    ended = run(school, "pull_students", after=FIRST)
    assert ended.code == 0
    assert len(names(folder)) == 4
    assert any("students: nothing new is waiting." in note for note in ended.json["runs"][0]["notes"])


def test_a_plan_moves_no_file(school: Path) -> None:
    put_all(school, FIRST)
    before = tables(school / "sims-sync.db")
    as_of = (FIRST + timedelta(minutes=30)).isoformat()
    ended = sims_sync("plan", "pull_students", "--as-of", as_of, "--config", school / "config.toml", "--json")
    assert ended.code == 0
    assert ended.json["runs"][0]["counts"]["added"] == 12
    assert names(school / "exports" / "students") == ["students 2026-12-01.xml"]
    assert tables(school / "sims-sync.db") == before


def test_nothing_of_a_first_read_counts_until_a_person_has_said_that_it_is_their_school(new_school: Path) -> None:
    put_all(new_school, SECOND)
    ended = run(new_school, "pull_students", after=SECOND)
    assert ended.code == 3
    assert "24 students, 2 groups, 1 houses, 0 without a tutor group – is this your school?" in ended.said
    assert not any(tables(new_school / "sims-sync.db").values())
    assert report(new_school).code == 3
    release_first_plans(new_school / "config.toml", SECOND + timedelta(minutes=40))
    assert len(rows(new_school / "sims-sync.db", "SELECT * FROM student")) == 24


def test_first_proformas_that_waited_together_all_count_the_newest_text_last(new_school: Path) -> None:
    put_all(new_school, SECOND)
    run(new_school, "pull_students", after=SECOND)
    release_first_plans(new_school / "config.toml", SECOND + timedelta(minutes=40))
    for name, moment, content in (
        ("a draft", "2026-12-11T15:00", proforma(11, state="draft")),
        ("another student", "2026-12-12T15:00", proforma(12)),
        ("the same, submitted", "2026-12-14T15:00", proforma(11)),
    ):
        write_file(new_school / "proformas" / f"{name}.csv", content, local(moment))
    assert run(new_school, "collect_proformas", after=SECOND).code == 3
    release_first_plans(new_school / "config.toml", SECOND + timedelta(minutes=50))
    found = rows(new_school / "sims-sync.db", "SELECT state, recorded_at FROM entry ORDER BY recorded_at")
    assert [(state, str(recorded)[:16]) for state, recorded in found] == [
        ("submitted", "2026-12-12 15:00"),
        ("submitted", "2026-12-14 15:00"),
    ]
    assert run(new_school, "collect_proformas", after=SECOND).code == 0


def test_a_file_with_a_clock_that_runs_ahead_counts_from_now(school: Path) -> None:
    path = put_export(school, "students", students(), FIRST)
    touch(path, FIRST + timedelta(days=400))
    assert run(school, "pull_students", after=FIRST).code == 0
    (began,) = rows(school / "sims-sync.db", "SELECT max(began) FROM read WHERE kind = 'students'")
    assert str(began[0]).startswith("2026-12-01")
