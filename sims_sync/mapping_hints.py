"""Which field may a column fill whose caption no mapping knows?

First how its values look, then how near its caption is to a known one. A hint holds no value.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from sims_sync.converters import CONVERTERS
from sims_sync.mapping_rules import FieldRule, is_sensitive, normalise_caption
from sims_sync.upn import UpnVerdict, check_upn

SHARE_OF_VALUES = 0.8  # of a column's filled samples must look alike before they say anything
NEAR_CAPTION = 0.85  # difflib's ratio from which two captions may be one misspelt
CONTAINED_CHARACTERS = 5  # a shorter alias inside a longer caption means nothing

_OTHER_PERSON = re.compile(r"parent|carer|contact|mother|father|guardian|emergency|previous|former", re.IGNORECASE)
_YEAR_LABEL = re.compile(r"(?:year|yr|y) *[0-9]{1,2}", re.IGNORECASE)
_GROUP_NAME = re.compile(r"[0-9]{1,2}[ /.-]?[A-Z][A-Z0-9]{0,2}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Sureness(StrEnum):
    """How sure a match is."""

    CERTAIN = "certain"  # one of the captions the mapping lists
    LIKELY = "likely"  # the values have a form that only this field has
    GUESS = "guess"  # the caption is near one that the mapping lists, and the values fit


@dataclass(frozen=True, slots=True)
class FieldMatch:
    """One column taken for one field; `why` is half a sentence."""

    field: str
    column: str
    sureness: Sureness
    why: str


@dataclass(frozen=True, slots=True)
class _ValueForm:
    """A form of values that speaks for one field."""

    field: str
    fits: Callable[[str], bool]
    sureness: Sureness
    what: str


_VALUE_FORMS = (
    _ValueForm(
        "upn",
        lambda text: check_upn(text).verdict in {UpnVerdict.VALID, UpnVerdict.UNKNOWN_LA},
        Sureness.LIKELY,
        "UPNs",
    ),
    _ValueForm("email", lambda text: _EMAIL.fullmatch(text) is not None, Sureness.LIKELY, "e-mail addresses"),
    _ValueForm("nc_year", lambda text: _YEAR_LABEL.fullmatch(text) is not None, Sureness.LIKELY, "year labels"),
    _ValueForm("tutor_group", lambda text: _GROUP_NAME.fullmatch(text) is not None, Sureness.GUESS, "tutor groups"),
)


def hint(open_fields: Sequence[FieldRule], column: str, values: Sequence[str]) -> FieldMatch | None:
    """The one of `open_fields` that `column` may fill, judged by its tidied, filled `values`; None where nothing fits.

    A column that must not be read, or that is about somebody else ("Parent Surname"), fits nothing.
    """
    if is_sensitive(column) or _OTHER_PERSON.search(column):
        return None
    return _by_values(open_fields, column, values) or _by_caption(open_fields, column, values)


def share(values: Sequence[str], fits: Callable[[str], bool]) -> float:
    """Which part of `values` fits, 0 to 1; 0 of none."""
    return sum(map(fits, values)) / len(values) if values else 0.0


def _by_values(fields: Sequence[FieldRule], column: str, values: Sequence[str]) -> FieldMatch | None:
    names = {rule.name for rule in fields}
    for form in _VALUE_FORMS:
        if form.field in names and share(values, form.fits) >= SHARE_OF_VALUES:
            return FieldMatch(form.field, column, form.sureness, f"its values look like {form.what}")
    return None


def _by_caption(fields: Sequence[FieldRule], column: str, values: Sequence[str]) -> FieldMatch | None:
    caption = normalise_caption(column)
    near = [(nearness, rule) for rule in fields if (nearness := _nearness(caption, rule)) >= NEAR_CAPTION]
    for _, rule in sorted(near, key=lambda pair: pair[0], reverse=True):
        if share(values, _reads(rule)) >= SHARE_OF_VALUES:
            return FieldMatch(rule.name, column, Sureness.GUESS, "its caption is near a known one, and the values fit")
    return None


def _nearness(caption: str, rule: FieldRule) -> float:
    aliases = [normalise_caption(column) for column in rule.columns]
    if any(len(alias) >= CONTAINED_CHARACTERS and alias in caption for alias in aliases):
        return NEAR_CAPTION
    return max(SequenceMatcher(None, caption, alias).ratio() for alias in aliases)


def _reads(rule: FieldRule) -> Callable[[str], bool]:
    def reads(text: str) -> bool:
        try:
            CONVERTERS[rule.converter](text)
        except ValueError:
            return False
        return True

    return reads
