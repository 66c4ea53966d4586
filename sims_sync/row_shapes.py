"""Which columns of a row fill which fields? Worked out once per set of columns, then only looked up.

Null means that the column is absent (SIMS §2), so the shapes differ within one source; a million rows have only a few.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sims_sync.converters import tidy
from sims_sync.mapping_rules import FieldRule, MappingRules, is_sensitive, normalise_caption

MEMO_ENTRIES = 8_192  # per field; then the memory starts afresh, so that it stays flat whatever the source
MEMO_CHARACTERS = 64  # longer texts are comments: they hardly ever come twice
SHAPES_KEPT = 4_096


class CellReader(dict[str, Any]):
    """Reads one field's cells: `reader[text]` → value, or None for an empty text. Remembers short texts.

    `remark` is told each value it does not remember, so that every row counts. Raises what the converter raises.
    """

    def __init__(self, convert: Callable[[str], object], remark: Callable[[object], None] | None = None) -> None:
        super().__init__()
        self._convert = convert
        self._remark = remark

    def __missing__(self, text: str) -> object:
        tidied = tidy(text)
        value = self._convert(tidied) if tidied else None
        if value is not None and self._remark is not None:
            self._remark(value)
        elif len(text) <= MEMO_CHARACTERS:
            if len(self) >= MEMO_ENTRIES:
                self.clear()
            self[text] = value
        return value


@dataclass(frozen=True, slots=True)
class AspectCell:
    """One aspect column of a shape: what its caption says, and the column with the date of its result, if any."""

    column: str
    aspect: str
    result_set: str | None
    date_column: str | None


@dataclass(slots=True)
class Shape:
    """How the rows with one set of columns are read.

    `steps`: (field index, column, reader). `others`: the field's further columns, for a row whose first one is empty.
    `absent`: how many fields have no column. `complete`: a row that fills all its columns makes a record, no question
    asked. `rows`: how many rows had this shape.
    """

    steps: tuple[tuple[int, str, CellReader], ...]
    others: Mapping[int, tuple[str, ...]]
    absent: int
    complete: bool
    cells: tuple[AspectCell, ...]
    rows: int = 0


class ShapeBook:
    """The shapes met so far, and what they say of the source as a whole.

    `fields` and `readers` are by field index, of `field_count` fields. A record needs one field of each of `needs`.
    `shapes` may be looked into before `compile`.
    """

    def __init__(
        self,
        rules: MappingRules,
        fields: Mapping[int, FieldRule],
        readers: Mapping[int, CellReader],
        field_count: int,
        needs: Sequence[Sequence[int]],
    ) -> None:
        self.shapes: dict[tuple[str, ...], Shape] = {}
        self.columns: dict[str, bool] = {}  # every column met → whether the mapping uses it
        self.occurred: set[int] = set()  # the fields that had a column
        self.aspects_occurred = False
        self._rules = rules
        self._fields = fields
        self._readers = readers
        self._field_count = field_count
        self._needs = [set(need) for need in needs if need]
        self._retired: Counter[int] = Counter()

    def rows_by_field(self) -> Counter[int]:
        """Field index → how many rows had a column for it."""
        counts = self._retired.copy()
        for shape in self.shapes.values():
            for index, _, _ in shape.steps:
                counts[index] += shape.rows
        return counts

    def compile(self, columns: tuple[str, ...]) -> Shape:
        """Work out the shape of the rows with these columns and keep it."""
        if len(self.shapes) >= SHAPES_KEPT:
            self._retired = self.rows_by_field()
            self.shapes.clear()
        present = self._present_columns(columns)
        used = {column for filled_by in present.values() for column in filled_by}
        cells = self._aspect_cells([column for column in columns if column not in used])
        used.update(name for cell in cells for name in (cell.column, cell.date_column) if name)
        self.occurred.update(present)
        for column in columns:
            self.columns[column] = self.columns.get(column, False) or column in used
        shape = Shape(
            steps=tuple((index, filled_by[0], self._readers[index]) for index, filled_by in present.items()),
            others={index: tuple(filled_by[1:]) for index, filled_by in present.items() if filled_by[1:]},
            absent=self._field_count - len(present),
            complete=not any(need.isdisjoint(present) for need in self._needs),
            cells=cells,
        )
        self.shapes[columns] = shape
        return shape

    def _present_columns(self, columns: tuple[str, ...]) -> dict[int, list[str]]:
        found = {index: columns_of(rule, columns) for index, rule in self._fields.items()}
        return {index: filled_by for index, filled_by in found.items() if filled_by}

    def _aspect_cells(self, columns: Sequence[str]) -> tuple[AspectCell, ...]:
        aspects = self._rules.aspect_columns
        if aspects is None:
            return ()
        columns = [column for column in columns if not is_sensitive(column)]
        dates: dict[tuple[str, str | None], str] = {}
        if aspects.date_pattern is not None:
            dates = {_slot(found): found.string for c in columns if (found := aspects.date_pattern.fullmatch(c))}
        taken = set(dates.values())
        slots = {
            column: _slot(found)
            for column in columns
            if column not in taken and (found := aspects.pattern.fullmatch(column))
        }
        self.aspects_occurred = self.aspects_occurred or bool(slots)
        return tuple(AspectCell(column, *slot, dates.get(slot)) for column, slot in slots.items())


def columns_of(rule: FieldRule, columns: Iterable[str]) -> list[str]:
    """Those of `columns` that fill the field, in the rule's order of preference."""
    captions = list(dict.fromkeys(map(normalise_caption, rule.columns)))
    by_caption: dict[str, list[str]] = {caption: [] for caption in captions}
    for column in columns:
        by_caption.get(normalise_caption(column), []).append(column)
    return [column for caption in captions for column in by_caption[caption]]


def _slot(found: re.Match[str]) -> tuple[str, str | None]:
    groups = found.groupdict()
    result_set = groups.get("result_set")
    return " ".join(groups["aspect"].split()), " ".join(result_set.split()) if result_set else None
