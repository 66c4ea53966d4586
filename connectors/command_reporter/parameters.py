"""How are a report's parameters filled in: the XML that `/PARAMDEF` writes, edited for `/PARAMFILE` (SIMS §1)?

A parameter is named by its id, its name or its prompt. Its value in the config is text, a date (2026-09-01), or a date
said in words: "today", "today-30", "start of year", "end of year". Two dates with ".." between fill a range.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lxml import etree

from sims_sync.errors import SourceFailed

PARAMETERS_BYTES_MAX = 4 * 1024 * 1024
RANGE = ".."

Element = etree._Element  # noqa: SLF001 - the type of an element has no public name

_IN_WORDS = re.compile(r"today\s*(?:([+-])\s*(\d{1,4}))?", re.IGNORECASE)
_BRITISH = re.compile(r"\d\d/\d\d/\d{4}(.*)")
_ISO = re.compile(r"\d{4}-\d\d-\d\d(.*)")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_FROM = frozenset({"start", "from", "after", "since", "begin", "lower"})
_UNTIL = frozenset({"end", "until", "to", "before", "upper"})


@dataclass(frozen=True, slots=True)
class DateWords:
    """What dates said in words are counted from: the school-local day, and the year's first day as (month, day)."""

    today: date
    year_start: tuple[int, int] = (9, 1)

    def read(self, text: str) -> date | None:
        """The date meant by `text`; None where it is no date."""
        words = " ".join(text.casefold().split())
        if words == "start of year":
            return self._year_start()
        if words == "end of year":
            start = self._year_start()
            return start.replace(year=start.year + 1) - timedelta(days=1)
        return self._counted(words) or _iso_date(words)

    def _year_start(self) -> date:
        month, day = self.year_start
        start = date(self.today.year, month, day)
        return start if start <= self.today else start.replace(year=start.year - 1)

    def _counted(self, words: str) -> date | None:
        found = _IN_WORDS.fullmatch(words)
        if found is None:
            return None
        days = int(found[2] or 0)
        return self.today + timedelta(days=-days if found[1] == "-" else days)


def fill_in(definition: bytes, values: Mapping[str, str], words: DateWords, *, widen: bool) -> bytes:
    """The parameter XML with `values` set and each of them switched on (`bypass="FALSE"`); others stay as they were.

    `widen` moves the start of a period a day back and its end a day on, because SIMS may leave out both.

    Raises:
        SourceFailed: the definition is no parameter XML, or has no parameter of a name given.
    """
    root = _parse(definition)
    parameters = [element for element in root.iter() if _local(element) == "Parameter"]
    for name, value in values.items():
        parameter = _find(parameters, name)
        parameter.set("bypass", "FALSE")
        _set(parameter, value, words, widen=widen)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _parse(definition: bytes) -> Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        if len(definition) > PARAMETERS_BYTES_MAX or b"<!DOCTYPE" in definition:
            raise _no_definition()
        return etree.fromstring(definition, parser)
    except etree.XMLSyntaxError as fault:
        raise _no_definition() from fault


def _no_definition() -> SourceFailed:
    return SourceFailed(
        "no_parameters",
        "CommandReporter did not write the report's parameters.",
        "Check in SIMS that the report still asks for them; else remove `parameters` from the source's settings.",
    )


def _find(parameters: Sequence[Element], name: str) -> Element:
    for parameter in parameters:
        if name.casefold() in {text.strip().casefold() for text in _names(parameter)}:
            return parameter
    known = ", ".join(sorted(_names(parameter)[0] for parameter in parameters)) or "none"
    raise SourceFailed(
        "parameter_unknown",
        f'The report has no parameter "{name}"; it has: {known}.',
        "Correct `parameters` in the source's settings.",
    )


def _names(parameter: Element) -> list[str]:
    texts = [child.text or "" for child in parameter if _local(child) in {"Name", "PromptText"}]
    return [text for text in (str(parameter.get("id", "")), *texts) if text] or [""]


def _set(parameter: Element, value: str, words: DateWords, *, widen: bool) -> None:
    places = _places(parameter)
    parts = value.split(RANGE) if len(places) > 1 and RANGE in value else [value] * len(places)
    for place, part in zip(places, parts, strict=False):
        day = words.read(part)
        if day is None or not _takes_date(parameter, place):
            place.text = part
        else:
            place.text = _like(place.text or "", _widened(day, (_local(place), *_names(parameter)), widen=widen))


def _places(parameter: Element) -> list[Element]:
    """The elements without children below `Values`; one is made where there is none."""
    values = next((child for child in parameter if _local(child) == "Values"), None)
    if values is None:
        values = etree.SubElement(parameter, "Values")
    leaves = [element for element in values.iterdescendants() if len(element) == 0]
    return leaves or [etree.SubElement(values, _type(parameter) or "String")]


def _takes_date(parameter: Element, place: Element) -> bool:
    described = f"{_type(parameter)} {_local(place)}"
    return "date" in described.casefold() or bool(
        _BRITISH.fullmatch(place.text or "") or _ISO.fullmatch(place.text or "")
    )


def _type(parameter: Element) -> str:
    return next((child.text or "" for child in parameter if _local(child) == "Type"), "")


def _widened(day: date, names: Sequence[str], *, widen: bool) -> date:
    """The first name that says which end of a period it is decides: the element's own, then the parameter's."""
    if not widen:
        return day
    for name in names:
        said = {word.casefold() for word in _WORD.findall(name)}
        if said & _FROM:
            return day - timedelta(days=1)
        if said & _UNTIL:
            return day + timedelta(days=1)
    return day


def _like(before: str, day: date) -> str:
    """`day` in the form the definition used: 2026-09-01T00:00:00, else 01/09/2026 00:00:00."""
    iso = _ISO.fullmatch(before.strip())
    if iso:
        return f"{day.isoformat()}{'T00:00:00' if iso[1] else ''}"
    british = _BRITISH.fullmatch(before.strip())
    return f"{day:%d/%m/%Y}{'' if british and not british[1] else ' 00:00:00'}"


def _iso_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
