"""What a school may set, and what is refused with a sentence."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from sims_sync.compliance.facts import Policy
from sims_sync.config import Config, SchoolConfig
from sims_sync.guard import Limits
from sims_sync.records import Kind
from tests.sims_sync.builders import make_school, school_table


def refused(**changes: object) -> str:
    """What the model says to a table with these changes."""
    with pytest.raises(ValidationError) as caught:
        SchoolConfig.model_validate({"base": Path("/nowhere"), **school_table(**changes)})
    return "\n".join(fault["msg"] for fault in caught.value.errors())


def source(kind: str, **more: object) -> dict[str, object]:
    return {"kind": kind, "connector": "drop_folder", "mapping": f"sims_{kind}", "folder": kind, **more}


def test_a_good_table_is_taken_with_the_defaults_of_the_rules(tmp_path: Path) -> None:
    school = make_school(tmp_path)
    assert school.id == "austen"
    assert school.programme.policy is Policy.HALF_TERM
    assert school.programme.year_groups == ("7", "8", "9", "10", "11")
    assert [(pair.nc_year, pair.half_term) for pair in school.programme.exempt] == [("11", "summer-2")]
    assert (school.programme.minimum_days, school.programme.deadline_days_before_end) == (10, 3)
    assert school.messages.mode == "shadow"
    assert school.calendar.half_terms[0].start == date(2026, 9, 1)


def test_the_guards_defaults_are_those_of_the_design(tmp_path: Path) -> None:
    guard, limits = make_school(tmp_path).guard, Limits()
    for name in Limits.__slots__:
        assert getattr(guard, name) == getattr(limits, name)
    assert (guard.removals_window_days, guard.grace_days) == (14, 14)


def test_a_relative_path_starts_at_the_configs_folder(tmp_path: Path) -> None:
    school = make_school(tmp_path)
    assert school.path("roles.csv") == tmp_path / "roles.csv"
    assert Config(file=tmp_path / "config.toml", schools={}).base == tmp_path


@pytest.mark.parametrize("key", ["policy", "starts_with"])
def test_policy_and_start_have_no_default(key: str) -> None:
    programme = {"policy": "half-term", "starts_with": "2026-27/autumn-2"}
    del programme[key]
    assert "required" in refused(programme=programme).casefold()


@pytest.mark.parametrize(
    "schedule", ["0 30 1 * * *", "0 0 1,13 * * *", "0 0 0-5 * * *", "0 0 01 * * *", "0 0 1/6 * * *"]
)
def test_a_schedule_that_names_hour_one_is_refused(schedule: str) -> None:
    assert "hour 1" in refused(jobs={"pull_students": {"schedule": schedule}})


@pytest.mark.parametrize(
    "schedule",
    ["0 0 6 * * mon-fri", "0 30 2 * * *", "0 0 11,21 * * *", "0 0 * * * *", "0 0 */2 * * *", "0 */5 7-17 * * mon-fri"],
)
def test_other_schedules_are_taken(schedule: str, tmp_path: Path) -> None:
    school = make_school(tmp_path, jobs={"pull_students": {"schedule": schedule}})
    assert school.jobs["pull_students"].schedule == schedule


@pytest.mark.parametrize("schedule", ["0 6 * * *", "", "0 0 25 * * *", "0 0 six * * *", "0 0 6 * * someday"])
def test_a_schedule_that_is_none_is_refused(schedule: str) -> None:
    assert "six fields" in refused(jobs={"pull_students": {"schedule": schedule}})


@pytest.mark.parametrize(
    ("starts_with", "fitting"),
    [("2026-27/autumn-2", "autumn-1"), ("2026-27/spring-2", "spring-1"), ("2026-27/summer-2", "summer-1")],
)
def test_under_the_termly_policy_the_programme_starts_with_a_term(starts_with: str, fitting: str) -> None:
    sentence = refused(programme={"policy": "termly", "starts_with": starts_with})
    assert "termly" in sentence
    assert fitting in sentence


@pytest.mark.parametrize("name", ["autumn-1", "spring-1", "summer-1"])
def test_a_termly_programme_may_start_with_a_terms_first_half_term(name: str, tmp_path: Path) -> None:
    school = make_school(tmp_path, programme={"policy": "termly", "starts_with": f"2026-27/{name}"})
    assert school.programme.policy is Policy.TERMLY


@pytest.mark.parametrize("text", ["autumn-2", "2026/27/autumn-2", "2026-28/autumn-2", "2026-27/autumn-3"])
def test_what_is_no_half_term_is_refused(text: str) -> None:
    assert "write it like 2026-27" in refused(programme={"policy": "half-term", "starts_with": text})


@pytest.mark.parametrize("address", ["lead", "lead@austen", "a b@austen.example", "a@b@austen.example"])
def test_what_is_no_address_is_refused(address: str) -> None:
    assert "pattern" in refused(people={"programme_lead": address, "admin": "it@austen.example"})


def test_mail_without_an_allowed_domain_is_refused() -> None:
    assert refused(messages={"sender": "a@austen.example", "allowed_domains": []})


@pytest.mark.parametrize("school_id", ["Austen", "-austen", "a b", "", "a" * 41])
def test_an_id_that_could_not_be_a_file_name_is_refused(school_id: str) -> None:
    assert refused(school={"id": school_id, "name": "Austen Academy"})


def test_two_sources_of_one_kind_are_refused_for_each_would_miss_the_others_rows() -> None:
    sentence = refused(sources={"one": source("students"), "two": source("students", folder="more")})
    assert "students" in sentence
    assert "one, two" in sentence


def test_a_second_source_that_is_switched_off_and_several_of_pro_formas_are_taken(tmp_path: Path) -> None:
    proformas = {name: source("proformas", mapping="proforma", folder=name) for name in ("sheets", "app")}
    sources = {"one": source("students"), "two": source("students", enabled=False), **proformas}
    school = make_school(tmp_path, sources=sources)
    assert list(school.sources_of(Kind.STUDENTS)) == ["one"]
    assert list(school.sources_of(Kind.PROFORMAS)) == ["sheets", "app"]


def test_a_sources_other_keys_are_its_connectors(tmp_path: Path) -> None:
    school = make_school(tmp_path, sources={"students": source("students", settle_seconds=0)})
    assert school.sources["students"].options == {"folder": "students", "settle_seconds": 0}
