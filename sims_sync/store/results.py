"""Academic data in bulk: a read is staged beside the store, compared with it there, and merged in one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

_STAGE = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS stage_result (student_id VARCHAR(40), aspect VARCHAR(120), "
    "slot VARCHAR(120), result_set VARCHAR(120), value TEXT, result_date DATE, "
    "PRIMARY KEY (student_id, aspect, slot))"
)
_SAME_KEY = "r.school = :school AND r.student_id = s.student_id AND r.aspect = s.aspect AND r.slot = s.slot"
_DIFFERS = (
    "(r.value <> s.value OR COALESCE(r.result_set, '') <> COALESCE(s.result_set, '') OR "
    "COALESCE(CAST(r.result_date AS TEXT), '') <> COALESCE(CAST(s.result_date AS TEXT), ''))"
)
_BATCH_ROWS = 5000

StagedRow = tuple[str, str, str, str | None, str, date | None]


@dataclass(frozen=True, slots=True)
class ResultDifference:
    """How a staged read compares with the store."""

    staged: int
    added: int
    changed: int
    known: int


def stage(connection: Connection, rows: Iterable[StagedRow]) -> None:
    """Put rows (student id, aspect, slot, result set, value, date) beside the store; of equal keys the last wins."""
    connection.execute(text(_STAGE))
    connection.execute(text("DELETE FROM stage_result"))
    batch: list[dict[str, object]] = []
    names = ("student_id", "aspect", "slot", "result_set", "value", "result_date")
    for row in rows:
        batch.append(dict(zip(names, row, strict=True)))
        if len(batch) >= _BATCH_ROWS:
            _insert(connection, batch)
            batch = []
    if batch:
        _insert(connection, batch)


def compare_staged(connection: Connection, school: str) -> ResultDifference:
    """Count what the staged rows would add and change."""

    def count(sql: str) -> int:
        return int(connection.execute(text(sql), {"school": school}).scalar() or 0)

    join = f"FROM stage_result s JOIN result r ON {_SAME_KEY}"
    staged = count("SELECT COUNT(*) FROM stage_result")
    return ResultDifference(
        staged=staged,
        added=staged - count(f"SELECT COUNT(*) {join}"),
        changed=count(f"SELECT COUNT(*) {join} WHERE {_DIFFERS}"),
        known=count("SELECT COUNT(*) FROM result WHERE school = :school"),
    )


def merge_staged(connection: Connection, school: str, run_id: str) -> None:
    """Write what is new or differs; rows that are equal are not touched."""
    sql = (
        "INSERT INTO result (school, student_id, aspect, slot, result_set, value, result_date, run_id) "  # noqa: S608 - constants
        "SELECT :school, s.student_id, s.aspect, s.slot, s.result_set, s.value, s.result_date, :run "
        f"FROM stage_result s LEFT JOIN result r ON {_SAME_KEY} WHERE r.student_id IS NULL OR {_DIFFERS} "
        "ON CONFLICT (school, student_id, aspect, slot) DO UPDATE SET result_set = excluded.result_set, "
        "value = excluded.value, result_date = excluded.result_date, run_id = excluded.run_id"
    )
    connection.execute(text(sql), {"school": school, "run": run_id})


def _insert(connection: Connection, batch: Sequence[dict[str, object]]) -> None:
    sql = (
        "INSERT INTO stage_result VALUES (:student_id, :aspect, :slot, :result_set, :value, :result_date) "
        "ON CONFLICT (student_id, aspect, slot) DO UPDATE SET result_set = excluded.result_set, "
        "value = excluded.value, result_date = excluded.result_date"
    )
    connection.execute(text(sql), [{**row, "result_date": _iso(row["result_date"])} for row in batch])


def _iso(value: object) -> str | None:
    return value.isoformat() if isinstance(value, date) else None
