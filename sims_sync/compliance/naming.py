"""Whom does a tutor group's row name, whom not, and by which rule (DOMAIN rules 10, 12)?"""

from collections.abc import Iterator
from dataclasses import dataclass

from sims_sync.compliance.facts import GroupFigures, RoleFacts, SchoolFacts
from sims_sync.compliance.roll import MAIN_TUTOR_ROLES, Roll, fold
from sims_sync.compliance.status import FOLLOW_UP
from sims_sync.compliance.viewpoint import Viewpoint
from sims_sync.records import RoleName
from sims_sync.school_year import shown_day

UNKNOWN_PERSON = "somebody who is not in the staff list"


@dataclass(frozen=True, slots=True)
class NamingAccount:
    """One person of a group: whether the row names them, whether as needing a follow-up, and the rule in words."""

    staff_id: str
    shown: str
    named: bool
    flagged: bool
    why: str


def naming(facts: SchoolFacts, view: Viewpoint, roll: Roll, figures: GroupFigures) -> tuple[NamingAccount, ...]:
    """Everyone who was the group's main tutor or covered it in the half term up to D, main tutors first."""
    roles = list(_roles(facts, view, figures.group))
    people = dict.fromkeys(role.staff_id for role in sorted(roles, key=lambda role: role.role is RoleName.COVER))
    row = _Row(view, roll, figures, covered_days(facts, view, roll, figures.group))
    return tuple(row.account(person, [role for role in roles if role.staff_id == person]) for person in people)


def covered_days(facts: SchoolFacts, view: Viewpoint, roll: Roll, group: str) -> int:
    """On how many school days of the half term up to D somebody else than its main tutors covered the group."""
    mains = roll.tutors(group)
    covering = [
        role
        for role in facts.roles
        if role.role is RoleName.COVER and fold(role.scope) == fold(group) and role.staff_id not in mains
    ]
    return sum(any(role.holds(day) for role in covering) for day in view.days)


def _roles(facts: SchoolFacts, view: Viewpoint, group: str) -> Iterator[RoleFacts]:
    for role in facts.roles:
        if role.role not in MAIN_TUTOR_ROLES and role.role is not RoleName.COVER:
            continue
        began = role.first is None or role.first <= view.as_of
        if fold(role.scope) == fold(group) and began and (role.last is None or view.dates.owns_from <= role.last):
            yield role


@dataclass(frozen=True, slots=True)
class _Row:
    """One group's row, and what decides whom it names."""

    view: Viewpoint
    roll: Roll
    figures: GroupFigures
    covered_days: int

    def account(self, person: str, roles: list[RoleFacts]) -> NamingAccount:
        known = self.roll.staff.get(person)
        named = person in self.figures.tutors
        return NamingAccount(
            staff_id=person,
            shown=known.shown if known else UNKNOWN_PERSON,
            named=named,
            flagged=named and self.figures.status in FOLLOW_UP,
            why=self._named() if named else self._not_named(person, roles),
        )

    def _named(self) -> str:
        counted = ", counted in the headline (rule 12)" if self.figures.status in FOLLOW_UP else ""
        return f"main tutor on {self._day}{counted}"

    def _not_named(self, person: str, roles: list[RoleFacts]) -> str:
        group = self.figures.group
        if person not in self.roll.tutors(group):
            return self._not_main(roles)
        if self.roll.is_covered(group):
            return f"covered by someone else on {self.covered_days} school days up to the deadline (rule 12)"
        if person not in self.roll.staff:
            return "not in the staff list: nobody is named whom we do not know"
        if person not in self.roll.active_tutors(group):
            return f"away on {self._day} (rule 12)"
        return "held none of the outstanding students long enough: handover (rule 10)"

    def _not_main(self, roles: list[RoleFacts]) -> str:
        if all(role.role is RoleName.COVER for role in roles):
            return "covers the group, is not its main tutor (rule 12)"
        ended = max((role.last for role in roles if role.role is not RoleName.COVER and role.last), default=None)
        until = f", only until {shown_day(ended)}" if ended else ""
        return f"was not the main tutor on {self._day}{until} (rule 10)"

    @property
    def _day(self) -> str:
        return shown_day(self.view.as_of)
