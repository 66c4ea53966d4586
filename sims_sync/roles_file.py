"""Reads roles.csv, the school's own word on who holds which role; it wins over SIMS columns (DOMAIN §1)."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sims_sync.compliance.facts import RoleFacts
from sims_sync.converters import read_date
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.records import RoleName

COLUMNS = ("staff_code", "role", "scope", "from", "to")
_OF_THE_SCHOOL = frozenset({RoleName.HOUSE_MATRIX, RoleName.PROGRAMME_LEAD})
EXAMPLE = """staff_code,role,scope,from,to
"""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: dict[str, str]


def read_roles(path: Path) -> tuple[RoleFacts, ...]:
    """Every role in the file; `staff_id` is the staff code as written. A file that is not there holds none.

    Raises:
        ConfigurationError: unreadable, or lines that cannot be used; all at once, with their numbers.
    """
    if not path.exists():
        return ()
    problems: list[ConfigProblem] = []
    roles = [role for line in _lines(path) if (role := _role(path, line, problems))]
    if problems:
        raise ConfigurationError(problems)
    return tuple(roles)


def _lines(path: Path) -> list[_Line]:
    try:
        text = _decoded(path.read_bytes())
    except OSError:
        raise ConfigurationError(
            [ConfigProblem(str(path), "cannot be read.", "Close it in Excel; check its rights.")]
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError([ConfigProblem(str(path), "is no text.", "Save it as CSV.")]) from None
    reader = csv.DictReader(text.splitlines())
    names = [name.strip().casefold() for name in reader.fieldnames or ()]
    if missing := [name for name in COLUMNS[:3] if name not in names]:
        what = f"lacks the columns {', '.join(missing)}."
        raise ConfigurationError([ConfigProblem(str(path), what, f"Its first line is: {','.join(COLUMNS)}")])
    return [
        _Line(reader.line_num, {name: (value or "").strip() for name, value in zip(names, row.values(), strict=False)})
        for row in reader
        if any(row.values())
    ]


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("windows-1252")


def _role(path: Path, line: _Line, problems: list[ConfigProblem]) -> RoleFacts | None:
    where = f"{path.name} line {line.number}"
    cells = line.cells
    try:
        name = RoleName(" ".join(cells["role"].casefold().replace("_", " ").split()))
    except ValueError:
        problems.append(ConfigProblem(where, "names no known role.", f"Known: {', '.join(RoleName)}."))
        return None
    if not cells["staff_code"]:
        problems.append(ConfigProblem(where, "has no staff code.", "Fill it in, or delete the line."))
        return None
    if name not in _OF_THE_SCHOOL and not cells["scope"]:
        problems.append(ConfigProblem(where, "says not of what.", "Give the group, house, year or subject as scope."))
        return None
    first = _day(where, "from", cells.get("from", ""), problems)
    last = _day(where, "to", cells.get("to", ""), problems)
    if first is not None and last is not None and last < first:
        problems.append(ConfigProblem(where, "ends before it begins.", "Correct its dates."))
    return RoleFacts(cells["staff_code"], name, cells["scope"], first, last)


def _day(where: str, column: str, text: str, problems: list[ConfigProblem]) -> date | None:
    if not text:
        return None
    try:
        return read_date(text)
    except ValueError:
        problems.append(ConfigProblem(where, f"has no usable date in the column {column!r}.", "Write it 2026-09-01."))
        return None
