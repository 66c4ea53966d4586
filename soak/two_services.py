"""P6: two `serve` started by mistake, on a schedule of one second: is each due time run once, and none left out?"""

import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from soak.service_place import end_gently, made_place, start_serving

JOB = "take_snapshots"  # quick, and run by nobody else
SERVICES = 2
WELL = ("done", "held")  # a school that has released no plan yet holds its snapshots


@dataclass(frozen=True, slots=True)
class Seen:
    """What the store holds of the job: its due times, the runs of each, and how many processes ran them."""

    due: list[datetime]
    runs: Counter[str]
    owners: int
    bad: int


def two_services(seconds: int | None = None) -> bool:
    """Whether it held."""
    lasting = seconds or 60
    with tempfile.TemporaryDirectory(prefix="sims-sync-soak-", ignore_cleanup_errors=True) as name:
        demo = made_place(Path(name), {JOB: "* * * * * *"})
        services = [start_serving(demo, Path(name) / f"said-{number}.txt") for number in range(SERVICES)]
        time.sleep(lasting)
        codes = [end_gently(each) for each in services]
        seen = _seen(demo)
    doubled = [due for due, count in seen.runs.items() if count != 1]
    held = not doubled and not seen.bad and codes == [0] * SERVICES and len(seen.due) > lasting // 2
    span = (seen.due[-1] - seen.due[0]) / timedelta(seconds=1) if seen.due else 0
    print(f"two_services: {len(seen.due)} due times run in {span:.0f} s by {seen.owners} processes, each once;")
    print(f"              {len(doubled)} run twice, {seen.bad} runs or slots ended otherwise than done.")
    return held


def _seen(demo: Path) -> Seen:
    with closing(sqlite3.connect(demo / "sims-sync.db")) as store:
        slots = store.execute("SELECT due_at, state FROM slot WHERE job = ? AND state <> 'baseline'", [JOB]).fetchall()
        runs = store.execute(
            "SELECT slot_due, owner, outcome FROM run WHERE job = ? AND slot_due IS NOT NULL", [JOB]
        ).fetchall()
    ends = [state for _, state in slots] + [outcome for *_, outcome in runs]
    bad = [end for end in ends if end not in WELL]
    due = sorted(datetime.fromisoformat(due_at) for due_at, _ in slots)
    return Seen(due, Counter(slot_due for slot_due, *_ in runs), len({owner for _, owner, _ in runs}), len(bad))
