"""What the rows of a returned pro-forma are: entries and excusals, and which of them cannot be taken. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sims_sync.compliance.entries import text_passes
from sims_sync.compliance.facts import Excusal
from sims_sync.entry_text import render_no_target, render_review, render_target, why_unsendable
from sims_sync.errors import RecordError
from sims_sync.records import Entry, EntryKind, EntryState, ProformaRow, Review, Target
from sims_sync.school_year import HalfTermId, SchoolYear

ORIGIN = "proforma"
EXCUSAL_REASON_LENGTH = 80
SLOTS_OF_A_KIND = 3  # SIMS has three places for targets and three for reviews in a half term (DESIGN §5)


@dataclass(frozen=True, slots=True)
class Returned:
    """One returned row: an entry, an excusal, or both."""

    entry: Entry | None
    excusal: Excusal | None


def returned(
    row: ProformaRow, student_id: str, *, source: str, recorded_at: datetime, school_year: SchoolYear
) -> Returned:
    """The entry and the excusal of one row; an empty row gives neither.

    `recorded_at` is the file's modification time, capped at collection (rule 14a). Where the row says itself when it
    was recorded, that counts, but never as later than this.

    Raises:
        RecordError: an entry without a date, dated in the future, or submitted with a text that SIMS cannot hold; an
            excusal outside every half term.
    """
    first_recorded = min(row.recorded_at or recorded_at, recorded_at)
    entry = _entry(row, student_id, source, first_recorded)
    if entry is not None and entry.interview_date > school_year.local_date(recorded_at):
        raise RecordError("future-date", "interview_date", "the interview lies in the future", "Correct the date.")
    if entry is not None and entry.state is EntryState.SUBMITTED:
        _refuse_unsendable(entry)
    return Returned(entry, _excusal(row, student_id, first_recorded, school_year))


def keep_first_recording(entry: Entry, before: Entry | None, revised_at: datetime | None = None) -> Entry:
    """A correction of an entry that was good already stays recorded when it was first: mending makes nobody late.

    A draft that is submitted, or a text that was too short, is recorded now: at `revised_at`, where that is known.
    """
    if before is None:
        return entry
    if _is_good(before) or same_content(entry, before):
        return replace(entry, recorded_at=before.recorded_at)
    was_short = before.state is EntryState.SUBMITTED
    return replace(entry, recorded_at=revised_at) if was_short and revised_at is not None else entry


def kept_apart(entry: Entry, known: Mapping[str, Entry], school_year: SchoolYear) -> Entry:
    """The entry under a key of its own where its row held a different one in another half term.

    Last half term's workbook filled in afresh would else write over the entries that it brought then. The same text
    with another date is a correction of the date.
    """
    half_term = school_year.owner(entry.interview_date)
    apart = replace(entry, entry_key=f"{entry.entry_key}@{half_term}")
    if apart.entry_key in known:
        return apart
    before = known.get(entry.entry_key)
    if before is None or before.student_id != entry.student_id or not _is_good(before):
        return entry
    is_correction = _content(before) == _content(entry) or entry.state is EntryState.WITHDRAWN
    if is_correction or school_year.owner(before.interview_date) == half_term:
        return entry
    return apart


class SlotCount:
    """How many targets and reviews each student has in each half term; `known` are the entries taken over so far."""

    def __init__(self, known: Mapping[str, Entry], school_year: SchoolYear) -> None:
        self._year = school_year
        self._place_of: dict[str, tuple[str, HalfTermId | None, EntryKind]] = {}
        self._keys: dict[tuple[str, HalfTermId | None, EntryKind], set[str]] = defaultdict(set)
        for entry in known.values():
            if entry.state is not EntryState.DRAFT:
                self._put(entry)

    def take(self, entry: Entry) -> None:
        """Give the entry its place; a draft needs none, and a withdrawn one keeps it: slots are never used again.

        Raises:
            RecordError: it would be the fourth of its kind (DESIGN §5: refused at a form).
        """
        if entry.state is EntryState.DRAFT:
            return
        place = self._place(entry)
        is_new_there = self._place_of.get(entry.entry_key) != place
        if entry.state is EntryState.SUBMITTED and is_new_there and len(self._keys[place]) >= SLOTS_OF_A_KIND:
            what = "target" if entry.kind is EntryKind.INTERVIEW else "review"
            rule = f"a fourth {what} for this student in one half term; SIMS has three places"
            raise RecordError("slots-full", "text", rule, f"Correct one of the other three, or leave this {what} out.")
        self._put(entry)

    def _put(self, entry: Entry) -> None:
        before = self._place_of.get(entry.entry_key)
        if before is not None:
            self._keys[before].discard(entry.entry_key)
        place = self._place_of[entry.entry_key] = self._place(entry)
        self._keys[place].add(entry.entry_key)

    def _place(self, entry: Entry) -> tuple[str, HalfTermId | None, EntryKind]:
        return entry.student_id, self._year.owner(entry.interview_date), entry.kind


def same_content(entry: Entry, other: Entry) -> bool:
    """Whether two versions of one row say the same, whenever each was recorded."""
    return replace(entry, recorded_at=other.recorded_at, entry_key=other.entry_key) == other


def _content(entry: Entry) -> tuple[object, ...]:
    return entry.targets, entry.reviews, entry.no_target_reason


def _is_good(entry: Entry) -> bool:
    return entry.state is EntryState.SUBMITTED and _has_content(entry)


def _refuse_unsendable(entry: Entry) -> None:
    lines = [("text", render_target(target)) for target in entry.targets]
    lines += [("text", render_review(review)) for review in entry.reviews]
    lines += [("no_target_reason", render_no_target(entry.no_target_reason))] if entry.no_target_reason else []
    for name, line in lines:
        fault = why_unsendable(line)
        if fault is not None:
            rule = fault.what[:1].lower() + fault.what[1:].rstrip(".")
            raise RecordError(fault.code, name, rule, fault.do)


def _has_content(entry: Entry) -> bool:
    texts = [target.text for target in entry.targets] + [review.text for review in entry.reviews if not review.outcome]
    stated = any(review.outcome for review in entry.reviews)
    return stated or any(text_passes(text) for text in (*texts, entry.no_target_reason or ""))


def _entry(row: ProformaRow, student_id: str, source: str, recorded_at: datetime) -> Entry | None:
    targets = (Target(row.text, row.area, row.criterion, row.support, row.by_date),) if row.text else ()
    is_review = row.kind is EntryKind.REVIEW
    reviews = (Review(row.outcome, row.text or "", row.evidence, row.next_step),) if is_review else ()
    nothing = not (targets or row.no_target_reason or (is_review and (row.outcome or row.evidence or row.next_step)))
    if nothing and row.state is not EntryState.WITHDRAWN:
        return None
    if row.interview_date is None:
        raise RecordError("no-date", "interview_date", "an entry without a date", "Fill in the date of the interview.")
    return Entry(
        entry_key=f"{ORIGIN}:{source}:{row.row_id}",
        student_id=student_id,
        kind=row.kind,
        state=row.state,
        interview_date=row.interview_date,
        recorded_at=recorded_at,
        origin=ORIGIN,
        author=row.author,
        targets=() if is_review else targets,
        reviews=reviews,
        no_target_reason=None if is_review else row.no_target_reason,
    )


def _excusal(row: ProformaRow, student_id: str, recorded_at: datetime, school_year: SchoolYear) -> Excusal | None:
    if not row.excusal_reason:
        return None
    day = row.interview_date or school_year.local_date(recorded_at)
    half_term = school_year.owner(day)
    if half_term is None:
        raise RecordError(
            "outside-calendar", "interview_date", "outside every configured half term", "Correct the date."
        )
    given = school_year.local_date(recorded_at)
    return Excusal(student_id, half_term, row.excusal_reason[:EXCUSAL_REASON_LENGTH], given)
