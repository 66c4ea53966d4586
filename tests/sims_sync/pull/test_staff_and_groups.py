"""Staff, tutor groups and roles from read to read: who tutors whom, since when and until when."""

from datetime import date

from sims_sync.outcome import Ending
from sims_sync.records import Kind
from sims_sync.store.staff import load_groups, load_roles, load_staff
from tests.sims_sync.builders import Row, World, group, staff, student, students

YEAR_START = date(2026, 9, 1)
FIRST, SECOND, THIRD, FOURTH = (f"2026-{day} 06:00" for day in ("11-20", "12-01", "12-02", "12-03"))

RoleText = tuple[str, str, str, date | None, date | None]


def roles(world: World, origin: str = "tutor_groups") -> list[RoleText]:
    """Roles of one origin: reference, role, scope, first, last."""
    with world.store.reading() as connection:
        listed = load_roles(connection, world.id).get(origin, ())
    return sorted((each.staff_id, each.role.value, each.scope, each.first, each.last) for each in listed)


def groups_of(world: World, *reads: tuple[str, list[Row]]) -> list[RoleText]:
    for when, rows in reads:
        world.read_well(Kind.TUTOR_GROUPS, rows, when)
    return roles(world)


def test_groups_and_their_tutors_are_known_since_the_year_began(world: World) -> None:
    rows = [group("8A1", "T1"), group("8A1", "T2", Tutor_Role="Co-tutor"), group("8A2", "")]
    assert groups_of(world, (FIRST, rows)) == [
        ("T1", "tutor", "8A1", YEAR_START, None),
        ("T2", "co-tutor", "8A1", YEAR_START, None),
    ]
    with world.store.reading() as connection:
        assert sorted(load_groups(connection, world.id)) == ["8A1", "8A2"]


def test_a_new_tutor_follows_the_old_one_on_the_day_it_was_read(world: World) -> None:
    assert groups_of(world, (FIRST, [group("8A1", "T1")]), (SECOND, [group("8A1", "T2")])) == [
        ("T1", "tutor", "8A1", YEAR_START, date(2026, 11, 30)),
        ("T2", "tutor", "8A1", date(2026, 12, 1), None),
    ]


def test_mapped_dates_are_believed(world: World) -> None:
    rows = [group("8A1", "T1", Tutor_To="2026-11-13"), group("8A1", "T2", Tutor_From="2026-11-16")]
    assert groups_of(world, (FIRST, rows)) == [
        ("T1", "tutor", "8A1", YEAR_START, date(2026, 11, 13)),
        ("T2", "tutor", "8A1", date(2026, 11, 16), None),
    ]


def test_an_ended_post_that_stays_on_the_list_is_not_begun_again_each_day(world: World) -> None:
    rows = [group("8A1", "T1", Tutor_To="2026-11-13"), group("8A1", "T2", Tutor_From="2026-11-16")]
    first = groups_of(world, (FIRST, rows))
    assert groups_of(world, (SECOND, rows), (THIRD, rows)) == first


def test_a_corrected_beginning_replaces_the_old_one(world: World) -> None:
    reads = [(FIRST, [group("8A1", "T1")]), (SECOND, [group("8A1", "T1", Tutor_From="2026-11-09")])]
    assert groups_of(world, *reads) == [("T1", "tutor", "8A1", date(2026, 11, 9), None)]


def test_a_change_taken_back_on_the_same_day_leaves_one_tutor_every_day(world: World) -> None:
    found = groups_of(
        world,
        (FIRST, [group("8A1", "T1")]),
        ("2026-12-01 06:00", [group("8A1", "T2")]),
        ("2026-12-01 12:00", [group("8A1", "T1")]),
    )
    assert {role[0] for role in found} == {"T1"}
    assert found[-1][4] is None


def test_a_tutor_who_comes_back_has_two_times(world: World) -> None:
    found = groups_of(
        world, (FIRST, [group("8A1", "T1")]), (SECOND, [group("8A1", "T2")]), (THIRD, [group("8A1", "T1")])
    )
    assert [(role[0], role[3]) for role in found] == [
        ("T1", YEAR_START),
        ("T1", date(2026, 12, 2)),
        ("T2", date(2026, 12, 1)),
    ]


def test_a_group_that_is_absent_keeps_its_tutor(world: World) -> None:
    rows = [group(f"8A{number}", f"T{number}") for number in range(1, 6)]
    report = world.read_well(Kind.TUTOR_GROUPS, rows, FIRST)
    assert report.outcome.counts["added"] == 5
    world.read_well(Kind.TUTOR_GROUPS, rows[:4], SECOND)
    assert ("T5", "tutor", "8A5", YEAR_START, None) in roles(world)


def test_a_changed_house_is_a_change_of_the_group(world: World) -> None:
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1")], FIRST)
    report = world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1", "Bronte")], SECOND)
    assert report.outcome.counts["changed"] == 1
    with world.store.reading() as connection:
        assert load_groups(connection, world.id)["8A1"].house == "Bronte"


def test_staff_columns_give_roles_and_their_absence_takes_none(world: World) -> None:
    rows = [staff("T1", Tutor_Group="8A1"), staff("H1", Head_of_House="Austen")]
    world.read_well(Kind.STAFF, rows, FIRST)
    expected = [("H1", "head of house", "Austen", YEAR_START, None), ("T1", "tutor", "8A1", YEAR_START, None)]
    assert roles(world, "staff") == expected
    world.read_well(Kind.STAFF, [staff("T1"), staff("H1")], SECOND)  # the columns are gone: nothing is known
    assert roles(world, "staff") == expected


def test_a_member_of_staff_who_is_absent_keeps_the_group_until_somebody_else_has_it(world: World) -> None:
    rows = [staff(f"T{number}", Tutor_Group=f"8A{number}") for number in range(1, 5)]
    world.read_well(Kind.STAFF, rows, FIRST)
    world.read_well(Kind.STAFF, rows[1:], SECOND)
    assert ("T1", "tutor", "8A1", YEAR_START, None) in roles(world, "staff")
    world.read_well(Kind.STAFF, [staff("T9", Tutor_Group="8A1"), *rows[1:]], THIRD)
    assert ("T1", "tutor", "8A1", YEAR_START, date(2026, 12, 1)) in roles(world, "staff")
    assert ("T9", "tutor", "8A1", date(2026, 12, 2), None) in roles(world, "staff")


def test_equal_rows_of_one_member_of_staff_are_one_and_differing_ones_are_held(world: World) -> None:
    rows = [staff("T1"), staff("T1"), staff("T2"), staff("T2", "Othername"), *(staff(f"S{n}") for n in range(20))]
    report = world.read(Kind.STAFF, rows, FIRST)
    assert report.outcome.ending is Ending.HELD
    assert report.outcome.counts["held"] == 1
    assert any("1 exact duplicate" in note for note in report.outcome.notes)
    with world.store.reading() as connection:
        assert len(load_staff(connection, world.id)) == 22


def test_the_student_report_may_name_the_tutor_by_most_students_of_a_group(world: World) -> None:
    rows = [student(number, Tutor="Mrs K TolmT1") for number in (1, 2)] + [student(3, Tutor="Mr Other")]
    rows += [student(4, "8A2", Tutor="One"), student(5, "8A2", Tutor="Two")]
    world.read_well(Kind.STUDENTS, rows, FIRST)
    assert roles(world, "students") == [("Mrs K TolmT1", "tutor", "8A1", YEAR_START, None)]


def test_a_group_whose_students_are_all_held_as_missing_keeps_its_tutor(world: World) -> None:
    rows = [student(number, Tutor="T1") for number in range(1, 11)]
    rows += [student(number, "8A2", Tutor="T2") for number in range(11, 31)]
    world.read_well(Kind.STUDENTS, rows, FIRST)
    before = roles(world, "students")
    assert world.read(Kind.STUDENTS, rows[10:], SECOND).outcome.ending is Ending.HELD
    assert roles(world, "students") == before


def test_another_run_over_the_same_rows_changes_no_role(world: World) -> None:
    for when in (FIRST, SECOND, THIRD, FOURTH):
        world.put(Kind.STAFF, [staff("T1", Tutor_Group="8A1")], when)
        world.put(Kind.STUDENTS, students(5), when)
        world.put(Kind.TUTOR_GROUPS, [group("8A1", "T1")], when)
        report = world.run("pull_students", when)
        assert report.outcome.ending is Ending.DONE
    assert report.outcome.counts["unchanged"] == 7
    assert roles(world) == [("T1", "tutor", "8A1", YEAR_START, None)]
    assert roles(world, "staff") == [("T1", "tutor", "8A1", YEAR_START, None)]
