"""From stored results to alerts: who is told what at which check, and why nobody is where data lack (rule 18)."""

import pytest

from sims_sync.compliance.readiness import Check
from sims_sync.readiness import readiness_alerts, readiness_summary
from sims_sync.records import Kind
from sims_sync.report.readiness import (
    ReadinessAlert,
    compose_readiness_text,
    render_readiness_csv,
    render_readiness_html,
    render_readiness_json,
    render_readiness_text,
)
from tests.sims_sync.builders import AUTUMN_1, AUTUMN_2, Row, World, group, result, staff, students

FIRST_CHECK, SECOND_CHECK = "2026-11-03 07:30", "2026-12-01 07:30"
PEOPLE = [staff("T1", "Tolmek"), staff("P1", "Leadwell"), staff("P2", "Englund")]


def roles(world: World, *lines: str) -> None:
    text = "staff_code,role,scope,from,to\n" + "".join(f"{line}\n" for line in lines)
    (world.school.base / "roles.csv").write_text(text, encoding="utf-8")


def read(world: World, when: str, results: list[Row]) -> None:
    roles(world, "P1,progress leader,8,,", "P2,progress leader,English,,")
    world.read_well(Kind.STAFF, PEOPLE, when)
    world.read_well(Kind.STUDENTS, students(10), when)
    world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1")], when)
    world.read_well(Kind.RESULTS, results, when)


def results(*numbers: int, aspect: str = "English Attainment", day: str = "2026-10-20") -> list[Row]:
    return [result(number, "5", aspect, Result_Date=day) for number in numbers]


def alerts(world: World, when: str, check: Check = 1) -> tuple[ReadinessAlert, ...]:
    return readiness_alerts(world.context(when), AUTUMN_2, check)


def doubts(world: World, when: str, check: Check = 1) -> list[str]:
    summary = readiness_summary(world.context(when), AUTUMN_2, check)
    return [reason.code for reason in (*summary.silent, *summary.doubts)]


def test_a_leader_is_told_in_counts_and_another_whose_subject_is_there_is_not(world: World) -> None:
    read(world, "2026-11-03 06:00", results(*range(1, 9)))
    (alert,) = alerts(world, FIRST_CHECK)
    assert alert.shown.endswith("Leadwell")
    assert [(each.scope.shown, each.lacking, each.students) for each in alert.scopes] == [("Year 8", 2, 10)]
    assert (alert.subjects, doubts(world, FIRST_CHECK)) == ((), [])


def test_nobody_is_told_where_data_are_there(sqlite_world: World) -> None:
    read(sqlite_world, "2026-11-03 06:00", results(*range(1, 10)))
    assert alerts(sqlite_world, FIRST_CHECK) == ()
    assert doubts(sqlite_world, FIRST_CHECK) == []


def test_the_second_check_alerts_only_if_it_is_still_so(sqlite_world: World) -> None:
    world = sqlite_world
    read(world, "2026-11-03 06:00", results(*range(1, 6)))
    assert len(alerts(world, FIRST_CHECK)) == 1
    read(world, "2026-12-01 06:00", results(*range(1, 6)))
    assert [alert.check for alert in alerts(world, SECOND_CHECK, 2)] == [2]
    world.read_well(Kind.RESULTS, results(*range(1, 11)), "2026-12-01 07:00")
    assert alerts(world, SECOND_CHECK, 2) == ()


def test_an_empty_subject_is_told_to_the_leaders_of_the_year_and_of_the_subject(sqlite_world: World) -> None:
    rows = [*results(*range(1, 11), day="2026-03-10"), *results(*range(1, 11), aspect="Maths Effort")]
    read(sqlite_world, "2026-11-03 06:00", rows)
    found = {alert.shown.split()[-1]: alert.subjects for alert in alerts(sqlite_world, FIRST_CHECK)}
    assert found == {"Leadwell": ("English",), "Englund": ("English",)}


def test_results_of_a_day_ago_alert_nobody_and_a_sentence_says_why(sqlite_world: World) -> None:
    read(sqlite_world, "2026-11-02 06:00", results(1))
    assert alerts(sqlite_world, FIRST_CHECK) == ()
    assert doubts(sqlite_world, FIRST_CHECK) == ["results-too-old", "students-too-old"]


def test_results_never_read_are_no_lack(sqlite_world: World) -> None:
    world = sqlite_world
    roles(world, "P1,progress leader,8,,")
    world.read_well(Kind.STAFF, PEOPLE, "2026-11-03 06:00")
    world.read_well(Kind.STUDENTS, students(10), "2026-11-03 06:00")
    assert alerts(world, FIRST_CHECK) == ()
    assert doubts(world, FIRST_CHECK) == ["results-never-read"]
    without = {name: source for name, source in world.school.sources.items() if source.kind is not Kind.RESULTS}
    assert doubts(world.with_school(sources=without), FIRST_CHECK) == ["results-not-configured"]


def test_a_selection_that_nothing_fits_alerts_nobody(sqlite_world: World) -> None:
    read(sqlite_world, "2026-11-03 06:00", results(*range(1, 11)))
    programme = sqlite_world.school.programme.model_copy(update={"readiness_aspects": ("Englisch",)})
    world = sqlite_world.with_school(programme=programme)
    assert alerts(world, FIRST_CHECK) == ()
    assert doubts(world, FIRST_CHECK) == ["no-selected-result"]


def test_the_selected_aspects_are_the_configs(sqlite_world: World) -> None:
    read(sqlite_world, "2026-11-03 06:00", [*results(*range(1, 11)), *results(1, aspect="Maths Effort")])
    assert alerts(sqlite_world, FIRST_CHECK) == ()
    programme = sqlite_world.school.programme.model_copy(update={"readiness_aspects": ("Maths Effort",)})
    found = alerts(sqlite_world.with_school(programme=programme), FIRST_CHECK)
    assert {each.lacking for alert in found for each in alert.scopes if each.scope.nc_year} == {9}


def test_before_the_programme_nobody_is_told(sqlite_world: World) -> None:
    read(sqlite_world, "2026-11-03 06:00", results(1))
    context = sqlite_world.context(FIRST_CHECK)
    assert readiness_alerts(context, AUTUMN_1, 1) == ()
    assert [reason.code for reason in readiness_summary(context, AUTUMN_1, 1).silent] == ["before-the-programme"]


@pytest.mark.parametrize("check", [1, 2])
def test_the_message_says_who_why_and_one_action_and_names_no_student_and_no_tutor(
    sqlite_world: World, check: Check
) -> None:
    when = FIRST_CHECK if check == 1 else SECOND_CHECK
    read(sqlite_world, f"{when[:10]} 06:00", results(*range(1, 6)))
    (alert,) = alerts(sqlite_world, when, check)
    subject, text, html = compose_readiness_text(alert)
    assert subject == "Year 8 – Autumn 2: academic data before the interviews"
    for said in (text, html):
        words = " ".join(said.split())
        assert "you are the Progress Leader here" in words
        assert "Year 8: 5 of 10 students (50 %) without a result" in words
        assert "ask for the results to be entered in SIMS" in words
        assert "No tutor is asked about this." in words
        assert "Staff only – do not open while projecting" in words
        assert ("at the start of the half term" in words) == (check == 1)
        for name in ("Vorrin", "Zulpa", "Tolmek"):
            assert name not in words


def test_no_format_of_the_report_names_a_student_or_a_tutor(sqlite_world: World) -> None:
    read(sqlite_world, "2026-11-03 06:00", results(*range(1, 6)))
    summary = readiness_summary(sqlite_world.context(FIRST_CHECK), AUTUMN_2, 1)
    for render in (render_readiness_text, render_readiness_html, render_readiness_csv, render_readiness_json):
        page = render(summary)
        assert "Leadwell" in page
        assert "Year 8" in page
        for name in ("Vorrin", "Zulpa", "Tolmek"):
            assert name not in page
