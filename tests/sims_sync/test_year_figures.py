"""What is known of a year's half terms: kept ones as kept, the current one through the gate, the others in a word."""

import pytest

import jobs
from sims_sync.compliance.facts import Occasion
from sims_sync.compliance.half_terms_known import Standing, work_in
from sims_sync.compliance.snapshot_form import Restated
from sims_sync.school_year import HalfTermId
from sims_sync.snapshots import restate
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
    before = work_in(year_known(closed.context("2027-01-05"), YEAR).half_terms[1].entries)
    late = [*golden_entries("2027-01-05"), typed(2, day="2026-12-14")]
    read_morning(closed, "2027-01-06", entries=late)
    after = work_in(year_known(closed.context("2027-01-07"), YEAR).half_terms[1].entries)
    assert before.targets > 0
    assert after == before


def test_an_unknown_year_is_refused_and_the_known_ones_named(sqlite_world: World) -> None:
    with pytest.raises(ValueError, match="choose one of 2026-27"):
        year_known(sqlite_world.context("2026-12-16"), "2031-32")
