"""Academic data readiness: who lacks data, which subject is empty, who is told; doubt is not lack (DOMAIN rule 18)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from sims_sync.compliance.academic_data import NewestResult, Selection, half_term_named, subject_of
from sims_sync.compliance.facts import RoleFacts, SchoolFacts, StudentFacts
from sims_sync.compliance.readiness import Check, Readiness, Scope, ScopeFigures, check_day, leaders, scope_of, since
from sims_sync.records import RoleName
from sims_sync.school_year import HalfTermId
from tests.sims_sync.compliance.invented_school import (
    AUTUMN_1,
    AUTUMN_2,
    SCHOOL_YEAR,
    SPRING_1,
    SUMMER_2,
    YEAR,
    head,
    school,
    student,
)

FIRST_DAY = date(2026, 11, 3)
RECENT, OLD = date(2026, 10, 16), date(2026, 3, 1)
YEAR_8, ENGLISH = Scope("8"), Scope(subject="English")


def result(student_id: str, aspect: str = "English Attainment", dated: date | None = RECENT) -> NewestResult:
    return NewestResult(student_id, aspect, dated)


def readiness(
    results: Sequence[NewestResult],
    facts: SchoolFacts,
    half_term: HalfTermId = AUTUMN_2,
    day: date = FIRST_DAY,
    check: Check = 1,
    selection: Selection | None = None,
) -> Readiness:
    chosen = selection or Selection(mentoring=frozenset({"Mentoring Target 1"}))
    return Readiness(facts, half_term, day, check, results, chosen)


def figures(
    results: Sequence[NewestResult], count: int = 10, scope: Scope = YEAR_8, selection: Selection | None = None
) -> ScopeFigures:
    facts = school(*(student(f"S{number}") for number in range(1, count + 1)))
    return readiness(results, facts, selection=selection).figures(scope)


def everyone_but(missing: int, count: int = 10, aspect: str = "English Attainment") -> list[NewestResult]:
    return [result(f"S{number}", aspect) for number in range(1, count + 1 - missing)]


@pytest.mark.parametrize(
    ("missing", "percent", "alert"), [(0, 0, False), (1, 10, False), (2, 20, True), (10, 100, True)]
)
def test_a_fifth_or_more_without_data_is_an_alert(missing: int, percent: int, alert: bool) -> None:
    found = figures(everyone_but(missing))
    assert (found.lacking, found.students, found.percent, found.is_alert) == (missing, 10, percent, alert)


def test_19_in_100_is_no_alert_and_nobody_in_scope_is_none_either() -> None:
    assert figures(everyone_but(19, 100), 100).is_alert is False
    assert figures([], scope=Scope("9")).is_alert is False


def test_a_result_of_this_or_the_two_half_terms_before_is_recent_and_an_older_one_is_not() -> None:
    recent_since = since(SCHOOL_YEAR, SPRING_1)
    assert recent_since == date(2026, 9, 1)
    facts = school(student("S1"), student("S2"))
    results = [result("S1", dated=date(2026, 9, 1)), result("S2", dated=date(2026, 8, 31))]
    found = readiness(results, facts, SPRING_1, date(2027, 1, 5)).figures(YEAR_8)
    assert found.lacking_students == ("S2",)


def test_where_the_calendar_does_not_reach_back_the_date_is_surely_early_enough() -> None:
    assert since(SCHOOL_YEAR, AUTUMN_2) == date(2026, 5, 20)
    assert since(SCHOOL_YEAR, AUTUMN_1) == date(2026, 4, 1)
    assert since(SCHOOL_YEAR, AUTUMN_1, 6) == date(2025, 10, 20)


def test_any_selected_aspect_is_enough_and_a_mentoring_aspect_is_none() -> None:
    results = [result("S1", "Maths Effort"), *(result(f"S{n}", "Mentoring Target 1") for n in range(2, 11))]
    assert figures(results).lacking == 9


def test_with_aspects_selected_only_those_count() -> None:
    results = [*everyone_but(0), result("S1", "Maths Effort")]
    found = figures(results, selection=Selection(aspects=("maths  effort",)))
    assert (found.lacking, [each.subject for each in found.subjects]) == (9, ["Maths"])


def test_a_result_without_a_date_is_doubt_and_no_lack() -> None:
    results = [*everyone_but(3), *(result(f"S{number}", dated=None) for number in (8, 9, 10))]
    found = figures(results)
    assert (found.lacking, found.undated, found.is_alert) == (0, 3, False)


def test_a_whole_subject_without_recent_results_is_an_alert_though_nobody_lacks_data() -> None:
    results = [*everyone_but(0), *(result(f"S{number}", "Art Attainment", OLD) for number in range(1, 11))]
    found = figures(results)
    assert (found.lacking, found.empty_subjects, found.is_alert) == (0, ("Art",), True)


def test_a_subject_that_was_given_up_long_ago_is_not_empty() -> None:
    long_ago = [result(f"S{number}", "Latin Attainment", date(2025, 6, 1)) for number in range(1, 11)]
    assert figures([*everyone_but(0), *long_ago]).empty_subjects == ()


def test_of_a_subject_only_those_who_take_it_are_asked_about() -> None:
    results = [result("S1", "French Attainment"), result("S2", "French Attainment", OLD), *everyone_but(0)]
    found = figures(results, scope=Scope(subject="french"))
    assert (found.students, found.lacking) == (2, 1)


def test_a_leaders_subject_in_which_nobody_ever_had_a_result_is_empty() -> None:
    found = figures(everyone_but(0), scope=Scope(subject="Drama"))
    assert (found.students, found.lacking, found.empty_subjects) == (10, 10, ("Drama",))


def test_a_subject_in_a_year_is_that_years() -> None:
    ninth = [replace(student(f"N{number}"), nc_year="Year  9") for number in range(1, 5)]
    facts = school(*(student(f"S{number}") for number in range(1, 5)), *ninth)
    results = [*everyone_but(0, 4), *(result(f"N{number}", dated=OLD) for number in range(1, 5))]
    found = readiness(results, facts)
    assert found.years == ("8", "9")
    assert found.figures(Scope("8", "English")).is_alert is False
    assert found.figures(Scope("9", "English")).empty_subjects == ("English",)
    assert (found.figures(ENGLISH).students, found.figures(ENGLISH).lacking) == (8, 4)


@pytest.mark.parametrize(("joined", "counted"), [(date(2026, 10, 21), False), (date(2026, 10, 8), True)])
def test_joiners_of_fewer_than_ten_school_days_are_left_out(joined: date, counted: bool) -> None:
    facts = school(student("S1"), replace(student("S2"), admission_date=joined))
    assert readiness([result("S1")], facts).figures(YEAR_8).lacking == counted


@pytest.mark.parametrize(
    "change",
    [
        {"leaving_date": date(2026, 11, 1)},
        {"enrolment": "Guest (pupil not registered at this school)"},
        {"listed": False},
        {"nc_year": "Year 12"},
    ],
)
def test_who_is_not_of_the_programme_is_left_out(change: dict[str, object]) -> None:
    other: StudentFacts = replace(student("S2"), **change)  # type: ignore[arg-type]  # fields by name
    found = readiness([result("S1")], school(student("S1"), other)).figures(YEAR_8)
    assert (found.students, found.lacking) == (1, 0)


@pytest.mark.parametrize(
    ("half_term", "check", "years"), [(AUTUMN_1, 1, ()), (AUTUMN_1, 2, ("7",)), (AUTUMN_2, 1, ("7",))]
)
def test_year_7_is_skipped_at_the_start_of_autumn_1_only(
    half_term: HalfTermId, check: Check, years: tuple[str, ...]
) -> None:
    facts = school(replace(student("S1"), nc_year="Year  7"))
    day = check_day(SCHOOL_YEAR.dates(half_term), SCHOOL_YEAR, check)
    assert day is not None
    assert readiness([], facts, half_term, day, check).years == years


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("autumn-1", date(2026, 9, 3), date(2026, 10, 6)),
        ("autumn-2", date(2026, 11, 3), date(2026, 12, 1)),
        ("spring-2", date(2027, 2, 22), date(2027, 3, 8)),
        ("summer-2", date(2027, 6, 7), date(2027, 7, 1)),
    ],
)
def test_the_checks_are_on_the_first_school_day_and_ten_before_the_deadline(
    name: str, first: date, second: date
) -> None:
    dates = SCHOOL_YEAR.dates(HalfTermId.parse(f"{YEAR}/{name}"))
    assert (check_day(dates, SCHOOL_YEAR, 1), check_day(dates, SCHOOL_YEAR, 2)) == (first, second)


def test_a_half_term_without_a_deadline_has_no_second_check() -> None:
    dates = replace(SCHOOL_YEAR.dates(SUMMER_2), deadline=None)
    assert check_day(dates, SCHOOL_YEAR, 2) is None


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("8", Scope("8")),
        ("Year  8", Scope("8")),
        ("y10", Scope("10")),
        ("English", Scope(subject="English")),
        ("Year 9 Religious  Studies", Scope("9", "Religious Studies")),
    ],
)
def test_a_role_says_year_subject_or_both(text: str, scope: Scope) -> None:
    assert scope_of(text) == scope


def test_leaders_are_those_in_office_who_are_in_the_staff_list() -> None:
    roles = (
        RoleFacts("P1", RoleName.PROGRESS_LEADER, "8"),
        RoleFacts("P1", RoleName.PROGRESS_LEADER, "English"),
        RoleFacts("P2", RoleName.PROGRESS_LEADER, "9", last=date(2026, 10, 1)),
        RoleFacts("unlisted:X", RoleName.PROGRESS_LEADER, "10"),
        head("H1"),
    )
    facts = school(student("S1"), roles=roles)
    facts = replace(facts, staff=tuple(each for each in facts.staff if not each.staff_id.startswith("unlisted")))
    (leader,) = leaders(facts, FIRST_DAY)
    assert (leader.staff_id, leader.scopes) == ("P1", (YEAR_8, ENGLISH))


@pytest.mark.parametrize(
    ("aspect", "subject"),
    [
        ("English Current Grade", "English"),
        ("Religious Studies Effort", "Religious Studies"),
        ("Design & Technology - Target", "Design & Technology"),
        ("Reading age", "Reading age"),
        ("KS2 Maths", "KS2 Maths"),
        ("Maths", "Maths"),
    ],
)
def test_an_aspects_first_words_are_its_subject(aspect: str, subject: str) -> None:
    assert subject_of(aspect) == subject


@pytest.mark.parametrize(
    ("text", "half_term"),
    [
        ("Autumn 1 2026/27", AUTUMN_1),
        ("Assessment 2026-2027 Summer Term 2", SUMMER_2),
        ("Autumn 2026/27", None),
        ("Autumn 1", None),
        ("Autumn 1 2026/29", None),
    ],
)
def test_a_result_set_may_name_the_half_term_of_a_result_without_a_date(
    text: str, half_term: HalfTermId | None
) -> None:
    assert half_term_named(text) == half_term
