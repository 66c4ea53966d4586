"""Which cells of a table may be shown, so that none rests on fewer than five students, nor by subtraction (rule 25)?

A column holds parts of one total, each student in one part. Whoever sees the total and the parts shown can work out
one thing more: all hidden parts together. So parts are hidden until that is as safe as a cell that is shown.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

FEWEST_STUDENTS = 5
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Raw:
    """A cell as counted, never shown as it is: `part` of `whole`, resting on `students`.

    `rare`: how many students have what the cell counts, where that alone would tell on them (excused, an outcome): 1
    to 4 are too few whatever stands behind them. None = it tells on nobody (an entry made or not is a tutor's work).
    """

    part: int = 0
    whole: int = 0
    students: int = 0
    rare: int | None = None

    @property
    def empty(self) -> bool:
        """Nobody is in it: there is nothing to hide."""
        return self.students == 0

    @property
    def safe(self) -> bool:
        """Whether it may be shown."""
        return self.students >= FEWEST_STUDENTS and not 0 < (self.rare or 0) < FEWEST_STUDENTS

    @property
    def settled(self) -> bool:
        """Whether it says the same of every part of it: none or all. Then even a hidden part is known."""
        return self.students > 0 and self.part in {0, self.whole}

    def __add__(self, other: "Raw") -> "Raw":
        rare = None if self.rare is None and other.rare is None else (self.rare or 0) + (other.rare or 0)
        return Raw(self.part + other.part, self.whole + other.whole, self.students + other.students, rare)


def total_of(column: Mapping[Key, Raw]) -> Raw:
    """All parts together."""
    return sum(column.values(), Raw())


def hidden(column: Mapping[Key, Raw]) -> frozenset[Key]:
    """The keys of the parts to hide; those that are empty never are.

    First each that is not safe by itself; then the smallest of the others, until all hidden ones together are safe and
    not settled. Where even all of them are not, all are hidden, and the total says as much as they do: look at it too.
    """
    filled = {key: raw for key, raw in column.items() if not raw.empty}
    gone = {key for key, raw in filled.items() if not raw.safe}
    waiting = sorted((key for key in filled if key not in gone), key=lambda key: filled[key].students, reverse=True)
    while gone and waiting and _tells({key: filled[key] for key in gone}):
        gone.add(waiting.pop())
    return frozenset(gone)


def _tells(gone: Mapping[Key, Raw]) -> bool:
    """Whether what is left when the cells shown are taken from the total tells on anyone."""
    left = total_of(gone)
    return left.settled or not left.safe
