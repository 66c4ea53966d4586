"""Returned workbooks in a folder: read oldest first, put away, and answered where something is to correct."""

import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from connectors.proforma_workbook import ProformaWorkbook, ProformaWorkbookOptions, ReturnedCopy
from sims_sync.connector import Answerable, ConnectorContext, RowProblem, Severity
from sims_sync.errors import RetriableError
from sims_sync.formats import whole_writing
from sims_sync.proforma_workbook.content import Proforma, sheet_rows
from sims_sync.proforma_workbook.layout import Col
from sims_sync.proforma_workbook.writing import write_proforma
from sims_sync.records import Kind
from tests.sims_sync.proforma_workbook.hands import open_workbook
from tests.sims_sync.proforma_workbook.test_content import MARKS, line

NOW = datetime(2026, 12, 16, 7, 30, tzinfo=UTC)
HOUR = 3600
PROBLEM = RowProblem(2, "future-date", "interview_date", "the interview lies in the future", "Correct the date.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


def put(folder: Path, name: str = "8A1.xlsx", *, age: float = HOUR) -> Path:
    path = folder / name
    rows = tuple(sheet_rows(MARKS, [line("s1")]))
    path.write_bytes(write_proforma(Proforma(MARKS, rows, date(2026, 9, 1)), None))
    moment = (NOW - timedelta(seconds=age)).timestamp()
    os.utime(path, (moment, moment))
    return path


def source(folder: Path, **options: object) -> ProformaWorkbook:
    made = ProformaWorkbookOptions.model_validate({"folder": str(folder), "poll_seconds": 0, **options})
    return ProformaWorkbook(made, ConnectorContext(folder.parent, folder.parent, lambda: NOW, lambda _: ""))


def one(folder: Path, **options: object) -> ReturnedCopy:
    (reading,) = source(folder, **options).read(Kind.PROFORMAS)
    return reading


def test_copies_come_oldest_first_with_the_time_at_which_they_were_saved(folder: Path) -> None:
    put(folder, "a.xlsx", age=100)
    put(folder, "b.xlsx", age=7200)
    readings = source(folder).read(Kind.PROFORMAS)
    assert [reading.state.name for reading in readings] == ["b.xlsx", "a.xlsx"]
    assert readings[0].state.began == NOW - timedelta(hours=2)


def test_a_copy_that_is_open_in_excel_leaves_no_rows_of_its_lock_file(folder: Path) -> None:
    put(folder, "~$8A1.xlsx")
    put(folder)
    assert [reading.state.name for reading in source(folder).read(Kind.PROFORMAS)] == ["8A1.xlsx"]


def test_a_copy_still_being_saved_is_left_with_a_note(folder: Path) -> None:
    path = put(folder)
    path.write_bytes(path.read_bytes()[:-100])
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    found = source(folder)
    assert found.read(Kind.PROFORMAS) == []
    assert "left for the next run" in found.notes[0]


def test_a_reading_can_be_answered(folder: Path) -> None:
    put(folder)
    assert isinstance(one(folder), Answerable)


def test_the_answer_stands_in_the_folder_answers_and_leaves_the_copy_where_it_is(folder: Path) -> None:
    path = put(folder)
    reading = one(folder)
    list(reading.rows())
    reading.answer([PROBLEM], taken=True)
    assert path.exists()
    (answer,) = (folder / "answers").iterdir()
    assert answer.name == "8A1 - please correct.xlsx"
    assert "in the future" in str(open_workbook(answer).rows[1][Col.CORRECT])
    reading.settle("run-1", good=True)
    assert (folder / "done" / "8A1.run-1.xlsx").exists()


def test_an_answer_that_is_handed_in_again_is_the_same_copy(folder: Path) -> None:
    put(folder, "8A1 - please correct.xlsx")
    reading = one(folder, answers="to correct")
    assert reading.state.name == "8A1.xlsx"
    list(reading.rows())
    reading.answer([PROBLEM], taken=True)
    assert [path.name for path in (folder / "to correct").iterdir()] == ["8A1 - please correct.xlsx"]


def test_where_nothing_is_wrong_nobody_is_answered(folder: Path) -> None:
    put(folder)
    reading = one(folder)
    list(reading.rows())
    reading.answer([], taken=True)
    assert not (folder / "answers").exists()


def test_an_answer_that_is_open_in_excel_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(folder)
    reading = one(folder)
    list(reading.rows())

    def held(path: Path, target: Path) -> Path:
        raise PermissionError(path, target)

    monkeypatch.setattr(whole_writing, "MOVE_WAIT_SECONDS", 0)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(RetriableError, match="Close it in other programs"):
        reading.answer([PROBLEM], taken=True)
    assert list((folder / "answers").iterdir()) == []


def test_check_says_how_many_wait(folder: Path) -> None:
    put(folder)
    (finding,) = source(folder).check()
    assert (finding.severity, "1 file(s) waiting" in finding.what) == (Severity.FINE, True)
