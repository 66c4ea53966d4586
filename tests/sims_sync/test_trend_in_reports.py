"""The trend in the reports of a school with a store: what was kept, then the half term that is asked for."""

import pytest

import jobs
from sims_sync.compliance.facts import Occasion
from sims_sync.compliance_report import compliance_report, summary_of
from sims_sync.snapshots import closed_summary
from tests.sims_sync.builders import AUTUMN_2, SPRING_1, World, typed
from tests.sims_sync.test_snapshots import golden_entries, lived_to_closing, read_morning

SPRING_1_SET = "Mentoring Spring 1 2026/27"


@pytest.fixture
def closed(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setitem(jobs.JOBS, "take_snapshots", "jobs.take_snapshots:run")
    return lived_to_closing(sqlite_world)


def test_a_closed_half_term_ends_its_own_trend(closed: World) -> None:
    summary = closed_summary(closed.context("2027-01-05"), AUTUMN_2, house="Austen")
    assert summary is not None
    assert [(point.label, point.done, point.due) for point in summary.houses[0].trend] == [("Autumn 2", 5, 10)]
    assert summary.trend == ()


def test_the_present_half_term_comes_after_what_was_kept(closed: World) -> None:
    now = [*golden_entries("2027-01-20"), typed(1, result_set=SPRING_1_SET, day="2027-01-12")]
    read_morning(closed, "2027-01-20", entries=now)
    report = compliance_report(closed.context("2027-01-20 07:30"), SPRING_1, Occasion.BEFORE)
    assert report.held == ()
    (austen,) = summary_of(report, closed.school, house="Austen").houses
    assert [point.label for point in austen.trend] == ["Autumn 2", "Spring 1 so far"]
    assert austen.trend[1].done == 1
    assert len(summary_of(report, closed.school).trend) == 2
