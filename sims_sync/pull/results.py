"""Pulling academic data: the one kind that comes by the million, so it streams, and is compared inside the database.

Three ways to the same store, quickest first: the very same file as last time; only the records whose raw bytes are new;
every record through the mapping.
"""

import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import xxhash
from sqlalchemy import Connection

from sims_sync.connector import Reading, WholeFile
from sims_sync.formats.superstar_raw import CLOSE, Irregular, blocks, split_records
from sims_sync.identity import Register
from sims_sync.mapping import Mapper, MappingRules
from sims_sync.outcome import Outcome
from sims_sync.plan import Plan
from sims_sync.pull.attempt import Attempt
from sims_sync.pull.confirmation import found_in
from sims_sync.pull.erased import load_erased
from sims_sync.pull.reading import Ground, HeldRow, MappedRead, notes_of
from sims_sync.pull.result_rows import SLOW, GeneralRows, QuickRows
from sims_sync.records import Kind, StudentRef
from sims_sync.store.marks import KnownRecords, MarkWriter, filled_by, forget_marks
from sims_sync.store.reads import StoredRead, last_good_read
from sims_sync.store.results import ResultSink, count_results, result_sink
from sims_sync.store.students import load_register


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one way of reading gave; `conflicts` counts rows that contradicted an earlier one of the same read."""

    read: MappedRead
    plan: Plan
    held: tuple[HeldRow, ...]
    sink: ResultSink | None
    conflicts: int = 0
    notes: tuple[str, ...] = ()


def pull_results(attempt: Attempt, rules: MappingRules, reading: Reading) -> Outcome:
    """Take over one read of results, in one transaction.

    Raises:
        SourceFailed, SourceRefused, SourceUnavailable: the read did not end whole; nothing of it was kept.
    """
    ground = attempt.ground()
    began = min(reading.state.began, ground.now)
    with attempt.context.store.writing() as connection:
        when = attempt.when(connection, ground, began)
        savepoint = connection.begin_nested()
        taken = _Results(attempt, connection, ground, rules, reading, began).take()
        # These rows are not kept: what a person releases is the file, byte for byte.
        content = reading.state.fingerprint or taken.plan.content
        judge_it = partial(
            attempt.judged,
            connection,
            ground,
            taken.read,
            when,
            taken.plan,
            partial(found_in, Kind.RESULTS, taken.plan, {}),
            content,
        )
        verdict = judge_it()
        if not attempt.may_apply(verdict):
            savepoint.rollback()  # with the plan: it is stored again below, after everything else is undone
            judge_it()
            attempt.put_aside(connection, ground, taken.read, verdict, taken.held)
            return attempt.outcome(taken.read, taken.plan, verdict, taken.held, taken.notes)
        if taken.sink is not None:
            taken.sink.merge()
        attempt.remember(connection, ground, taken.read, taken.plan, verdict, taken.held)
        savepoint.commit()
    return attempt.outcome(taken.read, taken.plan, verdict, taken.held, taken.notes)


class _Results:
    """One read of results inside its transaction."""

    def __init__(
        self,
        attempt: Attempt,
        connection: Connection,
        ground: Ground,
        rules: MappingRules,
        reading: Reading,
        began: datetime,
    ) -> None:
        self._attempt = attempt
        self._connection = connection
        self._ground = ground
        self._rules = rules
        self._reading = reading
        self._began = began
        self._last = last_good_read(connection, ground.school_id, Kind.RESULTS, attempt.name)
        self._erased = load_erased(connection, ground.school_id, ground.school.base)

    def take(self) -> _Taken:
        """The quickest way that this reading allows."""
        reading = self._reading
        by_rows = not QuickRows.can_read(self._rules, self._attempt.section.result_set)
        if by_rows or not isinstance(reading, WholeFile):
            return self._generally()
        if self._last is not None and self._is_same_file(self._last):
            return self._unchanged(self._last)
        savepoint = self._connection.begin_nested()
        try:
            with reading.whole_file() as path, _without_cycle_search():
                taken = self._quickly(path)
        except (Irregular, OSError):  # whatever is wrong with the file, the general way finds the words for it
            savepoint.rollback()
            return self._generally()
        savepoint.commit()
        return taken

    def _is_same_file(self, last: StoredRead) -> bool:
        """The same bytes under the same rules, with nothing held: the last read stands for this one."""
        same = last.fingerprint is not None and last.fingerprint == self._reading.state.fingerprint
        return same and last.held_rows == 0 and self._known().any

    def _unchanged(self, last: StoredRead) -> _Taken:
        used = last.filled.get("value", last.row_count)  # a row without a result says nothing
        plan = Plan(Kind.RESULTS, unchanged=used, known=used, read=last.row_count)
        read = self._mapped(last.row_count, last.filled, (), {}, ())
        return _Taken(read, plan, (), None)

    def _known(self) -> KnownRecords:
        return KnownRecords(self._connection, self._ground.school_id, self._attempt.name, self._ruling())

    def _ruling(self) -> str:
        """Marks hold only under the mapping, and for the school, that they were made with."""
        return f"{self._rules.fingerprint}/{self._ground.school.school.dfe_number or ''}"

    def _generally(self) -> _Taken:
        mapper = Mapper(self._rules, result_set=self._attempt.section.result_set)
        rows = GeneralRows(mapper, self._register(), self._show, self._is_out)
        sink = self._sink()
        fed = 0
        for batch in rows.batches(self._reading):
            sink.add(batch)
            fed += len(batch)
        forget_marks(self._connection, self._ground.school_id, self._attempt.name)
        missing = tuple(rule.name for rule in mapper.missing_required())
        read = self._mapped(mapper.rows_seen, mapper.filled, missing, mapper.school_dfe_numbers, notes_of(mapper))
        return self._compared(sink, read, rows.held, fed=fed, skipped=0)

    def _quickly(self, path: Path) -> _Taken:
        """Block by block; only the records that the last read did not hold byte for byte are looked into.

        Raises:
            Irregular: the file must be read the general way.
        """
        mapper, register = Mapper(self._rules), self._register()
        known = self._known()
        general = GeneralRows(mapper, register, _silent, self._is_out)
        quick = QuickRows(self._rules, general, register, known.fields)
        sink, marks = self._sink(), self._marks()
        seen: Counter[int] = Counter()
        number = fed = skipped = 0
        for block in blocks(path):
            records = split_records(block)
            digests = list(map(xxhash.xxh3_128_digest, records))
            shapes = known.shapes_of(digests)
            fresh = [place for place, shape in enumerate(shapes) if shape is None]
            skipped += len(records) - len(fresh)
            if fresh:
                text = block if len(fresh) == len(records) else _joined(records, fresh)
                found = quick.block(text, [number + place + 1 for place in fresh])
                sink.add(found.rows)
                fed += len(found.rows)
                for place, shape in zip(fresh, found.shapes, strict=True):
                    shapes[place] = shape
            seen.update(shapes)  # type: ignore[arg-type]
            marks.add(digests, shapes, SLOW, quick.shapes)  # type: ignore[arg-type]
            number += len(records)
            self._show(number)
        marks.close(quick.shapes)
        read = self._mapped(
            number,
            _filled(seen, quick, mapper),
            () if quick.knows_ids or not seen[SLOW] else tuple(rule.name for rule in mapper.missing_required()),
            quick.dfe + mapper.school_dfe_numbers,
            notes_of(mapper),
        )
        taken = self._compared(sink, read, general.held, fed=fed, skipped=skipped)
        # Of two rows with one key that differ the last counts: marks would let the first hide behind the other.
        keep = None if taken.conflicts else self._ground.run_id
        forget_marks(self._connection, self._ground.school_id, self._attempt.name, but_of=keep)
        return taken

    def _compared(
        self, sink: ResultSink, read: MappedRead, held: Sequence[HeldRow], *, fed: int, skipped: int
    ) -> _Taken:
        difference = sink.difference()
        stored = difference.changed or not skipped
        known = count_results(self._connection, self._ground.school_id) if stored else skipped
        plan = Plan(
            kind=Kind.RESULTS,
            bulk_added=difference.added,
            bulk_changed=difference.changed,
            unchanged=skipped + fed - difference.added - difference.changed,
            known=known,
            read=read.row_count,
            held=len(held),
            duplicates=fed - difference.distinct - difference.conflicts,
        )
        notes = (f"{difference.conflicts} rows contradict an earlier row of the same result: the last one counts.",)
        return _Taken(read, plan, tuple(held), sink, difference.conflicts, notes if difference.conflicts else ())

    def _mapped(
        self,
        rows: int,
        filled: Mapping[str, int],
        missing: tuple[str, ...],
        dfe: Mapping[str, int],
        notes: tuple[str, ...],
    ) -> MappedRead:
        return MappedRead(
            source=self._attempt.name,
            section=self._attempt.section,
            rules=self._rules,
            state=self._reading.state,
            began=self._began,
            records=[],
            held=[],
            row_count=rows,
            filled=dict(filled),
            missing_columns=missing,
            dfe_seen=dict(dfe),
            notes=notes,
        )

    def _is_out(self, ref: StudentRef, register: Register) -> bool:
        return self._erased.student(ref, register, is_list=False)

    def _register(self) -> Register:
        return load_register(self._connection, self._ground.school_id)

    def _sink(self) -> ResultSink:
        return result_sink(self._connection, self._ground.school_id, self._ground.run_id)

    def _marks(self) -> MarkWriter:
        school, run_id = self._ground.school_id, self._ground.run_id
        return MarkWriter(self._connection, school, self._attempt.name, run_id, self._ruling())

    def _show(self, rows: int) -> None:
        self._attempt.context.progress(f"{self._attempt.name}: {rows:,} rows")


def _filled(seen: Counter[int], quick: QuickRows, mapper: Mapper) -> Counter[str]:
    """Rows per filled field: by shape where the quick way sufficed, as the mapping counted elsewhere."""
    shapes = Counter({shape: count for shape, count in seen.items() if shape != SLOW})
    filled = filled_by(shapes, quick.shapes)
    if seen[SLOW]:
        filled.update(mapper.filled)
    return filled


def _joined(records: Sequence[bytes], places: Sequence[int]) -> bytes:
    return CLOSE.join([*(records[place] for place in places), b""])


@contextmanager
def _without_cycle_search() -> Iterator[None]:
    """Millions of short-lived tuples and no cycle among them: looking for cycles would only cost time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _silent(_rows: int) -> None:
    """Progress is shown block by block."""
