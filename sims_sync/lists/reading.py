"""What stands in a changed copy of a list, whoever moved its rows, columns or sheets?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sims_sync.errors import SourceRefused
from sims_sync.formats.workbook import named_sheets
from sims_sync.lists.layout import FORMAT_VERSION, MARKS_SHEET, NOTE_LABEL, Col, Marks

HEADER_WITHIN_ROWS = 30

Cells = Mapping[Col, str]


@dataclass(frozen=True, slots=True)
class ChangedCopy:
    """A copy as it lies in the folder: its marks, the cells of each row, and the note (None = it has no such cell)."""

    marks: Marks
    rows: tuple[Cells, ...]
    note: str | None = None


def read_changed(path: Path) -> ChangedCopy | None:
    """The copy, or None where it is no list of ours.

    Raises:
        SourceRefused: damaged, protected by a password, implausibly large, or written by a newer version.
        SourceUnavailable: it cannot be opened now.
    """
    marks: Marks | None = None
    rows: list[Cells] = []
    note: str | None = None
    for name, lines in named_sheets(path):
        if name == MARKS_SHEET:
            marks = _marks(lines, path.name)
            continue
        listed = [list(line) for line in lines]
        rows += _table(listed)
        note = note if note is not None else _note(listed)
    return ChangedCopy(marks, tuple(rows), note) if marks is not None else None


def _table(lines: Sequence[Sequence[str]]) -> list[Cells]:
    for at, line in enumerate(lines[:HEADER_WITHIN_ROWS]):
        places = _places(line)
        if Col.ROW_ID in places:
            below = (row for row in lines[at + 1 :] if any(cell.strip() for cell in row))
            return [{column: row[place] for column, place in places.items() if place < len(row)} for row in below]
    return []


def _places(line: Sequence[str]) -> dict[Col, int]:
    captions = {column.value: column for column in Col}
    return {captions[cell.strip()]: place for place, cell in enumerate(line) if cell.strip() in captions}


def _note(lines: Sequence[Sequence[str]]) -> str | None:
    for line in lines:
        for place, cell in enumerate(line):
            if cell.strip() == NOTE_LABEL:
                return line[place + 1] if place + 1 < len(line) else ""
    return None


def _marks(lines: Iterable[Sequence[str]], name: str) -> Marks | None:
    """What the hidden sheet says; None where somebody spoilt it: it is then not known whose list it is."""
    said = {line[0]: line[1] for line in lines if len(line) > 1 and line[0]}
    try:
        version = int(said["version"])
        marks = Marks(said["school"], said["half_term"], said["list"], said.get("note", ""), version)
    except (KeyError, ValueError):
        return None
    if version > FORMAT_VERSION:
        do = "Update this one, then run write_lists again."
        raise SourceRefused("newer-list", f"{name} was written by a newer version of sims-sync.", do)
    return marks
