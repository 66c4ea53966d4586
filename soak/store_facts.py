"""What of a store must be the same after kills as without them: everything but run ids and moments."""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

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
    "excusal",
    "confirmed_source",
    "delivery",
    "delivery_revision",
    "announced_deadline",
    "snapshot",
    "written_list",
)
# A kill may let entries be read before their student is: such a row is held, and mended by the next read.
NARROWED = {"quarantine": "state != 'mended'"}
LEFT_OUT = frozenset(
    {"run_id", "first_seen", "last_seen", "seen_count", "confirmed_at", "since", "recorded_at", "attempts"}
    | {"queued_at", "attempted_at", "sent_at", "created", "announced_at", "taken_at", "written_at", "collected_at"}
    | {"fingerprint", "collected"}  # of a workbook, which says when its figures were true
    | {"record_fingerprint"}  # of an entry, over the moment at which it was recorded too
)


def store_rows(folder: Path) -> frozenset[str]:
    """Every row that is compared, as a text that begins with its table."""
    rows: list[str] = []
    with closing(sqlite3.connect(folder / "sims-sync.db")) as store:
        for table in TABLES:
            names = [row[1] for row in store.execute(f"PRAGMA table_info({table})") if row[1] not in LEFT_OUT]
            chosen = f"SELECT {', '.join(names)} FROM {table} WHERE {NARROWED.get(table, '1')}"  # noqa: S608 - this file's names
            found = store.execute(chosen).fetchall()
            rows += [repr((table, tuple(map(_without_moments, row)))) for row in found]
    return frozenset(rows)


def differing_tables(one: frozenset[str], other: frozenset[str]) -> dict[str, int]:
    """Table → how many rows stand in one of them only."""
    return dict(Counter(row.partition(",")[0].strip("('") for row in one ^ other))


def examples(found: frozenset[str], wanted: frozenset[str], most: int = 2) -> list[tuple[str, str]]:
    """A few rows that stand on one side only: ("too many" or "missing", the row)."""
    sides = (("too many", found - wanted), ("missing", wanted - found))
    return [(side, row) for side, rows in sides for row in sorted(rows)[:most]]


def _without_moments(value: object) -> object:
    """A snapshot without its own moment and without the reads that it rests on, which say when they began."""
    if not isinstance(value, str) or not value.startswith('{"assessment"'):
        return value
    content = json.loads(value)
    content.pop("reads", None)
    content["assessment"].pop("moment", None)
    return json.dumps(content, sort_keys=True)
