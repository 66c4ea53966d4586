"""From the store to the facts that the rules look at: people, roles and reads, and whom we do not know."""

from datetime import date
from pathlib import Path

import pytest

from sims_sync.compliance.facts import SchoolFacts, Span, StudentFacts
from sims_sync.records import Kind, RoleName
from sims_sync.school_facts import LoadedFacts, load_facts, settings_of
from sims_sync.store.decisions import save_away
from tests.sims_sync.builders import AUTUMN_2, Row, World, at, group, make_school, proforma, staff, students, typed

FIRST, SECOND, THIRD, LATER = "2026-11-20 06:00", "2026-12-01 06:00", "2026-12-02 06:00", "2026-12-16 06:00"
HEADER = "staff_code,role,scope,from,to\n"

TUTORS = [staff("T1", "Tolmek", Forename="Kerra"), staff("T2", "Brask"), staff("H1", "Odell")]


def load(world: World, when: str = LATER) -> LoadedFacts:
    school_year = world.context(when).school_year()
    with world.store.reading() as connection:
        return load_facts(connection, world.school, school_year, AUTUMN_2)


def facts(world: World, when: str = LATER) -> SchoolFacts:
    return load(world, when).facts


def student_facts(world: World, number: int, when: str = LATER) -> StudentFacts:
    return next(each for each in facts(world, when).students if each.surname == f"Vorrin{number}")


def roles_csv(world: World, *lines: str) -> None:
    (world.school.base / "roles.csv").write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")


def held(world: World) -> list[tuple[str, str, str]]:
    """Every role as (surname of the holder or "?", role, scope)."""
    found = facts(world)
    surnames = {member.staff_id: member.surname for member in found.staff}
    return sorted((surnames.get(each.staff_id, "?"), each.role.value, each.scope) for each in found.roles)


def tutored_by(world: World, reference: str, people: list[Row] | None = None) -> str:
    """Who tutors 8A1 where the group report calls them by `reference`: a surname, or "?" for nobody known."""
    world.read_well(Kind.STAFF, TUTORS if people is None else people, FIRST)
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", reference)], FIRST)
    ((surname, _, _),) = held(world)
    return surname


@pytest.mark.parametrize(
    "reference",
    [
        "T1",
        "t1",
        "T1@austen.example",
        "Mrs K Tolmek",
        "Mrs Tolmek",
        "Mrs Kerra Tolmek",
        "Kerra Tolmek",
        "Tolmek, Kerra",
        "KERRA TÓLMEK",
    ],
)
def test_a_tutor_is_known_by_code_address_or_name(reference: str, sqlite_world: World) -> None:
    assert tutored_by(sqlite_world, reference) == "Tolmek"


def test_a_name_that_two_share_stands_for_neither(sqlite_world: World) -> None:
    people = [*TUTORS, staff("T9", "Tolmek", Forename="Karl")]
    assert tutored_by(sqlite_world, "Mrs K Tolmek", people) == "?"


def test_a_code_is_nobodys_name(sqlite_world: World) -> None:
    people = [*TUTORS, staff("Mrs Tolmek", "Zell")]  # an odd code that is another's name
    assert tutored_by(sqlite_world, "Mrs Tolmek", people) == "Zell"


def test_a_reference_to_nobody_is_a_problem_and_names_nobody(world: World) -> None:
    assert tutored_by(world, "Mr Unknown") == "?"
    (problem,) = load(world).problems
    assert (problem.code, problem.subject) == ("unlisted-staff", "Mr Unknown")
    assert problem.do


def test_without_any_staff_list_the_name_in_the_group_report_serves(world: World) -> None:
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "Mr Unknown")], FIRST)
    assert held(world) == [("Mr Unknown", "tutor", "8A1")]
    assert load(world).problems == ()


def test_roles_csv_wins_for_the_role_and_scope_it_names_only(world: World) -> None:
    world.read_well(Kind.STAFF, TUTORS, FIRST)
    rows = [group("8A1", "T1"), group("8A1", "H1", Tutor_Role="Co-tutor"), group("8A2", "T1")]
    world.read_well(Kind.TUTOR_GROUPS, rows, FIRST)
    roles_csv(world, "T2,tutor,8a1,,", "H1,head of house,Austen,,")
    assert held(world) == [
        ("Brask", "tutor", "8a1"),
        ("Odell", "co-tutor", "8A1"),
        ("Odell", "head of house", "Austen"),
        ("Tolmek", "tutor", "8A2"),
    ]


def test_of_several_sims_reports_the_groups_own_is_believed_first(world: World) -> None:
    world.read_well(
        Kind.STAFF,
        [*TUTORS[:2], staff("H1", "Odell", Tutor_Group="8A1"), staff("H2", "Pell", Tutor_Group="8A2")],
        FIRST,
    )
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1")], FIRST)
    assert held(world) == [("Pell", "tutor", "8A2"), ("Tolmek", "tutor", "8A1")]


def test_dates_of_roles_are_kept(world: World) -> None:
    world.read_well(Kind.STAFF, TUTORS, FIRST)
    roles_csv(world, "T1,cover,8A1,2026-11-02,2026-12-18")
    (role,) = facts(world).roles
    assert (role.role, role.first, role.last) == (RoleName.COVER, date(2026, 11, 2), date(2026, 12, 18))


def test_a_student_carries_groups_houses_and_dates(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(2), FIRST)
    found = student_facts(world, 1)
    assert found.groups == (Span("8A1", date(2026, 9, 1)),)
    assert found.houses == (Span("Austen", date(2026, 9, 1)),)
    assert (found.nc_year, found.admission_date, found.listed) == ("8", date(2024, 9, 1), True)
    assert found.first_seen is None
    assert facts(world).first_read_on == date(2026, 11, 20)


def test_a_joiner_without_an_admission_date_is_known_from_the_first_list(world: World) -> None:
    rows = [{name: text for name, text in row.items() if name != "Admission Date"} for row in students(6)]
    world.read_well(Kind.STUDENTS, rows[:5], FIRST)
    world.read_well(Kind.STUDENTS, rows, SECOND)
    assert student_facts(world, 6).first_seen == date(2026, 12, 1)
    assert student_facts(world, 1).first_seen is None


def test_a_missing_student_is_not_listed_until_the_grace_is_over_and_then_left(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(6), FIRST)
    world.read_well(Kind.STUDENTS, students(5), SECOND)
    assert (student_facts(world, 6).listed, student_facts(world, 6).leaving_date) == (False, None)
    world.read_well(Kind.STUDENTS, students(5), "2026-12-15 05:00")
    assert student_facts(world, 6).listed is False
    world.read_well(Kind.STUDENTS, students(5), "2026-12-15 06:00")
    assert (student_facts(world, 6).listed, student_facts(world, 6).leaving_date) == (True, date(2026, 11, 21))


def test_without_further_good_reads_a_missing_student_has_not_left(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(6), FIRST)
    world.read_well(Kind.STUDENTS, students(5), SECOND)
    assert student_facts(world, 6, "2027-03-01 06:00").leaving_date is None


def test_a_held_removal_is_never_taken_for_a_leaver(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(40), FIRST)
    world.read(Kind.STUDENTS, students(20), SECOND)
    world.read(Kind.STUDENTS, students(20), LATER)
    missing = student_facts(world, 40)
    assert (missing.listed, missing.leaving_date) == (False, None)


def test_a_students_held_entry_is_being_checked_and_an_untied_one_is_counted(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(30), FIRST)
    rows = [proforma(f"r{number}", number) for number in range(1, 30)]
    world.read(Kind.PROFORMAS, [*rows, proforma("x", 30, interview_date="soon"), proforma("y", 99)], SECOND)
    found = load(world)
    assert len(found.facts.quarantined_students) == 1
    assert found.untied_entries == 1


def test_a_held_row_of_the_student_list_is_no_entry_being_checked(world: World) -> None:
    world.read(Kind.STUDENTS, [*students(29), {**students(1, first=30)[0], "Year": "Sixth"}], FIRST)
    found = load(world)
    assert (found.facts.quarantined_students, found.untied_entries) == (frozenset(), 0)


def reads(world: World) -> dict[str, tuple[bool, bool, int]]:
    """Source → (was it read well, was it dropped, held removals)."""
    return {read.source: (read.began is not None, read.dropped, read.held_removals) for read in load(world).reads}


def test_every_feeding_source_has_its_read_and_results_feed_nothing(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(40), FIRST)
    world.read_well(Kind.MENTORING_ENTRIES, [typed(1)], FIRST)
    found = reads(world)
    assert "results" not in found
    assert found["students"] == (True, False, 0)
    assert found["mentoring_entries"] == (True, False, 0)
    assert found["tutor_groups"] == (False, False, 0)


def test_held_removals_and_dropped_sources_are_told(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(40), FIRST)
    world.read(Kind.STUDENTS, students(20), SECOND)
    world.read_well(Kind.MENTORING_ENTRIES, [typed(1)], SECOND)
    without = {name: section for name, section in world.school.sources.items() if name != "mentoring_entries"}
    found = reads(world.with_school(sources=without))
    assert found["students"] == (True, False, 20)
    assert found["mentoring_entries"] == (True, True, 0)


def test_a_source_dropped_in_an_earlier_half_term_is_forgotten(world: World) -> None:
    world.read_well(Kind.STUDENTS, students(40), "2026-10-01 06:00")
    world.read_well(Kind.MENTORING_ENTRIES, [typed(1)], "2026-10-01 06:00")
    without = {name: section for name, section in world.school.sources.items() if name != "mentoring_entries"}
    assert "mentoring_entries" not in reads(world.with_school(sources=without))


def test_authors_are_known_by_code_address_or_name(world: World) -> None:
    world.read_well(Kind.STAFF, TUTORS, FIRST)
    world.read_well(Kind.STUDENTS, students(5), FIRST)
    rows = [proforma("a", 1, author="t1"), proforma("b", 2, author="Mrs Tolmek"), proforma("c", 3, author="Mr Else")]
    world.read_well(Kind.PROFORMAS, rows, FIRST)
    found = facts(world)
    known = next(member.staff_id for member in found.staff if member.surname == "Tolmek")
    assert sorted(entry.author or "" for entry in found.entries) == sorted([known, known, "Mr Else"])


def test_absences_of_staff_are_found_by_their_code(world: World) -> None:
    world.read_well(Kind.STAFF, TUTORS, FIRST)
    span = Span("away", date(2026, 12, 1), None)
    with world.store.writing() as connection:
        save_away(connection, world.id, "t1", span, "an admin", at(FIRST))
    assert [member.surname for member in facts(world).staff if member.away == (span,)] == ["Tolmek"]


def test_settings_are_the_configs(tmp_path: Path) -> None:
    programme = {
        "policy": "termly",
        "starts_with": "2026-27/autumn-1",
        "year_groups": ["7"],
        "minimum_days": 8,
        "exempt": [],
    }
    found = settings_of(make_school(tmp_path, programme=programme))
    assert (found.policy.value, str(found.starts_with), found.year_groups) == ("termly", "2026-27/autumn-1", ("7",))
    assert (found.minimum_days, found.exempt_pairs) == (8, ())
