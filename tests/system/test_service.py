"""Does the service survive what happens to services: kill -9, stops, a second one, a broken configuration?"""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.command import command_line, environment, once, rows, sims_sync
from tests.system.serving import SLOW, before_six, runs, serving, set_clock_at_six, state, until


def services(demo: Path) -> list[tuple[str]]:
    """What each service says of itself."""
    return rows(demo / "sims-sync.db", "SELECT detail FROM service")


@pytest.fixture(scope="session")
def pristine_six(shared: Path, pristine_demo: Path) -> Path:
    """A demo in which only `pull_students` is due, at six. Only to be looked at."""

    def make(place: Path) -> None:
        before_six(Path(shutil.copytree(pristine_demo, place / "demo")))

    return once(shared, "six", make) / "demo"


@pytest.fixture
def at_six(pristine_six: Path, tmp_path: Path) -> Path:
    """One of one's own; it is six."""
    demo = Path(shutil.copytree(pristine_six, tmp_path / "demo"))
    set_clock_at_six(demo)
    return demo


posix_only = pytest.mark.skipif(sys.platform == "win32", reason="there such a signal ends a process at once")


def test_killed_in_mid_run_another_service_finishes_the_due_time(at_six: Path) -> None:
    with serving(at_six, "first", SLOW) as first:
        first.until_claimed()
        with serving(at_six, "second") as second:
            second.until_said("serves 1 school")
            assert runs(at_six) == [("pull_students", 1, None)]  # alive: it is left alone
            first.kill()
            second.until_said("pull_students: ")
    until(lambda: state(at_six) == "done", lambda: str(runs(at_six)))
    assert runs(at_six) == [("pull_students", 1, "interrupted"), ("pull_students", 2, "done")]


def test_killed_and_started_again_it_catches_up_once(at_six: Path) -> None:
    with serving(at_six, "first", SLOW) as first:
        first.until_claimed()
        first.kill()
    with serving(at_six, "second") as second:
        second.until_said("pull_students: ")
    again = sims_sync("serve", "--once", "--config", at_six / "config.toml")
    assert (again.code, again.out.strip()) == (0, "Nothing is due.")
    assert runs(at_six) == [("pull_students", 1, "interrupted"), ("pull_students", 2, "done")]


@posix_only
def test_a_stop_ends_the_run_in_hand_and_the_next_start_goes_on(at_six: Path) -> None:
    with serving(at_six, env=SLOW) as service:
        service.until_claimed()
        assert rows(at_six / "sims-sync.db", "SELECT count(*) FROM service") == [(1,)]
        service.signal(signal.SIGTERM)
        assert service.ended() == 0
        assert "pull_students: interrupted" in service.said
        assert service.said.splitlines()[-1] == "sims-sync has stopped."
    assert state(at_six) is None
    assert rows(at_six / "sims-sync.db", "SELECT count(*) FROM service") == [(0,)]
    assert not (at_six / "sims-sync.db-wal").exists() or (at_six / "sims-sync.db-wal").stat().st_size == 0
    assert list((at_six / "work").rglob("*.xml")) == []
    again = sims_sync("serve", "--once", "--config", at_six / "config.toml")
    assert (again.code, state(at_six)) == (0, "done")


@posix_only
def test_a_second_signal_ends_it_at_once_and_nothing_is_lost(at_six: Path) -> None:
    with serving(at_six, env=SLOW) as service:
        service.until_claimed()
        service.signal(signal.SIGINT)
        service.signal(signal.SIGTERM)
        assert service.ended() == 130
    again = sims_sync("serve", "--once", "--config", at_six / "config.toml")
    assert (again.code, state(at_six)) == (0, "done")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_under_the_file_that_takes_its_words_does_not_end_it(at_six: Path) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        line = command_line("serve", "--config", at_six / "config.toml")
        process = subprocess.Popen(line, env=environment(), stdout=full, stderr=full)
    try:
        until(lambda: state(at_six) == "done", lambda: f"ended with {process.poll()}")
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()


def test_a_stop_file_ends_it_and_stops_no_later_one(at_six: Path) -> None:
    (at_six / "work").mkdir(exist_ok=True)
    (at_six / "work" / "stop").touch()  # left by somebody
    with serving(at_six) as service:
        service.until_said("serves 1 school")
        assert not (at_six / "work" / "stop").exists()
        (at_six / "work" / "stop").touch()
        assert service.ended() == 0
        assert "sims-sync has stopped." in service.said


def test_a_broken_configuration_is_told_and_once_mended_it_works_by_itself(at_six: Path) -> None:
    config = at_six / "config.toml"
    good = config.read_text(encoding="utf-8")
    config.write_text(good.replace('policy = "half-term"', 'policy = "sometimes"'), encoding="utf-8")
    with serving(at_six) as service:
        service.until_said("Nothing runs until this is put right")
        assert "programme.policy: Input should be" in service.said
        assert service.process.poll() is None
        until(lambda: "notify-only" in str(services(at_six)), lambda: service.said)
        config.write_text(good, encoding="utf-8")
        service.until_said("serves 1 school")
        until(lambda: "full" in str(services(at_six)), lambda: service.said)
        assert "What was wrong has been put right." in service.said
    assert "Traceback" not in (at_six / "log" / "sims-sync.log").read_text(encoding="utf-8")


def test_a_store_that_cannot_be_opened_is_told_and_once_mended_it_works_by_itself(at_six: Path) -> None:
    store = at_six / "sims-sync.db"
    whole = store.read_bytes()
    store.write_bytes(b"no database at all " * 1000)
    with serving(at_six) as service:
        service.until_said("store: The store's file is damaged: restore a backup.")
        assert service.process.poll() is None
        store.write_bytes(whole)
        (at_six / "config.toml").touch()  # it looks again at once
        service.until_said("serves 1 school")


def test_a_change_of_the_configuration_counts_and_a_broken_one_does_not(at_six: Path) -> None:
    config = at_six / "config.toml"
    good = config.read_text(encoding="utf-8")
    with serving(at_six) as service:
        service.until_said("serves 1 school")
        config.write_text(good + "\nnonsense", encoding="utf-8")
        service.until_said("the one before it stays in force")
        further = at_six / "schools.d" / "bronte.toml"
        further.parent.mkdir()
        further.write_text('[school]\nname = "Brontë School"\n', encoding="utf-8")
        config.write_text(good, encoding="utf-8")
        service.until_said("School bronte is left out")
        service.until_said("pull_students: ")


def test_a_paused_job_rests_until_it_is_resumed_and_then_catches_up_once(at_six: Path) -> None:
    config = ("--config", at_six / "config.toml")
    paused = sims_sync("pause", "pull_students", "--reason", "SIMS is upgraded", *config)
    assert paused.out == "pull_students of demo: paused. `sims-sync resume pull_students` lets it work again.\n"
    with serving(at_six) as service:
        until(lambda: state(at_six) == "paused", lambda: service.said)
        refused = sims_sync("run", "pull_students", *config)
        assert refused.code == 5
        assert "SIMS is upgraded" in refused.err
        assert "SIMS is upgraded" in sims_sync("jobs", *config).out
        resumed = sims_sync("resume", "pull_students", *config)
        assert "works again" in resumed.out
        until(lambda: state(at_six) == "done", lambda: service.said)
    assert runs(at_six) == [("pull_students", 1, "done")]
    audit = rows(
        at_six / "sims-sync.db", "SELECT action, subject FROM audit WHERE action IN ('pause', 'resume') ORDER BY at"
    )
    assert audit == [("pause", "pull_students"), ("resume", "pull_students")]


def test_by_hand_a_paused_job_runs_when_that_is_said(at_six: Path) -> None:
    config = ("--config", at_six / "config.toml")
    assert "every job of every school: paused." in sims_sync("pause", "--all", "--reason", "holidays", *config).out
    assert "take_snapshots of demo is left out: paused since" in sims_sync("run", "--all", *config).err
    assert sims_sync("run", "take_snapshots", "--even-paused", *config).code == 0
    assert "works again" in sims_sync("resume", "--all", *config).out
