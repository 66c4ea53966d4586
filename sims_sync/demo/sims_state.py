"""What does the simulated SIMS hold, and what would an export of a given moment show?

Nothing typed is ever lost: each value keeps the moment at which it was typed, so that any earlier moment can be
exported again. All moments are aware; days are school-local.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sims_sync.demo.days import local_day
from sims_sync.demo.people import Stay
from sims_sync.demo.sims_file import INSERT_RESULT, STATE_FILE, Setting, stored

BUSY_SECONDS = 30.0
MENTORING_PREFIX = "Mentoring "


@dataclass(frozen=True, slots=True)
class ListedStudent:
    """One student as an export shows them; group, house and their from-dates are None without a group or house."""

    person_id: str
    upn: str | None
    admission_number: str
    surname: str
    forename: str
    nc_year: int
    enrolment: str
    admitted: date
    leaves: date | None
    group: Stay | None
    house: Stay | None


@dataclass(frozen=True, slots=True)
class ListedStaff:
    """One member of staff as an export shows them."""

    person_id: str
    code: str
    title: str
    surname: str
    forename: str
    email: str | None
    leaves: date | None


@dataclass(frozen=True, slots=True)
class ListedTutoring:
    """One tutor of one group as an export shows them, past ones of this year included."""

    group: str
    nc_year: int
    house: str
    staff_code: str
    role: str
    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class ListedResult:
    """One result as an export shows it, with the ids of its student; `typed_at` is aware and UTC."""

    person_id: str
    upn: str | None
    admission_number: str
    surname: str
    aspect: str
    result_set: str | None
    text: str
    dated: date
    typed_at: datetime | None = None


class SimsState:
    """The simulated SIMS of one folder. Every question names the moment for which it is asked."""

    def __init__(self, folder: Path) -> None:
        """Open the state that `write_state` left in `folder`.

        Raises:
            FileNotFoundError: there is none.
        """
        self._path = folder / STATE_FILE
        if not self._path.is_file():
            raise FileNotFoundError(f"{self._path} is missing; create the demo again.")

    def setting(self, name: Setting) -> str:
        """The value of one `Setting`; KeyError when it was never set."""
        with self._open() as db:
            row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise KeyError(name)
        return str(row[0])

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
        return [_student(row, stays) for row in rows for _ in range(row["listings"])]

    def staff(self, moment: datetime) -> list[ListedStaff]:
        """All staff of this year, those who left included; whom SIMS lists twice is in twice."""
        local_day(moment)  # a naive moment is refused here too
        with self._open() as db:
            rows = db.execute("SELECT * FROM staff ORDER BY CAST(person_id AS INTEGER)").fetchall()
        return [_staff_member(row) for row in rows for _ in range(row["listings"])]

    def tutor_groups(self, moment: datetime) -> list[ListedTutoring]:
        """Each group with each of its tutors who had begun by that day."""
        with self._open() as db:
            rows = db.execute(
                "SELECT * FROM tutor_group JOIN tutoring ON group_name = name WHERE first <= ?"
                " ORDER BY nc_year, name, tutoring.rowid",
                (local_day(moment).isoformat(),),
            ).fetchall()
        return [_tutoring(row) for row in rows]

    def results(self, moment: datetime, *, mentoring: bool) -> list[ListedResult]:
        """The results of everyone on roll as they stood at that moment: mentoring entries, or all others."""
        with self._open() as db:
            rows = db.execute(
                _RESULTS,
                {"day": local_day(moment).isoformat(), "moment": stored(moment), "prefix": f"{MENTORING_PREFIX}%"}
                | {"mentoring": mentoring},
            ).fetchall()
        return [_result(row) for row in rows]

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
        self, person_id: str, aspect: str, result_set: str | None, text: str, dated: date, typed_at: datetime
    ) -> None:
        """Type a value: with a result set it takes the place of the earlier one, without it is added (SIMS §3).

        Raises:
            KeyError: no such student.
        """
        with self._open() as db:
            if db.execute("SELECT 1 FROM student WHERE person_id = ?", (person_id,)).fetchone() is None:
                raise KeyError(person_id)
            db.execute(INSERT_RESULT, (person_id, aspect, result_set, text, dated.isoformat(), stored(typed_at)))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection for one question or one change, which is committed unless it fails."""
        with closing(sqlite3.connect(self._path, timeout=BUSY_SECONDS)) as db, db:
            db.row_factory = sqlite3.Row
            yield db


_LISTED = "admitted <= :day AND (leaves IS NULL OR leaves >= :day) AND (unlisted_from IS NULL OR unlisted_from > :day)"
# With a result set only the latest value typed by then stands; without one, each value stands.
_RESULTS = f"""
SELECT result.*, upn, admission_number, surname FROM result JOIN student USING (person_id)
WHERE {_LISTED} AND typed_at <= :moment AND (aspect LIKE :prefix) = :mentoring
  AND (result_set IS NULL OR NOT EXISTS (
    SELECT 1 FROM result AS later
    WHERE later.person_id = result.person_id AND later.aspect = result.aspect
      AND later.result_set = result.result_set AND later.typed_at <= :moment
      AND (later.typed_at, later.id) > (result.typed_at, result.id)))
ORDER BY CAST(person_id AS INTEGER), aspect, dated, result.id
"""  # noqa: S608 - put together from constants


def _stays(db: sqlite3.Connection, kind: str, day: date) -> dict[str, Stay]:
    """Where each student was on `day`, by person id. The end is left out: SIMS does not foresee it."""
    rows = db.execute(
        "SELECT * FROM stay WHERE kind = :kind AND first <= :day AND (last IS NULL OR last >= :day)",
        {"kind": kind, "day": day.isoformat()},
    )
    return {row["person_id"]: Stay(row["value"], date.fromisoformat(row["first"])) for row in rows}


def _student(row: sqlite3.Row, stays: Mapping[str, Mapping[str, Stay]]) -> ListedStudent:
    person_id = row["person_id"]
    return ListedStudent(
        person_id=person_id,
        upn=row["upn"],
        admission_number=row["admission_number"],
        surname=row["surname"],
        forename=row["forename"],
        nc_year=row["nc_year"],
        enrolment=row["enrolment"],
        admitted=date.fromisoformat(row["admitted"]),
        leaves=_date(row["leaves"]),
        group=stays["group"].get(person_id),
        house=stays["house"].get(person_id),
    )


def _staff_member(row: sqlite3.Row) -> ListedStaff:
    return ListedStaff(
        person_id=row["person_id"],
        code=row["code"],
        title=row["title"],
        surname=row["surname"],
        forename=row["forename"],
        email=row["email"],
        leaves=_date(row["leaves"]),
    )


def _tutoring(row: sqlite3.Row) -> ListedTutoring:
    return ListedTutoring(
        group=row["name"],
        nc_year=row["nc_year"],
        house=row["house"],
        staff_code=row["staff_code"],
        role=row["role"],
        first=date.fromisoformat(row["first"]),
        last=_date(row["last"]),
    )


def _result(row: sqlite3.Row) -> ListedResult:
    return ListedResult(
        person_id=row["person_id"],
        upn=row["upn"],
        admission_number=row["admission_number"],
        surname=row["surname"],
        aspect=row["aspect"],
        result_set=row["result_set"],
        text=row["text"],
        dated=date.fromisoformat(row["dated"]),
        typed_at=datetime.fromisoformat(row["typed_at"]),
    )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
