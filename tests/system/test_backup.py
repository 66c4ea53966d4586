"""Does a backup taken at any moment restore to a consistent store, by the commands that a network manager types?"""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.system.command import Ended, command_line, environment, files, rows, sims_sync, tables

PASSPHRASE = "correct horse battery staple"
# Two rows in one transaction, again and again: a copy of the file would meet one without the other.
WRITER = """
import sqlite3, sys, pathlib
store = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
number = 0
while not pathlib.Path(sys.argv[2]).exists():
    number += 1
    store.execute("BEGIN IMMEDIATE")
    for school in ("left", "right"):
        store.execute("INSERT INTO house (school, name, run_id) VALUES (?, ?, 'writer')", (school, str(number)))
    store.execute("COMMIT")
"""


@pytest.fixture
def site(demo: Path) -> Path:
    """A demo that backs up."""
    (demo / "secrets").mkdir(mode=0o700)
    (demo / "secrets" / "backup").write_text(PASSPHRASE, encoding="utf-8")
    (demo / "secrets" / "backup").chmod(0o600)
    with (demo / "config.toml").open("a", encoding="utf-8") as file:
        file.write('\n[backup]\nfolder = "../backups"\npassphrase = "file:secrets/backup"\n')
    return demo


def command(site: Path, *words: str | Path) -> Ended:
    return sims_sync(*words, "--config", site / "config.toml")


def newest(site: Path) -> Path:
    return max((site.parent / "backups").glob("*.backup"))


def restored(site: Path, into: Path) -> Path:
    ended = sims_sync("restore", newest(site), "--into", into, entered=PASSPHRASE)
    assert ended.code == 0, ended.said
    return into / "sims-sync.db"


@contextmanager
def at_work(store: Path, stop: Path) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(store), str(stop)])
    try:
        while not rows(store, "SELECT 1 FROM house WHERE school = 'right' LIMIT 1"):
            assert process.poll() is None
            time.sleep(0.01)
        yield
    finally:
        stop.touch()
        assert process.wait() == 0


def test_backups_taken_while_another_process_writes_hold_whole_transactions(site: Path, tmp_path: Path) -> None:
    with at_work(site / "sims-sync.db", tmp_path / "stop"):
        assert command(site, "backup").code == 0
    store = restored(site, tmp_path / "new")
    counts: dict[str, int] = dict(
        rows(store, "SELECT school, count(*) FROM house WHERE run_id = 'writer' GROUP BY school")
    )
    assert counts["left"] == counts["right"] > 0
    assert rows(store, "PRAGMA integrity_check") == [("ok",)]


def test_a_backup_taken_during_a_pull_holds_all_of_it_or_nothing(site: Path, tmp_path: Path) -> None:
    store = site / "sims-sync.db"
    whole = rows(store, "SELECT count(*) FROM result")[0][0]
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("DELETE FROM result")
        connection.execute("DELETE FROM read_mark")
    pull = subprocess.Popen(
        command_line("run", "pull_results", "--config", site / "config.toml"),
        env=environment(),
        stdout=subprocess.DEVNULL,
    )
    taken = 0
    while pull.poll() is None:
        assert command(site, "backup").code == 0
        taken += 1
    found = []
    for number, path in enumerate(sorted((site.parent / "backups").glob("*.backup"))[-taken:]):
        ended = sims_sync("restore", path, "--into", tmp_path / str(number), entered=PASSPHRASE)
        assert ended.code == 0, ended.said
        found.append(rows(tmp_path / str(number) / "sims-sync.db", "SELECT count(*) FROM result")[0][0])
    assert set(found) <= {0, whole}
    assert rows(store, "SELECT count(*) FROM result")[0][0] == whole


def test_from_a_backup_to_a_working_school_on_a_new_machine(site: Path, tmp_path: Path) -> None:
    made = command(site, "backup")
    assert "Read back, counted and compared: right." in made.out
    before = tables(site / "sims-sync.db")
    restored(site, tmp_path / "new")
    assert tables(tmp_path / "new" / "sims-sync.db") == before
    assert (tmp_path / "new" / "config.toml").read_bytes() == (site / "config.toml").read_bytes()
    assert sims_sync("db", "status", "--config", tmp_path / "new" / "config.toml").code == 0
    report = ("report", "compliance", "--format", "json")
    held = command(tmp_path / "new", *report)
    assert (held.code, [each["code"] for each in held.json["held"]], held.json["houses"]) == (3, ["restored"], [])
    release = ("messages", "release", "--reason", "Nothing was handed in between", "--yes")
    assert "released" in command(tmp_path / "new", *release).out.casefold()
    assert command(tmp_path / "new", *report).json["houses"] == command(site, *report).json["houses"]


def test_the_list_the_rehearsal_and_the_nightly_job_know_of_each_other(site: Path) -> None:
    assert "read back and right" in command(site, "run", "backup").out
    assert "nothing to do" in command(site, "run", "backup").out
    assert "never been rehearsed" in command(site, "backup", "--list").out
    assert rows(site / "sims-sync.db", "SELECT outcome FROM run WHERE job = 'backup'") == [("done",), ("done",)]
    assert "can be restored" in command(site, "backup", "--verify").out
    assert command(site, "backup", "--list", "--json").json["rehearsed"]["file"] == newest(site).name


def test_who_configured_no_backup_is_told(demo: Path) -> None:
    ended = command(demo, "backup")
    assert (ended.code, "backup.folder" in ended.err) == (2, True)
    assert rows(demo / "sims-sync.db", "SELECT outcome FROM run WHERE job = 'backup'") == []
    assert "No backup is configured" in command(demo, "run", "backup").out


def test_what_cannot_be_restored_is_one_sentence_and_changes_nothing(site: Path, tmp_path: Path) -> None:
    command(site, "backup")
    before = files(site)
    for into, entered, sign in ((site, PASSPHRASE, "is not empty"), (tmp_path / "new", "something else", "passphrase")):
        ended = sims_sync("restore", newest(site), "--into", into, entered=entered)
        assert (ended.code, len(ended.err.splitlines()), sign in ended.err) == (1, 1, True)
    assert files(site) == before
    assert not (tmp_path / "new").exists()


def test_a_secret_is_kept_for_this_account_tried_and_never_shown(site: Path) -> None:
    said = command(site, "secret", "test").said
    (site / "secrets" / "backup").unlink()
    lost = command(site, "secret", "test")
    assert (lost.code, "✖ wrong file:" in lost.out) == (1, True)
    kept = sims_sync("secret", "set", "backup", "--in", "file", "--config", site / "config.toml", entered=PASSPHRASE)
    assert '"file:secrets/backup"' in kept.out
    if sys.platform != "win32":
        assert (site / "secrets" / "backup").stat().st_mode & 0o777 == 0o600
    assert "file:secrets/backup  (backup.passphrase)" in command(site, "secret", "list").out
    assert "✔ fine  file:secrets/backup" in said
    log = site / "log" / "sims-sync.log"
    assert PASSPHRASE not in said + kept.said + (log.read_text(encoding="utf-8") if log.exists() else "")


def test_an_older_release_refuses_a_newer_store_in_a_sentence(demo: Path) -> None:
    with closing(sqlite3.connect(demo / "sims-sync.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for words in (("db", "status"), ("db", "upgrade"), ("status",)):
        ended = command(demo, *words)
        assert (ended.code, "newer release" in ended.err) == (2, True), words
