"""What record does a raw row become, or why is it held (DESIGN §3)?

Only here, and in the mapping files, is it known that "Adno" means an admission number.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sims_sync.connector import Row
from sims_sync.converters import CONVERTERS, REMARKS, NulError
from sims_sync.errors import RecordError
from sims_sync.mapping_fields import BUILDERS, CONTENT_FIELDS, FIELDS, ID_FIELDS, Record, spec_of, student_fields
from sims_sync.mapping_rules import (
    FieldRule,
    MappingRules,
    load_mapping,
    normalise_caption,
    packaged_mapping,
    packaged_mappings,
    parse_mapping,
)
from sims_sync.records import Kind, Result, SimsEntry, StudentRef
from sims_sync.row_shapes import AspectCell, CellReader, Shape, ShapeBook

__all__ = [
    "ASPECT_COLUMNS",
    "FieldRule",
    "Mapper",
    "MappingRules",
    "Record",
    "load_mapping",
    "normalise_caption",
    "packaged_mapping",
    "packaged_mappings",
    "parse_mapping",
]

ASPECT_COLUMNS = "aspect columns"  # what `filled` and `missing_required` call them: they are no field

_NO_STUDENT = StudentRef()


class Mapper:
    """Turns the rows of one read into records and keeps count. For one read only; not for several threads.

    `result_set` stands in where neither a column nor a caption names one: the report was filtered to it.
    """

    def __init__(self, rules: MappingRules, *, result_set: str | None = None) -> None:
        self.rules = rules
        self.rows_seen = 0  # held ones included
        # (field, rule) → how often an optional value was dropped.
        self.notes: Counter[tuple[str, str]] = Counter()
        # (field, rule) → how often a doubtful value was kept, e.g. a UPN with a wrong check letter.
        self.remarks: Counter[tuple[str, str]] = Counter()
        # The DfE numbers met, as seven digits: another school's stops the run (DESIGN §4).
        self.school_dfe_numbers: Counter[str] = Counter()
        aspects = rules.aspect_columns
        self._names = tuple(spec.name for spec in FIELDS[rules.kind])
        self._result_set = (
            (result_set or (aspects.result_set if aspects else None)) if "result_set" in self._names else None
        )
        self._fields = {self._names.index(rule.name): rule for rule in rules.fields}
        readers = {index: self._reader(rule) for index, rule in self._fields.items()}
        self._build = BUILDERS[rules.kind]
        self._ids = self._indexes(ID_FIELDS[rules.kind])
        self._content = self._indexes(CONTENT_FIELDS.get(rules.kind, ()))
        self._must_fill = self._indexes(rule.name for rule in rules.fields if rule.required and not rule.may_be_empty)
        needs = (self._ids, self._content, *((index,) for index in self._must_fill))
        self._book = ShapeBook(rules, self._fields, readers, len(self._names), needs)
        self._known_shape = self._book.shapes.get
        self._id_count = student_fields(rules.kind)
        self._dfe = self._names.index("school_dfe")
        self._set_index = self._names.index("result_set") if "result_set" in self._names else 0
        self._cell_text = CellReader(CONVERTERS["text"])
        self._cell_date = CellReader(CONVERTERS["date"])
        self._empty: Counter[int] = Counter()
        self._aspect_rows = 0
        self._student_ids: Sequence[Any] = ()
        self._student = _NO_STUDENT

    @property
    def filled(self) -> Mapping[str, int]:
        """Mapped field → how many rows so far held a usable value; 0 where none did.

        With aspect columns, `ASPECT_COLUMNS` counts the rows that filled at least one of them.
        """
        rows = self._book.rows_by_field()
        counts = {rule.name: rows[index] - self._empty[index] for index, rule in self._fields.items()}
        return counts | ({ASPECT_COLUMNS: self._aspect_rows} if self.rules.aspect_columns else {})

    def map(self, row: Row) -> list[Record]:
        """The records in `row`: one; several or none where each aspect has a column; none from a row that says nothing.

        Raises:
            RecordError: the row is held: code `required-empty`, `bad-value`, `nul` or `no-id`, the field and the rule.
        """
        values = row.values
        columns = tuple(values)
        shape = self._known_shape(columns) or self._book.compile(columns)
        shape.rows += 1
        self.rows_seen += 1
        found: list[Any] = [None] * len(self._names)
        held = None
        try:
            for index, column, reader in shape.steps:
                found[index] = reader[values[column]]
        except ValueError:
            found, held = self._read_carefully(shape, values)
        whole = found.count(None) == shape.absent
        if not whole:
            held = self._use_other_columns(shape, values, found) or held
        if held is not None:
            raise held
        if found[self._dfe] is not None:
            self.school_dfe_numbers[found[self._dfe]] += 1
        if self.rules.aspect_columns is not None:
            return self._aspect_records(shape, values, found)
        if not (whole and shape.complete) and not self._has_record(values, found):
            return []
        if self._result_set is not None and found[self._set_index] is None:
            found[self._set_index] = self._result_set
        return [self._build(found, self._student_of(found))]

    def student_ref(self, row: Row) -> StudentRef | None:
        """Which student a row is about, as far as it can be read, also where `map` holds it; never raises.

        It ties a quarantined entry to its student (DOMAIN rule 9, "entry being checked"). None: it cannot be tied.
        """
        if not self._id_count:
            return None
        columns = tuple(row.values)
        shape = self._known_shape(columns) or self._book.compile(columns)
        found: list[Any] = [None] * self._id_count
        for index, first, reader in shape.steps:
            for column in (first, *shape.others.get(index, ())):
                if index < self._id_count and found[index] is None:
                    found[index] = _read_or_none(reader, row.values[column])
        return StudentRef(*found) if any(found[index] for index in self._ids) else None

    def missing_required(self) -> tuple[FieldRule, ...]:
        """The required fields whose columns occurred nowhere in the source: probably a missing permission.

        Ask after the last row. The ids count as one field, of which one column is enough; so do the aspect columns.
        Nothing is missing from a source without rows: an empty source is refused elsewhere.
        """
        if not self.rows_seen:
            return ()
        occurred = self._book.occurred
        missing = [
            rule
            for index, rule in self._fields.items()
            if rule.required and index not in occurred and index not in self._ids
        ]
        if self._ids and occurred.isdisjoint(self._ids):
            missing.insert(0, self._ids_rule())
        aspects = self.rules.aspect_columns
        if aspects is not None and not self._book.aspects_occurred:
            missing.append(_stand_in(ASPECT_COLUMNS, (aspects.caption,), "One column for each aspect."))
        return tuple(missing)

    def unmapped_columns(self) -> tuple[str, ...]:
        """The columns met that the mapping does not use, in order of first appearance. Nothing of them is kept."""
        return tuple(column for column, used in self._book.columns.items() if not used)

    def _indexes(self, names: Iterable[str]) -> tuple[int, ...]:
        wanted = set(names)
        return tuple(index for index, name in enumerate(self._names) if name in wanted)

    def _reader(self, rule: FieldRule) -> CellReader:
        # Remarks are made where the students are listed, once each: an entry repeats its student's UPN.
        judge = REMARKS.get(rule.converter) if self.rules.kind is Kind.STUDENTS else None
        if judge is None:
            return CellReader(CONVERTERS[rule.converter])

        def remark(value: object) -> None:
            text = judge(value)
            if text is not None:
                self.remarks[rule.name, text] += 1

        return CellReader(CONVERTERS[rule.converter], remark)

    def _read_carefully(self, shape: Shape, values: Mapping[str, str]) -> tuple[list[Any], RecordError | None]:
        """Read a row with a bad value, field by field; the error is that of the first field that holds the row."""
        found: list[Any] = [None] * len(self._names)
        held: RecordError | None = None
        for index, column, reader in shape.steps:
            found[index], error = self._read_one(index, reader, values[column])
            held = held or error
        return found, held

    def _use_other_columns(self, shape: Shape, values: Mapping[str, str], found: list[Any]) -> RecordError | None:
        """For a field whose first column is empty, take the next of its columns that this row fills."""
        held: RecordError | None = None
        for index, _, reader in shape.steps:
            for column in shape.others.get(index, ()):
                if found[index] is None:
                    found[index], error = self._read_one(index, reader, values[column])
                    held = held or error
            if found[index] is None:
                self._empty[index] += 1
        return held

    def _read_one(self, index: int, reader: CellReader, text: str) -> tuple[object, RecordError | None]:
        rule = self._fields[index]
        try:
            return reader[text], None
        except NulError as error:
            return None, RecordError("nul", rule.name, str(error))
        except ValueError as error:
            if rule.required or self._holds_if_bad(rule.name):
                return None, RecordError("bad-value", rule.name, str(error))
            self.notes[rule.name, str(error)] += 1
            return None, None

    def _holds_if_bad(self, name: str) -> bool:
        spec = spec_of(self.rules.kind, name)
        return spec is not None and spec.holds_if_bad

    def _has_record(self, values: Mapping[str, str], found: Sequence[Any]) -> bool:
        """Whether the row says anything; raises what holds it. Not asked of a row that filled a complete shape."""
        if self._content and all(found[index] is None for index in self._content):
            return False
        fault = self._fault(found)
        if fault is not None and any(text.strip() for text in values.values()):
            raise fault
        return fault is None  # else a spreadsheet's blank line at the end

    def _aspect_records(self, shape: Shape, values: Mapping[str, str], found: list[Any]) -> list[Record]:
        cells = [(cell, text) for cell in shape.cells if (text := self._cell(cell, values)) is not None]
        if not cells:
            return []
        self._aspect_rows += 1
        fault = self._fault(found)
        if fault is not None:
            raise fault
        student = self._student_of(found)
        row_set, row_date = found[self._names.index("result_set")], found[self._names.index("result_date")]
        record_class = Result if self.rules.kind is Kind.RESULTS else SimsEntry
        return [
            record_class(
                student,
                cell.aspect,
                text,
                cell.result_set or row_set or self._result_set,
                self._cell_day(cell, values) or row_date,
            )
            for cell, text in cells
        ]

    def _cell(self, cell: AspectCell, values: Mapping[str, str]) -> str | None:
        try:
            text: str | None = self._cell_text[values[cell.column]]
        except NulError as error:
            raise RecordError("nul", cell.aspect, str(error)) from None
        return text

    def _cell_day(self, cell: AspectCell, values: Mapping[str, str]) -> date | None:
        if cell.date_column is None:
            return None
        index = self._names.index("result_date")
        try:
            day: date | None = self._cell_date[values[cell.date_column]]
        except NulError as error:
            raise RecordError("nul", "result_date", str(error)) from None
        except ValueError as error:
            if self._holds_if_bad(self._names[index]):
                raise RecordError("bad-value", "result_date", str(error)) from None
            self.notes["result_date", str(error)] += 1
            return None
        return day

    def _fault(self, found: Sequence[Any]) -> RecordError | None:
        if self._ids and all(found[index] is None for index in self._ids):
            return RecordError("no-id", self._ids_rule().name, "none of them is filled")
        for index in self._must_fill:
            if found[index] is None:
                return RecordError("required-empty", self._names[index], "is empty")
        return None

    def _student_of(self, found: Sequence[Any]) -> StudentRef:
        ids = found[: self._id_count]
        if ids and ids != self._student_ids:  # a student's results mostly follow one another
            self._student_ids, self._student = ids, StudentRef(*ids)
        return self._student

    def _ids_rule(self) -> FieldRule:
        mapped = [self._fields[index] for index in self._ids if index in self._fields]
        *first, last = [rule.name for rule in mapped]
        name = f"{', '.join(first)} or {last}" if first else last
        return _stand_in(name, tuple(column for rule in mapped for column in rule.columns), "Who the row is about.")


def _stand_in(name: str, columns: tuple[str, ...], description: str) -> FieldRule:
    return FieldRule(
        name=name, columns=columns, converter="text", required=True, may_be_empty=False, description=description
    )


def _read_or_none(reader: CellReader, text: str) -> object:
    try:
        return reader[text]
    except ValueError:
        return None
