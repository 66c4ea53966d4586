"""Which values typed in SIMS are entries, and whose half term they name (DOMAIN rule 14a). Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sims_sync.config import EntriesSection
from sims_sync.entry_text import read_no_target, read_review, read_target
from sims_sync.errors import RecordError
from sims_sync.mapping import normalise_caption
from sims_sync.records import REVIEW_SLOTS, TARGET_SLOTS, Entry, EntryKind, EntryState, SimsEntry
from sims_sync.school_year import HalfTermId, SchoolYear

ORIGIN = "sims"


@dataclass(frozen=True, slots=True)
class TypedReading:
    """What is known of one read: when it began, and when the last good read began that did not hold a new value."""

    began: datetime
    last_good: datetime | None


class Recogniser:
    """Turns rows of the mentoring report into entries."""

    def __init__(self, section: EntriesSection, school_year: SchoolYear, reading: TypedReading) -> None:
        self._targets = {_plain(name) for name in section.target_aspects}
        self._reviews = {_plain(name) for name in section.review_aspects}
        self._slots = slot_names(section)
        self._sets = result_set_names(section, school_year)
        self._year = school_year
        self._reading = reading

    def entry(self, row: SimsEntry, student_id: str) -> Entry | None:
        """The entry that a value is, or None where its aspect is not one of the programme's.

        Raises:
            RecordError: no date and no result set that names a half term: nobody can say when it was made.
        """
        aspect = _plain(row.aspect)
        if aspect not in self._targets and aspect not in self._reviews:
            return None
        half_term = self._sets.get(_plain(row.result_set)) if row.result_set else None
        made_on = self._interview_date(row, half_term)
        slot = row.result_set or made_on.isoformat()
        key = f"{ORIGIN}:{student_id}:{aspect}:{_plain(slot)}"
        common = {
            "entry_key": key,
            "student_id": student_id,
            "state": EntryState.SUBMITTED,
            "interview_date": made_on,
            "recorded_at": self._recorded_at(row, half_term),
            "origin": ORIGIN,
            "half_term": str(half_term) if half_term else None,
        }
        if aspect in self._reviews:
            return Entry(kind=EntryKind.REVIEW, reviews=(read_review(row.text),), **common)  # type: ignore[arg-type]
        reason = read_no_target(row.text)
        if reason:
            return Entry(kind=EntryKind.INTERVIEW, no_target_reason=reason, **common)  # type: ignore[arg-type]
        return Entry(kind=EntryKind.INTERVIEW, targets=(read_target(row.text),), **common)  # type: ignore[arg-type]

    def place(self, row: SimsEntry) -> tuple[str | None, str | None]:
        """(half term, slot) that a value stands in; None where its result set names none, or its aspect is no slot."""
        half_term = self._sets.get(_plain(row.result_set)) if row.result_set else None
        return (str(half_term) if half_term else None), self._slots.get(_plain(row.aspect))

    def _recorded_at(self, row: SimsEntry, half_term: HalfTermId | None) -> datetime:
        """Doubt counts as on time: the last good read that did not hold it, else its result date (rule 14a).

        With neither it may have been there since its half term began.
        """
        if self._reading.last_good is not None:
            return self._reading.last_good
        since = row.result_date or (self._year.dates(half_term).owns_from if half_term is not None else None)
        if since is None:
            return self._reading.began
        return min(_midnight(since, self._year.calendar.timezone), self._reading.began)

    def _interview_date(self, row: SimsEntry, half_term: HalfTermId | None) -> date:
        if row.result_date is not None:
            return row.result_date
        if half_term is None:
            raise RecordError(
                "no-date", "result_date", "no date, and no result set that names a half term", "Add the date in SIMS."
            )
        dates = self._year.dates(half_term)
        return min(max(self._year.local_date(self._reading.began), dates.owns_from), dates.owns_to)


def slot_aspects(section: EntriesSection) -> dict[str, str]:
    """Slot → the Comment aspect that holds it; fewer than six where the school has fewer."""
    targets = zip(TARGET_SLOTS, section.target_aspects, strict=False)
    reviews = zip(REVIEW_SLOTS, section.review_aspects, strict=False)
    return {slot.value: aspect for slot, aspect in (*targets, *reviews)}


def slot_names(section: EntriesSection) -> dict[str, str]:
    """Aspect (compared without case and blanks) → the slot that it is."""
    return {_plain(aspect): slot for slot, aspect in slot_aspects(section).items()}


def result_set_name(section: EntriesSection, half_term: HalfTermId) -> str:
    """The result set that holds a half term's texts: the one named for it, else by the pattern."""
    named = (name for name, text in section.result_sets.items() if HalfTermId.parse(text) == half_term)
    return next(named, None) or _by_pattern(section, half_term)


def result_set_names(section: EntriesSection, school_year: SchoolYear) -> dict[str, HalfTermId]:
    """Result set name (compared without case and blanks) → the half term that it names."""
    names = {_plain(_by_pattern(section, half_term)): half_term for half_term in school_year.ids()}
    names.update({_plain(name): HalfTermId.parse(text) for name, text in section.result_sets.items()})
    return {name: half_term for name, half_term in names.items() if half_term in set(school_year.ids())}


def gone_from(stored: Mapping[str, Entry], read_keys: Collection[str]) -> tuple[str, ...]:
    """Keys of stored entries that this read lacks although it still holds others of their result set.

    A report filtered to the present half term says nothing about earlier ones, so their absence means nothing.
    """
    present = {_set_of(key) for key in read_keys}
    return tuple(
        key
        for key, entry in stored.items()
        if key not in read_keys and entry.state is EntryState.SUBMITTED and _set_of(key) in present
    )


def _set_of(key: str) -> str:
    return key.rsplit(":", 1)[-1]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _plain(text: str) -> str:
    """Aspects and result sets are compared as captions are: exports differ in case, blanks and punctuation."""
    return normalise_caption(text)


def _by_pattern(section: EntriesSection, half_term: HalfTermId) -> str:
    return section.result_set.format(half_term=half_term.shown, year=half_term.year.replace("-", "/"))
