"""What is due of a group under each policy, and which status follows (DOMAIN rules 16, 19, 20, 21)?"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sims_sync.compliance.facts import Occasion, Policy, Status
from sims_sync.compliance.viewpoint import Viewpoint
from sims_sync.school_year import HalfTermId

NEARLY_THERE_PERCENT = 80
BEHIND_POINTS = 10
TERMS_IN_A_YEAR = 3
_QUARTERS = 4
_INCOMPLETE = frozenset({Status.NEARLY_THERE, Status.ACTION_NEEDED, Status.NOT_STARTED})
FOLLOW_UP = frozenset({Status.ACTION_NEEDED, Status.NOT_STARTED})

# Closing snapshots by group, oldest first; None = not assessed, covered or away then (rule 21).
History = Mapping[str, Sequence[tuple[HalfTermId, Status | None]]]


@dataclass(frozen=True, slots=True)
class Tally:
    """due = done + outstanding, as the policy counts them (rule 16)."""

    due: int
    done: int

    @property
    def outstanding(self) -> int:
        """What is still to do."""
        return self.due - self.done

    @property
    def percent(self) -> int | None:
        """Rounded down; None = "n/a", nothing is due (rule 19)."""
        return percent(self.done, self.due)


def percent(done: int, due: int) -> int | None:
    """floor(100·done/due), None where nothing is due (rule 19): 59 of 92 → 64, 199 of 200 → 99."""
    return 100 * done // due if due else None


def tally(view: Viewpoint, done: int, outstanding: int) -> Tally:
    """What the policy makes of the students in the classes *done* and *outstanding* (rule 16).

    `termly`, first half of a term: half of them, rounded down, are due; 5 done and 6 outstanding → due 5, done 5.
    """
    everyone = done + outstanding
    if view.policy is Policy.TERMLY and view.first_half_of_term:
        due = everyone // 2
        return Tally(due, min(done, due))
    return Tally(everyone, done)


def names_students(view: Viewpoint) -> bool:
    """Whether the policy says *which* students are outstanding (rule 16)."""
    return view.policy is Policy.HALF_TERM or (view.policy is Policy.TERMLY and not view.first_half_of_term)


def status(view: Viewpoint, counted: Tally, *, any_entry: bool, fresh: bool) -> Status:
    """A group's status (rule 20). `any_entry`: there is an entry of whatever kind; `fresh`: the data is recent.

    Before D, old data give no status at all: it might say *Behind* of a tutor who is not.
    """
    if view.occasion is Occasion.BEFORE and not fresh:
        return Status.UNKNOWN
    if counted.due == 0:
        return Status.NOT_DUE
    if counted.outstanding == 0 or (view.policy is Policy.ANY and counted.done):
        return Status.COMPLETE
    if view.occasion is Occasion.BEFORE:
        return _status_before(view, counted)
    return _status_after(view, counted, any_entry=any_entry)


def incomplete_in_a_row(view: Viewpoint, closings: Iterable[tuple[HalfTermId, Status | None]], now: Status) -> int:
    """How many closing snapshots of this academic year, back from the newest, were incomplete (rule 21).

    What was not assessed, covered, away or not due neither breaks nor adds. At closing this half term counts too.
    """
    here = view.half_term
    earlier = sorted(
        (found for found in closings if found[0].year == here.year and found[0] < here), key=lambda found: found[0]
    )
    statuses = [found for _, found in earlier] + ([now] if view.occasion is Occasion.CLOSING else [])
    count = 0
    for found in reversed(statuses):
        if found is Status.COMPLETE:
            break
        count += found in _INCOMPLETE
    return count


def _status_after(view: Viewpoint, counted: Tally, *, any_entry: bool) -> Status:
    if view.policy is Policy.ANY:
        return Status.NOT_STARTED
    if counted.done == 0:
        return Status.ACTION_NEEDED if any_entry else Status.NOT_STARTED
    nearly = 100 * counted.done >= NEARLY_THERE_PERCENT * counted.due
    return Status.NEARLY_THERE if nearly else Status.ACTION_NEEDED


def _status_before(view: Viewpoint, counted: Tally) -> Status:
    if view.policy is not Policy.ANY and _is_behind(view, counted):
        return Status.BEHIND
    return Status.ON_COURSE if counted.done else Status.NOT_STARTED_YET


def _is_behind(view: Viewpoint, counted: Tally) -> bool:
    """More than 10 points below the share of school days that have passed; today, not yet over, is not one of them."""
    days, passed = len(view.days), bisect_left(view.days, view.today)
    if passed * _QUARTERS <= days:
        return False
    return 100 * counted.done * days < (100 * passed - BEHIND_POINTS * days) * counted.due
