"""Which results are academic data, of which subject, and of when (DOMAIN rule 18, SIMS §3)? Pure."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sims_sync.compliance.roll import fold
from sims_sync.school_year import HalfTermId

# The words after which an aspect's name says what kind of result it is, and no longer of which subject.
_KIND_OF_RESULT = re.compile(
    r"(?:assessment|attainment|attitude|average|band|behaviour|classwork|coursework|current|effort|end|estimate|exam"
    r"|expected|fft|final|forecast|grade|homework|key|ks[1-5]|level|mark|mock|percentage|predicted|prediction|progress"
    r"|raw|report|result|score|step|summer|autumn|spring|target|teacher|term|test|tracking|working|year|y\d{1,2})s?",
    re.IGNORECASE,
)
_NAMED_HALF_TERM = re.compile(r"(autumn|spring|summer)[\s-]*(?:term)?[\s-]*([12])\b", re.IGNORECASE)
_NAMED_YEAR = re.compile(r"\b(20\d\d)\s*[/-]\s*(?:20)?(\d\d)\b")


@dataclass(frozen=True, slots=True)
class NewestResult:
    """The newest result of one student in one aspect. `dated` None = it has no date, and no half term is named."""

    student_id: str
    aspect: str
    dated: date | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which aspects count: those named, or where none is every one that is not a mentoring aspect."""

    aspects: tuple[str, ...] = ()
    mentoring: frozenset[str] = frozenset()

    def has(self, aspect: str) -> bool:
        """Whether results in this aspect are academic data."""
        name = fold(aspect)
        if self.aspects:
            return name in {fold(each) for each in self.aspects}
        return name not in {fold(each) for each in self.mentoring}


def half_term_named(result_set: str) -> HalfTermId | None:
    """The half term in a result set's name ("Autumn 1 2026/27"), for a result without a date; None = none is."""
    term, years = _NAMED_HALF_TERM.search(result_set), _NAMED_YEAR.search(result_set)
    if term is None or years is None:
        return None
    try:
        return HalfTermId.parse(f"{years[1]}-{years[2]}/{term[1].casefold()}-{term[2]}")
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def subject_of(aspect: str) -> str:
    """The subject in an aspect's name: its words before the kind of result ("Religious Studies Effort").

    The whole name where it begins with the kind, or names none.
    """
    words = aspect.split()
    before: list[str] = []
    for word in words:
        if _KIND_OF_RESULT.fullmatch(word.strip("():,-")) or word in {"-", "\N{EN DASH}"}:
            break
        before.append(word)
    return " ".join(before) if before else " ".join(words)
