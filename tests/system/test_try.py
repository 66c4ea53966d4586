"""Does `sims-sync try` give a first look at hand-run exports, and leave nothing anywhere?"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from tests.system.command import Ended, environment, files, once, rows, sims_sync, touch, write_file
from tests.system.exports import as_csv

READ_AT = datetime(2026, 12, 16, 6, 0, tzinfo=UTC)
REPORTS = {
    "students": "sims-sync students",
    "staff": "sims-sync staff",
    "groups": "sims-sync tutor groups",
    "entries": "sims-sync mentoring entries",
}
WITHOUT_GROUPS = ("students", "staff", "entries")


@pytest.fixture(scope="module")
def pristine_exports(shared: Path, pristine_demo: Path) -> Path:
    """What the simulated SIMS writes by hand on the morning of the report. Only to be looked at."""
    return once(shared, "hand-run", lambda place: _run_reports(pristine_demo, place))


@pytest.fixture
def exports(pristine_exports: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine_exports, tmp_path / "exports"))


def look(folder: Path, names: tuple[str, ...], *options: str, form: str = "xml") -> Ended:
    paths = [folder / f"{name}.{form}" for name in names]
    return sims_sync("try", *paths, "--deadline", "2026-12-15", *options, folder=folder)


def by_group(ended: Ended) -> dict[str, tuple[int, int]]:
    assert ended.code == 0, ended.said
    groups = (group for house in ended.json["houses"] for group in house["groups"])
    return {group["tutor_group"]: (group["due"], group["done"]) for group in groups}


def students_named(demo: Path) -> Iterator[str]:
    yield from (str(name) for (name,) in rows(demo / "sims" / "sims.db", "SELECT surname FROM student"))


def test_three_exports_give_what_was_understood_and_the_report(exports: Path, pristine_demo: Path) -> None:
    ended = look(exports, WITHOUT_GROUPS)
    assert ended.code == 0
    for kind in ("students", "staff", "mentoring_entries"):
        assert f"taken for: {kind}" in ended.err
    assert "tutor_group          ← Reg" in ended.err
    assert "autumn-2" in ended.err
    assert "mentoring in Autumn 2, 2026-27" in ended.out
    assert not [name for name in students_named(pristine_demo) if name in ended.said]


def test_without_the_groups_nobody_is_named_and_nobody_looks_complete_who_is_not(exports: Path) -> None:
    without = look(exports, WITHOUT_GROUPS, "--format", "json")
    whole = look(exports, tuple(REPORTS), "--format", "json")
    assert by_group(without) == by_group(whole)
    assert any(done < due for due, done in by_group(whole).values())
    assert "No file says who tutors which group, so nobody is named." in without.err
    assert not [group for house in without.json["houses"] for group in house["groups"] if group["tutors"]]
    assert [group for house in whole.json["houses"] for group in house["groups"] if group["tutors"]]


def test_csv_as_sims_exports_it_gives_the_same_figures(exports: Path) -> None:
    for name in REPORTS:
        table = [
            {_caption(field): _plain_date(field.text or "") for field in record}
            for record in etree.parse(exports / f"{name}.xml").getroot().iter("Record")
        ]
        encoding = "utf-8-sig" if name == "students" else "windows-1252"
        write_file(exports / f"{name}.csv", as_csv(table, encoding), READ_AT)
    assert by_group(look(exports, tuple(REPORTS), "--format", "json", form="csv")) == by_group(
        look(exports, tuple(REPORTS), "--format", "json")
    )


def test_nothing_is_written_anywhere(exports: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    before = files(exports)
    ended = sims_sync(
        "try",
        *[exports / f"{name}.xml" for name in WITHOUT_GROUPS],
        "--deadline",
        "2026-12-15",
        folder=exports,
        env={"TMPDIR": str(temporary), "TEMP": str(temporary), "TMP": str(temporary)},
    )
    assert ended.code == 0
    assert files(exports) == before
    assert list(temporary.iterdir()) == []


def test_every_policy_is_shown_in_the_schools_own_numbers(exports: Path) -> None:
    ended = look(exports, WITHOUT_GROUPS, "--policy", "any")
    assert ended.code == 0
    for policy in ("half-term", "termly", "any"):
        assert f"under the policy {policy}: " in ended.err


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("students", "staff"), "None of these files looks like entries."),
        (("staff", "entries"), "None of these files looks like a list of students."),
    ],
)
def test_a_missing_export_is_asked_for(exports: Path, names: tuple[str, ...], expected: str) -> None:
    ended = look(exports, names)
    assert ended.code == 1
    assert expected in ended.err
    assert "sims-sync reports show" in ended.err


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7 a report", "PDF document"),
        (b"<html><body>Please log in</body></html>", ""),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><SuperStarReport><Record/></SuperStarReport>', ""),
        (b"<SuperStarReport><Record><UPN>1</UPN></Record>", ""),
    ],
    ids=["empty", "pdf", "log-in page", "doctype", "cut"],
)
def test_a_wrong_file_gives_one_sentence(exports: Path, content: bytes, expected: str) -> None:
    write_file(exports / "wrong.xml", content, READ_AT)
    ended = look(exports, (*WITHOUT_GROUPS, "wrong"))
    assert ended.code == 4
    assert len(ended.err.strip().splitlines()) == 1
    assert "wrong.xml" in ended.err
    assert expected in ended.err
    assert ended.out == ""


def test_a_deadline_that_is_no_school_day_or_no_date_is_refused(exports: Path) -> None:
    paths = [exports / f"{name}.xml" for name in WITHOUT_GROUPS]
    sunday = sims_sync("try", *paths, "--deadline", "2026-12-13")
    assert sunday.code == 1
    assert "is no school day" in sunday.err
    nonsense = sims_sync("try", *paths, "--deadline", "soon")
    assert nonsense.code == 2
    assert "is no date" in nonsense.err


def _run_reports(demo: Path, place: Path) -> None:
    for name, report in REPORTS.items():
        command = [sys.executable, str(demo / "sims" / "CommandReporter.py")]
        switches = ["/TRUSTED", f"/REPORT:{report}", f"/OUTPUT:{place / name}.xml", "/QUIET"]
        subprocess.run(
            [*command, *switches],
            env=environment({"SIMS_DEMO_NOW": READ_AT.isoformat()}),
            check=True,
            capture_output=True,
            timeout=60,
        )
        touch(place / f"{name}.xml", READ_AT)


def _caption(field: "etree._Element") -> str:
    return str(field.tag).replace("_x0020_", " ")


def _plain_date(text: str) -> str:
    """2026-11-12T00:00:00+00:00 as the date that `as_csv` writes as 12/11/2026."""
    return text[:10] if text[10:19] == "T00:00:00" else text
