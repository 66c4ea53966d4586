"""One source read and mapped: the records, the rows that are held, and what the guard needs to know of it."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sims_sync.config import SchoolConfig, SourceSection
from sims_sync.connector import Reading, Row, SourceState
from sims_sync.errors import RecordError
from sims_sync.mapping import Mapper, MappingRules
from sims_sync.records import StudentRef
from sims_sync.school_year import SchoolYear

PROGRESS_EVERY_ROWS = 5000

HeldRow = tuple[int, RecordError, str | None]  # record number, why, student id where known


@dataclass(frozen=True, slots=True)
class MappedRead:
    """Everything one source gave: (record number, record) in source order, and the rows that could not be used.

    `held` says of which student a row speaks, where its ids could be read. `raw`: the rows as they came, which are
    kept (mapped columns only) where a person must look. `unmapped`: columns of which nothing is kept.
    """

    source: str
    section: SourceSection
    rules: MappingRules
    state: SourceState
    began: datetime
    records: list[tuple[int, Any]]
    held: list[tuple[int, RecordError, StudentRef | None]]
    row_count: int
    filled: Mapping[str, int]
    missing_columns: tuple[str, ...]
    dfe_seen: Mapping[str, int]
    notes: tuple[str, ...]
    unmapped: tuple[str, ...] = ()
    raw: tuple[Row, ...] = ()

    def contents(self, numbers: Iterable[int]) -> dict[int, str]:
        """Record number → a digest of what the mapping reads of that row; 0 stands for the whole of the source.

        By it a row that cannot be tied to a student is known again wherever it stands, and another one is not taken
        for it. Columns that nothing reads, as a date of printing, make no other row of it.
        """
        wanted, unread = frozenset(numbers), frozenset(self.unmapped)
        rows = {row.number: row.values for row in self.raw if row.number in wanted}
        found = {number: _digest(values, unread) for number, values in rows.items()}
        if 0 in wanted and self.state.fingerprint:
            found[0] = self.state.fingerprint
        return found


@dataclass(frozen=True, slots=True)
class When:
    """The moment of a read as the rules use it. `first_read`: no good one came before (DOMAIN rule 10)."""

    began: datetime
    read_on: date
    year_start: date
    first_read: bool
    last_good: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the store should hold after this read: key → record in source order, and what was held on the way."""

    records: Mapping[str, Any]
    held: tuple[HeldRow, ...] = ()
    duplicates: int = 0
    notes: tuple[str, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ground:
    """What every kind's module may look at."""

    school: SchoolConfig
    school_year: SchoolYear
    run_id: str
    now: datetime

    @property
    def school_id(self) -> str:
        """The school's id."""
        return self.school.id


def map_reading(
    source: str,
    section: SourceSection,
    rules: MappingRules,
    reading: Reading,
    now: datetime,
    progress: Callable[[str], None],
) -> MappedRead:
    """Read a source to its end and map each row.

    A row that cannot be used is held and the others go on. The data is never taken to be from the future: a file whose
    clock runs ahead counts from now.

    Raises:
        SourceFailed, SourceRefused, SourceUnavailable: the read did not end whole; nothing of it may be used.
    """
    mapper = Mapper(rules, result_set=section.result_set)
    records: list[tuple[int, Any]] = []
    held: list[tuple[int, RecordError, StudentRef | None]] = []
    raw: list[Row] = []
    for row in reading.rows():
        if mapper.rows_seen and mapper.rows_seen % PROGRESS_EVERY_ROWS == 0:
            progress(f"{source}: {mapper.rows_seen:,} rows")
        raw.append(row)
        try:
            records.extend((row.number, record) for record in mapper.map(row))
        except RecordError as error:
            held.append((row.number, error, mapper.student_ref(row)))
    return MappedRead(
        source=source,
        section=section,
        rules=rules,
        state=reading.state,
        began=min(reading.state.began, now),
        records=records,
        held=held,
        row_count=mapper.rows_seen,
        filled=dict(mapper.filled),
        missing_columns=tuple(rule.name for rule in mapper.missing_required()),
        dfe_seen=dict(mapper.school_dfe_numbers),
        notes=notes_of(mapper),
        unmapped=mapper.unmapped_columns(),
        raw=tuple(raw),
    )


def notes_of(mapper: Mapper) -> tuple[str, ...]:
    """What the mapping dropped or kept with doubt, as sentences with counts; never a value."""
    return (
        *(f"{field}: {count} values not used ({rule})." for (field, rule), count in mapper.notes.items()),
        *(f"{field}: {count} doubtful values kept ({rule})." for (field, rule), count in mapper.remarks.items()),
    )


def _digest(values: Mapping[str, str], unread: frozenset[str]) -> str:
    read = sorted((column, text) for column, text in values.items() if column not in unread)
    return hashlib.blake2b(json.dumps(read, ensure_ascii=False).encode(), digest_size=16).hexdigest()
