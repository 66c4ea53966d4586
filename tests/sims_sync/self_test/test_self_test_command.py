"""`check --self-test` as an admin runs it: one line for each file, without any configuration."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sims_sync.cli import setup_commands
from sims_sync.cli.setup_commands import check
from sims_sync.self_test import broken
from sims_sync.self_test.corpus import CORPUS, Export
from sims_sync.self_test.runner import run_self_test
from sims_sync.self_test.trial import Trial

CHOSEN = (CORPUS[0], CORPUS[2])


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SIMS_SYNC_CONFIG", raising=False)
    choose(monkeypatch, CHOSEN)


def choose(monkeypatch: pytest.MonkeyPatch, exports: tuple[Export, ...]) -> None:
    def trials() -> Iterator[Trial]:
        return run_self_test(exports)

    monkeypatch.setattr(setup_commands, "run_self_test", trials)
    monkeypatch.setattr(setup_commands, "EVERY_EXPORT", exports)


def run(*options: str) -> Result:
    return CliRunner().invoke(check, ["--self-test", *options])


def test_each_file_gets_a_line_with_both_codes_and_the_sentence() -> None:
    ended = run()
    assert ended.exit_code == 0
    first, second, last = [line for line in ended.stdout.splitlines() if line.startswith(("✔", "✖", "All"))]
    assert first.startswith("✔ empty – expected 4, got 4 – students.xml is empty. Run the report again")
    assert second.startswith("✔ no-records – expected 4, got 4 – ")
    assert last == "All 2 files: nothing removed, nothing half written, nobody named."


def test_one_that_does_not_end_as_documented_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, (CORPUS[0], Export(broken.blank, 3, suffix="csv")))
    ended = run()
    assert ended.exit_code == 1
    assert "✖ blank – expected 3, got 4" in ended.stdout
    assert "1 of 2 files did harm" in ended.stdout


def test_as_json_it_is_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sims_sync.run.log.info", lambda *_, **__: None)
    monkeypatch.setattr("sims_sync.run.log.warning", lambda *_, **__: None)
    ended = run("--json")
    assert ended.exit_code == 0
    trials = json.loads(ended.stdout)["trials"]
    assert [(each["name"], each["expected"], each["got"], each["passed"]) for each in trials] == [
        ("empty", 4, 4, True),
        ("no-records", 4, 4, True),
    ]


def test_nothing_is_left_in_the_folder_it_was_run_in(tmp_path: Path) -> None:
    run()
    assert list(tmp_path.iterdir()) == []
