"""How do groups and houses stand, in which order, and whom may a report name (DOMAIN rules 12, 13, 16, 19-21)?"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sims_sync.compliance.classes import Classified, classify_all
from sims_sync.compliance.evidence import gather
from sims_sync.compliance.facts import (
    Assessment,
    GroupFigures,
    HouseFigures,
    Occasion,
    SchoolFacts,
    StaffFacts,
    Status,
    StudentClass,
    StudentLine,
)
from sims_sync.compliance.problems import assumptions, find_problems, rules_that_are_off
from sims_sync.compliance.roll import Roll
from sims_sync.compliance.status import (
    FOLLOW_UP,
    TERMS_IN_A_YEAR,
    History,
    incomplete_in_a_row,
    names_students,
    percent,
    status,
    tally,
)
from sims_sync.compliance.viewpoint import Viewpoint, look_at, not_assessed
from sims_sync.school_year import HalfTermId

NO_HOUSE = "No house"
EXCUSED_SHARE_PERCENT = 20
_COUNTED = frozenset({StudentClass.DONE, StudentClass.OUTSTANDING})
_LAST = "\U0010ffff"  # sorts after every name


def assess(
    facts: SchoolFacts,
    half_term: HalfTermId,
    occasion: Occasion,
    moment: datetime,
    *,
    fresh: bool = True,
    history: History | None = None,
) -> Assessment:
    """The whole school's figures for one half term, seen at one aware moment.

    `fresh` False: some feeding read is older than 24 hours, so before D no status is given (rule 20). `history` holds
    each group's earlier closing statuses. Houses come by name; their groups in rule 21's order.

    Raises:
        ValueError: `moment` is naive.
    """
    empty = Assessment(half_term, occasion, facts.settings.policy, moment, deadline=None)
    view = look_at(facts, half_term, occasion, moment)
    if view is None:
        return replace(empty, not_assessed=not_assessed(facts, half_term))
    roll, evidence = Roll(facts, view), gather(facts, view)
    classified = classify_all(facts, view, roll, evidence)
    counter = _Counter(facts, view, roll, fresh=fresh, history=history or {})
    placed = counter.place(classified)
    groups = counter.groups(placed)
    return replace(
        empty,
        deadline=view.deadline,
        houses=counter.houses(groups, [each.line.house for each in placed]),
        lines=tuple(each.line for each in placed),
        problems=find_problems(facts, roll, placed, groups),
        rules_off=rules_that_are_off(facts),
        notes=assumptions(facts, view),
        entries_seen=sum(each.seen for each in evidence.values()),
    )


def people_needing_follow_up(house: HouseFigures) -> tuple[str, ...]:
    """The distinct tutors of groups that are *Action needed* or *Not started* (rule 22's headline), in row order.

    Nobody of a group that is covered, away or without a tutor (rule 12).
    """
    return _people(house, lambda group: group.status in FOLLOW_UP)


def nearly_there(house: HouseFigures) -> tuple[str, ...]:
    """The distinct tutors whose groups are at worst *Nearly there*: they have their own line (rule 22)."""
    named_already = set(people_needing_follow_up(house))
    found = _people(house, lambda group: group.status is Status.NEARLY_THERE)
    return tuple(person for person in found if person not in named_already)


def _people(house: HouseFigures, wanted: Callable[[GroupFigures], bool]) -> tuple[str, ...]:
    tutors = (tutor for group in house.groups if group.flagged and wanted(group) for tutor in group.tutors)
    return tuple(dict.fromkeys(tutors))


class _Counter:
    """Counts one school's groups and houses, from one viewpoint."""

    def __init__(self, facts: SchoolFacts, view: Viewpoint, roll: Roll, *, fresh: bool, history: History) -> None:
        self._facts = facts
        self._view = view
        self._roll = roll
        self._fresh = fresh
        self._history = history
        self._heads = roll.heads_of_any_house()

    def place(self, classified: Iterable[Classified]) -> tuple[Classified, ...]:
        """The same lines, each under its group's house (rule 13)."""
        everyone = tuple(classified)
        houses = self._houses_of_groups(everyone)
        return tuple(
            _moved(each, houses[each.line.group]) if each.line.group is not None else each for each in everyone
        )

    def groups(self, placed: Iterable[Classified]) -> tuple[GroupFigures, ...]:
        """One row per tutor group that has anyone in the population, in rule 21's order."""
        members: dict[str, list[Classified]] = defaultdict(list)
        for each in placed:
            if each.line.group is not None:
                members[each.line.group].append(each)
        return tuple(sorted((self._group(name, found) for name, found in members.items()), key=self._order))

    def houses(self, groups: Sequence[GroupFigures], of_lines: Iterable[str | None]) -> tuple[HouseFigures, ...]:
        """Every house that has a group or a student, by name; the groups keep their order."""
        rows: dict[str, list[GroupFigures]] = {house: [] for house in of_lines if house is not None}
        for group in groups:
            rows.setdefault(group.house or NO_HOUSE, []).append(group)
        return tuple(self._house(house, rows[house]) for house in sorted(rows, key=plain))

    def _house(self, house: str, groups: Sequence[GroupFigures]) -> HouseFigures:
        due, done = sum(group.due for group in groups), sum(group.done for group in groups)
        heads = tuple(sorted(self._roll.heads(house), key=self._name))
        return HouseFigures(house, heads, due, done, due - done, percent(done, due), tuple(groups))

    def _houses_of_groups(self, everyone: Iterable[Classified]) -> Mapping[str, str | None]:
        """A group's house: as the roles say, else that of most of its students; of a tie, the first by name."""
        votes: dict[str, Counter[str]] = defaultdict(Counter)
        for each in everyone:
            if each.line.group is not None:
                votes[each.line.group].update([each.own_house] if each.own_house else [])
        return {
            group: self._roll.group_house(group) or min(found, key=lambda house: (-found[house], house), default=None)
            for group, found in votes.items()
        }

    def _group(self, name: str, members: Sequence[Classified]) -> GroupFigures:
        lines = [each.line for each in members]
        counts = Counter(line.student_class for line in lines)
        counted = tally(self._view, counts[StudentClass.DONE], counts[StudentClass.OUTSTANDING])
        tutors = self._named_tutors(name, members)
        found = status(self._view, counted, any_entry=any(map(self._has_entry, members)), fresh=self._fresh)
        waiting = [each.evidence for each in members if each.line.student_class is not StudentClass.DONE]
        entry_dates = [each.evidence.last_entry for each in members if each.evidence.last_entry is not None]
        return GroupFigures(
            group=name,
            shown=self._shown(name, tutors),
            tutors=tutors,
            house=lines[0].house,
            nc_year=Counter(line.nc_year for line in lines).most_common(1)[0][0],
            due=counted.due,
            done=counted.done,
            outstanding=counted.outstanding,
            percent=counted.percent,
            status=found,
            counts=dict(counts),
            flagged=bool(tutors),
            names_students=names_students(self._view),
            too_short=sum(each.too_short for each in waiting),
            drafts=sum(each.drafts for each in waiting),
            done_since_deadline=sum(line.done_since_deadline for line in lines),
            last_entry=max(entry_dates, default=None),
            incomplete_in_a_row=self._streak(name, found if tutors else Status.NOT_DUE),
            interviews_this_year=(self._terms_interviewed(members), TERMS_IN_A_YEAR),
            excused_share=_excused_share(counts),
            not_yet_in_sims=sum(self._waits_for_sims(line) for line in lines),
            not_reminded=any(self._not_reminded(tutor) for tutor in tutors),
            to_programme_lead=not self._heads.isdisjoint(tutors),
        )

    def _named_tutors(self, group: str, members: Iterable[Classified]) -> tuple[str, ...]:
        """The main tutors who may be named (rule 12): none of a covered group, nobody away.

        While something is outstanding, only those who held one of these students long enough (rule 10): a co-tutor
        of last week answers for nothing.
        """
        if self._roll.is_covered(group):
            return ()
        active = self._roll.active_tutors(group)
        waiting = [each for each in members if each.line.student_class is StudentClass.OUTSTANDING]
        answering = {holder for each in waiting for holder in each.holders}
        return tuple(tutor for tutor in active if not waiting or tutor in answering)

    def _shown(self, group: str, tutors: Sequence[str]) -> str:
        if self._roll.is_covered(group):
            return f"{group} (cover)"
        return group if tutors else f"{group} (no active tutor)"

    def _has_entry(self, each: Classified) -> bool:
        return each.evidence.any_entry or each.line.student_id in self._facts.quarantined_students

    def _streak(self, group: str, now: Status) -> int:
        return incomplete_in_a_row(self._view, self._history.get(group, ()), now)

    def _terms_interviewed(self, members: Iterable[Classified]) -> int:
        due = [each.evidence.interviewed_terms for each in members if each.line.student_class in _COUNTED]
        return sum(all(term in found for found in due) for term in range(self._view.term + 1)) if due else 0

    def _waits_for_sims(self, line: StudentLine) -> bool:
        return bool(line.entry_keys) and self._facts.not_yet_in_sims.issuperset(line.entry_keys)

    def _not_reminded(self, tutor: str) -> bool:
        return not self._roll.staff[tutor].email or tutor in self._facts.mail_failed

    def _order(self, group: GroupFigures) -> tuple[int, int, tuple[str, str], str]:
        """Rule 21; a row that names nobody comes after those of equal figures."""
        name = self._name(group.tutors[0]) if group.tutors else (_LAST, _LAST)
        return -group.outstanding, -group.incomplete_in_a_row, name, plain(group.group)

    def _name(self, staff_id: str) -> tuple[str, str]:
        person = self._roll.staff.get(staff_id, StaffFacts(staff_id, "", staff_id))
        return plain(person.surname), plain(person.forename)


def plain(text: str) -> str:
    """Casefolded and without accents, to sort by (rule 21)."""
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))


def _moved(each: Classified, house: str | None) -> Classified:
    return each if each.line.house == house else replace(each, line=replace(each.line, house=house))


def _excused_share(counts: Mapping[StudentClass, int]) -> int | None:
    excused, everyone = counts.get(StudentClass.EXCUSED, 0), sum(counts.values())
    return 100 * excused // everyone if 100 * excused > EXCUSED_SHARE_PERCENT * everyone else None
