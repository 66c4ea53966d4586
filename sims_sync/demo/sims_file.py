"""What is in the file that holds the state of the simulated SIMS?

The state is `sims.db` (SQLite) in the demo's folder; `filling` writes it, `sims_state` asks it questions. Days are
stored as ISO dates, moments as ISO text in UTC, which sorts by time.
"""

from datetime import UTC, datetime
from enum import StrEnum

STATE_FILE = "sims.db"
INSERT_RESULT = "INSERT INTO result (person_id, aspect, result_set, text, dated, typed_at) VALUES (?, ?, ?, ?, ?, ?)"
INSERT_PUT = (
    "INSERT INTO result (person_id, aspect, result_set, text, dated, typed_at, sourced_id) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
SCHEMA = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE student (
    person_id TEXT PRIMARY KEY, upn TEXT, admission_number TEXT NOT NULL, surname TEXT NOT NULL, forename TEXT NOT NULL,
    nc_year INTEGER NOT NULL, enrolment TEXT NOT NULL, admitted TEXT NOT NULL, leaves TEXT, unlisted_from TEXT,
    listings INTEGER NOT NULL);
CREATE TABLE stay (
    person_id TEXT NOT NULL REFERENCES student, kind TEXT NOT NULL, value TEXT NOT NULL, first TEXT NOT NULL,
    last TEXT);
CREATE TABLE staff (
    person_id TEXT PRIMARY KEY, code TEXT NOT NULL, title TEXT NOT NULL, surname TEXT NOT NULL, forename TEXT NOT NULL,
    email TEXT, leaves TEXT, listings INTEGER NOT NULL);
CREATE TABLE tutor_group (name TEXT PRIMARY KEY, nc_year INTEGER NOT NULL, house TEXT NOT NULL);
CREATE TABLE tutoring (
    group_name TEXT NOT NULL REFERENCES tutor_group, staff_code TEXT NOT NULL, role TEXT NOT NULL, first TEXT NOT NULL,
    last TEXT);
CREATE TABLE result (
    id INTEGER PRIMARY KEY, person_id TEXT NOT NULL REFERENCES student, aspect TEXT NOT NULL, result_set TEXT,
    text TEXT NOT NULL, dated TEXT NOT NULL, typed_at TEXT NOT NULL, sourced_id TEXT);
CREATE INDEX result_of ON result (person_id, aspect, result_set);
CREATE INDEX result_in ON result (aspect, result_set);
CREATE INDEX result_put ON result (sourced_id) WHERE sourced_id IS NOT NULL;
"""


class Setting(StrEnum):
    """The names of what can be set in the simulated SIMS, with the values each may have."""

    SCHOOL_NAME = "school_name"
    DFE_NUMBER = "dfe_number"
    INLINE_SCHEMA = "inline_schema"  # "on", "off", or "alternate": in every second report
    IDENTITY_COLUMNS = "identity_columns"  # "shown", or "hidden": the user lacks the permission to see them
    LOCKED_SETS = "locked_sets"  # the result sets in which nothing may be written, as a JSON list; else none
    WRITE_PERMISSION = "write_permission"  # "granted" (also when never set), or "missing": OneRoster may not write


def stored(moment: datetime) -> str:
    """An aware moment as the state keeps it: text in UTC that sorts by time.

    Raises:
        ValueError: a naive datetime, which could mean either of two moments.
    """
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
