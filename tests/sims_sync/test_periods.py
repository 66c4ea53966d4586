"""From when on something is too old: by academic years for people, by days for files."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sims_sync.config import RetentionSection
from sims_sync.periods import academic_year_of, periods
from sims_sync.retention.totals import totals_of
from sims_sync.school_calendar import build_school_year
from tests.sims_sync.builders import at, make_school


@pytest.mark.parametrize(
    ("now", "left_before", "snapshots_from"),
    [
        ("2027-08-31 02:30", date(2025, 9, 1), 2025),
        ("2027-09-02 02:30", date(2026, 9, 1), 2026),
        ("2028-09-02 02:30", date(2027, 9, 1), 2027),
    ],
)
def test_the_cut_moves_when_an_academic_year_begins(
    now: str, left_before: date, snapshots_from: int, tmp_path: Path
) -> None:
    school_year = build_school_year(make_school(tmp_path), (), {}, {})
    cuts = periods(at(now), school_year, RetentionSection())
    assert (cuts.left_before, cuts.snapshots_from) == (left_before, snapshots_from)
    assert cuts.totals_from == snapshots_from - 5


def test_a_day_outside_the_calendar_belongs_to_the_year_that_began_in_september(tmp_path: Path) -> None:
    school_year = build_school_year(make_school(tmp_path), (), {}, {})
    assert [academic_year_of(day, school_year) for day in (date(2031, 8, 31), date(2031, 9, 1))] == [2030, 2031]


def test_days_count_back_from_now(tmp_path: Path) -> None:
    school_year = build_school_year(make_school(tmp_path), (), {}, {})
    cuts = periods(at("2026-12-16 02:30"), school_year, RetentionSection(files_days=3))
    assert cuts.files_before == datetime(2026, 12, 13, 2, 30, tzinfo=UTC)


def _content(*houses: tuple[str, list[tuple[str, int, int]]]) -> dict[str, object]:
    """Houses with their groups: (NC year, due, done)."""
    listed = [
        {
            "house": name,
            "due": sum(due for _, due, _ in groups),
            "done": sum(done for _, _, done in groups),
            "groups": [{"nc_year": year, "due": due, "done": done} for year, due, done in groups],
        }
        for name, groups in houses
    ]
    return {"assessment": {"houses": listed}}


def test_totals_are_by_house_and_by_year() -> None:
    content = _content(("Austen", [("7", 20, 10), ("8", 25, 25)]), ("Curie", [("7", 30, 3)]))
    found = [(each.scope, each.name, each.done, each.due) for each in totals_of(content)]
    assert found == [
        ("house", "Austen", 35, 45),
        ("house", "Curie", 3, 30),
        ("year", "7", 13, 50),
        ("year", "8", 25, 25),
    ]


def test_a_small_cell_is_hidden_and_cannot_be_worked_out() -> None:
    content = _content(("Austen", [("7", 20, 10)]), ("Curie", [("7", 30, 3)]), ("Tiny", [("7", 2, 1)]))
    shown = {each.name for each in totals_of(content) if each.scope == "house" and each.due is not None}
    assert shown == {"Curie"}
