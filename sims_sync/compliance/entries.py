"""Does an entry count, was it on time, and to which half term does it belong (DOMAIN rules 3, 14, 14a, 15)?"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sims_sync.records import Entry, EntryKind, EntryState, Review
from sims_sync.school_year import HalfTermDates, HalfTermId, SchoolYear

MINIMUM_TEXT_CHARACTERS = 15
MINIMUM_TEXT_WORDS = 3
PROFORMA_ORIGIN = "proforma"
ONE_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Attributed:
    """One entry and the half term it belongs to; None = outside every configured half term.

    `dated_in` is the half term owning its interview date. `contradicts`: its result set names a half term in which
    its date does not lie. `unreadable`: its result set names something that is no half term, so the date decided.
    """

    entry: Entry
    half_term: HalfTermId | None
    dated_in: HalfTermId | None
    contradicts: bool = False
    unreadable: bool = False


class HalfTerms:
    """What attribution asks of a school year, each question answered once per date.

    A school has thousands of entries on some 190 dates.
    """

    def __init__(self, school_year: SchoolYear) -> None:
        self._year = school_year
        self._by_date: dict[date, tuple[HalfTermId | None, HalfTermId | None]] = {}
        self._named: dict[tuple[str, date], HalfTermId | None] = {}

    def by_date(self, day: date) -> tuple[HalfTermId | None, HalfTermId | None]:
        """The owner of `day`, and the earlier half term whose moved deadline reaches to it (rule 3)."""
        found = self._by_date.get(day)
        if found is None:
            found = self._by_date[day] = (self._year.owner(day), self._year.extended_owner(day))
        return found

    def named(self, text: str, day: date) -> HalfTermId | None:
        """The half term that a result set's text names, None if unreadable; a bare "autumn-1" is of `day`'s year."""
        key = (text, day)
        if key not in self._named:
            self._named[key] = self._read_name(text, day)
        return self._named[key]

    def still_counts(self, entry: Entry, half_term: HalfTermId) -> bool:
        """Whether `entry` was recorded in time for the deadline of `half_term`."""
        return on_time(entry, self._year.dates(half_term), self._year)

    def _read_name(self, text: str, day: date) -> HalfTermId | None:
        wanted = text.strip().casefold().replace(" ", "-")
        if "/" not in wanted:
            around = self.by_date(day)[0] or self._year.latest_started(day)
            wanted = f"{around.year}/{wanted}" if around else wanted
        try:
            return HalfTermId.parse(wanted)
        except ValueError:
            return None


def text_passes(text: str | None) -> bool:
    """Whether a target's, reason's or review's text is long enough (rule 15): 15 characters trimmed, and 3 words.

    A word holds a letter or a digit: a row of dashes is no text.
    """
    trimmed = (text or "").strip()
    if len(trimmed) < MINIMUM_TEXT_CHARACTERS:
        return False
    # Asked of every text of a trust's 640,000 entries: the first three words nearly always settle it.
    words = 0
    for word in trimmed.split():
        words += word[0].isalnum() or any(map(str.isalnum, word))
        if words == MINIMUM_TEXT_WORDS:
            return True
    return False


def qualifies(entry: Entry) -> bool:
    """Whether an entry counts (rule 14), whenever it was recorded and to whichever half term it belongs."""
    if entry.state is not EntryState.SUBMITTED:
        return False
    if entry.kind is EntryKind.INTERVIEW and _has_target(entry):
        return True
    return any(_review_counts(review, entry.origin) for review in entry.reviews)


def is_qualifying_interview(entry: Entry) -> bool:
    """Whether an entry is an interview that counts: all that the policy `termly` looks at (rule 16)."""
    return entry.kind is EntryKind.INTERVIEW and qualifies(entry)


def on_time(entry: Entry, dates: HalfTermDates, school_year: SchoolYear) -> bool:
    """Whether it was recorded by D 23:59:59 local (rule 14); never where the half term has no deadline.

    The last second counts to its end: doubt is on time.
    """
    return dates.deadline is not None and entry.recorded_at < end_of(dates.deadline, school_year)


def end_of(day: date, school_year: SchoolYear) -> datetime:
    """The first moment after local `day`, aware: what is recorded before it was recorded by 23:59:59."""
    return school_year.end_of_day(day) + ONE_SECOND


def attribute(
    entries: Iterable[Entry], half_terms: HalfTerms, counts: Callable[[Entry], bool] = qualifies
) -> list[Attributed]:
    """Give each entry of *one* student its half term (rule 3).

    A result set that names a half term decides; else the interview date. On a date that an earlier half term's moved
    deadline reaches, the entry belongs to the earlier one if no entry that counts is there in time, else to the later.
    An entry too late for that deadline belongs to the later: in the earlier it could count for nothing.
    """
    settled: list[Attributed] = []
    open_to_both: list[Entry] = []
    for entry in entries:
        if entry.half_term is None and half_terms.by_date(entry.interview_date)[1] is not None:
            open_to_both.append(entry)
        else:
            settled.append(_settled(entry, half_terms))
    return settled + _share_out(open_to_both, settled, half_terms, counts) if open_to_both else settled


def owning_half_term(
    entry: Entry,
    school_year: SchoolYear,
    others: Sequence[Entry] = (),
    counts: Callable[[Entry], bool] = qualifies,
) -> HalfTermId | None:
    """The half term an entry belongs to (rule 3), None = outside every configured one.

    `others` are the same student's other entries: they settle a date that a moved deadline reaches.
    """
    everything = [entry, *(other for other in others if other.entry_key != entry.entry_key)]
    for each in attribute(everything, HalfTerms(school_year), counts):
        if each.entry is entry:
            return each.half_term
    return None


def _settled(entry: Entry, half_terms: HalfTerms) -> Attributed:
    owner, reaching = half_terms.by_date(entry.interview_date)
    if entry.half_term is None:
        return Attributed(entry, owner, owner)
    named = half_terms.named(entry.half_term, entry.interview_date)
    if named is None:
        return Attributed(entry, owner, owner, unreadable=True)
    return Attributed(entry, named, owner, contradicts=named not in (owner, reaching))


def _share_out(
    entries: Sequence[Entry], settled: Sequence[Attributed], half_terms: HalfTerms, counts: Callable[[Entry], bool]
) -> list[Attributed]:
    # In the order of recording: a later entry must never take an earlier one's place and make it late.
    taken = {
        each.half_term
        for each in settled
        if each.half_term is not None and counts(each.entry) and _known_and_in_time(each, half_terms)
    }
    shared: list[Attributed] = []
    for entry in sorted(entries, key=lambda each: (each.recorded_at, each.interview_date, each.entry_key)):
        owner, earlier = half_terms.by_date(entry.interview_date)
        if earlier is not None and earlier not in taken and half_terms.still_counts(entry, earlier):
            shared.append(Attributed(entry, earlier, owner))
            taken |= {earlier} if counts(entry) else set()
        else:
            shared.append(Attributed(entry, owner, owner))
    return shared


def _known_and_in_time(each: Attributed, half_terms: HalfTerms) -> bool:
    try:
        return each.half_term is not None and half_terms.still_counts(each.entry, each.half_term)
    except KeyError:  # a result set may name a half term that no calendar has
        return False


def _has_target(entry: Entry) -> bool:
    return any(text_passes(target.text) for target in entry.targets) or text_passes(entry.no_target_reason)


def _review_counts(review: Review, origin: str) -> bool:
    if review.outcome is not None and review.outcome.strip():
        return True
    # In SIMS there is nowhere to state an outcome, so the text decides (rule 14a); a pro-forma asks for one.
    return origin != PROFORMA_ORIGIN and review.outcome is None and text_passes(review.text)
