"""What does the product make of real outputs of SIMS that none of its mappings was written for?

The samples stay where they are: a folder named by SIMS_SYNC_SAMPLES, else ../shared/samples beside the repository.
"""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.system.command import rows, sims_sync, tables, touch
from tests.system.exports import make_school

REPOSITORY = Path(__file__).parents[2]
SAMPLES = Path(os.environ.get("SIMS_SYNC_SAMPLES") or REPOSITORY.parent / "shared" / "samples")
READ_AT = datetime(2026, 12, 16, 6, 0, tzinfo=UTC)
AS_OF = "2026-12-16T06:05"


def sample(name: str) -> Path:
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip(f"the real SIMS sample {name} is not in {SAMPLES} (SIMS_SYNC_SAMPLES names another folder)")
    return path


@pytest.fixture
def timetable() -> Path:
    return sample("superstar_staff_timetable.xml")


@pytest.fixture
def assessment() -> Path:
    return sample("assessment_result_sets.xml")


def drop(sample_file: Path, folder: Path, kind: str) -> Path:
    dropped = Path(shutil.copyfile(sample_file, folder / "exports" / kind / sample_file.name))
    touch(dropped, READ_AT)
    return dropped


def test_a_mapping_is_suggested_that_says_what_is_missing(timetable: Path) -> None:
    ended = sims_sync("mapping", "suggest", timetable)
    assert ended.code == 0
    assert "taken for: staff" in ended.err
    assert "required, but not found: Staff Code" in ended.err
    assert 'kind = "staff"' in ended.out
    assert '"LegalSurname"' in ended.out
    for caption in ("Name", "DayName", "StartTime", "EndTime", "ShortName", "YearGroup"):
        assert caption in ended.err


def test_as_a_staff_export_it_is_refused_for_its_missing_columns_and_keeps_nothing(
    timetable: Path, tmp_path: Path
) -> None:
    config = make_school(tmp_path)
    dropped = drop(timetable, tmp_path, "staff")
    ended = sims_sync("run", "pull_students", "--as-of", AS_OF, "--config", config, "--json")
    assert ended.code == 4
    (run,) = ended.json["runs"]
    (problem,) = run["problems"]
    assert problem["source"] == "staff"
    assert problem["code"] == "missing-column"
    assert "staff_code" in problem["what"]
    assert run["counts"]["read"] == 2810
    assert run["counts"]["added"] == 0
    assert not any(tables(tmp_path / "sims-sync.db").values())
    assert not dropped.exists()
    assert [path.suffix for path in (dropped.parent / "failed").iterdir()] == [".xml"]


def test_xml_of_another_kind_is_refused_with_one_sentence(assessment: Path, tmp_path: Path) -> None:
    suggested = sims_sync("mapping", "suggest", assessment)
    assert suggested.code == 4
    assert len(suggested.err.strip().splitlines()) == 1
    assert "another kind than a SIMS report" in suggested.err
    config = make_school(tmp_path)
    drop(assessment, tmp_path, "students")
    ended = sims_sync("run", "pull_students", "--as-of", AS_OF, "--config", config)
    assert ended.code == 4
    assert len(ended.problems()) == 1
    assert not rows(tmp_path / "sims-sync.db", "SELECT * FROM student")


def test_a_first_look_at_the_wrong_export_asks_for_the_right_one(timetable: Path) -> None:
    ended = sims_sync("try", timetable, "--deadline", "2026-12-15")
    assert ended.code == 1
    assert "None of these files looks like a list of students." in ended.err
