"""What does the text of one SIMS cell mean (SIMS §2)? One function per kind of value.

Every converter takes a cell's text as `tidy` left it, not empty, and returns the value or raises ValueError. The
message is a rule ("is not a date such as 14/06/2004") and never quotes the cell: it ends in logs and in quarantine.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from sims_sync.records import EntryKind, EntryState, RoleName
from sims_sync.upn import UpnVerdict, check_upn, has_upn_form

EARLIEST_YEAR, LAST_YEAR = 1900, 2999
LAST_NC_YEAR = 14
EXCUSAL_REASON_CHARACTERS = 80  # DOMAIN rule 11
EXCUSAL_REASONS = ("long-term absence", "alternative provision", "suspended", "trip or exams", "refused")

Converter = Callable[[str], object]

_BYTE_ORDER_MARK = "\ufeff"

_ISO_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ][0-9:.,]+ ?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})(?: [0-9:]+(?: ?[AaPp][Mm])?)?")
_MONTH_NAMED = re.compile(r"([0-9]{1,2})[ -]([A-Za-z]+)[ -]([0-9]{4})")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH_NUMBERS = {name: number for number, month in enumerate(_MONTHS, 1) for name in (month, month[:3])} | {"sept": 9}
_NC_YEAR = re.compile(
    r"(?:(?:nc|national curriculum|curriculum) )?(?:(?:year|yr|y)(?: ?group)?)? ?([0-9]{1,2}|[enrmx][12]?)"
)
_LETTER_YEARS = frozenset({"E1", "E2", "N1", "N2", "R", "M", "X"})  # early years, reception, mixed, not followed
_SPELT_YEARS = {"reception": "R", "nursery 1": "N1", "nursery 2": "N2"}
_EMAIL = re.compile(r"[^@\s,;<>()]+@[^@\s,;<>()]+\.[^@\s,;<>().]+")
_DFE_NUMBER = re.compile(r"([0-9]{3})[ /-]?([0-9]{4})")
_TRUE = frozenset({"t", "true", "y", "yes", "1"})
_FALSE = frozenset({"f", "false", "n", "no", "0"})
_ENROLMENT_CODES = {"c": "current", "m": "main", "s": "subsidiary", "g": "guest", "p": "previous"}
# The first that occurs wins: SIMS writes "Current Main (dual registration)" and "Current Guest" as well as "Current".
_ENROLMENT_WORDS = ("guest", "subsidiary", "previous", "main", "current", "single")
_TUTOR_ROLES = {
    "tutor": RoleName.TUTOR,
    "main tutor": RoleName.TUTOR,
    "registration tutor": RoleName.TUTOR,
    "form tutor": RoleName.TUTOR,
    "co tutor": RoleName.CO_TUTOR,
    "cotutor": RoleName.CO_TUTOR,
    "second tutor": RoleName.CO_TUTOR,
    "assistant tutor": RoleName.CO_TUTOR,
    "cover": RoleName.COVER,
    "cover tutor": RoleName.COVER,
}
_ENTRY_KINDS = {
    "interview": EntryKind.INTERVIEW,
    "target": EntryKind.INTERVIEW,
    "no new target": EntryKind.INTERVIEW,
    "review": EntryKind.REVIEW,
}


class NulError(ValueError):
    """A NUL character: the whole row is held, whatever the field (DESIGN §3)."""


def tidy(text: str) -> str:
    """NFC without blanks around it: what every converter is given. An empty result means null.

    "ABC " → "ABC" · "Zoe" + combining diaeresis → "Zoë" in one character.

    Raises:
        NulError: `text` holds a NUL, which no database would take.
    """
    if "\0" in text:
        raise NulError("holds a NUL character")
    trimmed = text.strip()
    if trimmed.isascii():
        return trimmed
    trimmed = trimmed.strip(_BYTE_ORDER_MARK).strip()  # left where files were joined: it would make another id of an id
    if unicodedata.is_normalized("NFC", trimmed):
        return trimmed
    return unicodedata.normalize("NFC", trimmed)


def read_text(text: str) -> str:
    """Text as it stands, capitals, accents and line breaks included. "O'NEILL-d'Arcy" → "O'NEILL-d'Arcy"."""
    return text


def read_code(text: str) -> str:
    """A code or name from a list, right-trimmed, kept as text. "ABC " → "ABC" · "007" → "007"."""
    return text.rstrip()


def read_person_id(text: str) -> str:
    """A SIMS person id; of a `multiple_id` the part before the comma, its parent. "52" → "52" · "52,0" → "52"."""
    parent = text.partition(",")[0].strip()
    if not parent or " " in parent:
        raise ValueError("is not a SIMS id such as 52 or 52,0")
    return parent


def read_admission_number(text: str) -> str:
    """An admission number: zero-padded text, never a number. "000123" → "000123"."""
    return text


def read_upn(text: str) -> str:
    """A UPN in capitals; a wrong check letter is kept (see `remark_on_upn`). "b801200005001" → "B801200005001".

    A text that has not even the form of a UPN ("none", "n/a") is refused: as a key it would make several students one.
    """
    upn = text.strip().upper()
    if not has_upn_form(upn):
        raise ValueError(str(UpnVerdict.MALFORMED))
    return upn


def read_dfe_number(text: str) -> str:
    """A school's DfE number as seven digits. "933/4567" → "9334567" · "9334567" → "9334567"."""
    found = _DFE_NUMBER.fullmatch(text)
    if not found:
        raise ValueError("is not a DfE number such as 933/4567")
    return found[1] + found[2]


def read_nc_year(text: str) -> str:
    """An NC year as text (DOMAIN rule 9). "Year  9" → "9" · "Yr 10" → "10" · "09" → "9" · "R" → "R" · "N1" → "N1"."""
    plain = " ".join(text.casefold().split())
    if plain in _SPELT_YEARS:
        return _SPELT_YEARS[plain]
    found = _NC_YEAR.fullmatch(plain)
    if found and found[1].isdigit() and 1 <= int(found[1]) <= LAST_NC_YEAR:
        return str(int(found[1]))
    if found and found[1].upper() in _LETTER_YEARS:
        return found[1].upper()
    raise ValueError("is not an NC year such as 9, Year 9, R or N1")


def read_date(text: str) -> date:
    """A date as written, its time and offset left aside: UTC would move summer dates back a day (SIMS §2).

    "2004-06-14T00:00:00+01:00" → 14 June 2004 · "14/06/2004" → 14 June 2004 (day first, always) · "18 June 1981" ·
    "18-Jun-1981" · "2004-06-14". A two-digit year and "06/14/2004" are refused rather than guessed.
    """
    found = _date_as_written(text)
    if found is None or found.year < EARLIEST_YEAR:
        raise ValueError("is not a date such as 14/06/2004 or 2004-06-14")
    return found


def read_moment(text: str) -> datetime:
    """A moment with its offset. "2026-06-14T10:00:00+01:00" → 14 June 2026 09:00 UTC · "2026-12-15T15:59:00Z".

    One without an offset is refused: an hour decides whether an entry is on time.
    """
    found = _moment_as_written(text)
    if found is None or not EARLIEST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError("is not a moment such as 2026-12-15T15:59:00Z")
    return found.astimezone(UTC)


def read_boolean(text: str) -> bool:
    """Yes or no, in any letter case. "T", "True", "Yes", "Y", "1" → True · "F", "False", "No", "N", "0" → False."""
    word = text.casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ValueError("is not yes or no")


def read_email(text: str) -> str:
    """One e-mail address, kept as typed. "a.okafor@school.example" → the same · two addresses in a cell are refused."""
    if not _EMAIL.fullmatch(text):
        raise ValueError("is not one e-mail address")
    return text


def read_enrolment(text: str) -> str:
    """An enrolment status as one word: current, main, subsidiary, guest or previous; any other text small.

    "C" → "current" · "Single Registration" → "current" · "Current Main (dual registration)" → "main" ·
    "Guest Pupil" → "guest". An unknown status is kept, so that it is never taken for "no status is mapped".
    """
    plain = " ".join(text.casefold().split())
    if plain in _ENROLMENT_CODES:
        return _ENROLMENT_CODES[plain]
    word = next((word for word in _ENROLMENT_WORDS if re.search(rf"\b{word}\b", plain)), plain)
    return "current" if word == "single" else word


def read_tutor_role(text: str) -> RoleName:
    """A tutor's part in a group. "Main Tutor" → tutor · "Co-tutor" → co-tutor · "Cover" → cover."""
    role = _TUTOR_ROLES.get(" ".join(text.casefold().replace("-", " ").split()))
    if role is None:
        raise ValueError("is not tutor, co-tutor or cover")
    return role


def read_entry_kind(text: str) -> EntryKind:
    """The kind of a pro-forma row. "Interview", "Target", "No new target" → interview · "Review" → review."""
    kind = _ENTRY_KINDS.get(" ".join(text.casefold().split()))
    if kind is None:
        raise ValueError("is not interview or review")
    return kind


def read_entry_state(text: str) -> EntryState:
    """The state of a pro-forma row. "Submitted" → submitted · "draft" → draft · "Withdrawn" → withdrawn."""
    try:
        return EntryState(text.casefold())
    except ValueError:
        raise ValueError("is not draft, submitted or withdrawn") from None


def read_excusal_reason(text: str) -> str:
    """A reason of DOMAIN rule 11, small, or another of at most 80 characters. "Suspended" → "suspended"."""
    if text.casefold() in EXCUSAL_REASONS:
        return text.casefold()
    if len(text) > EXCUSAL_REASON_CHARACTERS:
        raise ValueError(f"is longer than {EXCUSAL_REASON_CHARACTERS} characters")
    return text


def remark_on_upn(value: object) -> str | None:
    """What an admin should know of a UPN that is kept all the same; None where it is in order."""
    return check_upn(str(value)).remark


def remark_on_enrolment(value: object) -> str | None:
    """Says that a kept enrolment status is none that the product knows."""
    known = value in _ENROLMENT_CODES.values()
    return None if known else "is an enrolment status that is not known: its students count as not enrolled"


CONVERTERS: Mapping[str, Converter] = {
    "text": read_text,
    "code": read_code,
    "person_id": read_person_id,
    "admission_number": read_admission_number,
    "upn": read_upn,
    "dfe_number": read_dfe_number,
    "nc_year": read_nc_year,
    "date": read_date,
    "moment": read_moment,
    "boolean": read_boolean,
    "email": read_email,
    "enrolment": read_enrolment,
    "tutor_role": read_tutor_role,
    "entry_kind": read_entry_kind,
    "entry_state": read_entry_state,
    "excusal_reason": read_excusal_reason,
}
REMARKS: Mapping[str, Callable[[object], str | None]] = {"upn": remark_on_upn, "enrolment": remark_on_enrolment}


def _moment_as_written(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _date_as_written(text: str) -> date | None:
    try:
        if found := _ISO_DATE.fullmatch(text):
            return date.fromisoformat(found[1])
        if found := _DAY_FIRST.fullmatch(text):
            return date(int(found[4]), int(found[3]), int(found[1]))
        if (found := _MONTH_NAMED.fullmatch(text)) and (month := _MONTH_NUMBERS.get(found[2].casefold())):
            return date(int(found[3]), month, int(found[1]))
    except ValueError:
        return None
    return None
