"""Academic data from read to read: added, changed and unchanged are told apart, and nothing is ever taken back."""

import pytest
from sqlalchemy import func, select

from sims_sync.outcome import Ending
from sims_sync.records import Kind
from sims_sync.store.tables import result as result_table
from tests.sims_sync.builders import Row, World, result, students

FIRST, SECOND, THIRD = "2026-11-20 06:00", "2026-12-01 06:00", "2026-12-02 06:00"


@pytest.fixture
def school(world: World) -> World:
    world.read_well(Kind.STUDENTS, students(40), FIRST)
    return world


def counts(world: World, when: str, rows: list[Row]) -> tuple[int, int, int]:
    """(added, changed, unchanged) of one read."""
    found = world.read_well(Kind.RESULTS, rows, when).outcome.counts
    return found["added"], found["changed"], found["unchanged"]


def stored(world: World) -> dict[str, int]:
    """Value → how many results have it."""
    with world.store.reading() as connection:
        rows = connection.execute(select(result_table.c.value, func.count()).group_by(result_table.c.value))
        return {row[0]: row[1] for row in rows}


def test_results_are_added_then_told_apart(school: World) -> None:
    rows = [result(number, "7") for number in range(1, 41)]
    assert counts(school, FIRST, rows) == (40, 0, 0)
    assert counts(school, SECOND, rows) == (0, 0, 40)
    changed = [result(1, "8"), result(2, "7", Result_Date="2026-10-21"), *rows[2:], result(1, "6", "Maths Attainment")]
    assert counts(school, THIRD, changed) == (1, 2, 38)
    assert stored(school) == {"7": 39, "8": 1, "6": 1}


def test_a_result_that_a_later_read_lacks_stays(school: World) -> None:
    counts(school, FIRST, [result(number, "7") for number in range(1, 41)])
    assert counts(school, SECOND, [result(1, "7")]) == (0, 0, 1)
    assert stored(school) == {"7": 40}


def test_without_a_result_set_every_date_is_its_own_result(school: World) -> None:
    rows = [result(1, "5", Result_Set="", Result_Date=day) for day in ("2026-10-01", "2026-11-01")]
    assert counts(school, FIRST, rows) == (2, 0, 0)
    assert counts(school, SECOND, rows) == (0, 0, 2)


def test_with_a_result_set_a_new_date_is_a_change_of_the_same_result(school: World) -> None:
    counts(school, FIRST, [result(1, "5"), *(result(number, "5") for number in range(2, 11))])
    rows = [result(1, "6", Result_Date="2026-11-30"), *(result(number, "5") for number in range(2, 11))]
    assert counts(school, SECOND, rows) == (0, 1, 9)


def test_a_result_without_a_date_is_a_result(school: World) -> None:
    assert counts(school, FIRST, [result(1, "5", Result_Date="")]) == (1, 0, 0)
    assert counts(school, SECOND, [result(1, "5", Result_Date="")]) == (0, 0, 1)


def test_a_row_without_a_value_says_nothing(school: World) -> None:
    report = school.read_well(Kind.RESULTS, [result(1, ""), result(2, "5")], FIRST)
    assert report.outcome.counts["added"] == 1


def test_results_of_nobody_known_are_held_and_too_many_stop(school: World) -> None:
    few = [*(result(number, "7") for number in range(1, 41)), result(99, "7")]
    report = school.read(Kind.RESULTS, few, FIRST)
    assert report.outcome.ending is Ending.HELD
    assert (report.outcome.counts["added"], report.outcome.counts["held"]) == (40, 1)
    many = [result(number, "8") for number in (*range(1, 41), *range(900, 910))]
    assert school.read(Kind.RESULTS, many, SECOND).outcome.ending is Ending.STOPPED
    assert stored(school) == {"7": 40}


def test_most_known_results_changing_at_once_is_a_storm(school: World) -> None:
    counts(school, FIRST, [result(number, "7") for number in range(1, 41)])
    report = school.read(Kind.RESULTS, [result(number, "8") for number in range(1, 22)], SECOND)
    assert report.outcome.ending is Ending.STOPPED
    assert stored(school) == {"7": 40}


def test_long_texts_are_kept_alike_on_every_database(school: World) -> None:
    long = "Attainment and progress " * 20
    assert counts(school, FIRST, [result(1, "x" * 900, long, Result_Set=long)]) == (1, 0, 0)
    assert counts(school, SECOND, [result(1, "x" * 900, long, Result_Set=long)]) == (0, 0, 1)
