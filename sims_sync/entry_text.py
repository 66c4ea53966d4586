"""What does a target or a review look like as one line in SIMS, and what is such a line when it is read again? Pure.

`Target: … | By: dd/mm/yyyy | Success: … | Support: …`; `Review: <outcome> | …`; `No new target: <reason>` (DESIGN §5).
Text in SIMS that does not match is all target text.
"""

import re
from dataclasses import dataclass
from datetime import date

from sims_sync.records import Review, Target

TEXT_LIMIT = 1000  # a Comment holds no more (SIMS §3)
ENCODING = "windows-1252"
SEPARATOR = " | "
_DAY = "%d/%m/%Y"

_NO_TARGET = re.compile(r"no new target\s*[:\-–]\s*(?P<reason>.+)", re.IGNORECASE)
_WITHDRAWN = re.compile(r"withdrawn \d\d/\d\d/\d{4}", re.IGNORECASE)
_DATE = re.compile(r"(\d\d)/(\d\d)/(\d{4})")
_TARGET_PARTS = {"success": "criterion", "support": "support"}
_REVIEW_PARTS = {"evidence": "evidence", "next step": "next_step"}


@dataclass(frozen=True, slots=True)
class Unsendable:
    """Why a text cannot go into SIMS: `code` is "too-long" or "characters"."""

    code: str
    what: str
    do: str


def normalise(text: str) -> str:
    """As SIMS keeps it: one line, runs of white space to one blank, trimmed. Two equal texts are then equal."""
    return " ".join(text.split())


def render_target(target: Target) -> str:
    """The line of one target; what was left empty is left out, and the area has no place in it (DESIGN §5)."""
    parts = (
        ("Target", target.text),
        ("By", target.by_date.strftime(_DAY) if target.by_date else None),
        ("Success", target.criterion),
        ("Support", target.support),
    )
    return _line(parts)


def render_review(review: Review) -> str:
    """The line of one review; an outcome that is not stated is said so."""
    parts = (
        ("Review", review.outcome or "outcome not stated"),
        ("", review.text),
        ("Evidence", review.evidence),
        ("Next step", review.next_step),
    )
    return _line(parts)


def render_no_target(reason: str) -> str:
    """The line of an interview that set no target."""
    return _line((("No new target", reason),))


def render_withdrawn(day: date) -> str:
    """What takes the place of a withdrawn text."""
    return f"Withdrawn {day.strftime(_DAY)}"


def is_withdrawn(text: str) -> bool:
    """Whether a line is the one that stands for a withdrawn text."""
    return _WITHDRAWN.fullmatch(normalise(text)) is not None


def read_no_target(text: str) -> str | None:
    """The reason of a "no new target" line, or None where it is none."""
    found = _NO_TARGET.fullmatch(normalise(text))
    return found["reason"] if found else None


def read_target(text: str) -> Target:
    """The target of a line in our form; any other text is all target text."""
    head, named, rest = _parts(text, "target")
    if head is None or rest or not set(named) <= {*_TARGET_PARTS, "by"}:
        return Target(text)
    by_date = _date(named["by"]) if "by" in named else None
    if "by" in named and by_date is None:
        return Target(text)
    return Target(head, by_date=by_date, **{_TARGET_PARTS[name]: part for name, part in named.items() if name != "by"})


def read_review(text: str) -> Review:
    """The review of a line in our form; any other text is a review whose outcome is not stated (rule 14a)."""
    head, named, rest = _parts(text, "review")
    if head is None or not set(named) <= set(_REVIEW_PARTS):
        return Review(None, text)
    outcome = None if head == "outcome not stated" else head
    return Review(outcome, SEPARATOR.join(rest), **{_REVIEW_PARTS[name]: part for name, part in named.items()})


def why_unsendable(text: str, limit: int = TEXT_LIMIT, encoding: str = ENCODING) -> Unsendable | None:
    """Why a rendered line cannot go into SIMS as it is, or None. Nothing is ever cut or replaced (DESIGN §5)."""
    line = normalise(text)
    if len(line) > limit:
        what = f"Written as one line it has {len(line)} characters; SIMS holds {limit}."
        return Unsendable("too-long", what, f"Shorten it by {len(line) - limit} characters.")
    strange = sorted({sign for sign in line if not _fits(sign, encoding)})
    if strange:
        do = f"Write it without them: {' '.join(strange[:5])}"
        return Unsendable("characters", "It has characters that SIMS cannot hold.", do)
    return None


def _line(parts: tuple[tuple[str, str | None], ...]) -> str:
    """A separator inside a part would read as the next part's beginning: it becomes a slash."""
    shown = [(name, normalise(text).replace("|", "/")) for name, text in parts if text and text.strip()]
    return SEPARATOR.join(f"{name}: {text}" if name else text for name, text in shown)


def _parts(text: str, first: str) -> tuple[str | None, dict[str, str], list[str]]:
    """The first part's text (None where it is not called `first`), the named parts, and those without a known name."""
    head, *others = normalise(text).split(SEPARATOR)
    name, colon, value = head.partition(":")
    if not colon or name.strip().casefold() != first or not value.strip():
        return None, {}, []
    named: dict[str, str] = {}
    rest: list[str] = []
    for part in others:
        key, has_colon, said = part.partition(":")
        known = key.strip().casefold() in {*_TARGET_PARTS, *_REVIEW_PARTS, "by"}
        if has_colon and known and said.strip():
            named[key.strip().casefold()] = said.strip()
        else:
            rest.append(part)
    return value.strip(), named, rest


def _date(text: str) -> date | None:
    found = _DATE.fullmatch(text)
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        return None


def _fits(sign: str, encoding: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
