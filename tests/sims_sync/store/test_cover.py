"""Cover in the store: entered, ended, taken out, and merged into the facts' roles."""

from dataclasses import replace
from datetime import date

from sims_sync.records import Kind, RoleName
from sims_sync.school_facts import load_facts
from sims_sync.store.cover import Cover, load_cover, remove_cover, save_cover
from tests.sims_sync.builders import AUTUMN_2, World, at, group, staff, students

WHEN = "2026-12-16 06:00"
GIVEN = Cover("8A1", "V1", date(2026, 11, 23), None, "an admin", at("2026-11-23 08:00"))


def write(world: World, *entered: Cover) -> None:
    with world.store.writing() as connection:
        for each in entered:
            save_cover(connection, world.id, each)


def stored(world: World) -> tuple[Cover, ...]:
    with world.store.reading() as connection:
        return load_cover(connection, world.id)


def test_a_cover_is_kept_and_entered_again_takes_its_last_day(world: World) -> None:
    later = replace(GIVEN, first=date(2026, 12, 7))
    write(world, later, GIVEN)
    assert stored(world) == (GIVEN, later)
    ended = replace(GIVEN, last=date(2026, 12, 4))
    write(world, ended)
    assert stored(world) == (ended, later)
    with world.store.writing() as connection:
        remove_cover(connection, world.id, later)
    assert stored(world) == (ended,)


def test_the_facts_hold_it_as_a_role_beside_those_of_the_file(world: World) -> None:
    world.read_well(Kind.STAFF, [staff("T1"), staff("V1"), staff("V2")], WHEN)
    world.read_well(Kind.STUDENTS, students(5), WHEN)
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1")], WHEN)
    header = "staff_code,role,scope,from,to\n"
    (world.school.base / "roles.csv").write_text(f"{header}V2,cover,8A1,2026-12-01,2026-12-04\n", encoding="utf-8")
    write(world, replace(GIVEN, staff_code="v1"))
    with world.store.reading() as connection:
        facts = load_facts(connection, world.school, world.context(WHEN).school_year(), AUTUMN_2).facts
    covers = [role for role in facts.roles if role.role is RoleName.COVER]
    names = {person.staff_id: person.surname for person in facts.staff}
    assert [(names[role.staff_id], role.scope, role.first) for role in covers] == [
        ("TolmV2", "8A1", date(2026, 12, 1)),
        ("TolmV1", "8A1", date(2026, 11, 23)),
    ]
