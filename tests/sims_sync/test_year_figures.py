"""What is known of a year's half terms: kept ones as kept, the current one through the gate, the others in a word."""

import pytest
from sqlalchemy import select, update

import jobs
from sims_sync.compliance.facts import Occasion
from sims_sync.compliance.half_terms_known import Standing
from sims_sync.compliance.snapshot_form import Restated
from sims_sync.report.house_matrix import house_matrix
from sims_sync.report.house_matrix_words import cell_work, explanations
from sims_sync.school_year import HalfTermId
from sims_sync.snapshots import restate
from sims_sync.store.tables import entry, snapshot
from sims_sync.year_figures import year_known
from tests.sims_sync.builders import AUTUMN_2, World, typed
from tests.sims_sync.test_snapshots import golden_entries, lived_to_closing, read_morning

YEAR = "2026-27"


@pytest.fixture
def closed(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setitem(jobs.JOBS, "take_snapshots", "jobs.take_snapshots:run")
    return lived_to_closing(sqlite_world)


def standings(world: World, when: str, until: HalfTermId | None = None) -> list[Standing]:
    return [each.standing for each in year_known(world.context(when), YEAR, until).half_terms]


def test_each_half_term_stands_for_what_is_known_of_it(closed: World) -> None:
    assert standings(closed, "2027-01-05") == [
        Standing.BEFORE_PROGRAMME,
        Standing.FIGURES,
        Standing.HELD,  # nothing was typed yet: the guard holds it, and nobody is named
        *[Standing.NOT_YET] * 3,
    ]
    assert standings(closed, "2027-03-01")[2] is Standing.NOT_KEPT
    assert standings(closed, "2027-03-01", AUTUMN_2)[2:] == [Standing.NOT_YET] * 4


def test_the_kept_half_term_is_the_newest_restatement_and_is_marked(closed: World) -> None:
    before = year_known(closed.context("2027-01-05"), YEAR).half_terms[1]
    restate(closed.context("2027-01-06"), AUTUMN_2, Occasion.CLOSING, Restated("Head", "Looked again"), release=True)
    after = year_known(closed.context("2027-01-07"), YEAR).half_terms[1]
    assert (before.restated, after.restated, after.version) == (False, True, 2)
    earlier = year_known(closed.context("2027-01-05"), YEAR).half_terms[1]
    assert earlier.version == 1  # a rehearsal of an earlier moment does not see what was written after it


def test_targets_are_those_of_the_half_term_and_what_is_typed_after_closing_moves_no_closed_count(
    closed: World,
) -> None:
    read_morning(closed, "2026-12-21")  # so SIMS certainly did not hold the entry of 6 January at closing (rule 14a)
    before = year_known(closed.context("2027-01-05"), YEAR).half_terms[1].work
    late = [*golden_entries("2027-01-05"), typed(2, day="2026-12-14")]
    read_morning(closed, "2027-01-06", entries=late)
    after = year_known(closed.context("2027-01-07"), YEAR).half_terms[1].work
    assert before
    assert sum(each.targets for each in before.values()) > 0
    assert after == before


def test_what_is_withdrawn_after_closing_moves_no_closed_count(closed: World) -> None:
    before = year_known(closed.context("2027-01-05"), YEAR).half_terms[1].work
    with closed.store.writing() as connection:
        connection.execute(update(entry).values(state="withdrawn"))
    assert year_known(closed.context("2027-01-07"), YEAR).half_terms[1].work == before


def test_a_snapshot_of_an_earlier_release_says_that_they_were_not_kept(closed: World) -> None:
    with closed.store.writing() as connection:
        content = connection.execute(select(snapshot.c.content).where(snapshot.c.occasion == "closing")).scalar_one()
        older = {name: value for name, value in content.items() if name != "work"}
        connection.execute(update(snapshot).where(snapshot.c.occasion == "closing").values(content=older))
    known = year_known(closed.context("2027-01-05"), YEAR)
    matrix = house_matrix(known.half_terms, school_name="Austen", as_of=closed.context("2027-01-05").now())
    cell = matrix.rows[0].cells[1]
    assert (cell.has_figures, cell.targets, cell.reviews) == (True, None, None)
    assert cell_work(cell) == "targets, reviews: not kept"
    assert any(line.startswith("Not kept") for line in explanations(matrix))


def test_an_unknown_year_is_refused_and_the_known_ones_named(sqlite_world: World) -> None:
    with pytest.raises(ValueError, match="choose one of 2026-27"):
        year_known(sqlite_world.context("2026-12-16"), "2031-32")
