"""Which school's push is killed, and what must be the same after it as after a push that was left alone?

A small invented school has pushed once: some targets and reviews stand in SIMS and are confirmed. Then a pro-forma is
handed in that corrects some of them, withdraws two and brings more. Collecting and pushing those is what dies.
"""

import csv
import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sims_sync.demo.cycle import prepare
from soak.folder import set_clock, sims_sync

STUDENTS = 60
PUSH = ("push_targets", "confirm_targets", "pull_entries")
PULLS = ("pull_students", "pull_results", "pull_entries")
EARLIER = "2026-12-16T06:00:00+00:00"
NOW = datetime(2026, 12, 16, 8, 0, tzinfo=UTC)  # when each copy begins; the first push was at 07:30
HANDED_IN = datetime(2026, 12, 14, 15, 40, tzinfo=UTC)
PROFORMA = "proforma.csv"
INTERVIEWED = "2026-12-10"
ROWS = 32  # every second one an interview, of a student who has a target typed in SIMS already: theirs goes beside it
EARLIER_ROWS = 8  # of them four are corrected later, and two withdrawn
CORRECTED = 4
WITHDRAWN = 2
# Of the store; what the run that wrote it, and when, is another each time.
TABLES = ("student", "student_alias", "result", "entry", "target", "review", "quarantine", "delivery")
LEFT_OUT = frozenset(
    {"run_id", "first_seen", "last_seen", "seen_count"}
    | {"attempts", "queued_at", "attempted_at", "sent_at", "confirmed_at"}
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What came of a push: the store, SIMS, and what was ever written there, as (sourced id, revision) → how often."""

    store: frozenset[str]
    sims: tuple[str, ...]
    writes: Counter[tuple[str, int]]
    handed_in: frozenset[str]


def make_school(base: Path) -> None:
    """The school as it stands before the push that dies."""
    prepare(base, STUDENTS)
    for kept in ("proformas", "workbooks"):
        for path in (base / kept).glob("*"):
            path.unlink()  # the demo's own: these tell nothing here
    for job in PULLS:
        sims_sync(base, "run", job, "--as-of", EARLIER)
        sims_sync(base, "plans", "release", "--first", "--reason", "soak")
    sims_sync(base, "run", "pull_results", "--as-of", EARLIER)
    rows = proforma_rows(base, ROWS, INTERVIEWED)
    earlier = [{**row, "text": f"At first: {row['text']}"} for row in rows[:CORRECTED]]
    hand_in(base, earlier + rows[CORRECTED:EARLIER_ROWS], HANDED_IN - timedelta(days=2))
    sims_sync(base, "run", "collect_proformas", "--as-of", EARLIER)
    sims_sync(base, "plans", "release", "--first", "--reason", "soak")
    sims_sync(base, "run", *PUSH)
    withdrawn = [{**row, "state": "withdrawn"} for row in rows[CORRECTED : CORRECTED + WITHDRAWN]]
    hand_in(base, rows[:CORRECTED] + withdrawn + rows[CORRECTED + WITHDRAWN :], HANDED_IN)


def copy_school(base: Path, folder: Path) -> Path:
    """A copy in which it is eight o'clock now."""
    shutil.copytree(base, folder)
    set_clock(folder, NOW)
    return folder


def facts_of(folder: Path) -> Facts:
    """What is compared."""
    rows: list[str] = []
    with closing(sqlite3.connect(folder / "sims-sync.db")) as store:
        for table in TABLES:
            names = [row[1] for row in store.execute(f"PRAGMA table_info({table})") if row[1] not in LEFT_OUT]
            found = store.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()  # noqa: S608 - this file's names
            rows += [repr((table, row)) for row in found]
    return Facts(frozenset(rows), values_in_sims(folder), writes_in_sims(folder), files_in(folder))


def values_in_sims(folder: Path) -> tuple[str, ...]:
    """Every value that SIMS ever held, those written over included."""
    with closing(sqlite3.connect(folder / "sims" / "sims.db")) as sims:
        columns = "person_id, aspect, result_set, text, dated, sourced_id"
        ever = sims.execute(f"SELECT {columns} FROM result").fetchall()  # noqa: S608 - this file's names
    return tuple(sorted(map(repr, ever)))


def files_in(folder: Path) -> frozenset[str]:
    """The names of the pro-formas that were handed in and lie somewhere, whole: with their sizes."""
    found = [*(folder / "proformas").glob("*.csv"), *(folder / "proformas" / "done").glob("*.csv")]
    return frozenset(f"{path.name.split('.')[0]} {path.stat().st_size}" for path in found)


def is_open(folder: Path) -> bool:
    """Whether a delivery is still under way: another run would look at it again."""
    with closing(sqlite3.connect(folder / "sims-sync.db")) as store:
        chosen = "SELECT COUNT(*) FROM delivery WHERE state IN ('queued', 'sending', 'sent', 'unknown')"
        return bool(store.execute(chosen).fetchone()[0])


def writes_in_sims(folder: Path) -> Counter[tuple[str, int]]:
    """What SIMS's log says was written there: (sourced id, revision) → how often."""
    log = folder / "sims" / "writes.jsonl"  # there from the first write on
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return Counter((line["sourcedId"], line["revision"]) for line in map(json.loads, lines))


def proforma_rows(base: Path, count: int, interviewed: str) -> list[dict[str, str]]:
    """Interviews and reviews by turns, held on that day, one for each of the first students."""
    with closing(sqlite3.connect(base / "sims-sync.db")) as store:
        students = store.execute(
            "SELECT admission_number, surname FROM student WHERE tutor_group IS NOT NULL AND leaving_date IS NULL"
            " ORDER BY admission_number LIMIT ?",
            (count,),
        ).fetchall()
    return [
        {
            "row_id": f"soak-{number:02}",
            "admission_number": admission_number,
            "surname": surname,
            "interview_date": interviewed,
            "state": "submitted",
            "kind": kind,
            "text": f"Bring the planner signed by home to lesson {number}",
            "outcome": "partly" if kind == "review" else "",
        }
        for number, (admission_number, surname) in enumerate(students, start=1)
        for kind in ("interview" if number % 2 else "review",)
    ]


def hand_in(base: Path, rows: Sequence[dict[str, str]], when: datetime) -> None:
    """Put a pro-forma where it is collected, last changed at that moment."""
    path = base / "proformas" / PROFORMA
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    os.utime(path, (when.timestamp(),) * 2)
