"""What does a SIMS assessment file (`ResultFileV7`, SIMS §4) look like, and what does such a file say?

SIMS §4 states the nodes, the order within a result, and which of its parts must not be empty. The order within an
aspect and a result set, and how a date is written, are inferred: no real SIMS has imported a file of ours yet.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import Any

from lxml import etree

Element = etree._Element  # noqa: SLF001 - the type of an element has no public name

NAMESPACE = "urn:results-schema"
COMMENT = "C"  # of the aspect types G I D C R
TEXT_LIMIT, ENCODING = 1000, "windows-1252"  # what a Comment holds (SIMS §3)
DATE_FORMATS: Mapping[str, str] = {"yyyy-mm-dd": "%Y-%m-%d", "dd/mm/yyyy": "%d/%m/%Y"}

# A result's parts in the order of SIMS §4.
RESULT_PARTS = (
    "AspectModule",
    "AspectSupplier",
    "AspectExternalId",
    "ResultsetModule",
    "ResultsetSupplier",
    "ResultsetExternalId",
    "ResultsetRefId",
    "Module",
    "Student",
    "Surname",
    "Forename",
    "Gender",
    "DOB",
    "School",
    "LEANumber",
    "SchoolNumber",
    "Date",
    "ResultValue",
    "ResultNotes",
)
NEVER_EMPTY = frozenset({"AspectModule", "AspectSupplier", "AspectExternalId", "Module", "Surname", "Forename"})
ALWAYS_THERE = NEVER_EMPTY | {"Student", "Gender", "DOB", "Date", "ResultValue"}

_DEFAULT_NAMESPACE: dict[Any, str] = {None: NAMESPACE}  # without a prefix
_NOT_IN_IDS = re.compile(r"[^A-Z0-9]+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 /-]+")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Naming:
    """How aspects and result sets are called in a file. `{name}` in an id's pattern is the name in capitals."""

    aspect_module: str = "AS"
    aspect_supplier: str = "SIMS-SYNC"
    aspect_id: str = "{name}"
    result_set_id: str = "{name}"
    module: str = "AS"
    date_format: str = "yyyy-mm-dd"

    @classmethod
    def among(cls, options: Mapping[str, object]) -> "Naming":
        """Those of `options` that are about names; what is not set there is as above."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: str(value) for name, value in options.items() if name in known})

    def aspect(self, name: str) -> str:
        """An aspect's external id: "Mentoring Target 1" → "MENTORING-TARGET-1"."""
        return self.aspect_id.replace("{name}", _id_of(name))

    def result_set(self, name: str) -> str:
        """A result set's: "Mentoring Autumn 2 2026/27" → "MENTORING-AUTUMN-2-2026-27"."""
        return self.result_set_id.replace("{name}", _id_of(name))

    def written(self, day: date) -> str:
        """A day as the file has it."""
        return day.strftime(DATE_FORMATS[self.date_format])

    def read_day(self, text: str) -> date:
        """The day that a file's text means.

        Raises:
            ValueError: it is none of this format.
        """
        return datetime.strptime(text, DATE_FORMATS[self.date_format]).replace(tzinfo=UTC).date()


@dataclass(frozen=True, slots=True)
class ResultSet:
    """A result set to define."""

    name: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One text of one student, by name; in a file that was read, by external id."""

    aspect: str
    result_set: str
    upn: str
    surname: str
    forename: str
    result_date: date
    text: str


@dataclass(frozen=True, slots=True)
class SchoolPart:
    """The school as a file may name it; what is empty is left out."""

    name: str = ""
    dfe_number: str = ""


def write_definitions(header: str, aspects: Sequence[str], sets: Sequence[ResultSet], naming: Naming) -> bytes:
    """A file that defines Comment aspects and result sets and holds no result.

    Raises:
        ValueError: two names would have one id, or a name has characters that XML cannot hold.
    """
    _refuse_equal_ids(aspects, naming.aspect)
    _refuse_equal_ids([each.name for each in sets], naming.result_set)
    root = _root(header)
    node = etree.SubElement(root, _tag("ResultsetNode"))
    for each in sets:
        dates = {"StartDate": naming.written(each.start), "EndDate": naming.written(each.end)}
        _append(node, "Resultset", {**_named("Resultset", naming, naming.result_set(each.name), each.name), **dates})
    node = etree.SubElement(root, _tag("AspectNode"))
    for name in aspects:
        about = {"Description": name, "ColumnHeading": name, "Type": COMMENT}
        _append(node, "Aspect", {**_named("", naming, naming.aspect(name), name), **about})
    return _bytes(root)


def write_results(header: str, lines: Iterable[ResultLine], naming: Naming, school: SchoolPart) -> bytes:
    """A file of results, in their order. Gender and date of birth are there and empty: we never read them.

    Raises:
        ValueError: a text has characters that XML cannot hold; see `fits_xml`.
    """
    root = _root(header)
    node = etree.SubElement(root, _tag("ResultNode"))
    for line in lines:
        parts = {**_result_parts(line, naming), **_school_parts(school)}
        _append(node, "Result", {name: parts[name] for name in RESULT_PARTS if name in parts})
    return _bytes(root)


def read_results(content: bytes, naming: Naming) -> Iterator[ResultLine]:
    """What a file that was written says, by external ids.

    Raises:
        ValueError: it is no such file, or a result's parts are not those of SIMS §4 in their order.
    """
    parser = etree.XMLParser(remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise ValueError("is no XML") from None
    if root.tag != _tag("ResultFileV7"):
        raise ValueError("is no ResultFileV7")
    for result in root.iterfind(f"{_tag('ResultNode')}/{_tag('Result')}"):
        parts = {etree.QName(part).localname: part.text or "" for part in result}
        _refuse_wrong_parts(list(parts), parts)
        yield ResultLine(
            aspect=parts["AspectExternalId"],
            result_set=parts.get("ResultsetExternalId", ""),
            upn=parts["Student"],
            surname=parts["Surname"],
            forename=parts["Forename"],
            result_date=naming.read_day(parts["Date"]),
            text=parts["ResultValue"],
        )


def with_ids(line: ResultLine, naming: Naming) -> ResultLine:
    """The line as `read_results` gives it back."""
    return replace(line, aspect=naming.aspect(line.aspect), result_set=naming.result_set(line.result_set))


def fits_xml(text: str) -> bool:
    """Whether XML can hold every character."""
    return _NOT_XML.search(text) is None


def header_of(what: str, at: datetime) -> str:
    """The file's header: what it is, and when it was written."""
    return f"sims-sync {what} {at:%Y-%m-%dT%H:%M:%SZ}"


def _result_parts(line: ResultLine, naming: Naming) -> dict[str, str]:
    parts = {
        "AspectModule": naming.aspect_module,
        "AspectSupplier": naming.aspect_supplier,
        "AspectExternalId": naming.aspect(line.aspect),
        "ResultsetModule": naming.aspect_module,
        "ResultsetSupplier": naming.aspect_supplier,
        "ResultsetExternalId": naming.result_set(line.result_set),
        "Module": naming.module,
        "Student": line.upn,
        "Surname": line.surname,
        "Forename": line.forename,
        "Gender": "",
        "DOB": "",
        "Date": naming.written(line.result_date),
        "ResultValue": line.text,
    }
    empty = sorted(name for name in NEVER_EMPTY if not parts[name])
    if empty:
        raise ValueError(f"{', '.join(empty)} must not be empty")
    return parts


def _school_parts(school: SchoolPart) -> dict[str, str]:
    digits = "".join(sign for sign in school.dfe_number if sign.isdigit())
    parts = {"School": school.name, "LEANumber": digits[:3], "SchoolNumber": digits[3:]}
    return {name: text for name, text in parts.items() if text}


def _named(prefix: str, naming: Naming, external_id: str, name: str) -> dict[str, str]:
    """A result set's parts are called as a result names them (`ResultsetModule`), an aspect's without a prefix."""
    return {
        f"{prefix}Module": naming.aspect_module,
        f"{prefix}Supplier": naming.aspect_supplier,
        f"{prefix}ExternalId": external_id,
        "Name": name,
    }


def _refuse_equal_ids(names: Sequence[str], id_of: Callable[[str], str]) -> None:
    if len({id_of(name) for name in names}) < len(names):
        raise ValueError("two names would have the same external id: write {name} into its pattern")


def _refuse_wrong_parts(names: Sequence[str], parts: Mapping[str, str]) -> None:
    in_order = [name for name in RESULT_PARTS if name in parts]
    if list(names) != in_order or not parts.keys() >= ALWAYS_THERE:
        raise ValueError("a result's parts are not in order")
    if not all(parts[name] for name in NEVER_EMPTY):
        raise ValueError("a part that must not be empty is")


def _root(header: str) -> Element:
    root = etree.Element(_tag("ResultFileV7"), nsmap=_DEFAULT_NAMESPACE)
    etree.SubElement(root, _tag("Header")).text = header
    return root


def _append(node: Element, name: str, parts: Mapping[str, str]) -> None:
    element = etree.SubElement(node, _tag(name))
    for part, text in parts.items():
        etree.SubElement(element, _tag(part)).text = text


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _id_of(name: str) -> str:
    """Names that differ in more than capitals keep different ids: what falls away is told apart by a short hash."""
    plain = _NOT_IN_IDS.sub("-", name.upper()).strip("-")
    if _PLAIN_NAME.fullmatch(name):
        return plain
    digest = hashlib.blake2b(name.encode("utf-8"), digest_size=3).hexdigest().upper()
    return f"{plain}-{digest}" if plain else digest
