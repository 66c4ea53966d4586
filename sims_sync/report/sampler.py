"""Which three entries of each tutor group does a Head of House read, to judge how good they are?

The one report that shows target text, so it is written into a file. What the Head ticks is a judgement about entries:
it is in no percentage and no message, and no tutor is named.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sims_sync.compliance.facts import Assessment, StudentFacts
from sims_sync.records import Entry
from sims_sync.report import wording
from sims_sync.report.sheets import Cell, Sheets, workbook_bytes
from sims_sync.report.summary import clean
from sims_sync.report.tutor_lists import natural
from sims_sync.school_year import HalfTermId

ENTRIES_PER_GROUP = 3
VERDICTS = ("effective", "needs work")
SHEET = "Entries"
COVER_SHEET = "How to use this"
HEADINGS = ("Tutor group", "Student", "Date", "Kind", "Text", "Effective / needs work", "Why, in a few words")
_WIDTHS = (14, 26, 13, 11, 70, 18, 34)
_VERDICT = 5
_INTRODUCTION = (
    "Three entries of each tutor group, drawn at random. Read each, and tick: effective or needs work.",
    "What you tick is for your talk with the tutor. It is in no percentage, no report and no mail.",
    "This file names students and holds their targets: keep it where only you can read it, and delete it after use.",
)


@dataclass(frozen=True, slots=True)
class SampledEntry:
    """One drawn entry with its text: what a parent may read."""

    group: str
    student: str
    dated: date
    kind: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """The drawn entries of one house or all, by group, and the seed that draws them again."""

    school: str
    half_term: HalfTermId
    house: str
    seed: str
    as_of: datetime
    entries: tuple[SampledEntry, ...]
    not_assessed: str | None = None

    @property
    def title(self) -> str:
        """The heading."""
        of = f", {wording.house_name(self.house)}" if self.house else ""
        return f"{self.school}: entries to read, {self.half_term.shown} {self.half_term.year}{of}"


def draw(
    assessment: Assessment,
    entries: Iterable[Entry],
    students: Mapping[str, StudentFacts],
    *,
    school_name: str,
    seed: str,
    house: str = "",
) -> Sample:
    """Three entries of each group, of those that make a student done; fewer where there are fewer.

    The same seed over the same entries draws the same, whatever order they come in, and whatever other groups hold.

    Raises:
        KeyError: `house` is not one of the assessment's.
    """
    by_key = {entry.entry_key: entry for entry in entries}
    houses = {each.house: each for each in assessment.houses}
    chosen = [houses[house]] if house and assessment.not_assessed is None else list(assessment.houses)
    groups = sorted({group.group for each in chosen for group in each.groups}, key=natural)
    counted = {
        group: sorted(
            key for line in assessment.lines if line.group == group for key in line.entry_keys if key in by_key
        )
        for group in groups
    }
    drawn = [
        _sampled(group, by_key[key], students) for group in groups for key in _drawn(counted[group], f"{seed}/{group}")
    ]
    return Sample(
        clean(school_name), assessment.half_term, house, seed, assessment.moment, tuple(drawn), assessment.not_assessed
    )


def render_text(sample: Sample) -> str:
    """The entries one after the other, with boxes to tick."""
    parts = [sample.title, "=" * len(sample.title), wording.STAFF_ONLY, *_opening(sample)]
    for each in sample.entries:
        parts += ["", f"{each.group}  {each.student}, {each.kind} of {wording.day(each.dated)}"]
        parts += [f"  {text}" for text in each.texts]
        parts.append(f"  [ ] {VERDICTS[0]}   [ ] {VERDICTS[1]}   why: {'_' * 40}")
    if not sample.entries and sample.not_assessed is None:
        parts.append("No entry counts yet.")
    parts += ["", wording.STAFF_ONLY]
    return "\n".join(parts) + "\n"


def render_workbook(sample: Sample) -> bytes:
    """A cover, and the entries with a cell to choose the verdict in."""

    def fill(sheets: Sheets) -> None:
        lines = [
            ("title", sample.title),
            ("strong", wording.STAFF_ONLY),
            *(("text", line) for line in _opening(sample)),
        ]
        sheets.cover(COVER_SHEET, lines)
        sheet = sheets.table(SHEET, HEADINGS, _WIDTHS, len(sample.entries), fixed=2)
        for number, each in enumerate(sample.entries, start=1):
            cells: Sequence[Cell] = (each.group, each.student, each.dated, each.kind, "\n".join(each.texts), "", "")
            for column, cell in enumerate(cells):
                sheets.write(sheet, number, column, cell, "date" if isinstance(cell, date) else "text")
        if sample.entries:
            sheet.data_validation(
                1, _VERDICT, len(sample.entries), _VERDICT, {"validate": "list", "source": list(VERDICTS)}
            )

    return workbook_bytes(sample.title, sample.as_of, fill)


def _drawn(keys: Sequence[str], seed: str) -> list[str]:
    chance = random.Random(seed)  # noqa: S311 - a sample to read, no secret; it must be drawn again from its seed
    return sorted(chance.sample(keys, min(ENTRIES_PER_GROUP, len(keys))))


def _sampled(group: str, entry: Entry, students: Mapping[str, StudentFacts]) -> SampledEntry:
    student = students[entry.student_id]
    name = clean(f"{student.forename} {student.surname}")
    return SampledEntry(clean(group), name, entry.interview_date, entry.kind.value, tuple(_texts(entry)))


def _texts(entry: Entry) -> Iterator[str]:
    for target in entry.targets:
        parts = (f"Target: {target.text}", target.criterion and f"Success: {target.criterion}")
        more = (
            target.support and f"Support: {target.support}",
            target.by_date and f"By: {wording.day(target.by_date)}",
        )
        yield clean(" | ".join(part for part in (*parts, *more) if part))
    for review in entry.reviews:
        outcome = f"Review: {review.outcome or 'outcome not stated'}"
        told = (outcome, review.text, review.evidence and f"Evidence: {review.evidence}")
        yield clean(" | ".join(part for part in (*told, review.next_step and f"Next: {review.next_step}") if part))
    if entry.no_target_reason:
        yield clean(f"No new target: {entry.no_target_reason}")


def _opening(sample: Sample) -> Iterator[str]:
    if sample.not_assessed is not None:
        yield f"Not assessed: {sample.not_assessed}"
    yield from _INTRODUCTION
    yield f"Drawn with --seed {sample.seed}: the same seed over the same entries draws the same."
