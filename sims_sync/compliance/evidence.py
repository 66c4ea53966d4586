"""What did each student's entries amount to in one half term (DOMAIN rules 3, 14, 15, 16)?"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from sims_sync.compliance.entries import Attributed, HalfTerms, attribute, qualifies
from sims_sync.compliance.facts import Occasion, Policy, SchoolFacts
from sims_sync.compliance.viewpoint import Viewpoint
from sims_sync.records import Entry, EntryKind, EntryState
from sims_sync.school_year import HalfTermId


@dataclass(frozen=True, slots=True)
class Evidence:
    """One student's entries, sorted by what they are worth here.

    `counted`: make the student done at the deadline (before it: now). `late`: recorded after D, in time for closing.
    `checked`: would count, but for a date that contradicts: *entry being checked*. `contradicting`, `future` and
    `unreadable` are data-quality problems. `too_short` and `drafts` are numbers of entries; `any_entry`: there is one
    of any kind. `interviewed_terms`: the terms of this year (0 to 2) with a qualifying interview. `last_entry`: the
    date of the latest submitted entry of any half term.
    """

    counted: tuple[Entry, ...] = ()
    late: tuple[Entry, ...] = ()
    checked: tuple[Entry, ...] = ()
    contradicting: tuple[Entry, ...] = ()
    future: tuple[Entry, ...] = ()
    unreadable: tuple[Entry, ...] = ()
    too_short: int = 0
    drafts: int = 0
    any_entry: bool = False
    interviewed_terms: frozenset[int] = frozenset()
    last_entry: date | None = None
    seen: int = 0


NO_EVIDENCE = Evidence()


def gather(facts: SchoolFacts, view: Viewpoint) -> Mapping[str, Evidence]:
    """The evidence on every student who has an entry, by student id."""
    reader = _Reader(facts, view)
    return {student: reader.read(entries) for student, entries in _by_student(facts.entries, view).items()}


def _by_student(entries: Iterable[Entry], view: Viewpoint) -> Mapping[str, Sequence[Entry]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.state is not EntryState.WITHDRAWN and entry.recorded_at < view.known_before:
            found[entry.student_id].append(entry)
    return found


class _Reader:
    """Reads one student's entries after another, from the same viewpoint."""

    def __init__(self, facts: SchoolFacts, view: Viewpoint) -> None:
        self._view = view
        self._scope = view.in_scope
        self._year = facts.school_year
        self._half_terms = HalfTerms(facts.school_year)
        self._limit = view.counts_before if view.occasion is Occasion.CLOSING else view.on_time_before
        termly = view.policy is Policy.TERMLY
        self._counts: Callable[[Entry], bool] = self._is_qualifying_interview if termly else self._qualifies
        self._qualifying: dict[int, bool] = {}

    def read(self, entries: Sequence[Entry]) -> Evidence:
        """The evidence in one student's entries."""
        attributed = attribute(entries, self._half_terms, self._counts)
        here = [each for each in attributed if each.half_term in self._scope]
        checked = [each for each in attributed if self._is_in_doubt(each)]
        submitted = [each.entry for each in here if each.entry.state is EntryState.SUBMITTED]
        counting = [entry for entry in submitted if self._counts(entry)]
        near = list(chain(here, checked))
        return Evidence(
            counted=tuple(entry for entry in counting if entry.recorded_at < self._view.on_time_before),
            late=tuple(entry for entry in counting if self._is_late(entry)),
            checked=tuple(each.entry for each in checked),
            contradicting=tuple(each.entry for each in attributed if each.contradicts and self._touches(each)),
            future=tuple(each.entry for each in near if each.entry.interview_date > self._view.today),
            unreadable=tuple(each.entry for each in near if each.unreadable),
            too_short=sum(1 for entry in submitted if not self._qualifies(entry)),
            drafts=sum(1 for each in here if each.entry.state is EntryState.DRAFT),
            any_entry=bool(near),
            interviewed_terms=frozenset(self._interviewed_terms(attributed)),
            last_entry=self._last_entry(attributed),
            seen=sum(1 for each in attributed if each.half_term == self._view.half_term),
        )

    def _qualifies(self, entry: Entry) -> bool:
        """As `qualifies`, read once for each entry: several rules ask, and the facts hold it as long as this lives."""
        found = self._qualifying.get(id(entry))
        if found is None:
            found = self._qualifying[id(entry)] = qualifies(entry)
        return found

    def _is_qualifying_interview(self, entry: Entry) -> bool:
        return entry.kind is EntryKind.INTERVIEW and self._qualifies(entry)

    def _is_late(self, entry: Entry) -> bool:
        return self._view.on_time_before <= entry.recorded_at < self._view.counts_before

    def _is_in_doubt(self, each: Attributed) -> bool:
        """Whether an entry that belongs elsewhere may have been meant for here."""
        if each.half_term in self._scope or each.entry.recorded_at >= self._limit:
            return False
        return self._may_be_meant(each) and self._counts(each.entry)

    def _may_be_meant(self, each: Attributed) -> bool:
        if each.contradicts:
            return each.dated_in in self._scope
        # A date that has not come yet, or that lies in no half term at all, was mistyped: look at when it was recorded.
        impossible = each.half_term is None or each.entry.interview_date > self._view.today
        return impossible and self._recorded_in(each.entry) in self._scope

    def _recorded_in(self, entry: Entry) -> HalfTermId | None:
        return self._half_terms.by_date(self._year.local_date(entry.recorded_at))[0]

    def _touches(self, each: Attributed) -> bool:
        return each.dated_in in self._scope or each.half_term in self._scope

    def _interviewed_terms(self, attributed: Iterable[Attributed]) -> Iterator[int]:
        here = self._view.half_term
        for each in attributed:
            if each.half_term is None or each.half_term.year != here.year or each.half_term.index > here.index:
                continue
            if each.entry.recorded_at < self._limit and self._is_qualifying_interview(each.entry):
                yield each.half_term.index // 2

    def _last_entry(self, attributed: Iterable[Attributed]) -> date | None:
        dates = [
            each.entry.interview_date
            for each in attributed
            if each.entry.state is EntryState.SUBMITTED and each.entry.interview_date <= self._view.today
        ]
        return max(dates, default=None)
