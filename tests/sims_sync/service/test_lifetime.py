"""Whatever the service finds at its start, it says so, tells the admin once, and goes on once it is mended."""

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from sims_sync.errors import ConfigProblem
from sims_sync.service import heartbeat, lifetime, outlook
from sims_sync.service.config_watch import ConfigWatch
from sims_sync.service.lifetime import Lifetime, Told
from sims_sync.service.stopping import Stop
from sims_sync.store import session

PATIENCE_SECONDS = 30
GOOD = """
version = 1
[school]
id = "austen"
name = "Austen Academy"
[people]
programme_lead = "lead@austen.example"
admin = "it@austen.example"
[programme]
policy = "half-term"
starts_with = "2026-27/autumn-2"
[messages]
sender = "sims-sync@austen.example"
allowed_domains = ["austen.example"]
mailer = { connector = "mail_folder", folder = "mail" }
"""
BROKEN = GOOD.replace("half-term", "sometimes")


class Lived:
    """A service that lives in a thread, and what it said."""

    def __init__(self, file: Path) -> None:
        self.said: list[str] = []
        self.wrong: list[str] = []
        self.stop = Stop(file.parent)
        self.ended_well: bool | None = None
        told = Told(self.said.append, self.wrong.append, lambda _: None, lambda _: None)
        self._lifetime = Lifetime(file, told, self.stop)
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    def _live(self) -> None:
        self.ended_well = self._lifetime.live()

    def until(self, is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < end, (self.said, self.wrong)
            time.sleep(0.01)

    def end(self) -> bool | None:
        self.stop.ask()
        self._thread.join(PATIENCE_SECONDS)
        return self.ended_well


@pytest.fixture
def place(sqlite_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a store, whose service looks often; its config.toml is still to be written."""
    monkeypatch.setattr(lifetime, "CONFIG_SECONDS", 0.05)
    shutil.copy(sqlite_model, tmp_path / "sims-sync.db")
    return tmp_path / "config.toml"


@pytest.fixture
def told_admin(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What the admin was told without the store."""
    told: list[tuple[str, ...]] = []

    def tell(_file: Path, problems: Sequence[ConfigProblem], now: datetime) -> None:
        assert now.tzinfo is not None
        told.append(tuple(problem.path for problem in problems))

    monkeypatch.setattr(lifetime, "tell_admin_without_store", tell)
    return told


def test_a_broken_configuration_is_told_once_and_a_mended_one_is_served(
    place: Path, told_admin: list[tuple[str, ...]]
) -> None:
    place.write_text(BROKEN, encoding="utf-8")
    lived = Lived(place)
    lived.until(lambda: bool(told_admin))
    place.write_text(BROKEN + "\n# still broken\n", encoding="utf-8")
    time.sleep(0.5)
    assert told_admin == [("programme.policy",)]
    assert lived.wrong[-1].startswith("Nothing runs until this is put right")
    place.write_text(GOOD, encoding="utf-8")
    lived.until(lambda: "sims-sync serves 1 school; stop it with Ctrl+C." in lived.said)
    assert lived.said[0] == "What was wrong has been put right."
    assert lived.end() is True


def test_a_change_that_breaks_it_keeps_the_one_before_and_is_told(
    place: Path, told_admin: list[tuple[str, ...]]
) -> None:
    place.write_text(GOOD, encoding="utf-8")
    lived = Lived(place)
    lived.until(lambda: bool(lived.said))
    place.write_text(BROKEN, encoding="utf-8")
    lived.until(lambda: bool(told_admin))
    assert lived.wrong[-1] == "The changed configuration is broken; the one before it stays in force."
    place.write_text(GOOD.replace("Austen Academy", "Austen School"), encoding="utf-8")
    lived.until(lambda: "The configuration has changed: 1 school." in lived.said)
    assert lived.end() is True


def test_an_unforeseen_fault_at_the_start_is_told_without_its_content(
    place: Path, told_admin: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("Zulpa Vorrin")

    monkeypatch.setattr(lifetime, "open_configured", fail)
    place.write_text(GOOD, encoding="utf-8")
    lived = Lived(place)
    lived.until(lambda: bool(told_admin))
    assert told_admin == [("start",)]
    assert "(KeyError)" in lived.wrong[0]
    assert "Vorrin" not in "".join(lived.wrong)
    monkeypatch.undo()
    monkeypatch.setattr(lifetime, "CONFIG_SECONDS", 0.05)
    place.write_text(f"{GOOD}\n# touched\n", encoding="utf-8")
    lived.until(lambda: bool(lived.said))
    assert lived.end() is True


def test_another_store_counts_after_a_new_start_only(place: Path, told_admin: list[tuple[str, ...]]) -> None:
    place.write_text(GOOD, encoding="utf-8")
    lived = Lived(place)
    lived.until(lambda: bool(lived.said))
    place.write_text(f'{GOOD}\n[store]\nurl = "sqlite:///other.db"\n', encoding="utf-8")
    lived.until(lambda: any("store.url has changed" in text for text in lived.wrong))
    assert lived.end() is True
    assert not (place.parent / "other.db").exists()
    assert told_admin == []


def test_a_store_that_is_locked_for_a_moment_is_mailed_to_nobody_and_one_that_stays_so_is(
    place: Path, told_admin: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "BUSY_TIMEOUT_SECONDS", 0.05)
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0)
    monkeypatch.setattr(outlook, "WAKE_SECONDS", 0.05)
    monkeypatch.setattr(outlook, "BUSY_SECONDS", 0.05)
    place.write_text(GOOD, encoding="utf-8")
    lived = Lived(place)
    lived.until(lambda: bool(lived.said))
    with closing(sqlite3.connect(place.parent / "sims-sync.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        lived.until(lambda: bool(lived.wrong))
        other.execute("ROLLBACK")
        lived.until(lambda: "What was wrong has been put right." in lived.said)
        assert told_admin == []
        monkeypatch.setattr(lifetime, "LOOK_AGAIN_SECONDS", 0.2)
        other.execute("BEGIN IMMEDIATE")
        lived.until(lambda: bool(told_admin))
        other.execute("ROLLBACK")
    assert lived.end() is True
    assert told_admin[0] == ("store",)


def test_stopped_while_it_only_looks_it_ends(place: Path) -> None:
    lived = Lived(place)
    lived.until(lambda: bool(lived.wrong))
    assert f"{place}: cannot be read." in lived.wrong[0]
    (place.parent / "work").mkdir()
    (place.parent / "work" / "stop").touch()
    lived.until(lambda: lived.ended_well is True)
    assert lived.said == ["sims-sync has stopped."]


def test_a_file_counts_as_changed_once_it_has_come_to_rest(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("one", encoding="utf-8")
    watch = ConfigWatch(file)
    assert not watch.has_changed()
    file.write_text("", encoding="utf-8")  # an editor has begun
    assert not watch.has_changed()
    file.write_text("three", encoding="utf-8")
    assert [watch.has_changed() for _ in range(3)] == [False, True, False]
    (tmp_path / "schools.d").mkdir()
    (tmp_path / "schools.d" / "bronte.toml").touch()
    assert [watch.has_changed() for _ in range(3)] == [False, True, False]
    file.unlink()
    assert [watch.has_changed() for _ in range(3)] == [False, True, False]
