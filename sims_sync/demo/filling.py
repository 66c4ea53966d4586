"""How does an invented school get into the simulated SIMS?"""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

from sims_sync.demo.roll import InventedSchool
from sims_sync.demo.sims_file import INSERT_RESULT, SCHEMA, STATE_FILE, Setting, stored


def write_state(school: InventedSchool, folder: Path) -> None:
    """Write `folder`/sims.db anew from an invented school, by way of a file beside it.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{STATE_FILE}.new"
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(unfinished)) as db:
        db.executescript(SCHEMA)
        _insert_school(db, school)
        db.commit()
    unfinished.replace(folder / STATE_FILE)


def _insert_school(db: sqlite3.Connection, school: InventedSchool) -> None:
    """Write every table."""
    settings = {
        Setting.SCHOOL_NAME: school.name,
        Setting.DFE_NUMBER: school.dfe_number,
        Setting.INLINE_SCHEMA: "alternate",
        Setting.IDENTITY_COLUMNS: "shown",
    }
    db.executemany("INSERT INTO setting VALUES (?, ?)", settings.items())
    _insert_students(db, school)
    db.executemany(
        "INSERT INTO staff VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (who.person_id, who.code, who.title, who.surname, who.forename, who.email, _iso(who.leaves), who.listings)
            for who in school.staff
        ],
    )
    db.executemany(
        "INSERT INTO tutor_group VALUES (?, ?, ?)",
        [(group.name, group.nc_year, group.house) for group in school.groups],
    )
    db.executemany(
        "INSERT INTO tutoring VALUES (?, ?, ?, ?, ?)",
        [
            (group.name, tutor.staff_code, tutor.role.value, tutor.first.isoformat(), _iso(tutor.last))
            for group in school.groups
            for tutor in group.tutors
        ],
    )
    db.executemany(
        INSERT_RESULT,
        [
            (
                value.person_id,
                value.aspect,
                value.result_set,
                value.text,
                value.dated.isoformat(),
                stored(value.typed_at),
            )
            for value in school.results
        ],
    )


def _insert_students(db: sqlite3.Connection, school: InventedSchool) -> None:
    """Write the students and where they were."""
    db.executemany(
        "INSERT INTO student VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                student.person_id,
                student.upn,
                student.admission_number,
                student.surname,
                student.forename,
                student.nc_year,
                student.enrolment,
                student.admitted.isoformat(),
                _iso(student.leaves),
                _iso(student.unlisted_from),
                student.listings,
            )
            for student in school.students
        ],
    )
    db.executemany(
        "INSERT INTO stay VALUES (?, ?, ?, ?, ?)",
        [
            (student.person_id, kind, stay.value, stay.first.isoformat(), _iso(stay.last))
            for student in school.students
            for kind, stays in (("group", student.groups), ("house", student.houses))
            for stay in stays
        ],
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
