"""Does every fault around the command (store, disk, config, lease, a kill) end in a sentence and an exit code?"""

import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from tests.system.command import (
    Ended,
    command_line,
    environment,
    rows,
    sims_sync,
    tables,
    without_runs,
)
from tests.system.exports import make_school

KILL_AFTER_SECONDS = (0.9, 1.6, 2.4)
AS_OF = "2026-12-16T06:00"  # one moment for every attempt: an entry dated in the future counts from the read
SIMS_ROWS = (
    "student",
    "student_alias",
    "student_span",
    "staff_member",
    "house",
    "tutor_group",
    "role",
    "entry",
    "target",
)


def run(demo: Path, *jobs: str) -> Ended:
    return sims_sync("run", *jobs, "--config", demo / "config.toml")


def edit(config: Path, old: str, new: str) -> None:
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")


# --- the store ---------------------------------------------------------------------------------------------------


def test_a_store_locked_by_another_program_is_a_sentence_and_nothing_changes(demo: Path) -> None:
    url = "sqlite:///sims-sync.db?timeout=0.2"  # else it would wait half a minute for the other program
    edit(demo / "config.toml", "version = 1\n", f'version = 1\n\n[store]\nurl = "{url}"\n')
    before = tables(demo / "sims-sync.db")
    with closing(sqlite3.connect(demo / "sims-sync.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        ended = run(demo, "pull_students")
        other.execute("ROLLBACK")
    assert ended.code == 1
    assert ended.problems() == [
        "The store is locked by another program. Nothing was changed; the next run tries again."
    ]
    assert tables(demo / "sims-sync.db") == before


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///roles.csv/sims-sync.db", "cannot be made"),
        ("sqlite:///mail", "cannot be opened"),
        ("sqlite:///roles.csv", "damaged"),
        ("mysql://somewhere/x", "cannot be used"),
        ("sqlite:///sims-sync.db?timeout=long", "cannot be used"),
    ],
)
def test_a_store_that_cannot_be_opened_is_a_sentence(demo: Path, url: str, expected: str) -> None:
    edit(demo / "config.toml", "version = 1\n", f'version = 1\n\n[store]\nurl = "{url}"\n')
    ended = run(demo, "pull_students")
    assert ended.code == (2 if expected == "cannot be used" else 1)
    assert len(ended.err.strip().splitlines()) == 1
    assert expected in ended.err


def test_a_full_disk_is_a_sentence_and_the_store_is_whole(demo: Path, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1600k", "tmpfs", str(small)],  # noqa: S607 - where mount is differs
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("this account may not mount the small disk that would run full")
    try:
        edit(demo / "config.toml", "version = 1\n", f'version = 1\n\n[store]\nurl = "sqlite:///{small}/full.db"\n')
        assert run(demo, "pull_students").code == 3
        assert sims_sync("plans", "release", "--first", "--reason", "ours", "--config", demo / "config.toml").code == 0
        before = tables(small / "full.db")
        (small / "filler").write_bytes(b"\0" * (shutil.disk_usage(small).free - 60_000))
        ended = run(demo, "pull_results", "pull_entries")
        assert ended.code == 1
        assert "full" in ended.said
        assert "Nothing was changed" in ended.said
        assert tables(small / "full.db") == before
        (small / "filler").unlink()
        assert rows(small / "full.db", "PRAGMA integrity_check") == [("ok",)]
    finally:
        subprocess.run(["umount", str(small)], check=True)  # noqa: S607 - as above


# --- folders -----------------------------------------------------------------------------------------------------


def test_a_file_in_place_of_the_work_folder_is_a_sentence(demo: Path) -> None:
    shutil.rmtree(demo / "work")
    (demo / "work").write_text("in the way", encoding="utf-8")
    ended = run(demo, "pull_students")
    assert ended.code == 1
    assert "unforeseen" not in ended.said
    assert "work folder" in ended.said
    checked = sims_sync("check", "--config", demo / "config.toml")
    assert checked.code == 1
    assert "work folder" in checked.out


def test_a_file_in_place_of_the_mail_folder_loses_no_report(demo: Path) -> None:
    sent = len(list((demo / "mail").glob("*.eml")))
    _empty(demo / "sims-sync.db", "message")
    shutil.rmtree(demo / "mail")
    (demo / "mail").write_text("in the way", encoding="utf-8")
    ended = run(demo, "report_compliance")
    assert ended.code == 1
    assert "unforeseen" not in ended.said
    assert sims_sync("status", "--config", demo / "config.toml").code == 1
    (demo / "mail").unlink()
    assert run(demo, "report_compliance").code == 0
    assert len(list((demo / "mail").glob("*.eml"))) == sent


def test_a_log_that_cannot_be_written_stops_nothing(demo: Path) -> None:
    shutil.rmtree(demo / "log", ignore_errors=True)
    (demo / "log").write_text("in the way", encoding="utf-8")
    assert run(demo, "pull_students").code == 0


def test_a_report_that_cannot_be_written_is_a_sentence_and_leaves_no_half_file(demo: Path) -> None:
    target = demo / "nowhere" / "report.html"
    ended = sims_sync("report", "compliance", "-o", target, "--format", "html", "--config", demo / "config.toml")
    assert ended.code == 1
    assert ended.err.strip() == f"{target} cannot be written. Check the folder and this account's rights."
    assert not list(demo.rglob("*.part"))


# --- what was asked for ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("run", "pull_everything"), "pull_students"),
        (("run",), "--all"),
        (("run", "pull_students", "--all"), "not both"),
        (("run", "pull_students", "--school", "elsewhere"), "Known: demo."),
        (("report", "compliance", "--house", "Nowhere"), "Austen"),
        (("report", "compliance", "--half-term", "2030-31/autumn-1"), "2026-27/autumn-2"),
        (("report", "compliance", "--as-of", "yesterday"), "2026-12-16"),
        (("quarantine", "discard", "nonsense", "--reason", "a test"), "quarantine list"),
        (("excuse", "give", "999999", "--reason", "other"), "no student known here"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_request_exits_2_and_says_what_would_be_right(
    demo: Path, arguments: tuple[str, ...], expected: str
) -> None:
    ended = sims_sync(*arguments, "--config", demo / "config.toml")
    assert ended.code == 2
    assert expected in ended.err
    assert ended.out == ""


# --- the configuration -------------------------------------------------------------------------------------------


def test_every_problem_of_a_config_is_told_at_once_with_its_path(tmp_path: Path) -> None:
    config = make_school(tmp_path)
    edit(config, 'policy = "half-term"\n', "")
    edit(config, 'starts_with = "2026-27/autumn-2"', 'starts_with = "autumn"')
    edit(config, 'mode = "shadow"', 'mode = "loud"')
    edit(config, 'admin = "admin@golden.example"', 'admin = "nobody"')
    ended = sims_sync("run", "--all", "--config", config)
    assert ended.code == 2
    for path in ("programme.policy", "programme.starts_with", "messages", "people.admin"):
        assert path in ended.err
    checked = sims_sync("check", "--json", "--config", config)
    assert checked.code == 1
    assert len(checked.json["findings"]) == len(ended.err.strip().splitlines())


def test_a_wrong_key_of_a_connector_is_told_with_its_path_and_the_likely_one(tmp_path: Path) -> None:
    config = make_school(tmp_path)
    edit(config, 'folder = "exports/staff"', 'folder = "exports/staff"\npaterns = ["*.xml"]')
    edit(config, 'connector = "mail_folder"', 'connector = "pigeon"')
    ended = sims_sync("run", "--all", "--config", config)
    assert ended.code == 2
    assert "sources.staff.paterns" in ended.err
    assert "'pattern'" in ended.err
    assert "messages.mailer" in ended.err


@pytest.mark.parametrize(
    "content",
    [b"version = 1\n[school\n", b"\xff\xfe\x00\x01", b"", b"version = 2\n", b'version = 1\nfolder = "C:\\Users"\n'],
    ids=["no TOML", "no text", "empty", "another version", "backslashes"],
)
def test_a_config_that_cannot_be_read_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.toml").write_bytes(content)
    ended = sims_sync("status", folder=tmp_path)
    assert ended.code == 2
    assert len(ended.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"staff_code,role,scope\nT1,king,8A1\n,tutor,8A1\nT2,tutor,8A1\n", "line 3"),
        (b"\x81\x8d\x8f\x90\x9d", "roles.csv"),
        (b"who,what\n", "staff_code"),
    ],
    ids=["wrong lines", "no text", "other columns"],
)
def test_roles_that_cannot_be_used_are_told_by_their_lines(demo: Path, content: bytes, expected: str) -> None:
    (demo / "roles.csv").write_bytes(content)
    ended = sims_sync("report", "compliance", "--config", demo / "config.toml")
    assert ended.code == 2
    assert expected in ended.err
    assert ended.out == ""


def test_one_broken_school_among_three_leaves_the_others_at_work(tmp_path: Path) -> None:
    config = make_school(tmp_path)
    edit(config, 'folder = "exports/', 'folder = "exports/{school}/')
    edit(config, 'folder = "proformas"', 'folder = "proformas/{school}"')
    (tmp_path / "schools.d").mkdir()
    for name in ("golden", "brook"):
        (tmp_path / "proformas" / name).mkdir()
    brook, chase = tmp_path / "schools.d" / "brook.toml", tmp_path / "schools.d" / "chase.toml"
    brook.write_text('[school]\nname = "Brook School"\n', encoding="utf-8")
    chase.write_text('[school]\nname = "Chase School"\n\n[programme]\npolicy = "sometimes"\n', encoding="utf-8")
    ended = sims_sync("run", "collect_proformas", "--json", "--config", config)
    assert ended.code == 2
    found = {(each["school"], each["outcome"]) for each in ended.json["runs"]}
    assert found == {("golden", "held"), ("brook", "held")}  # the first pro-formas of a school are held
    assert "School chase is left out" in ended.err
    assert "programme.policy" in ended.err
    assert sims_sync("run", "collect_proformas", "--school", "brook", "--config", config).code == 3
    status = sims_sync("status", "--json", "--config", config)
    assert status.code == 1
    assert {each["school"]: each["verdict"] for each in status.json["schools"]}["chase"] == "wrong"


# --- leases and kills --------------------------------------------------------------------------------------------


def _hold_lease(demo: Path, owner: str) -> None:
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ")
    values = {
        "school": "demo",
        "owner": owner,
        "run_id": "other",
        "job": "pull_results",
        "taken": now,
        "heartbeat": now,
    }
    with closing(sqlite3.connect(demo / "sims-sync.db")) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(lease)")]
        marks = ", ".join("?" for _ in columns)
        connection.execute(f"INSERT INTO lease VALUES ({marks})", [values[column] for column in columns])  # noqa: S608 - fixed names


def test_a_lease_held_by_a_living_run_is_busy(demo: Path) -> None:
    say = "import time; from sims_sync.store.runs import lease_owner; print(lease_owner(), flush=True); time.sleep(99)"
    holder = subprocess.Popen([sys.executable, "-c", say], stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert holder.stdout is not None
    _hold_lease(demo, holder.stdout.readline().strip())
    ended = run(demo, "pull_students")
    holder.kill()
    holder.communicate()
    assert ended.code == 5
    assert len(ended.problems()) == 1
    assert "pull_results has been running" in ended.said


def test_a_lease_of_a_dead_process_is_taken_over_at_once(demo: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    _hold_lease(demo, f"{socket.gethostname()}/{gone.pid}/1")
    assert run(demo, "pull_students").code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's; Windows ends processes otherwise")
def test_pulls_killed_at_any_time_and_run_again_end_in_the_same_store(demo: Path, tmp_path: Path) -> None:
    for table in ("entry_version", "target", "review", "entry", "student_span", "role"):
        _empty(demo / "sims-sync.db", table)
    _change(demo / "sims-sync.db", "UPDATE student SET forename = 'X', run_id = 'x' WHERE student_id < 's4'")
    undisturbed = Path(shutil.copytree(demo, tmp_path / "undisturbed"))
    jobs = ("pull_students", "pull_entries")
    assert run(undisturbed, *jobs, "--as-of", AS_OF).code == 0
    for seconds in KILL_AFTER_SECONDS:
        _killed_after(seconds, demo, jobs)
        assert rows(demo / "sims-sync.db", "PRAGMA integrity_check") == [("ok",)]
    assert run(demo, *jobs, "--as-of", AS_OF).code == 0
    assert without_runs(demo / "sims-sync.db", SIMS_ROWS) == without_runs(undisturbed / "sims-sync.db", SIMS_ROWS)
    assert rows(demo / "sims-sync.db", "SELECT * FROM lease") == []
    outcomes = {outcome for (outcome,) in rows(demo / "sims-sync.db", "SELECT outcome FROM run")}
    assert "interrupted" in outcomes
    assert None not in outcomes


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C reaches a console there, not one process")
def test_ctrl_c_says_interrupted_and_gives_the_lease_back(demo: Path) -> None:
    process = _started(demo, ("pull_students",))
    _wait_for_lease(demo)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert rows(demo / "sims-sync.db", "SELECT * FROM lease") == []
    assert run(demo, "pull_students").code == 0


def _change(store: Path, change: str) -> None:
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute(change)


def _empty(store: Path, table: str) -> None:
    _change(store, f"DELETE FROM {table}")  # noqa: S608 - fixed names


def _started(demo: Path, jobs: tuple[str, ...]) -> "subprocess.Popen[str]":
    slow = {"SIMS_DEMO_FAULT": "slow", "SIMS_DEMO_SLOW_SECONDS": "1"}
    return subprocess.Popen(
        command_line("run", *jobs, "--as-of", AS_OF, "--config", demo / "config.toml"),
        env=environment(slow),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def _killed_after(seconds: float, demo: Path, jobs: tuple[str, ...]) -> None:
    process = _started(demo, jobs)
    _wait_for_lease(demo)
    time.sleep(seconds)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate(timeout=60)
    psutil.wait_procs(children, timeout=60)


def _wait_for_lease(demo: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if rows(demo / "sims-sync.db", "SELECT 1 FROM lease"):
                return
        except sqlite3.OperationalError:
            pass  # the store is only being made
        time.sleep(0.02)
    pytest.fail("the run never began")
