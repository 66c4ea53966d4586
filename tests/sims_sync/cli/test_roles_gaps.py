"""Which houses have no Head, and which tutors and Heads can be sent nothing, on one day."""

from dataclasses import replace
from datetime import date

from sims_sync.cli.roles_commands import houses_without_head, staff_without_address
from sims_sync.compliance.facts import RoleFacts, SchoolFacts, Span
from sims_sync.records import RoleName
from tests.sims_sync.compliance.invented_school import head, school, staff, student, tutor

DAY = date(2026, 12, 16)


def posts(facts: SchoolFacts, day: date = DAY) -> dict[str, tuple[str, ...]]:
    return {person.staff_id: person.posts for person in staff_without_address(facts, day)}


def without_address(facts: SchoolFacts, *staff_ids: str) -> SchoolFacts:
    people = tuple(replace(person, email=None) if person.staff_id in staff_ids else person for person in facts.staff)
    return replace(facts, staff=people)


def test_a_house_that_nobody_heads_is_listed_once_by_its_name() -> None:
    students = (
        student("S1"),
        student("S2", house="Équiano"),
        student("S3", house="équiano "),
        student("S4", house=None),
    )
    assert houses_without_head(school(*students), DAY) == ("Équiano",)


def test_houses_and_heads_are_compared_without_regard_to_case_and_blanks() -> None:
    roles = (head("H1", "AUSTEN  house"), tutor("T1", "8A1"))
    assert houses_without_head(school(student("S1", house="Austen House"), roles=roles), DAY) == ()


def test_a_head_counts_from_the_first_day_to_the_last() -> None:
    role = RoleFacts("H1", RoleName.HEAD_OF_HOUSE, "Austen", date(2026, 11, 1), date(2026, 11, 30))
    facts = school(student("S1"), roles=(role,))
    days = (date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1))
    assert [houses_without_head(facts, day) for day in days] == [("Austen",), (), (), ("Austen",)]


def test_only_houses_of_the_programme_are_asked_about() -> None:
    others = (
        replace(student("S1", house="Sixth"), nc_year="Year 12"),
        replace(student("S2", house="Guests"), enrolment="Guest"),
        replace(student("S3", house="Former"), leaving_date=DAY),
        replace(student("S4"), houses=(Span("Earlier", date(2026, 9, 1), date(2026, 10, 1)),)),
    )
    assert houses_without_head(school(*others), DAY) == ()


def test_the_house_that_a_group_is_said_to_be_of_needs_a_head_too() -> None:
    facts = replace(school(student("S1")), group_houses={"8a1": "Brunel", "9Z9": "Nowhere"})
    assert houses_without_head(facts, DAY) == ("Brunel",)


def test_tutors_and_heads_without_an_address_are_listed_with_all_their_posts() -> None:
    roles = (tutor("T1", "8A1"), tutor("T1", "8A2"), head("T1", "Brunel"), head("H1"))
    facts = school(student("S1"), student("S2", "8A2"), roles=roles)
    assert posts(facts) == {}
    told = ("Head of House of Brunel", "tutor of 8A1", "tutor of 8A2")
    assert posts(without_address(facts, "T1")) == {"T1": told}
    assert set(posts(without_address(facts, "T1", "H1"))) == {"T1", "H1"}


def test_a_co_tutor_is_a_tutor_and_cover_is_not() -> None:
    roles = (
        RoleFacts("C1", RoleName.CO_TUTOR, "8A1"),
        RoleFacts("V1", RoleName.COVER, "8A1"),
        RoleFacts("P1", RoleName.PROGRESS_LEADER, "8"),
    )
    facts = without_address(school(student("S1"), roles=roles), "C1", "V1", "P1")
    assert posts(facts) == {"C1": ("co-tutor of 8A1",)}


def test_tutors_of_earlier_days_and_of_groups_without_students_are_left_alone() -> None:
    roles = (tutor("T1", "8A1", last=date(2026, 11, 30)), tutor("T2", "9Z9"), tutor("T3", "8A1", first=DAY))
    facts = without_address(school(student("S1"), roles=roles), "T1", "T2", "T3")
    assert set(posts(facts)) == {"T3"}


def test_staff_without_a_post_may_lack_an_address() -> None:
    facts = school(student("S1"))
    assert posts(replace(facts, staff=(*facts.staff, staff("X1", email=None)))) == {}
