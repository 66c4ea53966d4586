"""What is remembered of a list that is read by its changes: too little is always right, too much never."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sims_sync.formats.last_read import LastRead

BEGAN = datetime(2026, 12, 16, 6, 0, tzinfo=UTC)
UNTIL = BEGAN - timedelta(minutes=3)  # the server's clock is behind ours
WEEK = timedelta(days=7)


def memory(folder: Path, *about: str) -> LastRead:
    return LastRead.of_list(folder / "work", "test", about, WEEK)


def settle(after: Callable[[str, bool], None], *, good: bool = True) -> None:
    after("run-1", good)


def test_at_first_nothing_is_known(tmp_path: Path) -> None:
    assert memory(tmp_path, "a").known_until(BEGAN) is None


def test_a_good_whole_read_is_known_for_a_week_by_the_servers_clock(tmp_path: Path) -> None:
    settle(memory(tmp_path, "a").keep(UNTIL, BEGAN, whole=True))
    assert memory(tmp_path, "a").known_until(BEGAN + WEEK - timedelta(seconds=1)) == UNTIL
    assert memory(tmp_path, "a").known_until(BEGAN + WEEK) is None


def test_a_read_of_changes_does_not_put_off_the_next_whole_one(tmp_path: Path) -> None:
    settle(memory(tmp_path, "a").keep(UNTIL, BEGAN, whole=True))
    later = BEGAN + timedelta(days=6)
    settle(memory(tmp_path, "a").keep(later, later, whole=False))
    assert memory(tmp_path, "a").known_until(later) == later
    assert memory(tmp_path, "a").known_until(BEGAN + WEEK) is None


def test_a_read_that_went_wrong_is_not_remembered(tmp_path: Path) -> None:
    settle(memory(tmp_path, "a").keep(UNTIL, BEGAN, whole=True), good=False)
    assert memory(tmp_path, "a").known_until(BEGAN) is None


def test_changes_alone_are_no_beginning(tmp_path: Path) -> None:
    settle(memory(tmp_path, "a").keep(UNTIL, BEGAN, whole=False))
    assert memory(tmp_path, "a").known_until(BEGAN) is None


def test_another_list_is_another_memory(tmp_path: Path) -> None:
    settle(memory(tmp_path, "a", "b").keep(UNTIL, BEGAN, whole=True))
    assert memory(tmp_path, "ab").known_until(BEGAN) is None


def test_a_clock_that_was_set_back_means_everything(tmp_path: Path) -> None:
    settle(memory(tmp_path, "a").keep(UNTIL, BEGAN, whole=True))
    assert memory(tmp_path, "a").known_until(BEGAN - timedelta(hours=1)) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"until": "x", "whole": "x"}', '{"until": "2026-12-16T06:00:00"}'])
def test_a_file_that_cannot_be_understood_means_everything(tmp_path: Path, text: str) -> None:
    found = memory(tmp_path, "a")
    settle(found.keep(UNTIL, BEGAN, whole=True))
    found.path.write_text(text, encoding="utf-8")
    assert found.known_until(BEGAN) is None
