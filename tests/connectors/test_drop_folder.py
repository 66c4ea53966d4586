"""Files in a folder: whole ones are read in order and put away, half-written ones are left alone."""

import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from pydantic import ValidationError

from connectors.drop_folder import DropFolder, DropFolderOptions
from sims_sync.connector import ConnectorContext, Reading, Severity
from sims_sync.errors import SourceRefused, SourceUnavailable
from sims_sync.formats import whole_writing
from sims_sync.records import Kind

NOW = datetime(2026, 12, 16, 7, 30, tzinfo=UTC)
XML = b"<SuperStarReport><Record><Adno>1</Adno></Record></SuperStarReport>"
HOUR = 3600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.fixture(autouse=True)
def looks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited between two looks; nothing waits really."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


def source(folder: Path, **options: object) -> DropFolder:
    made = DropFolderOptions.model_validate({"folder": str(folder), **options})
    return DropFolder(made, ConnectorContext(folder.parent, folder.parent, lambda: NOW, lambda _: ""))


def put(folder: Path, name: str, content: bytes = XML, *, age: float = HOUR) -> Path:
    path = folder / name
    path.write_bytes(content)
    touch(path, age)
    return path


def touch(path: Path, age: float) -> None:
    moment = (NOW - timedelta(seconds=age)).timestamp()
    os.utime(path, (moment, moment))


def names(readings: Sequence[Reading]) -> list[str]:
    return [reading.state.name for reading in readings]


def test_files_are_read_oldest_first_with_their_modification_time(folder: Path) -> None:
    put(folder, "a.xml", age=100)
    put(folder, "b.csv", b"Adno\n1\n", age=7200)
    with xlsxwriter.Workbook(folder / "c.xlsx") as book:
        book.add_worksheet().write_column(0, 0, ["Adno", "1"])
    touch(folder / "c.xlsx", 1000)
    readings = source(folder, patience_seconds=0).read(Kind.STUDENTS)
    assert names(readings) == ["b.csv", "c.xlsx", "a.xml"]
    assert readings[0].state.began == NOW - timedelta(seconds=7200)
    assert [[dict(row.values) for row in reading.rows()] for reading in readings] == [[{"Adno": "1"}]] * 3


def test_the_same_bytes_have_the_same_fingerprint_and_others_another(folder: Path) -> None:
    for name, content in (("a.xml", XML), ("b.xml", XML), ("c.xml", XML + b"\n")):
        put(folder, name, content)
    first, second, third = (reading.state.fingerprint for reading in source(folder).read(Kind.STUDENTS))
    assert first == second != third


def test_nothing_waiting_is_no_fault(folder: Path) -> None:
    drop = source(folder)
    assert list(drop.read(Kind.STUDENTS)) == []
    assert drop.notes == ()


def test_temporary_and_lock_files_folders_and_other_names_are_ignored(folder: Path) -> None:
    for name in ("~$a.xlsx", ".a.xml", "a.xml.tmp", "a.part", "a.txt", "thumbs.db"):
        put(folder, name)
    (folder / "folder.xml").mkdir()
    assert list(source(folder).read(Kind.STUDENTS)) == []
    assert list(source(folder, pattern="*").read(Kind.STUDENTS)) != []


def test_patterns_choose_files_in_any_letter_case(folder: Path) -> None:
    put(folder, "STUDENTS-1.XML")
    put(folder, "staff.xml")
    assert names(source(folder, pattern=["students*.xml"]).read(Kind.STUDENTS)) == ["STUDENTS-1.XML"]


def test_a_link_out_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    outside = put(tmp_path, "outside.xml")
    try:
        (folder / "link.xml").symlink_to(outside)
    except OSError:
        pytest.skip("this account may not make links")
    assert list(source(folder).read(Kind.STUDENTS)) == []


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    drop = source(tmp_path / "absent")
    with pytest.raises(SourceUnavailable, match="mapped drives do not exist for a service"):
        drop.read(Kind.STUDENTS)
    assert [finding.severity for finding in drop.check()] == [Severity.WRONG]


def test_an_old_file_is_taken_without_waiting(folder: Path, looks: list[float]) -> None:
    put(folder, "a.xml")
    assert names(source(folder).read(Kind.STUDENTS)) == ["a.xml"]
    assert looks == []


def test_a_fresh_file_is_looked_at_twice(folder: Path, looks: list[float]) -> None:
    put(folder, "a.xml", age=1)
    put(folder, "b.xml", age=2)
    assert names(source(folder, poll_seconds=2).read(Kind.STUDENTS)) == ["b.xml", "a.xml"]
    assert looks == [2]


def grow(path: Path) -> Callable[[float], None]:
    def meanwhile(_seconds: float) -> None:
        path.write_bytes(path.read_bytes() + b" ")
        touch(path, 0)

    return meanwhile


def test_a_file_that_grows_between_two_looks_is_left_with_a_note(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    growing = put(folder, "a.xml", age=1)
    put(folder, "b.xml", age=1)
    monkeypatch.setattr(time, "sleep", grow(growing))
    drop = source(folder)
    assert names(drop.read(Kind.STUDENTS)) == ["b.xml"]
    assert drop.notes == ("a.xml is still being written; it is left for the next run.",)
    assert growing.exists()


@pytest.mark.parametrize("content", [XML[:-5], b"", XML[:40] + b"\0" * 100], ids=["cut", "empty", "preallocated"])
def test_a_young_incomplete_file_is_left_with_a_note(folder: Path, content: bytes) -> None:
    path = put(folder, "a.xml", content, age=60)
    drop = source(folder)
    assert list(drop.read(Kind.STUDENTS)) == []
    assert [note.split(" ")[0] for note in drop.notes] == ["a.xml"]
    assert path.exists()
    put(folder, "a.xml", XML, age=60)
    assert names(drop.read(Kind.STUDENTS)) == ["a.xml"]
    assert not drop.notes


@pytest.mark.parametrize("age", [601, -100_000], ids=["old", "from the future"])
def test_an_incomplete_file_is_not_waited_for_for_ever(folder: Path, age: float) -> None:
    path = put(folder, "a.xml", XML[:-5], age=age)
    (reading,) = source(folder).read(Kind.STUDENTS)
    with pytest.raises(SourceRefused) as caught:
        list(reading.rows())
    assert caught.value.code == "truncated"
    reading.settle("run-7", good=False)
    assert not path.exists()
    assert (folder / "failed" / "a.run-7.xml").read_bytes() == XML[:-5]


def test_a_young_file_of_another_kind_is_refused_at_once(folder: Path) -> None:
    put(folder, "a.xml", b"<!DOCTYPE html><html><body>Log in</body></html>", age=60)
    (reading,) = source(folder).read(Kind.STUDENTS)
    with pytest.raises(SourceRefused, match="web page"):
        list(reading.rows())


def test_a_good_file_goes_to_done_under_the_run_and_can_still_be_opened(folder: Path) -> None:
    path = put(folder, "students.xml")
    (reading,) = source(folder).read(Kind.STUDENTS)
    list(reading.rows())
    reading.settle("2026-12-16T07:30/1", good=True)
    assert not path.exists()
    assert [moved.name for moved in (folder / "done").iterdir()] == ["students.2026-12-16T07-30-1.xml"]


def test_a_name_that_is_taken_is_not_overwritten(folder: Path) -> None:
    for content in (XML, XML + b"\n", XML + b"\n\n"):
        put(folder, "a.xml", content)
        (reading,) = source(folder).read(Kind.STUDENTS)
        reading.settle("run-1", good=True)
    assert sorted(moved.name for moved in (folder / "done").iterdir()) == [
        "a.run-1-2.xml",
        "a.run-1-3.xml",
        "a.run-1.xml",
    ]


def test_a_newer_export_of_the_same_name_is_not_put_away_unread(folder: Path) -> None:
    path = put(folder, "a.xml")
    (reading,) = source(folder).read(Kind.STUDENTS)
    list(reading.rows())
    put(folder, "a.xml", XML + b"\n", age=5)
    reading.settle("run-1", good=True)
    assert path.read_bytes() == XML + b"\n"


def test_a_file_written_to_while_it_is_read_is_not_whole(folder: Path) -> None:
    put(folder, "a.csv", b"Adno\n1\n2\n")
    (reading,) = source(folder).read(Kind.STUDENTS)
    rows = reading.rows()
    next(rows)
    put(folder, "a.csv", b"Adno\n1\n2\n3\n", age=0)
    with pytest.raises(SourceUnavailable, match="written to while it was read"):
        list(rows)


def test_a_file_held_for_a_moment_is_moved_after_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, "a.xml")
    (reading,) = source(folder).read(Kind.STUDENTS)
    rename, refused = Path.rename, iter([True, True, False])

    def held(path: Path, target: Path) -> Path:
        if next(refused):
            raise PermissionError
        return rename(path, target)

    monkeypatch.setattr(whole_writing, "MOVE_WAIT_SECONDS", 0)
    monkeypatch.setattr(Path, "rename", held)
    reading.settle("run-1", good=True)
    assert (folder / "done" / "a.run-1.xml").exists()


def test_a_file_that_cannot_be_moved_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder, "a.xml")
    (reading,) = source(folder).read(Kind.STUDENTS)

    def held(path: Path, target: Path) -> Path:
        raise PermissionError(path, target)

    monkeypatch.setattr(whole_writing, "MOVE_WAIT_SECONDS", 0)
    monkeypatch.setattr(Path, "rename", held)
    with pytest.raises(SourceUnavailable, match=r"a\.xml was read but could not be moved to done"):
        reading.settle("run-1", good=True)


def test_a_file_that_cannot_be_read_is_left_while_young_and_reported_when_old(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "young.xml", age=60)
    put(folder, "old.xml")
    opened = Path.open

    def held(path: Path, mode: str = "r", **options: str) -> object:
        if path.suffix == ".xml":
            raise PermissionError
        return opened(path, mode, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", held)
    drop = source(folder)
    (reading,) = drop.read(Kind.STUDENTS)
    assert [note.split(" ")[0] for note in drop.notes] == ["young.xml"]
    with pytest.raises(SourceUnavailable, match=r"old\.xml could not be opened"):
        list(reading.rows())


def test_sheet_filling_down_and_encoding_reach_the_reader(folder: Path) -> None:
    put(folder, "a.csv", "Reg,Surname\n8A1,Zoë\n,Quimby\n".encode("cp1252"))
    (reading,) = source(folder, fill_down=["Reg"], encoding="windows-1252").read(Kind.STUDENTS)
    assert [tuple(row.values.values()) for row in reading.rows()] == [("8A1", "Zoë"), ("8A1", "Quimby")]


def test_a_relative_folder_starts_at_the_configuration(folder: Path) -> None:
    put(folder, "a.xml")
    options = DropFolderOptions(folder=folder.name)
    drop = DropFolder(options, ConnectorContext(folder.parent, folder.parent, lambda: NOW, lambda _: ""))
    assert names(drop.read(Kind.STUDENTS)) == ["a.xml"]


def test_an_unknown_option_is_an_error() -> None:
    with pytest.raises(ValidationError):
        DropFolderOptions.model_validate({"folder": "in", "patern": "*.xml"})


def test_a_drive_letter_is_warned_about_since_a_service_may_not_see_it(tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("a folder cannot be called S: on Windows")
    (tmp_path / "S:").mkdir()
    drop = DropFolder(DropFolderOptions(folder="S:"), ConnectorContext(tmp_path, tmp_path, lambda: NOW, lambda _: ""))
    assert Severity.WARN in {finding.severity for finding in drop.check()}
