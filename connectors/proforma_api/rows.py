"""Which rows does one entry of a mentoring application become: one for each target, review and reason?

A row's id is made of the entry's and the part's own id, never of a place in a list: a part keeps its row whatever
comes and goes beside it. A part that was taken out is listed as withdrawn; what is not listed says nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from urllib.parse import quote

from sims_sync.formats.flat_json import flatten
from sims_sync.records import ProformaRow

Item = Mapping[str, object]
Record = dict[str, str]

SUBMITTED, WITHDRAWN, CURRENT = "submitted", "withdrawn", "current"
# Those of a returned pro-forma, and by which of SIMS's ids the student is known.
COLUMNS = (
    *("person_id", "UPN", "admission_number", "surname"),
    *(each.name for each in fields(ProformaRow) if each.name != "student"),
)

_BLANK = dict.fromkeys(COLUMNS, "")
# What an entry says once for all its rows: its own names → the columns.
_OF_ENTRY = {
    "student.person_id": "person_id",
    "student.upn": "UPN",
    "student.admission_number": "admission_number",
    "student.surname": "surname",
    "interview_date": "interview_date",
    "author": "author",
    "state": "state",
    "recorded_at": "recorded_at",
    "updated_at": "revised_at",
}
_OF_TARGET = {name: name for name in ("area", "text", "criterion", "support", "by_date")}
_OF_REVIEW = {name: name for name in ("outcome", "text", "evidence", "next_step")}


def newest(entries: Sequence[Item]) -> Iterator[Item]:
    """Each entry once, as its highest revision has it: one that changes while the list is read is listed twice.

    Two different texts of the same revision are both passed on: nobody can say which is true, so the pull holds one.
    """
    highest: dict[str, int] = {}
    for entry in entries:
        highest[_id(entry)] = max(_revision(entry), highest.get(_id(entry), 0))
    seen: set[str] = set()
    for entry in entries:
        mark = json.dumps(entry, sort_keys=True)
        if not _id(entry):
            yield entry
        elif _revision(entry) == highest[_id(entry)] and mark not in seen:
            seen.add(mark)
            yield entry


def rows_of(entries: Iterable[Item]) -> Iterator[Record]:
    """The rows of all entries, in their order."""
    for entry in entries:
        yield from _rows(entry)


def _rows(entry: Item) -> Iterator[Record]:
    flat = flatten({name: value for name, value in entry.items() if name not in _PARTS and name != "revision"})
    common = {_OF_ENTRY.get(name, name): text for name, text in flat.items() if name != "id"}
    row_id = quote(_id(entry), safe="")
    parts = [(name, part) for name in _PARTS for part in _listed(entry.get(name))]
    if not parts:
        yield {**({"row_id": row_id} if row_id else {}), **common}  # as it stands: the mapping says what it lacks
        return
    known = {name: text for name, text in common.items() if name in _BLANK}
    for name, part in parts:
        row = _PARTS[name](row_id, part, known)
        if row is not None:
            yield {**_BLANK, **known, **row}


def _target(row_id: str, part: object, known: Mapping[str, str]) -> Record | None:
    return _part_row("target", row_id, part, known, _OF_TARGET, "interview")


def _review(row_id: str, part: object, known: Mapping[str, str]) -> Record | None:
    return _part_row("review", row_id, part, known, _OF_REVIEW, "review")


def _no_new_target(row_id: str, part: object, known: Mapping[str, str]) -> Record | None:
    """An interview has one at most: it needs no id of its own."""
    return _reason_row("no-new-target", row_id, part, known, {"reason": "no_target_reason"}, "interview")


def _excusal(row_id: str, part: object, known: Mapping[str, str]) -> Record | None:
    """Given once: after that it is the Head of House's to decide, and a draft or a withdrawal has nothing to say."""
    row = _reason_row("excusal", row_id, part, known, {"reason": "excusal_reason"}, "interview")
    return None if row["state"] in {WITHDRAWN, "draft"} else row


_PARTS = {"targets": _target, "reviews": _review, "no_new_target": _no_new_target, "excusal": _excusal}


def _part_row(
    name: str, row_id: str, part: object, known: Mapping[str, str], columns: Mapping[str, str], kind: str
) -> Record:
    part_id = quote(_id(part), safe="") if isinstance(part, Mapping) else ""
    whole_id = f"{row_id}/{name}/{part_id}" if row_id and part_id else ""  # an empty one is held by the mapping
    return {**_filled(part, known, columns), "row_id": whole_id, "kind": kind}


def _reason_row(
    name: str, row_id: str, part: object, known: Mapping[str, str], columns: Mapping[str, str], kind: str
) -> Record:
    return {**_filled(part, known, columns), "row_id": f"{row_id}/{name}" if row_id else "", "kind": kind}


def _filled(part: object, known: Mapping[str, str], columns: Mapping[str, str]) -> Record:
    flat = flatten(part) if isinstance(part, Mapping) else {}
    cells = {column: flat.get(name, "") for name, column in columns.items()}
    return {**cells, "state": _state(flat.get("state", ""), known.get("state", ""))}


def _state(of_part: str, of_entry: str) -> str:
    """A part's state is the entry's unless it was taken out. A word that is neither is passed on, to be held."""
    if of_part == CURRENT or of_entry == WITHDRAWN:
        return of_entry
    return of_part


def _listed(value: object) -> list[object]:
    """The parts under one name: a list of them, one alone, or none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _id(item: object) -> str:
    found = item.get("id") if isinstance(item, Mapping) else None
    return found if isinstance(found, str) else ""


def _revision(entry: Item) -> int:
    text = str(entry.get("revision"))
    return int(text) if text.isascii() and text.isdigit() else 0
