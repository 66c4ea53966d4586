"""What happens when one export is read into a school that was read well before: does every promise of P2 hold?"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from sims_sync.compliance_report import compliance_report, summary_of
from sims_sync.config import Config, SchoolConfig
from sims_sync.context import RunContext
from sims_sync.errors import RunError
from sims_sync.outcome import Ending, Outcome, Problem
from sims_sync.plan import HISTORIES
from sims_sync.pull.release import Decision, release_first
from sims_sync.report import render_text
from sims_sync.run import RunOptions, run_job, run_step
from sims_sync.self_test.corpus import DONE, Export
from sims_sync.self_test.school import DEADLINE_OVER, HALF_TERM, JOB_OF, InventedSchool, invented_school, school_config
from sims_sync.self_test.written import xml
from sims_sync.store import tables
from sims_sync.store.session import Store, open_store

WRITTEN_AT = DEADLINE_OVER - timedelta(minutes=10)
READ_AT = DEADLINE_OVER + timedelta(hours=2)
STORE_FILE = "self-test.db"
DATA_TABLES: Sequence[Table] = (
    tables.student,
    tables.student_alias,
    tables.student_span,
    tables.staff_member,
    tables.house,
    tables.tutor_group,
    tables.role,
    tables.result,
    tables.entry,
    tables.target,
    tables.review,
    tables.entry_version,
)

_DECISION = Decision(who="self-test", reason="self-test")

Dump = Mapping[str, Sequence[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What can be seen of a school: its rows, what is on its way out, and who is named with how many students."""

    rows: Dump
    removed: frozenset[str]
    named: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReadWell:
    """A folder with a store that holds the invented school, read well, and what is seen of it. Only to be copied."""

    folder: Path
    school: InventedSchool
    seen: Seen


@dataclass(frozen=True, slots=True)
class Trial:
    """What one export did: exit code, the sentence said, and every broken promise."""

    export: Export
    code: int
    sentence: str
    faults: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return not self.faults

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "name": self.export.name,
            "expected": self.export.code,
            "got": self.code,
            "passed": self.passed,
            "sentence": self.sentence,
            "faults": list(self.faults),
        }


def read_well(folder: Path) -> ReadWell:
    """Read the invented school into a new store in `folder`.

    Raises:
        RunError: even the good exports were not read well.
    """
    school, config = invented_school(), school_config(folder)
    for kind, rows in school.rows.items():
        _put(folder / kind.value / f"{kind.value}.xml", xml(rows), WRITTEN_AT)
    store = open_store(f"sqlite:///{STORE_FILE}", folder)
    try:
        for job in dict.fromkeys(JOB_OF.values()):
            outcome = pull_and_confirm(store, config, job, DEADLINE_OVER)
            if outcome.ending is not Ending.DONE:
                raise RunError("self-test", f"{job} did not read the good exports well.", _shown(outcome))
        seen = _look(store, config)
    finally:
        store.close()
    return ReadWell(folder, school, seen)


def pull_and_confirm(store: Store, school: SchoolConfig, job: str, moment: datetime) -> Outcome:
    """Run a job and, where it asks "is this your school?", say yes; results are not kept, so they are read again."""
    options = RunOptions(as_of=moment)
    outcome = run_job(store, _config(school), school, job, options).outcome
    if not outcome.waiting:
        return outcome
    released = run_step(store, school, "release", lambda context: release_first(context, _DECISION), options).outcome
    return released if outcome.kept else run_job(store, _config(school), school, job, options).outcome


def try_export(before: ReadWell, export: Export, folder: Path) -> Trial:
    """Read one export into a copy of the school, in `folder`, which must be there and empty."""
    shutil.copy2(before.folder / STORE_FILE, folder / STORE_FILE)
    config = school_config(folder)
    for kind in before.school.rows:
        (folder / kind.value).mkdir()
    path = folder / export.kind.value / export.file_name
    _put(path, export.make(before.school), READ_AT - timedelta(minutes=export.minutes_old))
    store = open_store(f"sqlite:///{STORE_FILE}", folder)
    try:
        outcome = run_job(store, _config(config), config, JOB_OF[export.kind], RunOptions(as_of=READ_AT)).outcome
        after = _look(store, config)
    finally:
        store.close()
    said = _said(export, outcome)
    faults = (
        *_wrong_end(export, outcome),
        *_changes(before.seen, after),
        *_accusations(before.seen, after),
        *_wrong_words(export, said, before.school.personal_texts()),
        *_misplaced(path, outcome),
    )
    return Trial(export, outcome.exit_code, " ".join(str(problem) for problem in said), faults)


def _put(path: Path, content: bytes, modified: datetime) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (modified.timestamp(), modified.timestamp()))


def _config(school: SchoolConfig) -> Config:
    return Config(file=school.base / "config.toml", schools={school.id: school})


def _look(store: Store, school: SchoolConfig) -> Seen:
    with store.reading() as connection:
        rows = {
            table.name: sorted((tuple(row) for row in connection.exec_driver_sql(_dump(table))), key=repr)
            for table in DATA_TABLES
        }
        # An absence that is not held becomes a removal after 14 days; that of an entry is history (DOMAIN rule 14a).
        gone = select(tables.missing.c.kind, tables.missing.c.row_key).where(
            tables.missing.c.held.is_(False), tables.missing.c.kind.not_in(HISTORIES)
        )
        removed = frozenset(f"{kind}: {key}" for kind, key in connection.execute(gone))
    return Seen(rows, removed, _named(store, school))


def _dump(table: Table) -> str:
    return f"SELECT * FROM {table.name}"  # noqa: S608 - the name of a table of ours


def _named(store: Store, school: SchoolConfig) -> dict[str, int]:
    """Tutor → outstanding students, of everybody whom the report of the morning names for follow-up."""
    context = RunContext(store, school, lambda: READ_AT, "self-test", rehearsal=True)
    summary = summary_of(compliance_report(context, HALF_TERM), school)
    text = render_text(summary)
    named: dict[str, int] = {}
    for group in (group for house in summary.houses for group in house.groups):
        if group.figures.outstanding:
            for tutor in group.tutors:
                named[tutor] = named.get(tutor, 0) + group.figures.outstanding
    with store.reading() as connection:
        surnames = connection.execute(select(tables.staff_member.c.surname)).scalars()
        shown = {surname for surname in surnames if re.search(rf"\b{re.escape(surname)}\b", text)}
    return {**dict.fromkeys(shown, 0), **named}


def _said(export: Export, outcome: Outcome) -> list[Problem]:
    """The problems; of a file that waits for the next run, the note that says so."""
    if outcome.problems or export.code != DONE or not export.sentences:
        return list(outcome.problems)
    return [Problem("note", note) for note in outcome.notes if export.file_name in note]


def _wrong_end(export: Export, outcome: Outcome) -> Iterator[str]:
    if outcome.exit_code != export.code:
        yield f"exit code {outcome.exit_code} instead of {export.code}"
    if any(problem.code == "unforeseen" for problem in outcome.problems):
        yield "a fault nobody foresaw"


def _changes(before: Seen, after: Seen) -> Iterator[str]:
    changed = [name for name, rows in before.rows.items() if after.rows[name] != rows]
    if changed:
        yield f"wrote into {', '.join(changed)}"
    removed = len(after.removed - before.removed)
    if removed:
        yield f"{removed} removals"


def _accusations(before: Seen, after: Seen) -> Iterator[str]:
    more = sum(count > before.named.get(name, -1) for name, count in after.named.items())
    if more:
        yield f"the report names {more} tutors, or more of their students, than before"


def _wrong_words(export: Export, said: Sequence[Problem], personal: frozenset[str]) -> Iterator[str]:
    if len(said) != export.sentences:
        yield f"{len(said)} sentences instead of {export.sentences}"
    for problem in said:
        text = str(problem)
        if not problem.what or (not problem.do and problem.code != "note"):
            yield "a sentence that does not say what happened and what to do"
        if "\n" in text or "Traceback" in text:
            yield "a sentence of several lines"
        if any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text.casefold()) for word in personal):
            yield "a sentence that quotes the file"


def _misplaced(path: Path, outcome: Outcome) -> Iterator[str]:
    """A file that was dealt with is set aside, or it would be read again and again."""
    place = "done" if outcome.ending in {Ending.DONE, Ending.HELD} else "failed"
    kept = path.exists()
    if kept and outcome.ending is Ending.DONE and any("next run" in note for note in outcome.notes):
        return
    if kept or not any((path.parent / place).glob("*")):
        yield "the file was not set aside"


def _shown(outcome: Outcome) -> str:
    return " ".join(str(problem) for problem in outcome.problems)
