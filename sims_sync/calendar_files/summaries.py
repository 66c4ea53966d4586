"""What does the summary of an event in a school's calendar mean?"""

import re
from enum import Enum, auto

_SEASON = r"(?:autumn|spring|summer|christmas|easter|michaelmas|lent|trinity|winter)"
_MONTH = r"(?:october|february|may|whitsun)"
_YEAR = r"(?: 20\d\d(?: ?/? ?\d{2,4})?)?"
_NUMBERED = rf"(?:(?:{_SEASON} )?(?:half term|term) ?[1-6]|{_SEASON} [12])"
_TERM = rf"(?:the )?(?:new )?(?:{_SEASON} )?(?:(?:school )?term|(?:academic|school) year)"
_HALF_OF = r"(?:first|second|1st|2nd) half"
_NAME = rf"(?:{_HALF_OF} of )?(?:{_NUMBERED}|{_TERM}){_YEAR}(?: {_HALF_OF})?"
_WHO = r"(?:all )?(?:students|pupils|children|years)"
_STARTS = r"(?:starts?|begins?|commences?|(?:re ?)?opens?|resumes?|re ?starts?)"
_ENDS = r"(?:ends?|finish(?:es)?|closes?)"
_FIRST = r"(?:start|beginning|first day)"
_LAST = r"(?:end|last day)"
# What may follow "term ends": "end of term concert" is no end of term.
_TAIL = rf"(?:$| (?:for|to|on|at|after|inset|staff|school|early|noon|midday|{_WHO}|\d).*$)"
_HALF_TERM_BREAK = (
    rf"(?:the )?(?:{_SEASON} |{_MONTH} )?(?:term )?half term{_YEAR}"
    rf"(?: (?:school )?(?:holidays?|break|week|closure))?{_YEAR}"
)
_HOLIDAY = (
    rf"(?:the )?(?:{_SEASON}|{_MONTH}|school){_YEAR} (?:term )?(?:school )?(?:holidays?|break|vacation|closure){_YEAR}"
)
_CLOSED_TAIL = r"(?: (?:school closed|no school))?$"

_BANK_HOLIDAY = re.compile(r"\bbank holiday\b|\bgood friday\b|\beaster monday\b|\bmay day\b|\bnew year'?s day\b")
_INSET = re.compile(
    r"\binset\b|\b(?:staff|teacher)s? (?:training|development)\b|\btraining day\b|\bnon (?:pupil|student|contact)\b"
    r"|\bprofessional development day\b|\bbaker day\b"
)
_INSET_OPENING = re.compile(r"^(?:inset|staff training)(?: days?)?(?: \d)?:? ")
_YEAR_GROUP = re.compile(r"\b(?:years?|yr) ?\d{1,2}\b|\bsixth form\b|\bks ?\d\b|\bnursery\b|\breception\b")
_FOR_STAFF = re.compile(r"\bstaff\b(?!.*\b(?:students|pupils|children)\b)")
_LEAVING = re.compile(
    rf"^(?:(?:{_NAME}|school|{_WHO}) )?{_ENDS} (?:.* )?(?:for|before) (?:the )?"
    rf"(?:{_SEASON}|{_MONTH}|half term|holidays)\b"
    rf"|^(?:(?:{_NAME}|school|{_WHO}) )?break(?:s|ing)? up\b|^last (?:school )?day before\b"
)
_RETURNING = re.compile(
    rf"^(?:(?:{_NAME}|school|{_WHO}) )?(?:{_STARTS}|returns?|back)\b.* after\b|^(?:return|back) to school\b"
    rf"|^{_WHO} return\b|^first (?:school )?day (?:back|after)\b|^school (?:re ?opens|resumes|returns)\b"
)
_START = re.compile(
    rf"^(?:{_NAME} {_STARTS}|{_FIRST} of (?:{_NAME}|school)){_TAIL}|^school {_STARTS}(?: (?:for|to) {_WHO})?$"
)
_END = re.compile(rf"^(?:{_NAME} {_ENDS}|{_LAST} of (?:{_NAME}|school)){_TAIL}|^school {_ENDS}(?: (?:for|to) {_WHO})?$")
_SESSION = re.compile(rf"^{_NAME}$")
_BREAK = re.compile(rf"^(?:school closed )?(?:{_HALF_TERM_BREAK}|{_HOLIDAY}){_CLOSED_TAIL}")
_CLOSED = re.compile(
    r"^(?:school|academy) (?:is )?closed\b|\boccasional (?:day|holiday)\b|\bclosed to (?:all )?(?:students|pupils)\b"
)
_ABOUT_THE_YEAR = re.compile(r"\bterm (?:dates?|starts?|begins?|ends?)\b|\bhalf term\b|\bholidays?\b|\bschool closed\b")

_SHORTEST_SESSION_DAYS = 12


class Meaning(Enum):
    """What one event says about the school year."""

    STARTS = auto()  # its first day is the first of a term or half term
    ENDS = auto()  # its last day is the last of one
    SESSION = auto()  # it spans a whole term or half term
    BREAK = auto()  # it spans a holiday or a half-term break
    HALF_TERM_STARTS = auto()  # the break or the time at school: only the events around it tell
    HALF_TERM_ENDS = auto()
    HOLIDAY_STARTS = auto()
    HOLIDAY_ENDS = auto()
    INSET = auto()
    BANK_HOLIDAY = auto()
    CLOSED = auto()
    UNCLEAR = auto()  # it speaks of terms or holidays, but not in a way that is understood
    OTHER = auto()  # nothing about the school year


_BOUNDARIES = (
    (_RETURNING, Meaning.STARTS),
    (_LEAVING, Meaning.ENDS),
    (_START, Meaning.STARTS),
    (_END, Meaning.ENDS),
    (re.compile(rf"^(?:{_HALF_TERM_BREAK} {_STARTS}|{_FIRST} of {_HALF_TERM_BREAK}){_TAIL}"), Meaning.HALF_TERM_STARTS),
    (re.compile(rf"^(?:{_HALF_TERM_BREAK} {_ENDS}|{_LAST} of {_HALF_TERM_BREAK}){_TAIL}"), Meaning.HALF_TERM_ENDS),
    (re.compile(rf"^(?:{_HOLIDAY} {_STARTS}|{_FIRST} of {_HOLIDAY}){_TAIL}"), Meaning.HOLIDAY_STARTS),
    (re.compile(rf"^(?:{_HOLIDAY} {_ENDS}|{_LAST} of {_HOLIDAY}){_TAIL}"), Meaning.HOLIDAY_ENDS),
    (_BREAK, Meaning.BREAK),
)


def meanings(summary: str, days: int) -> frozenset[Meaning]:
    """What an event of this summary that lasts `days` days says; INSET may come with a start or an end."""
    text = _tidy(summary)
    if _BANK_HOLIDAY.search(text):
        return frozenset({Meaning.BANK_HOLIDAY})
    if not _INSET.search(text):
        return frozenset({_boundary(text, days) or _other(text)})
    boundary = _boundary(_INSET_OPENING.sub("", text), days)
    if boundary is Meaning.STARTS or boundary is Meaning.ENDS:
        return frozenset({Meaning.INSET, boundary})
    return frozenset({Meaning.INSET})


def _boundary(text: str, days: int) -> Meaning | None:
    if _SESSION.search(text) and days >= _SHORTEST_SESSION_DAYS:
        return Meaning.SESSION
    found = next((meaning for pattern, meaning in _BOUNDARIES if pattern.search(text)), None)
    if found is Meaning.STARTS and _FOR_STAFF.search(text):
        return Meaning.INSET
    # One year group leaving early is not the end of the school's term.
    return Meaning.UNCLEAR if found is Meaning.ENDS and _YEAR_GROUP.search(text) else found


def _other(text: str) -> Meaning:
    if _CLOSED.search(text):
        return Meaning.CLOSED
    return Meaning.UNCLEAR if _ABOUT_THE_YEAR.search(text) else Meaning.OTHER


def _tidy(summary: str) -> str:
    """Lower case; dashes, brackets and commas as blanks; "half-term" and "halfterm" as "half term"."""
    text = re.sub(r"[\s\-\u2010-\u2015()\[\],.:;!*&|]+", " ", summary.casefold().replace("\u2019", "'"))
    return text.replace("halfterm", "half term").strip()
