"""P3 for pulls: killed at any instant, the next run ends in the same store as one that was left alone.

The demo's school is read well; then SIMS has moved on by some weeks, and that second pull is killed at 50 random
instants, each time on a fresh copy, and run again. Compared is everything of SIMS in the store but run ids and
seen-times.
"""

import hashlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

KILLS = 50
STUDENTS = 400
JOBS = ("pull_students", "pull_results", "pull_entries", "collect_proformas")
LATER = "2026-12-16T07:29:00+00:00"
EARLIER = "2026-11-20T06:00:00+00:00"
TABLES = (
    "student",
    "student_alias",
    "student_span",
    "staff_member",
    "tutor_group",
    "house",
    "role",
    "missing",
    "result",
    "entry",
    "target",
    "review",
    "quarantine",
    "confirmed_source",
)
LEFT_OUT = frozenset({"run_id", "first_seen", "last_seen", "seen_count", "confirmed_at"})


def kill_pulls() -> bool:
    """Whether all of them ended in the same store."""
    chance = random.Random(20_261_124)  # noqa: S311 - the same instants every time
    with tempfile.TemporaryDirectory(prefix="sims-sync-soak-", ignore_cleanup_errors=True) as place:
        base = Path(place) / "base"
        _prepare(base)
        undisturbed = _copy(base, Path(place) / "undisturbed")
        began = time.monotonic()
        _pull(undisturbed)
        seconds = time.monotonic() - began
        wanted = _store_hash(undisturbed)
        kills = same = 0
        for number in range(KILLS):
            folder = _copy(base, Path(place) / f"killed-{number}")
            kills += _killed_pull(folder, chance.uniform(0.2, seconds))
            _pull(folder)
            same += _store_hash(folder) == wanted
            shutil.rmtree(folder, ignore_errors=True)
    print(f"kill_pulls: {kills} of {KILLS} pulls were killed in mid-run (one takes {seconds:.1f} s);")
    print(f"            {same} of {KILLS} ended in the same store as an undisturbed one.")
    return same == KILLS and kills > 0


def _prepare(base: Path) -> None:
    """A demo whose store knows the school of some weeks ago."""
    _sims_sync("demo", str(base), "--students", str(STUDENTS), "--no-serve")
    (base / "sims-sync.db").unlink()
    for name in ("sims-sync.db-wal", "sims-sync.db-shm"):
        (base / name).unlink(missing_ok=True)
    for done in (base / "proformas").glob("done/*"):
        shutil.move(done, base / "proformas" / f"{done.stem.split('.')[0]}{done.suffix}")
    for job in JOBS[:3]:
        _sims_sync("run", job, "--as-of", EARLIER, "--config", str(base / "config.toml"))
        _sims_sync("plans", "release", "--first", "--reason", "soak", "--config", str(base / "config.toml"))
    _sims_sync("run", "pull_results", "--as-of", EARLIER, "--config", str(base / "config.toml"))


def _copy(base: Path, folder: Path) -> Path:
    shutil.copytree(base, folder)
    return folder


def _pull(folder: Path) -> None:
    _sims_sync("run", *JOBS, "--as-of", LATER, "--config", str(folder / "config.toml"))
    _sims_sync("plans", "release", "--first", "--reason", "soak", "--config", str(folder / "config.toml"))


def _killed_pull(folder: Path, after_seconds: float) -> bool:
    """Start a pull and kill it; whether it was still at work."""
    process = subprocess.Popen(
        _command("run", *JOBS, "--as-of", LATER, "--config", str(folder / "config.toml")),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(after_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def _store_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    with closing(sqlite3.connect(folder / "sims-sync.db")) as store:
        for table in TABLES:
            names = [row[1] for row in store.execute(f"PRAGMA table_info({table})") if row[1] not in LEFT_OUT]
            rows = store.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()  # noqa: S608 - this file's names
            digest.update(repr((table, sorted(map(repr, rows)))).encode())
    return digest.hexdigest()


def _sims_sync(*arguments: str) -> None:
    subprocess.run(_command(*arguments), check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _command(*arguments: str) -> Sequence[str]:
    script = Path(sys.executable).with_name("sims-sync.exe" if os.name == "nt" else "sims-sync")
    return (str(script), *arguments)
