"""Pulling entries: what tutors typed in SIMS, and what they handed in on pro-formas (DOMAIN rules 14, 14a)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sims_sync.connector import RowProblem
from sims_sync.delivery import Step
from sims_sync.errors import RecordError
from sims_sync.guard import are_too_many, limits_of
from sims_sync.plan import Plan
from sims_sync.proformas import SlotCount, keep_first_recording, kept_apart, returned, same_content
from sims_sync.pull.reading import Ground, HeldRow, MappedRead, Wanted, When
from sims_sync.push.recognising import OurValues, our_values
from sims_sync.push.seen import Moment, apply_looks
from sims_sync.records import Entry, EntryState, Kind
from sims_sync.store.decisions import load_excusals, save_excusal
from sims_sync.store.entries import Origin, apply_entries, load_entries
from sims_sync.store.last_said import Saying, load_last_said, note_last_said
from sims_sync.store.reads import MissingRow, load_missing, mark_missing, mark_returned
from sims_sync.store.students import load_register
from sims_sync.typed_entries import Recogniser, TypedReading, gone_from


class TypedEntryPull:
    """The kind `mentoring_entries`: values typed in SIMS."""

    def wanted(self, connection: Connection, ground: Ground, read: MappedRead, when: When) -> Wanted:
        """Entries by key; a value that was known already stays recorded when it was first.

        A student has one value of an aspect in a result set (SIMS §3): of two that differ nobody can say which is true.
        """
        register = load_register(connection, ground.school_id)
        known = load_entries(connection, ground.school_id, read.source)
        recogniser = Recogniser(ground.school.entries, ground.school_year, TypedReading(when.began, when.last_good))
        ours = our_values(connection, ground.school_id)
        found: dict[str, Entry] = {}
        held: list[HeldRow] = []
        duplicates = other = 0
        for number, row in read.records:
            student_id = None
            try:
                student_id = register.require(row.student)
                entry = recogniser.entry(row, student_id)
            except RecordError as error:
                held.append((number, error, student_id))
                continue
            if entry is None:
                other += 1
                continue
            owner = ground.school_year.owner(entry.interview_date)
            place = recogniser.place(row)
            if ours.claims(student_id, place, str(owner) if owner else None, row.text, when.began):
                continue
            before = known.get(entry.key)
            if row.result_date is None and before is not None:
                entry = replace(entry, interview_date=before.interview_date)  # a later read is no later interview
            entry = keep_first_recording(entry, before)
            if row.result_set and found.get(entry.key, entry) != entry:
                held.append((number, _clash(), student_id))
                continue
            duplicates += entry.key in found
            found[entry.key] = entry
        notes = [f"{other} values of other aspects were left alone."] if other else []
        gone = gone_from(known, found.keys())
        withdrawn, held_back = _gone_for_good(connection, ground, when, gone, len(known))
        if withdrawn:
            notes.append(f"{len(withdrawn)} entries are gone from SIMS and count as withdrawn.")
        found.update({key: replace(known[key], state=EntryState.WITHDRAWN) for key in withdrawn})
        extras = {"gone": gone, "held_back": held_back, "ours": ours}
        return Wanted(found, tuple(held), duplicates, tuple(notes), extras)

    def stored(self, connection: Connection, ground: Ground, read: MappedRead) -> Mapping[str, Entry]:
        """Every entry of this source."""
        return load_entries(connection, ground.school_id, read.source)

    def write(
        self, connection: Connection, ground: Ground, read: MappedRead, when: When, plan: Plan, wanted: Wanted
    ) -> Sequence[str]:
        """Entries, which of them are absent since when, and what the export shows of our own values."""
        apply_entries(connection, ground.school_id, plan.changes, Origin(read.source, ground.run_id))
        kind, gone = Kind.MENTORING_ENTRIES, wanted.extras["gone"]
        before = load_missing(connection, ground.school_id, kind)
        mark_returned(
            connection, ground.school_id, kind, [key for key in before if key in wanted.records and key not in gone]
        )
        new = [MissingRow(key, when.began, when.last_good, held=False) for key in gone if key not in before]
        held = [replace(before[key], held=True) for key in wanted.extras["held_back"]]
        mark_missing(connection, ground.school_id, kind, read.source, (*new, *held), ground.run_id)
        return _looked_at(connection, ground, wanted.extras["ours"])


def _looked_at(connection: Connection, ground: Ground, ours: OurValues) -> Sequence[str]:
    """Confirm, adopt or set aside the deliveries that this export shows; sentences with counts."""
    if not ours.looks:
        return ()
    moment = Moment(ground.school_id, ground.run_id, ground.now)
    looked = apply_looks(connection, moment, ours.deliveries, ours.looks, limits_of(ground.school.guard))
    said = {Step.CONFIRM: "confirmed", Step.ADOPT: "newer in SIMS and adopted"}
    said |= {Step.DIFFERS: "different in SIMS", Step.CONFLICT: "competing with a value typed in SIMS"}
    counts = [f"{looked.count(step)} {text}" for step, text in said.items() if looked.count(step)]
    seen = f"Texts of ours seen in SIMS: {len(ours.looks)}" + (f" ({', '.join(counts)})." if counts else ".")
    return (seen, *(f"{problem.what} {problem.do}" for problem in looked.problems))


def _gone_for_good(
    connection: Connection, ground: Ground, when: When, gone: Sequence[str], known: int
) -> tuple[Sequence[str], Sequence[str]]:
    """Entries to withdraw, and those too many to be believed: a report that stays short must name nobody.

    Entries gone from 14 days of good reads are withdrawn; before that their absence means nothing (rule 14a). More of
    them at once than the guard lets go of any kind are held like other removals, until a person releases them.
    """
    missing = load_missing(connection, ground.school_id, Kind.MENTORING_ENTRIES)
    grace = timedelta(days=ground.school.guard.grace_days)
    over = [key for key in gone if key in missing and when.began - missing[key].since >= grace]
    released = [key for key in over if missing[key].released]
    others = [key for key in over if not missing[key].released]
    if are_too_many(len(others), known, limits_of(ground.school.guard)):
        return released, others
    return over, ()


def _clash() -> RecordError:
    do = "The first was used. Does the report join several record sets, or repeat one student's id?"
    return RecordError("duplicate-entry", "id", "the source holds two texts of one student, aspect and result set", do)


class ProformaPull:
    """The kind `proformas`: returned workbooks and files."""

    def wanted(self, connection: Connection, ground: Ground, read: MappedRead, when: When) -> Wanted:
        """Entries by key; `extras`: the excusals given in the same rows, and what is to be answered.

        Where two copies differ, the one that was saved later wins, in whichever order they come.
        """
        register = load_register(connection, ground.school_id)
        known = load_entries(connection, ground.school_id, read.source)
        last_said = load_last_said(connection, ground.school_id, read.source)
        said: dict[str, Saying] = {}
        slots = SlotCount(known, ground.school_year)
        found: dict[str, Entry] = {}
        excusals = []
        held: list[HeldRow] = []
        older: list[RowProblem] = []
        duplicates = 0
        for number, row in read.records:
            student_id = None
            try:
                student_id = register.require(row.student)
                result = returned(
                    row, student_id, source=read.source, recorded_at=when.began, school_year=ground.school_year
                )
                if result.entry is not None:
                    revised_at = row.revised_at  # then its id is an entry's for ever, whatever its date becomes
                    entry = result.entry if revised_at else kept_apart(result.entry, known, ground.school_year)
                    before, last = known.get(entry.key), last_said.get(entry.key)
                    entry = keep_first_recording(entry, before, min(revised_at, when.began) if revised_at else None)
                    _refuse_taken(entry, before, found.get(entry.key))
                    is_repeated = last is not None and last.is_repeated_by(entry)
                    if not is_repeated and _is_older(entry, before, last, revised_at, when):
                        older.append(_newer_was_kept(number))
                        continue
                    if not is_repeated:
                        said[entry.key] = Saying(revised_at) if revised_at else Saying(when.began, read.state.name)
                        slots.take(entry)
                        duplicates += entry.key in found
                        found[entry.key] = entry
            except RecordError as error:
                held.append((number, error, student_id))
                continue
            if result.excusal is not None:
                excusals.append(result.excusal)
        notes = _notes_on_copies(found, known, last_said, read.state.name, len(older))
        newest = {key: each for key, each in said.items() if key not in last_said or last_said[key].as_of <= each.as_of}
        extras = {"excusals": excusals, "answers": tuple(older), "said": newest}
        return Wanted(found, tuple(held), duplicates, notes, extras)

    def stored(self, connection: Connection, ground: Ground, read: MappedRead) -> Mapping[str, Entry]:
        """Every entry of this source."""
        return load_entries(connection, ground.school_id, read.source)

    def write(
        self, connection: Connection, ground: Ground, read: MappedRead, when: When, plan: Plan, wanted: Wanted
    ) -> Sequence[str]:
        """Entries, what the source now said of each, and excusals."""
        apply_entries(connection, ground.school_id, plan.changes, Origin(read.source, ground.run_id))
        note_last_said(connection, ground.school_id, wanted.extras["said"])
        later = {
            (each.student_id, each.half_term): each.effective for each in load_excusals(connection, ground.school_id)
        }
        for excusal in wanted.extras["excusals"]:
            if later.get((excusal.student_id, excusal.half_term), excusal.effective) <= excusal.effective:
                save_excusal(connection, ground.school_id, excusal, "pro-forma", when.began)
        return ()


def _is_older(entry: Entry, before: Entry | None, last: Saying | None, revised_at: datetime | None, when: When) -> bool:
    """Whether something was taken over that was said later: a newer revision, or a copy that says something else."""
    if last is None:
        return False
    if revised_at is not None:
        return revised_at < last.as_of
    return when.began < last.as_of and before is not None and not same_content(entry, before)


def _newer_was_kept(number: int) -> RowProblem:
    what = "another copy of this pro-forma, saved later, says something else here; that one counts"
    do = "If this row is the right one, write it into the newest copy and hand that in."
    return RowProblem(number, "older-copy", "row_id", what, do)


def _notes_on_copies(
    found: Mapping[str, Entry], known: Mapping[str, Entry], last_said: Mapping[str, Saying], name: str, older: int
) -> tuple[str, ...]:
    files = {key: each.file for key, each in last_said.items() if each.file}
    differing = sum(
        key in known and files.get(key, name) != name and not same_content(entry, known[key])
        for key, entry in found.items()
    )
    notes = []
    if older:
        notes.append(f"{older} rows of {name} were left alone: a copy that was saved later says something else.")
    if differing:
        notes.append(f"{differing} rows of {name} differ from a copy handed in before: the later one counts.")
    return tuple(notes)


def _refuse_taken(entry: Entry, before: Entry | None, in_this_file: Entry | None) -> None:
    """A row id that was copied down a sheet would let one student's entry overwrite another's.

    Raises:
        RecordError: the id stands for another student's entry, or for a different row of this file.
    """
    do = "Give each row its own row_id, then hand it in again."
    if any(other is not None and other.student_id != entry.student_id for other in (before, in_this_file)):
        raise RecordError("row-id-taken", "row_id", "stands for another student's entry", do)
    if in_this_file not in (None, entry):
        raise RecordError("row-id-taken", "row_id", "stands on two different rows", do)
