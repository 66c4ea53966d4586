"""What does the simulated SIMS hold, and what would an export of a given moment show?

Nothing typed is ever lost: each value keeps the moment at which it was typed, so that any earlier moment can be
exported again. All moments are aware; days are school-local.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path

from sims_sync.demo.days import local_day
from sims_sync.demo.people import Stay
from sims_sync.demo.sims_file import INSERT_PUT, INSERT_RESULT, STATE_FILE, Setting, stored
from sims_sync.demo.sims_rows import (
    ListedResult,
    ListedStaff,
    ListedStudent,
    ListedTutoring,
    result_of,
    staff_member_of,
    student_of,
    tutoring_of,
)

__all__ = ["ListedResult", "ListedStaff", "ListedStudent", "ListedTutoring", "SimsState"]

BUSY_SECONDS = 30.0
MENTORING_PREFIX = "Mentoring "


class SimsState:
    """The simulated SIMS of one folder. Every question names the moment for which it is asked."""

    def __init__(self, folder: Path, *, kept: bool = False) -> None:
        """Open the state that `write_state` left in `folder`.

        `kept`: one connection for all questions until `close`, for a server that is asked often; it may be asked from
        several threads. It does not wait for the disk: a process that is killed loses nothing, and no power cut
        threatens an invented school.

        Raises:
            FileNotFoundError: there is none.
        """
        self._path = folder / STATE_FILE
        self._kept = kept
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.RLock()
        if not self._path.is_file():
            raise FileNotFoundError(f"{self._path} is missing; create the demo again.")

    def close(self) -> None:
        """Let go of the kept connection, if there is one."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def setting(self, name: Setting, default: str | None = None) -> str:
        """The value of one `Setting`; `default`, or KeyError, when it was never set."""
        with self._open() as db:
            row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        if row is None and default is None:
            raise KeyError(name)
        return str(row[0]) if row else str(default)

    def set(self, name: Setting, value: str) -> None:
        """Change one `Setting`."""
        with self._open() as db:
            db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    def students(self, moment: datetime) -> list[ListedStudent]:
        """Everyone on roll that day, by person id; whom SIMS lists twice is in twice."""
        day = local_day(moment)
        with self._open() as db:
            stays = {kind: _stays(db, kind, day) for kind in ("group", "house")}
            rows = db.execute(
                f"SELECT * FROM student WHERE {_LISTED} ORDER BY CAST(person_id AS INTEGER)",  # noqa: S608 - constant
                {"day": day.isoformat()},
            ).fetchall()
        return [student_of(row, stays) for row in rows for _ in range(row["listings"])]

    def staff(self, moment: datetime) -> list[ListedStaff]:
        """All staff of this year, those who left included; whom SIMS lists twice is in twice."""
        local_day(moment)  # a naive moment is refused here too
        with self._open() as db:
            rows = db.execute("SELECT * FROM staff ORDER BY CAST(person_id AS INTEGER)").fetchall()
        return [staff_member_of(row) for row in rows for _ in range(row["listings"])]

    def tutor_groups(self, moment: datetime) -> list[ListedTutoring]:
        """Each group with each of its tutors who had begun by that day."""
        with self._open() as db:
            rows = db.execute(
                "SELECT * FROM tutor_group JOIN tutoring ON group_name = name WHERE first <= ?"
                " ORDER BY nc_year, name, tutoring.rowid",
                (local_day(moment).isoformat(),),
            ).fetchall()
        return [tutoring_of(row) for row in rows]

    def is_listed(self, person_id: str, moment: datetime) -> bool:
        """Whether that student is on roll that day."""
        with self._open() as db:
            query = f"SELECT 1 FROM student WHERE person_id = :person_id AND {_LISTED}"  # noqa: S608 - constant
            named = {"person_id": person_id, "day": local_day(moment).isoformat()}
            return db.execute(query, named).fetchone() is not None

    def columns(self, moment: datetime) -> list[tuple[str, str | None]]:
        """Each aspect with each result set (None = without one) that anything was typed in, whoever's it is."""
        with self._open() as db:
            query = "SELECT DISTINCT aspect, result_set FROM result WHERE typed_at <= ?"
            return [(row["aspect"], row["result_set"]) for row in db.execute(query, (stored(moment),))]

    def results(self, moment: datetime, *, mentoring: bool) -> list[ListedResult]:
        """The results of everyone on roll as they stood at that moment: mentoring entries, or all others."""
        named = {"prefix": f"{MENTORING_PREFIX}%", "mentoring": mentoring}
        return self._standing(moment, "(aspect LIKE :prefix) = :mentoring", named)

    def results_in(
        self, moment: datetime, person_id: str | None = None, column: tuple[str, str | None] | None = None
    ) -> list[ListedResult]:
        """The same of one student, of one aspect in one result set (None = without one), or of both."""
        narrowing, named = ["1"], dict[str, object]()
        if person_id is not None:
            narrowing.append("result.person_id = :person_id")
            named["person_id"] = person_id
        if column is not None:
            narrowing.append("aspect = :aspect AND result_set IS :result_set")
            named |= {"aspect": column[0], "result_set": column[1]}
        return self._standing(moment, " AND ".join(narrowing), named)

    def place_of(self, sourced_id: str) -> tuple[str, str, str | None] | None:
        """The student, aspect and result set into which OneRoster last wrote under that id; None = never."""
        with self._open() as db:
            query = "SELECT person_id, aspect, result_set FROM result WHERE sourced_id = ? ORDER BY id DESC LIMIT 1"
            row = db.execute(query, (sourced_id,)).fetchone()
        return None if row is None else (row["person_id"], row["aspect"], row["result_set"])

    def result(self, person_id: str, aspect: str, result_set: str, moment: datetime) -> str | None:
        """The one text that stood there at that moment, or None."""
        with self._open() as db:
            row = db.execute(
                "SELECT text FROM result WHERE person_id = ? AND aspect = ? AND result_set = ? AND typed_at <= ?"
                " ORDER BY typed_at DESC, id DESC LIMIT 1",
                (person_id, aspect, result_set, stored(moment)),
            ).fetchone()
        return None if row is None else str(row["text"])

    def put_result(
        self,
        person_id: str,
        aspect: str,
        result_set: str | None,
        text: str,
        dated: date,
        typed_at: datetime,
        sourced_id: str | None = None,
    ) -> None:
        """Type a value: with a result set it takes the place of the earlier one, without it is added (SIMS §3).

        `sourced_id` is the id under which OneRoster writes it; None = a person types it.

        Raises:
            KeyError: no such student.
        """
        with self._open() as db:
            if db.execute("SELECT 1 FROM student WHERE person_id = ?", (person_id,)).fetchone() is None:
                raise KeyError(person_id)
            values = (person_id, aspect, result_set, text, dated.isoformat(), stored(typed_at))
            if sourced_id is None:
                db.execute(INSERT_RESULT, values)
            else:
                db.execute(INSERT_PUT, (*values, sourced_id))

    def _standing(self, moment: datetime, narrowing: str, named: Mapping[str, object]) -> list[ListedResult]:
        with self._open() as db:
            rows = db.execute(
                f"{_RESULTS} AND {narrowing} {_IN_ORDER}",
                {**named, "day": local_day(moment).isoformat(), "moment": stored(moment)},
            ).fetchall()
        return [result_of(row) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection for one question or one change, which is committed unless it fails."""
        if self._kept:
            with self._lock:
                self._connection = self._connection or self._connect()
                with self._connection:
                    yield self._connection
        else:
            with closing(self._connect()) as db, db:
                yield db

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=BUSY_SECONDS, check_same_thread=not self._kept)
        db.row_factory = sqlite3.Row
        if self._kept:
            db.execute("PRAGMA synchronous = OFF")
        return db


_LISTED = "admitted <= :day AND (leaves IS NULL OR leaves >= :day) AND (unlisted_from IS NULL OR unlisted_from > :day)"
# With a result set only the latest value typed by then stands; without one, each value stands.
_RESULTS = f"""
SELECT result.*, upn, admission_number, surname FROM result JOIN student USING (person_id)
WHERE {_LISTED} AND typed_at <= :moment
  AND (result_set IS NULL OR NOT EXISTS (
    SELECT 1 FROM result AS later
    WHERE later.person_id = result.person_id AND later.aspect = result.aspect
      AND later.result_set = result.result_set AND later.typed_at <= :moment
      AND (later.typed_at, later.id) > (result.typed_at, result.id)))
"""  # noqa: S608 - put together from constants
_IN_ORDER = "ORDER BY CAST(person_id AS INTEGER), aspect, dated, result.id"


def _stays(db: sqlite3.Connection, kind: str, day: date) -> dict[str, Stay]:
    """Where each student was on `day`, by person id. The end is left out: SIMS does not foresee it."""
    rows = db.execute(
        "SELECT * FROM stay WHERE kind = :kind AND first <= :day AND (last IS NULL OR last >= :day)",
        {"kind": kind, "day": day.isoformat()},
    )
    return {row["person_id"]: Stay(row["value"], date.fromisoformat(row["first"])) for row in rows}
