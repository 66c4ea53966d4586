"""`try`: hand-run exports become a first report without config, store or mail."""

import csv
import os
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest

from sims_sync.compliance.facts import Policy
from sims_sync.errors import RunError, SourceRefused
from sims_sync.first_look import FirstLook, look, recognise
from sims_sync.outcome import Ending
from sims_sync.records import Kind
from tests.sims_sync.builders import AUTUMN_2, Row, at, group, staff, student, students, typed

DEADLINE = date(2026, 12, 15)
EXPORTED = at("2026-12-16 06:00")


def export(folder: Path, name: str, rows: Sequence[Row], moment: datetime = EXPORTED) -> Path:
    path = folder / f"{name}.csv"
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    os.utime(path, (moment.timestamp(), moment.timestamp()))
    return path


@pytest.fixture
def exports(tmp_path: Path) -> list[Path]:
    """Two groups of ten; the first has six entries, the second all ten."""
    folder = tmp_path / "exports"
    folder.mkdir()
    rows = [*students(10), *(student(number, "8A2") for number in range(11, 21))]
    entries = [typed(number) for number in (*range(1, 7), *range(11, 21))]
    return [
        export(folder, "students", rows),
        export(folder, "staff", [staff("T1"), staff("T2")]),
        export(folder, "groups", [group("8A1", "T1"), group("8A2", "T2")]),
        export(folder, "entries", entries),
    ]


def looked(exports: Sequence[Path], tmp_path: Path, policy: Policy = Policy.HALF_TERM, **more: date) -> FirstLook:
    folder = tmp_path / "look"
    folder.mkdir()
    return look(recognise(exports), folder, deadline=DEADLINE, first_day=more.get("first_day"), policy=policy)


def test_files_are_recognised_by_what_is_in_them(exports: list[Path]) -> None:
    found = [each.suggestion.kind for each in recognise(exports)]
    assert found == [Kind.STUDENTS, Kind.STAFF, Kind.TUTOR_GROUPS, Kind.MENTORING_ENTRIES]


def test_the_report_is_that_of_the_half_term_of_the_deadline(exports: list[Path], tmp_path: Path) -> None:
    found = looked(exports, tmp_path)
    assert found.half_term == AUTUMN_2
    assert all(run.outcome.ending is Ending.DONE for run in found.runs), [run.outcome for run in found.runs]
    assert found.report.held == ()
    rows = {each.group: (each.done, each.due) for each in found.report.assessment.groups}
    assert rows == {"8A1": (6, 10), "8A2": (10, 10)}


def test_each_policy_is_shown_in_the_schools_own_numbers(exports: list[Path], tmp_path: Path) -> None:
    found = looked(exports, tmp_path)
    assert found.policies == ((Policy.HALF_TERM, 20, 16), (Policy.TERMLY, 20, 16), (Policy.ANY, 20, 16))


@pytest.mark.parametrize("policy", list(Policy))
def test_it_works_under_every_policy(policy: Policy, exports: list[Path], tmp_path: Path) -> None:
    assert looked(exports, tmp_path, policy).report.held == ()


def test_without_a_first_day_six_weeks_are_assumed_and_said(exports: list[Path], tmp_path: Path) -> None:
    assert looked(exports, tmp_path).first_day == date(2026, 11, 2)


def test_the_exports_themselves_are_left_as_they_are(exports: list[Path], tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in exports}
    looked(exports, tmp_path)
    assert {path: path.read_bytes() for path in exports} == before


def test_exports_from_before_the_deadline_give_no_report_of_it(exports: list[Path], tmp_path: Path) -> None:
    for path in exports:
        os.utime(path, (at("2026-12-01").timestamp(),) * 2)
    found = looked(exports, tmp_path)
    assert found.report.assessment.occasion.value == "before the deadline"


def test_a_deadline_on_a_weekend_or_bank_holiday_is_refused(exports: list[Path], tmp_path: Path) -> None:
    for day in (date(2026, 12, 12), date(2026, 12, 25)):
        with pytest.raises(RunError, match="is no school day"):
            look(recognise(exports), tmp_path, deadline=day, first_day=None, policy=Policy.ANY)


def test_without_students_or_entries_it_says_which_report_to_give(exports: list[Path]) -> None:
    with pytest.raises(RunError, match="list of students"):
        recognise(exports[1:])
    with pytest.raises(RunError, match="looks like entries"):
        recognise(exports[:3])


def test_a_file_that_is_none_is_refused(exports: list[Path], tmp_path: Path) -> None:
    (tmp_path / "x.xml").write_text("<html>Log in</html>", encoding="utf-8")
    with pytest.raises(SourceRefused):
        recognise([*exports, tmp_path / "x.xml"])


def test_one_school_only_leaves_nothing_beside_the_folder(exports: list[Path], tmp_path: Path) -> None:
    looked(exports, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"exports", "look"}
