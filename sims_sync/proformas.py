"""What the rows of a returned pro-forma are: entries and excusals. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

from sims_sync.compliance.entries import text_passes
from sims_sync.compliance.facts import Excusal
from sims_sync.errors import RecordError
from sims_sync.records import Entry, EntryKind, EntryState, ProformaRow, Review, Target
from sims_sync.school_year import SchoolYear

ORIGIN = "proforma"
EXCUSAL_REASON_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Returned:
    """One returned row: an entry, an excusal, or both."""

    entry: Entry | None
    excusal: Excusal | None


def returned(
    row: ProformaRow, student_id: str, *, source: str, recorded_at: datetime, school_year: SchoolYear
) -> Returned:
    """The entry and the excusal of one row; an empty row gives neither.

    `recorded_at` is the file's modification time, capped at collection (rule 14a).

    Raises:
        RecordError: an entry without a date, or dated in the future; an excusal outside every half term.
    """
    entry = _entry(row, student_id, source, recorded_at)
    if entry is not None and entry.interview_date > school_year.local_date(recorded_at):
        raise RecordError("future-date", "interview_date", "the interview lies in the future", "Correct the date.")
    return Returned(entry, _excusal(row, student_id, recorded_at, school_year))


def keep_first_recording(entry: Entry, before: Entry | None) -> Entry:
    """A correction of an entry that was good already stays recorded when it was first: mending makes nobody late.

    A draft that is submitted, or a text that was too short, is recorded now.
    """
    if before is None:
        return entry
    was_good = before.state is EntryState.SUBMITTED and _has_content(before)
    same = replace(entry, recorded_at=before.recorded_at) == before
    return replace(entry, recorded_at=before.recorded_at) if was_good or same else entry


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
