"""`roles gaps`: which houses have no Head of House, and which tutors and Heads can be sent nothing?"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import click

from sims_sync.cli.shared import Opened, as_of_option, config_option, json_option, opened, school_option
from sims_sync.compliance.facts import RoleFacts, SchoolFacts, Span, StaffFacts, StudentFacts
from sims_sync.compliance.roll import MAIN_TUTOR_ROLES, fold, is_enrolled, plain_year
from sims_sync.config import SchoolConfig
from sims_sync.identity import sort_key
from sims_sync.records import RoleName
from sims_sync.school_facts import load_facts


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A tutor or Head without an address: name as reports show it, staff id, and posts ("tutor of 8A1")."""

    name: str
    staff_id: str
    posts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleGaps:
    """What one school's roles lack on one day; each list is sorted by name."""

    school: str
    students: int
    houses_without_head: tuple[str, ...]
    staff_without_address: tuple[Unreachable, ...]
    not_in_staff_list: tuple[str, ...]


@click.group()
def roles() -> None:
    """Who is what: tutors, Heads of House and the others."""


@roles.command()
@school_option
@as_of_option
@json_option
@config_option
def gaps(school_id: str | None, as_of: datetime | None, as_json: bool) -> None:
    """List houses without a Head of House, and tutors and Heads without an e-mail address."""
    with opened() as place:
        found = [_gaps_of(place, school, as_of) for school in place.schools(school_id)]
    if as_json:
        click.echo(json.dumps({"gaps": [asdict(each) for each in found]}, indent=2, ensure_ascii=False))
        return
    for each in found:
        for line in _lines(each):
            click.echo(line)


def houses_without_head(facts: SchoolFacts, day: date) -> tuple[str, ...]:
    """The houses of the programme's students, and of their groups, that have no Head on `day` (DOMAIN rule 13)."""
    headed = {fold(role.scope) for role in facts.roles if role.role is RoleName.HEAD_OF_HOUSE and role.holds(day)}
    houses = {house for student in _students(facts, day) if (house := _value(student.houses, day))}
    groups = _groups(facts, day)
    houses |= {house for group, house in facts.group_houses.items() if fold(group) in groups}
    by_name = {fold(house): " ".join(house.split()) for house in sorted(houses, reverse=True)}  # one spelling of each
    return tuple(sorted((shown for name, shown in by_name.items() if name not in headed), key=sort_key))


def staff_without_address(facts: SchoolFacts, day: date) -> tuple[Unreachable, ...]:
    """The main tutors of those groups, and all Heads, who are in the staff list without an address (DOMAIN rule 12)."""
    groups = _groups(facts, day)
    posts: dict[str, set[str]] = defaultdict(set)
    for role in facts.roles:
        post = _post(role, groups)
        if post and role.holds(day):
            posts[role.staff_id].add(post)
    without = [person for person in facts.staff if person.staff_id in posts and not person.email]
    return tuple(
        Unreachable(person.shown, person.staff_id, tuple(sorted(posts[person.staff_id], key=sort_key)))
        for person in sorted(without, key=_by_name)
    )


def _gaps_of(place: Opened, school: SchoolConfig, as_of: datetime | None) -> RoleGaps:
    context = place.context(school, as_of)
    school_year = context.school_year()
    today = school_year.local_date(context.now())
    # Gaps are to be closed before the programme begins, so any half term will do: nothing of it is looked at here.
    half_term = school_year.latest_started(today) or school_year.ids()[0]
    with place.store.reading() as connection:
        loaded = load_facts(connection, school, school_year, half_term)
    return RoleGaps(
        school.id,
        len(_students(loaded.facts, today)),
        houses_without_head(loaded.facts, today),
        staff_without_address(loaded.facts, today),
        tuple(sorted({problem.subject for problem in loaded.problems if problem.code == "unlisted-staff"})),
    )


def _students(facts: SchoolFacts, day: date) -> Sequence[StudentFacts]:
    """Those whom the programme is about on `day`: its years, enrolled here, not left."""
    years = {plain_year(year) for year in facts.settings.year_groups}
    return [
        student
        for student in facts.students
        if plain_year(student.nc_year) in years
        and is_enrolled(student.enrolment, facts.settings)
        and (student.leaving_date is None or student.leaving_date > day)
    ]


def _groups(facts: SchoolFacts, day: date) -> frozenset[str]:
    """The groups that those students are in, as names are compared."""
    return frozenset(fold(group) for student in _students(facts, day) if (group := _value(student.groups, day)))


def _value(spans: Iterable[Span], day: date) -> str | None:
    """What holds on `day`; where two overlap, the one that began later."""
    holding = [span for span in spans if span.holds(day)]
    return max(holding, key=lambda span: span.first).value if holding else None


def _post(role: RoleFacts, groups: frozenset[str]) -> str | None:
    if role.role is RoleName.HEAD_OF_HOUSE:
        return f"Head of House of {role.scope}"
    return (
        f"{role.role.value} of {role.scope}" if role.role in MAIN_TUTOR_ROLES and fold(role.scope) in groups else None
    )


def _by_name(person: StaffFacts) -> tuple[str, str, str]:
    return sort_key(person.surname), sort_key(person.forename), person.staff_id


def _lines(found: RoleGaps) -> Iterable[str]:
    yield f"{found.school}:"
    if not found.students:
        yield "  ! No students of the programme are known yet: sims-sync run pull_students"
    for house in found.houses_without_head:
        yield f"  ! {house} has no Head of House: name one in roles.csv, or in SIMS."
    for person in found.staff_without_address:
        posts = ", ".join(person.posts)
        yield f"  ! {person.name} ({posts}) has no e-mail address: add the work address in SIMS."
    for reference in found.not_in_staff_list:
        yield f"  ! {reference} holds a role, but is not in the staff list: correct roles.csv, or SIMS's staff report."
    if not (found.houses_without_head or found.staff_without_address or found.not_in_staff_list) and found.students:
        yield "  Every house has a Head of House; every tutor and Head has an address."
