"""Is this text a UPN, and does its check letter agree with the rest (SIMS §5)?

A UPN is a check letter and twelve characters: local authority (3 digits), school (4), year (2), serial (3). In a
temporary UPN the last character is a letter. Whatever is found, it is a remark: a UPN is a matching key that SIMS
holds, so a doubtful one is kept and shown to the admin as a count, never by its value (DOMAIN §1).
"""

import re
from dataclasses import dataclass
from enum import StrEnum

# Without I, O and S, which look like digits. The order gives each letter its value.
UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
# First and last code of each block in use in England and Wales, now or before a reorganisation: a UPN keeps the code
# of the authority that gave it. Generous on purpose: a false "unknown" would send an admin looking for nothing.
LA_CODE_BLOCKS = (
    (201, 213),
    (301, 320),
    (330, 336),
    (340, 344),
    (350, 359),
    (370, 373),
    (380, 384),
    (390, 394),
    (420, 420),
    (660, 681),
    (800, 896),
    (901, 947),
)

_BODY = re.compile(rf"[0-9]{{11}}[0-9{UPN_LETTERS}]")
_UPN = re.compile(rf"[{UPN_LETTERS}]{_BODY.pattern}")
_FIRST_POSITION = 2  # the check letter itself is position 1


class UpnVerdict(StrEnum):
    """What a look at a UPN shows; the value is the rule text of the remark."""

    VALID = "is a valid UPN"
    WRONG_CHECK_LETTER = "has a UPN check letter that does not agree with the other characters"
    UNKNOWN_LA = "has a UPN whose local authority code is unknown"
    MALFORMED = "is not a UPN: one letter, eleven digits and a digit or letter"


@dataclass(frozen=True, slots=True)
class UpnCheck:
    """The verdict, and whether it is a temporary UPN (last character a letter). Holds no part of the UPN."""

    verdict: UpnVerdict
    temporary: bool = False

    @property
    def remark(self) -> str | None:
        """The rule text to show an admin; None where nothing is to be said."""
        return None if self.verdict is UpnVerdict.VALID else str(self.verdict)


def check_letter(body: str) -> str:
    """The letter that belongs before the twelve characters of `body`.

    The letter at the sum of value times position, modulo 23, for positions 2 to 13; a final letter counts as its index.
    801200005001 → B · 207000016049 → P · 80120000500A → M.

    Raises:
        ValueError: not eleven digits and a digit or letter.
    """
    if not _BODY.fullmatch(body):
        raise ValueError("needs eleven digits and a digit or letter")
    values = (int(char) if char.isdigit() else UPN_LETTERS.index(char) for char in body)
    return UPN_LETTERS[
        sum(value * position for position, value in enumerate(values, _FIRST_POSITION)) % len(UPN_LETTERS)
    ]


def has_upn_form(upn: str) -> bool:
    """Whether `upn`, in capitals, has the form of a UPN. "A801200005001" → True, check letter aside · "N/A" → False."""
    return _UPN.fullmatch(upn) is not None


def check_upn(text: str) -> UpnCheck:
    """Judge `text`, blanks around it and small letters allowed. Never raises.

    B801200005001 → valid · A801200005001 → wrong check letter · M80120000500A → valid, temporary · "none" → malformed.
    The check letter is looked at before the local authority: of two faults the first is the graver.
    """
    upn = text.strip().upper()
    if not has_upn_form(upn):
        return UpnCheck(UpnVerdict.MALFORMED)
    temporary = not upn[-1].isdigit()
    if upn[0] != check_letter(upn[1:]):
        return UpnCheck(UpnVerdict.WRONG_CHECK_LETTER, temporary)
    la_code = int(upn[1:4])
    known = any(first <= la_code <= last for first, last in LA_CODE_BLOCKS)
    return UpnCheck(UpnVerdict.VALID if known else UpnVerdict.UNKNOWN_LA, temporary)
