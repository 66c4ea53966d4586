"""Turns a source of results into rows for the store: by the general mapping, or a block of regular XML at a time.

Both ways give the same rows (a test holds them together). The quick way takes a row only where nothing about it needs
thought; every other row goes through the mapping like anywhere else.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from sims_sync.connector import Reading, Row
from sims_sync.converters import CONVERTERS, tidy
from sims_sync.errors import RecordError
from sims_sync.formats.superstar_raw import BlockReader, Irregular, RawTable, unescape
from sims_sync.identity import Register
from sims_sync.mapping import Mapper, MappingRules
from sims_sync.mapping_rules import FieldRule
from sims_sync.pull.reading import HeldRow
from sims_sync.records import Result, StudentRef
from sims_sync.row_shapes import MEMO_CHARACTERS, MEMO_ENTRIES, columns_of

BATCH_ROWS = 2000
STUDENT_FIELDS = ("person_id", "upn", "admission_number", "surname")
FIELDS = (*STUDENT_FIELDS, "aspect", "value", "result_set", "result_date", "school_dfe")

# student id, aspect, result set ("" = none), its date as key where no set is named, value, result date (ISO or None)
ResultRow = tuple[str, str, str, str, str, str | None]


@dataclass(frozen=True, slots=True)
class BlockRows:
    """The rows of one block, and for each of its records in order its shape; `SLOW` for one that needs another look."""

    rows: list[ResultRow]
    shapes: bytes


SLOW = 255  # the shape of a record that the mapping had to look at: it is looked at again in every read
SHAPES_MAX = 250


def row_of(result: Result, student_id: str) -> ResultRow:
    """A mapped result as a row. Where no set is named every date is its own result (SIMS §3)."""
    day = result.result_date.isoformat() if result.result_date else None
    result_set = result.result_set or ""
    return student_id, result.aspect, result_set, "" if result_set else (day or ""), result.value, day


class GeneralRows:
    """Any reading, row by row through the mapping."""

    def __init__(
        self,
        mapper: Mapper,
        register: Register,
        progress: Callable[[int], None],
        is_out: Callable[[StudentRef, Register], bool],
    ) -> None:
        """`is_out`: whether a row is about somebody who was erased: it is left out in silence, not held."""
        self._mapper = mapper
        self._register = register
        self._is_out = is_out
        self._progress = progress
        self.held: list[HeldRow] = []

    def batches(self, reading: Reading) -> Iterator[list[ResultRow]]:
        """Rows in source order, some at a time.

        Raises:
            SourceFailed, SourceRefused, SourceUnavailable: the read did not end whole.
        """
        batch: list[ResultRow] = []
        for row in reading.rows():
            batch += self.rows_of(row)
            if len(batch) >= BATCH_ROWS:
                self._progress(self._mapper.rows_seen)
                yield batch
                batch = []
        yield batch

    def rows_of(self, row: Row) -> list[ResultRow]:
        """The rows of one raw row; none where it is held or says nothing."""
        student_id = None
        try:
            found = []
            for record in self._mapper.map(row):
                if isinstance(record, Result):
                    student_id = self._register.require(record.student)
                    found.append(row_of(record, student_id))
        except RecordError as error:
            if not self._is_of_somebody_out(row):
                self.held.append((row.number, error, student_id or self._student(row)))
            return []
        return found

    def _is_of_somebody_out(self, row: Row) -> bool:
        ref = self._mapper.student_ref(row)
        return ref is not None and self._is_out(ref, self._register)

    def _student(self, row: Row) -> str | None:
        ref = self._mapper.student_ref(row)
        try:
            return self._register.find(ref) if ref is not None else None
        except RecordError:
            return None


class QuickRows:
    """Regular XML with one row per result, a block at a time.

    In every column list below, None means that the row needs another look: it then goes through the mapping.
    """

    def __init__(
        self, rules: MappingRules, general: GeneralRows, register: Register, shapes: Sequence[Sequence[str]]
    ) -> None:
        """`shapes`: those of the marks to be compared with, so that the numbers of shapes go on from there."""
        self._rules = {rule.name: rule for rule in rules.fields}
        self._general = general
        self._blocks = BlockReader()
        self._captions: Sequence[str] = ()
        self._places: dict[str, int | None] = {}
        readers = {name: _Texts(self._rules.get(name)) for name in FIELDS}
        self._students = _Students(register, [readers[name] for name in STUDENT_FIELDS])
        self._aspects, self._values = _Needed(readers["aspect"]), _Needed(readers["value"])
        self._sets = _Optional(readers["result_set"])
        self._days, self._dfe = _Optional(readers["result_date"]), _Optional(readers["school_dfe"])
        self._shapes = _ShapeNumbers((_key_of(fields), number) for number, fields in enumerate(shapes))
        self.dfe: Counter[str] = Counter()

    @staticmethod
    def can_read(rules: MappingRules, result_set: str | None) -> bool:
        """Only long rows that name their own result set; one column per aspect goes the general way."""
        return rules.aspect_columns is None and result_set is None

    @property
    def knows_ids(self) -> bool:
        """Whether a column with a student's ids was met."""
        return any(self._places.get(name) is not None for name in STUDENT_FIELDS[:-1])

    @property
    def shapes(self) -> list[list[str]]:
        """Shape number → the fields that each of its records fills."""
        return [_fields_of(key) for key in self._shapes]

    def block(self, block: bytes, numbers: Sequence[int]) -> BlockRows:
        """The rows of a block of whole records with these numbers in the source.

        Raises:
            Irregular: the file must be read the general way.
        """
        table = self._blocks.table(block)
        self._learn_columns(table)
        students = list(map(self._students.__getitem__, zip(*self._ids(table), strict=True)))
        ids = list(map(itemgetter(0), students))
        aspects = list(map(self._aspects.__getitem__, self._raw(table, "aspect")))
        values = list(map(self._values.__getitem__, self._raw(table, "value")))
        sets = list(map(self._sets.__getitem__, self._raw(table, "result_set")))
        days = list(map(self._days.__getitem__, self._raw(table, "result_date")))
        dfe = list(map(self._dfe.__getitem__, self._raw(table, "school_dfe")))
        given = zip(map(itemgetter(1), students), map(bool, sets), map(bool, days), map(bool, dfe), strict=True)
        shapes = bytearray(map(self._shapes.__getitem__, given))
        self.dfe.update(number for number in dfe if number)
        columns = (ids, aspects, values, sets, days)
        if not any(None in column for column in (*columns, dfe)):
            return BlockRows(list(map(_row, *columns)), bytes(shapes))
        return self._with_slow(table, (*columns, dfe), shapes, numbers)

    def _with_slow(
        self, table: RawTable, columns: Sequence[Sequence[Any]], shapes: bytearray, numbers: Sequence[int]
    ) -> BlockRows:
        """In the order of the source, so that of two rows with one key the same one wins as in the general way."""
        rows: list[ResultRow] = []
        for place, cells in enumerate(zip(*columns, strict=True)):
            if None in cells:
                shapes[place] = SLOW
                rows += self._general.rows_of(_raw_row(table, place, numbers[place]))
            else:
                rows.append(_row(*cells[:-1]))
        return BlockRows(rows, bytes(shapes))

    def _learn_columns(self, table: RawTable) -> None:
        if table.columns == self._captions:
            return
        self._captions = table.columns
        for name in FIELDS:
            found = columns_of(self._rules[name], table.columns) if name in self._rules else []
            if len(found) > 1:
                raise Irregular  # which of two columns fills a field is for the mapping to say
            self._places[name] = table.columns.index(found[0]) if found else None
        if any(self._places[name] is None for name in ("aspect", "value")):
            raise Irregular

    def _raw(self, table: RawTable, name: str) -> Sequence[str]:
        place = self._places[name]
        return ("",) * table.count if place is None else table.texts[place]

    def _ids(self, table: RawTable) -> list[Sequence[str]]:
        return [self._raw(table, name) for name in STUDENT_FIELDS]


class _Texts:
    """What a field's converter makes of a raw text: its value, "" for null; raises ValueError as the converter does."""

    def __init__(self, rule: FieldRule | None) -> None:
        self._convert = CONVERTERS[rule.converter] if rule is not None else None

    def read(self, raw: str) -> str:
        tidied = tidy(unescape(raw)) if raw else ""
        if not tidied or self._convert is None:
            return ""
        value = self._convert(tidied)
        return value.isoformat() if isinstance(value, date) else str(value)


class _Memo(dict[Any, Any]):
    """Remembers short texts, and starts afresh when it is full: flat memory whatever the source."""

    def keep(self, raw: Any, value: Any) -> Any:  # noqa: ANN401 - each memo has its own keys and values
        if not isinstance(raw, str) or len(raw) <= MEMO_CHARACTERS:
            if len(self) >= MEMO_ENTRIES:
                self.clear()
            self[raw] = value
        return value


class _Needed(_Memo):
    """Raw text → value; None where it is null or unusable."""

    def __init__(self, texts: _Texts) -> None:
        super().__init__()
        self._texts = texts

    def __missing__(self, raw: str) -> str | None:
        try:
            return self.keep(raw, self._texts.read(raw) or None)  # type: ignore[no-any-return]
        except ValueError:
            return self.keep(raw, None)  # type: ignore[no-any-return]


class _Optional(_Memo):
    """Raw text → value, "" where it is null; None where it is unusable."""

    def __init__(self, texts: _Texts) -> None:
        super().__init__()
        self._texts = texts

    def __missing__(self, raw: str) -> str | None:
        try:
            return self.keep(raw, self._texts.read(raw))  # type: ignore[no-any-return]
        except ValueError:
            return self.keep(raw, None)  # type: ignore[no-any-return]


class _Students(_Memo):
    """Raw ids and surname → (student id or None, the fields that are filled)."""

    def __init__(self, register: Register, texts: Sequence[_Texts]) -> None:
        super().__init__()
        self._register = register
        self._texts = texts

    def __missing__(self, raw: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
        try:
            found = [texts.read(text) or None for texts, text in zip(self._texts, raw, strict=True)]
            student_id = self._register.find(StudentRef(*found)) if any(found[:-1]) else None
        except (ValueError, RecordError):
            return self.keep(raw, (None, ()))  # type: ignore[no-any-return]
        fields = tuple(name for name, value in zip(STUDENT_FIELDS, found, strict=True) if value)
        return self.keep(raw, (student_id, fields))  # type: ignore[no-any-return]


class _ShapeNumbers(dict[tuple[Any, ...], int]):
    """Which fields a record fills → the number of that shape, in order of first appearance."""

    def __missing__(self, key: tuple[Any, ...]) -> int:
        if len(self) >= SHAPES_MAX:
            raise Irregular
        number = self[key] = len(self)
        return number


def _fields_of(key: tuple[Any, ...]) -> list[str]:
    ids, has_set, has_day, has_dfe = key
    further = (("result_set", has_set), ("result_date", has_day), ("school_dfe", has_dfe))
    return [*ids, "aspect", "value", *(name for name, there in further if there)]


def _key_of(fields: Sequence[str]) -> tuple[Any, ...]:
    ids = tuple(name for name in fields if name in STUDENT_FIELDS)
    return ids, "result_set" in fields, "result_date" in fields, "school_dfe" in fields


def _row(student_id: str, aspect: str, value: str, result_set: str, day: str) -> ResultRow:
    return student_id, aspect, result_set, "" if result_set else day, value, day or None


def _raw_row(table: RawTable, place: int, number: int) -> Row:
    """One record as the parser would give it."""
    cells = ((caption, texts[place]) for caption, texts in zip(table.columns, table.texts, strict=True))
    return Row(number, {caption: unescape(text) for caption, text in cells if text})
