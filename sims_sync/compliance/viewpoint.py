"""From which day, and with which entries, is a half term looked at (DOMAIN rules 4, 8b, 9, 14)?"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sims_sync.compliance.entries import end_of
from sims_sync.compliance.facts import Occasion, Policy, SchoolFacts
from sims_sync.school_year import HalfTermDates, HalfTermId

_NO_TIME = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """One half term seen on one occasion at one moment.

    `as_of`: the day that says who is on roll, in which group, with which tutor: D, and before D the day itself.
    `today`: the local date of the moment. `days`: the school days from the half term's first to D, in order.
    The three bounds are exclusive and aware: an entry recorded before `on_time_before` is on time (before D: known
    already), before `counts_before` it counts, late, at closing; nothing recorded from `known_before` on exists yet.
    """

    half_term: HalfTermId
    occasion: Occasion
    policy: Policy
    dates: HalfTermDates
    deadline: date
    as_of: date
    today: date
    days: tuple[date, ...]
    on_time_before: datetime
    counts_before: datetime
    known_before: datetime

    @property
    def term(self) -> int:
        """0 = autumn, 1 = spring, 2 = summer."""
        return self.half_term.index // 2

    @property
    def first_half_of_term(self) -> bool:
        """Whether the half term is the first of its term (rule 16, `termly`)."""
        return self.half_term.index % 2 == 0

    @property
    def in_scope(self) -> frozenset[HalfTermId]:
        """The half terms whose entries count here: this one; under `termly` all of the term so far (rule 16)."""
        if self.policy is not Policy.TERMLY or self.first_half_of_term:
            return frozenset({self.half_term})
        return frozenset({self.half_term, HalfTermId(self.half_term.year, self.half_term.index - 1)})


def not_assessed(facts: SchoolFacts, half_term: HalfTermId) -> str | None:
    """Why a half term has no figures at all, as a sentence; None = it has."""
    if half_term < facts.settings.starts_with:
        return f"The programme starts with {facts.settings.starts_with}: nothing before it is assessed."
    try:
        dates = facts.school_year.dates(half_term)
    except KeyError:
        return f"The calendar has no dates for {half_term}: import it to assess this half term."
    if dates.not_assessed is not None:
        return dates.not_assessed
    return "The half term has no deadline." if dates.deadline is None else None


def look_at(facts: SchoolFacts, half_term: HalfTermId, occasion: Occasion, moment: datetime) -> Viewpoint | None:
    """The viewpoint, or None where `not_assessed` says why there is none.

    Raises:
        ValueError: `moment` is naive.
    """
    year = facts.school_year
    today = year.local_date(moment)
    if not_assessed(facts, half_term) is not None:
        return None
    dates = year.dates(half_term)
    deadline = dates.deadline or dates.owns_to
    known = moment + _NO_TIME
    before = occasion is Occasion.BEFORE
    return Viewpoint(
        half_term=half_term,
        occasion=occasion,
        policy=facts.settings.policy,
        dates=dates,
        deadline=deadline,
        as_of=min(today, deadline) if before else deadline,
        today=today,
        days=year.school_days_between(dates.owns_from, deadline),
        on_time_before=known if before else min(known, end_of(deadline, year)),
        counts_before=known if before else min(known, end_of(dates.closing or deadline, year)),
        known_before=known,
    )
