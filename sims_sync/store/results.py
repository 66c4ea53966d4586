"""Academic data in bulk: compared with the store inside the database, and merged in one statement.

A read arrives in batches of rows and is judged before anything of it counts: the caller opens a savepoint around it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, text

_COLUMNS = "student_id, aspect, result_set, dated, value, result_date"
_KEY = "student_id, aspect, result_set, dated"
_STAGE = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS stage_result (student_id TEXT, aspect TEXT, "
    "result_set TEXT, dated TEXT, value TEXT, result_date DATE, "
    f"PRIMARY KEY ({_KEY}))"
)
_SAME_KEY = (
    "r.school = :school AND r.student_id = s.student_id AND r.aspect = s.aspect "
    "AND r.result_set = s.result_set AND r.dated = s.dated"
)
_DIFFERS = "(r.value <> s.value OR r.result_date IS DISTINCT FROM s.result_date)"
_UPDATE = "value = excluded.value, result_date = excluded.result_date"

# student id, aspect, result set ("" = none), its date as key where no set is named, value, result date (ISO or None)
StagedRow = tuple[str, str, str, str, str, str | None]


@dataclass(frozen=True, slots=True)
class ResultDifference:
    """How a read compares with the store. `conflicts`: rows that contradicted an earlier row of the same read."""

    distinct: int
    added: int
    changed: int
    conflicts: int


class ResultSink(Protocol):
    """Where the rows of one read go."""

    def add(self, rows: Sequence[StagedRow]) -> None:
        """Take some rows; of equal keys the last wins."""

    def difference(self) -> ResultDifference:
        """What they would add and change; asked once, after the last row."""

    def merge(self) -> None:
        """Write what is new or differs; rows that are equal are not touched."""


def result_sink(connection: Connection, school: str, run_id: str) -> ResultSink:
    """The quickest way that this database and this school's present rows allow."""
    if connection.dialect.name != "sqlite":
        return _PostgresStage(connection, school, run_id)
    known = connection.execute(text("SELECT EXISTS (SELECT 1 FROM result WHERE school = :s)"), {"s": school}).scalar()
    return _SqliteStage(connection, school, run_id) if known else _SqliteFirst(connection, school, run_id)


def undo_results(connection: Connection, school: str, run_id: str) -> int:
    """Take out what a run added and put back what it overwrote, unless a later run wrote it since; how many rows."""
    of = {"school": school, "run": run_id}
    removed = connection.execute(
        text(
            "DELETE FROM result WHERE school = :school AND run_id = :run AND NOT EXISTS (SELECT 1 FROM result_before b "
            "WHERE b.school = :school AND b.run_id = :run AND b.student_id = result.student_id "
            "AND b.aspect = result.aspect AND b.result_set = result.result_set AND b.dated = result.dated)"
        ),
        of,
    )
    restored = connection.execute(
        text(
            "UPDATE result SET value = b.value, result_date = b.result_date, run_id = b.written_by "
            "FROM result_before b WHERE b.school = :school AND b.run_id = :run AND result.school = :school "
            "AND result.run_id = :run AND b.student_id = result.student_id AND b.aspect = result.aspect "
            "AND b.result_set = result.result_set AND b.dated = result.dated"
        ),
        of,
    )
    connection.execute(text("DELETE FROM result_before WHERE school = :school AND run_id = :run"), of)
    return int(removed.rowcount) + int(restored.rowcount)


def count_results(connection: Connection, school: str) -> int:
    """How many results are stored."""
    counted = connection.execute(text("SELECT COUNT(*) FROM result WHERE school = :school"), {"school": school})
    return int(counted.scalar() or 0)


class _SqliteFirst:
    """Nothing is stored yet: every row is new, and goes where it belongs at once."""

    def __init__(self, connection: Connection, school: str, run_id: str) -> None:
        self._connection = connection
        self._school = school
        self._cursor = _driver(connection).cursor()
        self._touched = 0
        self._sql = (
            f"INSERT INTO result (school, {_COLUMNS}, run_id) "  # noqa: S608 - constants, and two ids of our own making
            f"VALUES ({_quoted(school)}, ?, ?, ?, ?, ?, ?, {_quoted(run_id)}) "
            f"ON CONFLICT (school, {_KEY}) DO UPDATE SET {_UPDATE} "
            "WHERE value <> excluded.value OR result_date IS NOT excluded.result_date"
        )

    def add(self, rows: Sequence[StagedRow]) -> None:
        """Take some rows."""
        self._cursor.executemany(self._sql, rows)
        self._touched += max(self._cursor.rowcount, 0)

    def difference(self) -> ResultDifference:
        """All of them are new."""
        distinct = count_results(self._connection, self._school)
        return ResultDifference(distinct, distinct, 0, self._touched - distinct)

    def merge(self) -> None:
        """They are where they belong."""


class _Staged:
    """Rows are put beside the store first and compared with it there."""

    def __init__(self, connection: Connection, school: str, run_id: str) -> None:
        self._connection = connection
        self._of = {"school": school, "run": run_id}
        connection.execute(text(_STAGE))
        connection.execute(text("DELETE FROM stage_result"))

    def difference(self) -> ResultDifference:
        """Counted in the database."""
        join = f"FROM stage_result s JOIN result r ON {_SAME_KEY}"
        distinct = self._count("SELECT COUNT(*) FROM stage_result")
        same_key = self._count(f"SELECT COUNT(*) {join}")
        changed = self._count(f"SELECT COUNT(*) {join} WHERE {_DIFFERS}")
        return ResultDifference(distinct, distinct - same_key, changed, self._conflicts())

    def merge(self) -> None:
        """What is overwritten is kept under the run, for `undo`."""
        self._execute(
            f"INSERT INTO result_before (school, run_id, {_COLUMNS}, written_by) "  # noqa: S608 - constants
            "SELECT r.school, :run, r.student_id, r.aspect, r.result_set, r.dated, r.value, r.result_date, r.run_id "
            f"FROM stage_result s JOIN result r ON {_SAME_KEY} WHERE {_DIFFERS}"
        )
        self._execute(
            f"INSERT INTO result (school, {_COLUMNS}, run_id) "  # noqa: S608 - constants
            "SELECT :school, s.student_id, s.aspect, s.result_set, s.dated, s.value, s.result_date, :run "
            f"FROM stage_result s LEFT JOIN result r ON {_SAME_KEY} WHERE r.student_id IS NULL OR {_DIFFERS} "
            f"ON CONFLICT (school, {_KEY}) DO UPDATE SET {_UPDATE}, run_id = excluded.run_id"
        )
        self._execute("DELETE FROM stage_result")

    def _conflicts(self) -> int:
        raise NotImplementedError

    def _count(self, sql: str) -> int:
        return int(self._connection.execute(text(sql), self._of).scalar() or 0)

    def _execute(self, sql: str) -> None:
        self._connection.execute(text(sql), self._of)


class _SqliteStage(_Staged):
    _SQL = (
        f"INSERT INTO stage_result ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) "  # noqa: S608 - constants
        f"ON CONFLICT ({_KEY}) DO UPDATE SET {_UPDATE} "
        "WHERE value <> excluded.value OR result_date IS NOT excluded.result_date"
    )

    def __init__(self, connection: Connection, school: str, run_id: str) -> None:
        super().__init__(connection, school, run_id)
        self._cursor = _driver(connection).cursor()
        self._touched = 0

    def add(self, rows: Sequence[StagedRow]) -> None:
        """Take some rows."""
        self._cursor.executemany(self._SQL, rows)
        self._touched += max(self._cursor.rowcount, 0)

    def _conflicts(self) -> int:
        return self._touched - self._count("SELECT COUNT(*) FROM stage_result")


class _PostgresStage(_Staged):
    """COPY into a heap, then into the keyed stage: the last row of a key wins, as everywhere."""

    def __init__(self, connection: Connection, school: str, run_id: str) -> None:
        super().__init__(connection, school, run_id)
        self._execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS stage_heap (place BIGINT GENERATED ALWAYS AS IDENTITY, "
            "student_id TEXT, aspect TEXT, result_set TEXT, dated TEXT, value TEXT, "
            "result_date DATE)"
        )
        self._execute("TRUNCATE stage_heap")
        self._contradicting = 0

    def add(self, rows: Sequence[StagedRow]) -> None:
        """Take some rows."""
        with _driver(self._connection).cursor().copy(f"COPY stage_heap ({_COLUMNS}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def difference(self) -> ResultDifference:
        """The heap becomes the stage first."""
        self._contradicting = self._count(
            "SELECT COALESCE(SUM(n), 0) FROM (SELECT COUNT(DISTINCT (value, result_date)) - 1 AS n FROM stage_heap "  # noqa: S608
            f"GROUP BY {_KEY} HAVING COUNT(*) > 1) c"
        )
        self._execute(
            f"INSERT INTO stage_result ({_COLUMNS}) SELECT DISTINCT ON ({_KEY}) {_COLUMNS} FROM stage_heap "  # noqa: S608
            f"ORDER BY {_KEY}, place DESC"
        )
        self._execute("ANALYZE stage_result")
        return super().difference()

    def _conflicts(self) -> int:
        return self._contradicting


def load_results(connection: Connection, school: str) -> Iterator[tuple[Any, ...]]:
    """Every result as (student id, aspect, result set, dated, value, result date), in key order."""
    sql = f"SELECT {_COLUMNS} FROM result WHERE school = :school ORDER BY {_KEY}"  # noqa: S608 - constants
    return (tuple(row) for row in connection.execute(text(sql), {"school": school}))


def _driver(connection: Connection) -> Any:  # noqa: ANN401 - sqlite3's or psycopg's own connection
    return connection.connection.driver_connection


def _quoted(own_id: str) -> str:
    return "'" + own_id.replace("'", "''") + "'"
