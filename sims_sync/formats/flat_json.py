"""How does a JSON object become one raw row: text by dotted column name?

    {"sourcedId": "5", "grades": ["07"], "school": {"name": "A"}, "userIds": [{"type": "UPN", "identifier": "B80"}]}
    → sourcedId "5" · grades "07" · school.name "A" · userIds.UPN "B80"

A null is left out, as in SIMS's XML; so a field that is null everywhere is no column at all, which is how a missing
permission shows (SIMS §5).
"""

from collections.abc import Iterator, Mapping

DEPTH_MAX = 20

_DATE_OBJECT = frozenset({"date", "timezone_type", "timezone"})
_ENVELOPE = frozenset({"data", "meta"})


def flatten(value: Mapping[str, object]) -> dict[str, str]:
    """The row that `value` makes; its numbers must be text already, as `Answer.json` leaves them.

    A list becomes its items' texts with a comma between. A date object of Wonde's (`date`, `timezone_type`,
    `timezone`) becomes its text, and its envelopes `{"data": {…}}` leave no trace.
    """
    return dict(_cells(value, ""))


def join_prefixed(prefix: str, value: Mapping[str, str]) -> dict[str, str]:
    """The columns of another record, each with `prefix` and a dot before its name."""
    return {f"{prefix}.{name}": text for name, text in value.items()}


def _cells(value: Mapping[str, object], prefix: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    for name, item in value.items():
        yield from _cell(f"{prefix}{name}", item, depth)


def _cell(name: str, item: object, depth: int) -> Iterator[tuple[str, str]]:
    if item is None or depth > DEPTH_MAX:
        return
    if isinstance(item, dict):
        yield from _object(name, item, depth)
    elif isinstance(item, list):
        yield from _list(name, item, depth)
    else:
        yield name, _text(item)


def _object(name: str, item: dict[str, object], depth: int) -> Iterator[tuple[str, str]]:
    if "date" in item and item.keys() <= _DATE_OBJECT:
        yield from _cell(name, item["date"], depth + 1)
    elif "data" in item and item.keys() <= _ENVELOPE:
        yield from _cell(name, item["data"], depth + 1)
    else:
        yield from _cells(item, f"{name}.", depth + 1)


def _list(name: str, items: list[object], depth: int) -> Iterator[tuple[str, str]]:
    joined: dict[str, list[str]] = {}
    for item in items:
        for column, text in _list_item(name, item, depth + 1):
            joined.setdefault(column, []).append(text)
    for column, texts in joined.items():
        yield column, ",".join(texts)


def _list_item(name: str, item: object, depth: int) -> Iterator[tuple[str, str]]:
    """An id of several (OneRoster's `userIds`) is named by its type."""
    if isinstance(item, dict) and item.keys() == {"type", "identifier"}:
        yield from _cell(f"{name}.{item['type']}", item["identifier"], depth)
    else:
        yield from _cell(name, item, depth)


def _text(item: object) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    return str(item)
