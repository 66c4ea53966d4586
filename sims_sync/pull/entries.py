"""Pulling entries: what tutors typed in SIMS, and what they handed in on pro-formas (DOMAIN rules 14, 14a)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from sims_sync.errors import RecordError
from sims_sync.guard import are_too_many, limits_of
from sims_sync.plan import Plan
from sims_sync.proformas import keep_first_recording, returned
from sims_sync.pull.reading import Ground, HeldRow, MappedRead, Wanted, When
from sims_sync.records import Entry, EntryState, Kind
from sims_sync.store.decisions import save_excusal
from sims_sync.store.entries import Origin, apply_entries, load_entries
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
        return Wanted(found, tuple(held), duplicates, tuple(notes), {"gone": gone, "held_back": held_back})

    def stored(self, connection: Connection, ground: Ground, read: MappedRead) -> Mapping[str, Entry]:
        """Every entry of this source."""
        return load_entries(connection, ground.school_id, read.source)

    def write(
        self, connection: Connection, ground: Ground, read: MappedRead, when: When, plan: Plan, wanted: Wanted
    ) -> Sequence[str]:
        """Entries, and which of them are absent since when."""
        apply_entries(connection, ground.school_id, plan.changes, Origin(read.source, ground.run_id))
        kind, gone = Kind.MENTORING_ENTRIES, wanted.extras["gone"]
        before = load_missing(connection, ground.school_id, kind)
        mark_returned(
            connection, ground.school_id, kind, [key for key in before if key in wanted.records and key not in gone]
        )
        new = [MissingRow(key, when.began, when.last_good, held=False) for key in gone if key not in before]
        held = [replace(before[key], held=True) for key in wanted.extras["held_back"]]
        mark_missing(connection, ground.school_id, kind, read.source, (*new, *held), ground.run_id)
        return ()


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
        """Entries by key, and the excusals given in the same rows (`extras["excusals"]`)."""
        register = load_register(connection, ground.school_id)
        known = load_entries(connection, ground.school_id, read.source)
        found: dict[str, Entry] = {}
        excusals = []
        held: list[HeldRow] = []
        duplicates = 0
        for number, row in read.records:
            student_id = None
            try:
                student_id = register.require(row.student)
                result = returned(
                    row, student_id, source=read.source, recorded_at=when.began, school_year=ground.school_year
                )
                if result.entry is not None:
                    key = result.entry.key
                    entry = keep_first_recording(result.entry, known.get(key))
                    _refuse_taken(entry, known.get(key), found.get(key))
                    duplicates += key in found
                    found[key] = entry
            except RecordError as error:
                held.append((number, error, student_id))
                continue
            if result.excusal is not None:
                excusals.append(result.excusal)
        return Wanted(found, tuple(held), duplicates, extras={"excusals": excusals})

    def stored(self, connection: Connection, ground: Ground, read: MappedRead) -> Mapping[str, Entry]:
        """Every entry of this source."""
        return load_entries(connection, ground.school_id, read.source)

    def write(
        self, connection: Connection, ground: Ground, read: MappedRead, when: When, plan: Plan, wanted: Wanted
    ) -> Sequence[str]:
        """Entries and excusals."""
        apply_entries(connection, ground.school_id, plan.changes, Origin(read.source, ground.run_id))
        for excusal in wanted.extras["excusals"]:
            save_excusal(connection, ground.school_id, excusal, "pro-forma", when.began)
        return ()


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
