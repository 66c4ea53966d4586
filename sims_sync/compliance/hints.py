"""What could an author do better next time (DOMAIN rule 15)? For the author's eyes only, and part of no figure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sims_sync.records import Entry, EntryState

SAME_TEXT_STUDENTS = 5
# Words that suggest content for which the programme has no field (DOMAIN §1): it is shared in person.
_SENSITIVE = re.compile(
    r"\b(safeguarding|child protection|social (worker|services|care)|camhs|police|self[- ]harm\w*|suicid\w*|abus\w+|"
    r"pregnan\w+|medication|diagnos\w+|adhd|autis\w+|dyslexi\w+|ehcp?|send?co|counsell\w+|therap\w+|foster\w*)\b",
    re.IGNORECASE,
)


class HintKind(StrEnum):
    """What a hint is about."""

    NO_BY_DATE = "a target has no by-date"
    SAME_TEXT = "the same text stands for five or more students"
    SENSITIVE = "a word suggests sensitive content, which belongs in no entry"


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint on one entry, for its author alone; it repeats nothing of the text."""

    entry_key: str
    author: str | None
    kind: HintKind


def hints(entries: Iterable[Entry]) -> tuple[Hint, ...]:
    """The hints on entries that are not withdrawn, in the order of the entries."""
    looked_at = [entry for entry in entries if entry.state is not EntryState.WITHDRAWN]
    repeated = _repeated_texts(looked_at)
    return tuple(
        Hint(entry.entry_key, entry.author, kind) for entry in looked_at for kind in _kinds_of(entry, repeated)
    )


def _kinds_of(entry: Entry, repeated: frozenset[tuple[str | None, str]]) -> Iterator[HintKind]:
    texts = _texts(entry)
    if any(target.by_date is None for target in entry.targets):
        yield HintKind.NO_BY_DATE
    if any((entry.author, _plain(text)) in repeated for text in texts):
        yield HintKind.SAME_TEXT
    if any(_SENSITIVE.search(text) for text in texts):
        yield HintKind.SENSITIVE


def _repeated_texts(entries: Iterable[Entry]) -> frozenset[tuple[str | None, str]]:
    students: dict[tuple[str | None, str], set[str]] = defaultdict(set)
    for entry in entries:
        for text in _texts(entry):
            students[entry.author, _plain(text)].add(entry.student_id)
    return frozenset(key for key, who in students.items() if len(who) >= SAME_TEXT_STUDENTS)


def _texts(entry: Entry) -> list[str]:
    texts = [target.text for target in entry.targets]
    texts += [part for review in entry.reviews for part in (review.text, review.evidence, review.next_step) if part]
    return [text for text in (*texts, entry.no_target_reason) if text and text.strip()]


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
