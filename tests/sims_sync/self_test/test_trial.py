"""A trial that cannot fail proves nothing: with the guard out of the way, or worse words, each harm is noticed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sims_sync.config import GuardSection, SchoolConfig
from sims_sync.outcome import Ending, Outcome, Problem
from sims_sync.run import RunReport
from sims_sync.self_test import broken, trial, wrong
from sims_sync.self_test.corpus import CORPUS, Export
from sims_sync.self_test.runner import run_self_test
from sims_sync.self_test.school import school_config
from sims_sync.self_test.trial import ReadWell, read_well, try_export

NO_GUARD = GuardSection(
    removals_percent=100, removals_rows=10_000, altered_percent=100, known_percent=0, held_percent=100
)
EMPTY = CORPUS[0]


@pytest.fixture(scope="session")
def before(tmp_path_factory: pytest.TempPathFactory) -> ReadWell:
    return read_well(tmp_path_factory.mktemp("read-well"))


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    def without_guard(folder: Path) -> SchoolConfig:
        return school_config(folder).model_copy(update={"guard": NO_GUARD})

    monkeypatch.setattr(trial, "school_config", without_guard)


def by_name(name: str) -> Export:
    return next(export for export in CORPUS if export.name == name)


@pytest.mark.usefixtures("unguarded")
@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("one-group-for-all", "wrote into student"),
        ("tutors-changed", "wrote into tutor_group, role"),
        ("most-students-gone", "76 removals"),
        ("entries-cut-to-ten-characters", "the report names"),
        ("other-school-staff", "wrote into staff_member"),
    ],
)
def test_without_the_guard_the_harm_is_noticed(name: str, harm: str, before: ReadWell, tmp_path: Path) -> None:
    found = try_export(before, by_name(name), tmp_path)
    assert not found.passed
    assert any(fault.startswith(harm) for fault in found.faults), found.faults


def test_another_exit_code_than_the_documented_one_is_a_fault(before: ReadWell, tmp_path: Path) -> None:
    found = try_export(before, Export(broken.empty, 3), tmp_path)
    assert found.faults == ("exit code 4 instead of 3",)


def test_a_good_export_of_which_something_is_said_is_a_fault(before: ReadWell, tmp_path: Path) -> None:
    found = try_export(before, Export(wrong.few_ids_clash, 3, sentences=0), tmp_path)
    assert found.faults == ("1 sentences instead of 0",)


@pytest.mark.parametrize(
    ("problems", "fault"),
    [
        ((), "0 sentences instead of 1"),
        ((Problem("a", "One thing.", "Do this."), Problem("b", "Another.", "Do that.")), "2 sentences instead of 1"),
        ((Problem("a", "Something is wrong."),), "a sentence that does not say what happened and what to do"),
        ((Problem("a", "The student Aldermere has no group.", "Look."),), "a sentence that quotes the file"),
        ((Problem("a", "It failed:\nTraceback …", "Look."),), "a sentence of several lines"),
        ((Problem("unforeseen", "It failed.", "Report it."),), "a fault nobody foresaw"),
    ],
)
def test_unclear_words_are_a_fault(
    problems: tuple[Problem, ...], fault: str, before: ReadWell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 12, 16, 8, tzinfo=UTC)
    ended = RunReport("run", "pull_students", "self-test", Outcome(Ending.STOPPED, problems=problems), now, now)
    monkeypatch.setattr(trial, "run_job", lambda *_: ended)
    assert fault in try_export(before, EMPTY, tmp_path).faults


def test_a_file_that_is_not_set_aside_is_a_fault(
    before: ReadWell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 12, 16, 8, tzinfo=UTC)
    said = (Problem("empty", "It is empty.", "Export it again."),)
    ended = RunReport("run", "pull_students", "self-test", Outcome(Ending.STOPPED, problems=said), now, now)
    monkeypatch.setattr(trial, "run_job", lambda *_: ended)
    assert try_export(before, EMPTY, tmp_path).faults == ("the file was not set aside",)


def test_the_runner_tries_each_export_in_turn_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    chosen = (EMPTY, by_name("older-students"))
    assert [(found.export, found.passed) for found in run_self_test(chosen)] == [(each, True) for each in chosen]
    assert list(tmp_path.iterdir()) == []
