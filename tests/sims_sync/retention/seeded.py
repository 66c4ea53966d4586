"""How does a test fill every place that can hold a person with one invented one, and find each trace of them again?

The tables are filled by their columns, not by a list: a new table or column is filled too.
"""

import hashlib
import json
import os
import zlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Integer, LargeBinary, Table, insert, select

from sims_sync.config import SchoolConfig
from sims_sync.connector import Row, SourceState
from sims_sync.records import Kind
from sims_sync.retention.places import file_places
from sims_sync.store.holdings import HOLDINGS, Link
from sims_sync.store.plans import keep
from sims_sync.store.session import Store
from sims_sync.store.tables import UtcDateTime, metadata
from tests.sims_sync.builders import SCHOOL_ID, World, at, make_school, student

STUDENT_ID = "s" + hashlib.blake2b(b"invented", digest_size=8).hexdigest()
SURNAME, FORENAME = "Qxvorandel", "Zzulpamar"
UPN, NUMBER, PERSON_ID = "Q987654321098", "009771", "977100"
WORDS = "plughxyzzy"  # stands in every text about them
ENTRY_KEY = f"proformas:{WORDS}-row"
DELIVERY_KEY = f"2026-27/autumn-2/{STUDENT_ID}/target-1"
MARKS = (STUDENT_ID, SURNAME, FORENAME, UPN, NUMBER, PERSON_ID, WORDS)
THEN = at("2026-11-12 09:00")

# Of each table whose trace is no column: what stands there of them.
_WITHIN: Mapping[str, Mapping[str, Any]] = {
    "missing": {"kind": "mentoring_entries", "row_key": ENTRY_KEY, "held": False},
    "journal": {"table_name": "student", "row_key": [SCHOOL_ID, STUDENT_ID], "before": {"surname": SURNAME}},
    "plan": {
        "changes": [{"action": "added", "key": STUDENT_ID, "fields": []}],
        "state": "applied",
        "release_reason": f"{FORENAME} {SURNAME} really left",
    },
    "audit": {"subject": DELIVERY_KEY, "detail": {"about": f"{FORENAME} {SURNAME}", "of": [STUDENT_ID]}},
    "problem": {"subject": f"admission number {NUMBER}", "code": "upn-unknown-la"},
    "tutor_note": {"text": f"{SURNAME}, {FORENAME} was ill"},
}
_NOTHING_TO_READ = frozenset({"read_mark", "kept_read", "snapshot"})  # fingerprints; and two with a form of their own


def student_row() -> dict[str, str]:
    """Them in the student report."""
    more = {"Surname": SURNAME, "Forename": FORENAME, "Adno": NUMBER, "Person_ID": PERSON_ID, "UPN": UPN}
    return student(1) | {name.replace("_", " "): text for name, text in more.items()}


def fill_tables(store: Store) -> frozenset[str]:
    """Put them into every table that can hold a student; the tables."""
    filled = set()
    with store.writing() as connection:
        for table in metadata.sorted_tables:
            link = HOLDINGS[table.name].student
            if link is None or table.name in _NOTHING_TO_READ:
                continue
            values = {column.name: _value(table, column.name) for column in table.columns}
            if table.name == "student_alias":
                for kind, value in (("upn", UPN), ("admission_number", NUMBER), ("person_id", PERSON_ID)):
                    connection.execute(
                        insert(table).values(values | {"system": "sims", "id_kind": kind, "value": value})
                    )
            else:
                connection.execute(insert(table).values(values | dict(_WITHIN.get(table.name, {}))))
            filled.add(table.name)
        rows = [Row(number, {**student(number)}) for number in (2, 3)]
        state = SourceState("students", THEN)
        of = {"kind": "students", "source": Kind.STUDENTS.value, "run_id": "r", "kept_at": THEN, "began": THEN}
        keep(connection, SCHOOL_ID, "k1", state, [Row(1, student_row()), *rows], of)
    return frozenset(filled | {"kept_read"})


def _value(table: Table, name: str) -> Any:  # noqa: ANN401 - any column's value
    column = table.c[name]
    known: dict[str, Any] = {
        "school": SCHOOL_ID,
        "student_id": STUDENT_ID,
        "entry_key": ENTRY_KEY,
        "delivery_key": DELIVERY_KEY,
        "half_term": "2026-27/autumn-2",
        "run_id": "20261112T090000-00000000",
        "leaving_date": None,
    }
    if table.name == "student":
        known |= {"surname": SURNAME, "forename": FORENAME, "upn": UPN, "admission_number": NUMBER}
        known |= {"person_id": PERSON_ID, "nc_year": "8", "tutor_group": "8A1", "house": "Austen", "tutor": "T1"}
    if table.name == "student_span":
        known |= {"what": "group"}
    if table.name == "quarantine":
        known |= {"state": "held"}
    if name in known:
        return known[name]
    for kind, value in (
        (UtcDateTime, THEN),
        (Date, date(2026, 11, 12)),
        (Boolean, False),
        (Integer, 1),
        (LargeBinary, WORDS.encode()),
        (JSON, {} if HOLDINGS[table.name].student is Link.WITHIN else {"text": WORDS}),
    ):
        if isinstance(column.type, kind):
            return value
    return WORDS if HOLDINGS[table.name].student is not Link.WITHIN else "neutral"


def traces(store: Store) -> set[str]:
    """The tables in which anything of them can be read."""
    found = set()
    with store.reading() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                if any(mark in readable(value) for value in row.values() for mark in MARKS):
                    found.add(table.name)
    return found


def readable(value: object) -> str:
    """A column's value as text, also where it is compressed."""
    if isinstance(value, bytes):
        try:
            return zlib.decompress(value).decode()
        except zlib.error:
            return value.decode(errors="replace")
    return json.dumps(value, ensure_ascii=False, default=str)


def marked_files(folder: Path) -> list[str]:
    """Every file below a folder with a byte of them, databases and their logs too."""
    wanted = [mark.encode() for mark in MARKS]
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and any(mark in path.read_bytes() for mark in wanted)
    )


def with_folders(world: World, base: Path) -> World:
    """The same school with a folder for everything that can lie in one."""
    sources = {
        "students": {
            "kind": "students", "connector": "drop_folder", "mapping": "sims_students", "folder": "in/students",
        },
        "workbooks": {
            "kind": "proformas",
            "connector": "proforma_workbook",
            "mapping": "proforma_workbook",
            "folder": "workbooks",
        },
    }  # fmt: skip
    messages = {
        "sender": "sims-sync@austen.example",
        "allowed_domains": ["austen.example"],
        "mailer": {"connector": "mail_folder", "folder": "mail"},
    }
    folders = {"houses": "lists/houses/{house}", "groups": "lists/groups/{group}", "lead": "lists/lead"}
    push = {"enabled": True, "destination": {"connector": "assessment_file", "folder": "for-sims"}}
    school = make_school(base, sources=sources, messages=messages, reports={"folders": folders}, push=push)
    return World(world.store, school, world.shelves, world.post)


# Where the product writes → a name as it would write it.
OUR_FILES = (
    "in/students/done/students.20261112T090000-0123abcd.csv",
    "in/students/failed/students.20261112T090000-0123abcd-2.csv",
    "workbooks/done/8A1.20261112T090000-0123abcd.xlsx",
    "workbooks/answers/8A1 - please correct.xlsx",
    "proformas-issued/austen/2026-27 Autumn 2/8A1 Autumn 2 2026-27.xlsx",
    "mail/sims-sync.20261112.1@austen.example-0123456789ab.eml",
    "log/sims-sync.log.1",
    "work/austen/report-x/output.xml",
)
# What a person put there, or the school's own: never deleted.
NOT_OURS = (
    "in/students/students.csv",
    "in/students/done/kept by hand.csv",
    "workbooks/8A1.xlsx",
    "mail/holiday.eml",
    "config.toml",
    "roles.csv",
    "log/another.log",
    "lists/groups/8A1/seating plan.xlsx",
)


def put_files(folder: Path, names: tuple[str, ...], days_old: float) -> None:
    """Files that tell of them, written so many days ago."""
    written = (datetime.now(UTC) - timedelta(days=days_old)).timestamp()
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{FORENAME},{SURNAME},{UPN}\n", encoding="utf-8")
        os.utime(path, (written, written))


def declared(school: SchoolConfig) -> set[str]:
    """Every file that the list of places calls ours."""
    return {path.relative_to(school.base).as_posix() for place in file_places(school) for path in place.files()}


def without_link() -> set[str]:
    """Tables that can hold no student."""
    return {name for name, holding in HOLDINGS.items() if holding.student is None}


__all__ = ["MARKS", "NOT_OURS", "OUR_FILES", "Link", "declared", "fill_tables", "marked_files", "put_files", "traces"]
