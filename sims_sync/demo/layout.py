"""Which tutor groups does the demo school have, how large are they, and how far does each get with its interviews?"""

from dataclasses import dataclass
from enum import Enum

from sims_sync.demo.roll import DEMO_HOUSES, DEMO_STUDENTS

YEARS = (7, 8, 9, 10, 11)
DEMO_GROUPS = 40
FEWEST_GROUPS = 5

# The places of groups that show something of their own; a small school has fewer groups and leaves the rest out.
NO_EMAIL_PLACE = 1
TUTORING_HEAD_PLACE = 2
CO_TUTORS_PLACE = 4
COVER_IN_SIMS_PLACE = 6
AWAY_PLACE = 7
TUTOR_LEFT_PLACE = 8
TWO_YEARS_PLACES = (9, 12)
COVER_IN_ROLES_PLACE = 10
TWO_GROUPS_PLACE = 0
TWO_GROUPS_SECOND_PLACES = (25, 5)  # the first that exists: 25 is of the same house as well


class Progress(Enum):
    """How far a group gets by the deadline of Autumn 2; the value is the share of its students left out."""

    COMPLETE = 0.0
    NEARLY_THERE = 0.15
    ACTION_NEEDED = 0.45
    NOT_STARTED = 1.0


_PLACES = {
    Progress.NEARLY_THERE: frozenset({2, 8, 10, 13, 19, 23, 34, 37}),
    Progress.ACTION_NEEDED: frozenset({1, 6, 17, 31}),
    Progress.NOT_STARTED: frozenset({3, 7, 28}),
}


@dataclass(frozen=True, slots=True)
class GroupLayout:
    """One tutor group before anybody is in it. `place` counts the groups from 0."""

    place: int
    name: str
    nc_year: int
    house: str
    size: int
    progress: Progress


def lay_out(students: int) -> tuple[GroupLayout, ...]:
    """The groups of a school of so many students: about 27 in each, 40 groups for 1,063.

    Years take turns, and from one round to the next each year's groups pass to the next house: with 40 groups every
    house has eight and every year has eight.
    """
    count = max(FEWEST_GROUPS, round(students * DEMO_GROUPS / DEMO_STUDENTS))
    smallest, larger = divmod(students, count)
    numbers: dict[str, int] = {}
    groups = []
    for place in range(count):
        year = YEARS[place % len(YEARS)]
        house = DEMO_HOUSES[(place + place // len(YEARS)) % len(DEMO_HOUSES)]
        stem = f"{year}{house[0]}"
        numbers[stem] = numbers.get(stem, 0) + 1
        size = smallest + (place < larger)
        groups.append(GroupLayout(place, f"{stem}{numbers[stem]}", year, house, size, _progress(place)))
    return tuple(groups)


def _progress(place: int) -> Progress:
    """How far the group at this place gets; beyond 40 groups the pattern repeats."""
    for progress, places in _PLACES.items():
        if place % DEMO_GROUPS in places:
            return progress
    return Progress.COMPLETE
