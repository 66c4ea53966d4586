"""Which texts are pushed? An invented school in whose store a year's targets wait, and whose SIMS holds none of them.

The same number gives the same texts. They are ordinary: some thirty words, with the by-date, success and support that a
pro-forma asks for.
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter

from bench.place import BenchFault, fresh_folder
from connectors.oneroster.options import OneRosterResultsOptions
from connectors.oneroster.paging import list_records
from connectors.oneroster.places import Place, Places
from connectors.oneroster.token import TokenAuthority
from connectors.oneroster.writing import content_of, result_id
from sims_sync.config_file import load_config
from sims_sync.context import RunContext
from sims_sync.demo import cycle
from sims_sync.demo.oneroster_child import oneroster_child
from sims_sync.http import HttpClient
from sims_sync.outcome import Outcome
from sims_sync.plan import Action, Change
from sims_sync.pull.release import Decision, release_first
from sims_sync.push.destination import deliverable
from sims_sync.push.queueing import queue_deliveries
from sims_sync.records import Entry, EntryKind, EntryState, Target
from sims_sync.run import RunOptions, run_job, run_step
from sims_sync.store.deliveries import load_deliveries
from sims_sync.store.entries import Origin, apply_entries
from sims_sync.store.session import open_store
from sims_sync.store.students import load_students

SCHOOL = "push-school"
PUTS_FILE = "puts.jsonl"  # what our push would write, for the bare loop
STUDENTS_MIN = 60
TARGETS_PER_STUDENT = 12  # 1,063 students: about 12,800 in a year
PULLED_AT = datetime(2026, 12, 16, 6, 0, tzinfo=UTC)
HALF_TERMS = (
    ("2026-27/autumn-1", date(2026, 9, 21)),
    ("2026-27/autumn-2", date(2026, 11, 16)),
    ("2026-27/spring-1", date(2027, 1, 18)),
    ("2026-27/spring-2", date(2027, 3, 1)),
    ("2026-27/summer-1", date(2027, 4, 26)),
    ("2026-27/summer-2", date(2027, 6, 14)),
)
# The demo's client is impatient, so that its faults show; a server that is measured is given time.
_PATIENCE = (
    ("timeout_seconds = 1\n", "timeout_seconds = 30\n"),
    ("total_seconds = 5\n", "total_seconds = 60\n"),
    ('starts_with = "2026-27/autumn-2"', 'starts_with = "2026-27/autumn-1"'),
)


def prepare(folder: Path, size: int) -> float:
    """The school, with `size` deliveries queued, and the file of what each would write; seconds it took."""
    began, school = perf_counter(), fresh_folder(folder / SCHOOL)
    cycle.prepare(school, max(STUDENTS_MIN, size // TARGETS_PER_STUDENT))
    config_file = school / "config.toml"
    config_file.write_text(_patient(config_file.read_text(encoding="utf-8")), encoding="utf-8")
    with closing(sqlite3.connect(school / "sims" / "sims.db")) as sims, sims:
        sims.execute("DELETE FROM result WHERE aspect LIKE 'Mentoring %'")
    config = load_config(config_file)
    of_school = config.schools["demo"]
    store = open_store(config.store.url, config.base)
    options = RunOptions(as_of=PULLED_AT)
    run_job(store, config, of_school, "pull_students", options)
    run_step(store, of_school, "release", lambda each: release_first(each, Decision("bench", "measured")), options)
    run_step(store, of_school, "queue", lambda context: _queue(context, size))
    run_step(store, of_school, "puts", lambda context: _write_puts(context, folder / PUTS_FILE, size))
    store.close()
    if not (folder / PUTS_FILE).exists():
        raise BenchFault("the school could not be made")
    return perf_counter() - began


def _patient(text: str) -> str:
    for before, after in _PATIENCE:
        text = text.replace(before, after)
    return text


def _queue(context: RunContext, size: int) -> Outcome:
    with context.store.writing() as connection:
        students = sorted(load_students(connection, context.school_id))
        changes = [Change(Action.ADD, entry.key, entry) for entry in _entries(students, size)]
        apply_entries(connection, context.school_id, changes, Origin("bench", context.run_id))
    queue_deliveries(context)
    return Outcome()


def _entries(students: Sequence[str], size: int) -> Iterator[Entry]:
    """About two targets for each student and half term, of which the first few have one more."""
    pairs = [(student, half_term) for half_term in HALF_TERMS for student in students]
    each, more = divmod(size, len(pairs))
    for number, (student, (half_term, day)) in enumerate(pairs):
        count = each + (number < more)
        if count:
            yield _entry(number, student, half_term, day, count)


def _entry(number: int, student: str, half_term: str, day: date, count: int) -> Entry:
    return Entry(
        entry_key=f"bench:{number:05}",
        student_id=student,
        kind=EntryKind.INTERVIEW,
        interview_date=day,
        recorded_at=datetime(2026, 12, 1, tzinfo=UTC) + timedelta(seconds=number),
        origin="proforma",
        author="BEN",
        state=EntryState.SUBMITTED,
        half_term=half_term,
        targets=tuple(
            Target(
                text=f"Hand in homework {number} on time in {place} subjects for the whole half term",
                criterion="Seen in four of five lessons",
                support="A weekly look at the planner",
                by_date=day + timedelta(days=28),
            )
            for place in range(1, count + 1)
        ),
    )


def _write_puts(context: RunContext, path: Path, size: int) -> Outcome:
    """`{"sourcedId", "body", "filter", "text"}` for each delivery, in the order in which ours are sent."""
    with context.store.reading() as connection:
        students = load_students(connection, context.school_id)
        rows = load_deliveries(connection, context.school_id)
    if len(rows) != size:
        raise BenchFault(f"{len(rows):,} of {size:,} deliveries are queued: this measures nothing.")
    options, places = _places(context)
    with path.open("w", encoding="utf-8") as file:
        for row in rows.values():
            delivery = deliverable(row, students[row.student_id], context.school)
            place = places.of(delivery)
            if not isinstance(place, Place):
                raise BenchFault("SIMS has no place for a delivery.")
            body = content_of(options, delivery, place, context.now())
            sourced_id = result_id(options, delivery, place)
            asked = f"student.sourcedId='{place.student_id}' AND {options.item}.sourcedId='{place.line_item_id}'"
            line = {"sourcedId": sourced_id, "body": body, "filter": asked, "text": delivery.text}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return Outcome()


def _places(context: RunContext) -> tuple[OneRosterResultsOptions, Places]:
    section = context.school.push.destination
    if section is None:
        raise BenchFault("The demo has no destination.")
    with oneroster_child(context.school.base / "sims", os.environ) as url:
        addresses = {"base_url": url, "token_url": f"{url}/connect/token"}
        options = OneRosterResultsOptions.model_validate({**section.options, **addresses})
        authority = TokenAuthority(options, context.connector_context().secret)
        client = HttpClient(url, options, authority)
        places = Places.load(lambda name: list_records(client, options, name), options)
        client.close()
        authority.close()
    return options, places
