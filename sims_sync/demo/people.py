"""Which invented names, numbers and dates do the people of the demo school carry?

Names are built from two sets of syllables used nowhere else, so that a name found in a mail or a log is a leak and not
a word (DOMAIN §6). UPNs follow SIMS §5, check letter included.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
UPN_LENGTH = 13
LOCAL_AUTHORITIES = ("801", "802", "803", "916", "933")
UNKNOWN_LOCAL_AUTHORITY = "999"

FORENAME_STARTS = ("Zul", "Vex", "Qor", "Jyn", "Kaz", "Wov", "Xan", "Zhi", "Nuq", "Pyx", "Tajj", "Kyv", "Ziv", "Uqe")
FORENAME_ENDS = ("qor", "vyx", "zuma", "jix", "kwen", "xilo", "zef", "quu", "wyzz", "jazo", "vuq", "xandu")
SURNAME_STARTS = ("Qaz", "Vwo", "Xilz", "Ghyz", "Jhor", "Kruq", "Pfex", "Wuxo", "Zwil", "Yjan", "Fjuz", "Txol", "Bvek")
SURNAME_ENDS = ("wick", "zuvo", "qell", "jorv", "xby", "vink", "quist", "zyff", "jarl", "wexo", "ghov", "kzam", "vjun")
STAFF_FORENAMES = ("Oru", "Vael", "Tham", "Idri", "Kesh", "Lomi", "Sarn", "Ebri", "Ghen", "Mavi", "Rhos", "Ylva")
STAFF_SURNAMES = ("Belv", "Dorr", "Fenq", "Halv", "Jerr", "Korv", "Maev", "Norv", "Pelq", "Skav", "Thry", "Wrel")
STAFF_ENDS = ("aro", "idan", "oque", "ulen", "esk", "avi", "orim", "etho")
TITLES = ("Mr", "Mrs", "Ms", "Miss", "Dr", "Mx")


@dataclass(frozen=True, slots=True)
class Stay:
    """Where somebody was from `first` to `last`, both inclusive; `last` None = still there."""

    value: str
    first: date
    last: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it held on `day`."""
        return self.first <= day and (self.last is None or day <= self.last)


def upn_check_letter(body: str) -> str:
    """The letter that a UPN starts with, from the twelve characters after it (SIMS §5).

    Worked: "801200005001" → "B", "207000016049" → "P", and of the temporary "80120000500A" → "M".

    Raises:
        ValueError: not twelve digits, the last of which may be a check-letter character.
    """
    if len(body) != UPN_LENGTH - 1:
        raise ValueError("The body of a UPN has twelve characters.")
    total = sum(_upn_value(character) * position for position, character in enumerate(body, start=2))
    return UPN_LETTERS[total % len(UPN_LETTERS)]


def make_upn(body: str) -> str:
    """The valid UPN with this body."""
    return upn_check_letter(body) + body


def with_wrong_letter(upn: str) -> str:
    """The same UPN with a check letter that does not fit."""
    return UPN_LETTERS[(UPN_LETTERS.index(upn[0]) + 1) % len(UPN_LETTERS)] + upn[1:]


def upn_bodies(rng: random.Random, entry_year: int) -> Iterator[str]:
    """Endless bodies of UPNs given out in `entry_year`, none twice: authority, primary school, year, serial number."""
    given: set[str] = set()
    while True:
        authority = rng.choice(LOCAL_AUTHORITIES)
        body = f"{authority}{rng.randint(2000, 3999)}{entry_year % 100:02}{rng.randint(1, 999):03}"
        if body not in given:
            given.add(body)
            yield body


def student_names(rng: random.Random) -> Iterator[tuple[str, str]]:
    """Endless pairs of surname and forename, no pair twice."""
    given: set[tuple[str, str]] = set()
    while True:
        surname = rng.choice(SURNAME_STARTS) + rng.choice(SURNAME_ENDS)
        forename = rng.choice(FORENAME_STARTS) + rng.choice(FORENAME_ENDS)
        if (surname, forename) not in given:
            given.add((surname, forename))
            yield surname, forename


def staff_names(rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """Endless title, surname and forename of one member of staff after another; no surname twice."""
    surnames = [start + end for start in STAFF_SURNAMES for end in STAFF_ENDS]
    rng.shuffle(surnames)
    double_barrels = (f"{first}-{second}" for first, second in itertools.permutations(surnames, 2))
    for surname in itertools.chain(surnames, double_barrels):
        yield rng.choice(TITLES), surname, rng.choice(STAFF_FORENAMES) + rng.choice(("n", "ra", "l", "va"))


def _upn_value(character: str) -> int:
    """The value of one character: a digit's own, a temporary UPN's final letter its place in the row of letters."""
    return int(character) if character.isdigit() else UPN_LETTERS.index(character)
