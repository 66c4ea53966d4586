"""Which records does a question to the simulated OneRoster server want, in which order and how much of each?

As OneRoster 1.2 has them: `filter`, `sort` with `orderBy`, `fields`, and lists within a record such as
`classes/7/students`. Texts are compared as they are written, so numbers of different length are out of order.
"""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus

from sims_sync.demo.oneroster_gradebook import Refused
from sims_sync.demo.oneroster_lists import Item, Lists

MakeList = Callable[[], list[Item] | None]

GRADEBOOK = frozenset({"categories", "lineItems", "results", "assessmentLineItems", "assessmentResults"})
ALWAYS_SHOWN = frozenset({"sourcedId", "status", "dateLastModified"})
WRAPPERS = {
    "students": "users",
    "teachers": "users",
    "schools": "orgs",
    "terms": "academicSessions",
    "gradingPeriods": "academicSessions",
}

_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "~": lambda text, wanted: wanted.casefold() in text.casefold(),
}
_CONDITION = re.compile(r"([A-Za-z]+(?:\.[A-Za-z]+)*)\s*(!=|>=|<=|=|>|<|~)\s*'([^']*)'")
_BETWEEN = re.compile(r"(?<=')\s+(AND|OR)\s+")
_PLURALS = {"class": "classes", "category": "categories"}
_SINGULARS = {name: one for one, name in _PLURALS.items()}
_IN_CLASSES = frozenset({"students", "teachers", "users"})
# By the list above and the list within it: the field that ties them.
_TIES: Mapping[tuple[str, str], str] = {
    ("terms", "gradingPeriods"): "parent.sourcedId",
    ("terms", "classes"): "terms.sourcedId",
    ("classes", "enrollments"): "class.sourcedId",
    ("classes", "lineItems"): "class.sourcedId",
    ("lineItems", "results"): "lineItem.sourcedId",
    ("assessmentLineItems", "assessmentResults"): "assessmentLineItem.sourcedId",
}


def filtered(items: list[Item], conditions: str) -> list[Item]:
    """The records for which the filter holds, e.g. `email='a@b.example' AND status='active'`.

    Raises:
        Refused: it is not understood, or names a field that none of them has.
    """
    if not conditions:
        return items
    first, *rest = _BETWEEN.split(conditions)
    found = _meeting(items, first)
    for joint, condition in zip(rest[::2], rest[1::2], strict=True):
        also = _meeting(items, condition)
        found = found & also if joint == "AND" else found | also
    return [item for number, item in enumerate(items) if number in found]


def ordered(items: list[Item], query: Mapping[str, str]) -> list[Item]:
    """In the order that the question asks for, else as they are.

    Raises:
        Refused: none of them has that field.
    """
    if "sort" not in query:
        return items
    name = query["sort"]
    _refuse_unknown(items, name, "invalid_sort_field")
    backwards = query.get("orderBy", "asc") == "desc"
    return sorted(items, key=lambda item: _text_of(item, name), reverse=backwards)


def selected(page: Sequence[Item], items: Sequence[Item], query: Mapping[str, str]) -> list[Item]:
    """Of one page of `items` only the fields that the question asks for, and those which no record may lack.

    Raises:
        Refused: none of them has one of the fields.
    """
    if not query.get("fields"):
        return list(page)
    wanted = query["fields"].split(",")
    for name in wanted:
        _refuse_unknown(items, name, "invalid_selection_field")
    shown = ALWAYS_SHOWN | set(wanted)
    return [{name: value for name, value in item.items() if name in shown} for item in page]


def list_at(lists: Lists, parts: Sequence[str]) -> tuple[str, MakeList]:
    """The name of the list at an address, e.g. `classes/7/students`, and what makes it.

    Raises:
        Refused: there is none.
    """
    match parts:
        case [name]:
            return name, lambda: lists(name)
        case [above, sourced_id, name]:
            return name, lambda: within(lists, above, sourced_id, name)
        case ["classes", room, "lineItems", item, "results"]:
            record(within(lists, "classes", room, "lineItems"), item)
            return "results", lambda: within(lists, "lineItems", item, "results")
    raise unknown()


def within(lists: Lists, above: str, sourced_id: str, name: str) -> list[Item]:
    """The list `name` of one record of the list `above`, e.g. the students of a class.

    Raises:
        Refused: there is no such record, or no such list within it.
    """
    record(lists(above), sourced_id)
    items = lists(name)
    if items is None:
        raise unknown()
    if above == "schools" or (above, name) == ("classes", "categories"):
        return items  # there is one school, and its categories are everybody's
    if above == "classes" and name in _IN_CLASSES:
        return _tied(items, lists("enrollments"), "class.sourcedId", sourced_id, "user.sourcedId")
    if above in _IN_CLASSES and name == "classes":
        return _tied(items, lists("enrollments"), "user.sourcedId", sourced_id, "class.sourcedId")
    if (above, name) not in _TIES:
        raise unknown()
    return [item for item in items if sourced_id in _texts(item, _TIES[above, name].split("."))]


def record(items: Sequence[Item] | None, sourced_id: str) -> Item:
    """The one with that id.

    Raises:
        Refused: there is none.
    """
    found = next((item for item in items or () if item["sourcedId"] == sourced_id), None)
    if found is None:
        raise unknown()
    return found


def singular(name: str) -> str:
    """What wraps one record of a list: "user" for `students`."""
    many = WRAPPERS.get(name, name)
    return _SINGULARS.get(many, many.removesuffix("s"))


def linked(item: Item, address: str, *, old: bool) -> Item:
    """With what the standard wants in each link, its `href`; in 1.1 (`old`) all lists stand at one service."""
    return {name: _with_address(value, address, old=old) for name, value in item.items()}


def unknown() -> Refused:
    """There is no such list or record."""
    return Refused(HTTPStatus.NOT_FOUND, "unknownobject")


def _with_address(value: object, address: str, *, old: bool) -> object:
    if isinstance(value, list):
        return [_with_address(each, address, old=old) for each in value]
    if not isinstance(value, dict):
        return value
    if not {"sourcedId", "type"} <= value.keys():
        return {name: _with_address(each, address, old=old) for name, each in value.items()}
    name = _PLURALS.get(str(value["type"]), f"{value['type']}s")
    service = "v1p1" if old else f"{'gradebook' if name in GRADEBOOK else 'rostering'}/v1p2"
    return {"href": f"{address}/{service}/{name}/{value['sourcedId']}", **value}


def _tied(items: list[Item], enrolments: Iterable[Item] | None, of: str, sourced_id: str, to: str) -> list[Item]:
    wanted = {_text_of(each, to) for each in enrolments or () if _text_of(each, of) == sourced_id}
    return [item for item in items if item["sourcedId"] in wanted]


def _meeting(items: Sequence[Item], condition: str) -> set[int]:
    found = _CONDITION.fullmatch(condition.strip())
    if found is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "invalid_filter_field")
    name, sign, wanted = found.groups()
    _refuse_unknown(items, name, "invalid_filter_field")
    meets = _OPERATORS[sign]
    return {number for number, item in enumerate(items) if meets(_text_of(item, name), wanted)}


def _refuse_unknown(items: Sequence[Item], name: str, code: str) -> None:
    names = name.split(".")
    if items and not any(True for item in items for _ in _texts(item, names)):
        raise Refused(HTTPStatus.BAD_REQUEST, code)


def _text_of(item: Item, name: str) -> str:
    return ",".join(_texts(item, name.split(".")))


def _texts(value: object, names: Sequence[str]) -> Iterator[str]:
    """What stands in a field, whose dots lead into what it holds; of a list, each."""
    if isinstance(value, list):
        for each in value:
            yield from _texts(each, names)
    elif names and isinstance(value, dict):
        if names[0] in value:
            yield from _texts(value[names[0]], names[1:])
    elif names:
        return
    else:
        yield str(value)
