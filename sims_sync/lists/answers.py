"""What is answered to whoever wrote in a list, where it could not be taken over?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sims_sync.lists.layout import Col


@dataclass(frozen=True, slots=True)
class Answers:
    """What could not be taken over from a changed copy.

    `rows`: student → (what was written, by column; why not). `note`: (text, why not). `lines`: what has no row.
    """

    rows: Mapping[str, tuple[Mapping[Col, str], str]] = field(default_factory=dict)
    note: tuple[str, str] | None = None
    lines: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows or self.note or self.lines)


def count_refused(answers: Iterable[Answers]) -> int:
    """How many rows and notes were not taken over."""
    return sum(len(each.rows) + len(each.lines) + (each.note is not None) for each in answers)
