"""The simulated OneRoster server answers the questions of the standard as a public conformance suite puts them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from sims_sync.demo.days import DemoDays, at
from sims_sync.demo.filling import write_state
from sims_sync.demo.oneroster_lists import Item
from sims_sync.demo.oneroster_query import filtered, ordered, selected
from sims_sync.demo.oneroster_server import CLIENT_ID, CLIENT_SECRET, serve
from sims_sync.demo.oneroster_sessions import grading_period, year_and_terms
from sims_sync.demo.school import invent_school

MORNING = at(date(2026, 12, 16), 6, 0)
ROSTERING, GRADEBOOK = "/ims/oneroster/rostering/v1p2", "/ims/oneroster/gradebook/v1p2"
OPEN_SECONDS = 30
ITEMS: list[Item] = [
    {"sourcedId": "1", "status": "active", "dateLastModified": "2026", "title": "7A1", "org": {"sourcedId": "a"}},
    {"sourcedId": "2", "status": "active", "dateLastModified": "2026", "title": "8B2", "roles": [{"role": "tutor"}]},
    {"sourcedId": "3", "status": "gone", "dateLastModified": "2026", "title": "8A1", "org": {"sourcedId": "b"}},
]


class Asker:
    """One who has a key and asks."""

    def __init__(self, url: str, token_url: str) -> None:
        form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        token = requests.post(token_url, data=form, timeout=OPEN_SECONDS).json()["access_token"]
        self.url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: str) -> requests.Response:
        return requests.get(f"{self.url}{path}", query, headers=self._headers, timeout=OPEN_SECONDS)

    def all(self, path: str, **query: str) -> list[Any]:
        (items,) = self.get(path, limit="10000", **query).json().values()
        return list(items)


@pytest.fixture(scope="module")
def sims(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    folder: Path = tmp_path_factory.mktemp("sims")
    write_state(invent_school(60), folder)
    with serve(folder, {"SIMS_DEMO_NOW": MORNING.isoformat()}, "1.2") as server:
        yield Asker(server.url, server.token_url)


@pytest.mark.parametrize(
    ("conditions", "ids"),
    [
        ("", ["1", "2", "3"]),
        ("title='8B2'", ["2"]),
        ("title!='8B2'", ["1", "3"]),
        ("title~'a1'", ["1", "3"]),
        ("title>='8A1'", ["2", "3"]),
        ("title<'8A1'", ["1"]),
        ("org.sourcedId='b'", ["3"]),
        ("roles.role='tutor'", ["2"]),
        ("title~'8' AND status='active'", ["2"]),
        ("title='7A1' OR status='gone'", ["1", "3"]),
    ],
)
def test_a_filter_leaves_those_for_which_it_holds(conditions: str, ids: list[str]) -> None:
    assert [item["sourcedId"] for item in filtered(ITEMS, conditions)] == ids


def test_a_list_is_put_in_order_either_way() -> None:
    assert [item["title"] for item in ordered(ITEMS, {"sort": "title"})] == ["7A1", "8A1", "8B2"]
    assert [item["title"] for item in ordered(ITEMS, {"sort": "title", "orderBy": "desc"})] == ["8B2", "8A1", "7A1"]


def test_fields_are_left_out_but_those_that_no_record_may_lack() -> None:
    (shown,) = selected(ITEMS[1:2], ITEMS, {"fields": "org"})
    assert shown.keys() == {"sourcedId", "status", "dateLastModified"}


def test_a_teacher_is_found_by_address_and_their_classes_and_students_follow(sims: Asker) -> None:
    address = next(item["email"] for item in sims.all(f"{ROSTERING}/teachers") if "email" in item)
    (teacher,) = sims.all(f"{ROSTERING}/teachers", filter=f"email='{address}'")
    room = sims.all(f"{ROSTERING}/teachers/{teacher['sourcedId']}/classes", filter="status='active'")[0]
    students = sims.all(f"{ROSTERING}/classes/{room['sourcedId']}/students")
    enrolled = sims.all(f"{ROSTERING}/classes/{room['sourcedId']}/enrollments", filter="role='student'")
    assert {student["sourcedId"] for student in students} == {each["user"]["sourcedId"] for each in enrolled}
    assert sims.all(f"{GRADEBOOK}/classes/{room['sourcedId']}/categories")


def test_the_terms_of_a_class_have_their_grading_periods(sims: Asker) -> None:
    room = sims.all(f"{ROSTERING}/classes")[0]
    for term in room["terms"]:
        periods = sims.all(f"{ROSTERING}/terms/{term['sourcedId']}/gradingPeriods")
        assert {period["parent"]["sourcedId"] for period in periods} == {term["sourcedId"]}
        assert all(period.keys() >= {"title", "type", "startDate", "endDate", "schoolYear"} for period in periods)


def test_every_grading_period_lies_in_a_term_that_is_listed(sims: Asker) -> None:
    terms = {term["sourcedId"] for term in sims.all(f"{ROSTERING}/terms")}
    assert {period["parent"]["sourcedId"] for period in sims.all(f"{ROSTERING}/gradingPeriods")} <= terms


def test_the_results_of_a_line_item_stand_within_its_class(sims: Asker) -> None:
    result = sims.all(f"{GRADEBOOK}/results")[0]
    item = result["lineItem"]["sourcedId"]
    found = sims.all(f"{GRADEBOOK}/classes/class-maths/lineItems/{item}/results")
    assert result in found
    assert {each["lineItem"]["sourcedId"] for each in found} == {item}
    assert sims.get(f"{GRADEBOOK}/classes/class-maths/lineItems/none/results").status_code == 404


@pytest.mark.parametrize(
    ("name", "wrapper"), [("students", "user"), ("classes", "class"), ("orgs", "org"), ("terms", "academicSession")]
)
def test_one_record_is_shown_by_itself(sims: Asker, name: str, wrapper: str) -> None:
    first = sims.all(f"{ROSTERING}/{name}")[0]
    assert sims.get(f"{ROSTERING}/{name}/{first['sourcedId']}").json() == {wrapper: first}
    assert sims.get(f"{ROSTERING}/{name}/nobody").status_code == 404


def test_each_link_leads_to_its_record(sims: Asker) -> None:
    item = sims.all(f"{GRADEBOOK}/lineItems")[0]
    for name in ("class", "school", "category"):
        path = item[name]["href"].removeprefix(sims.url)
        (found,) = sims.get(path).json().values()
        assert found["sourcedId"] == item[name]["sourcedId"]


@pytest.mark.parametrize("path", ["courses", "classes/none/students", "classes/class-maths/demographics", "a/b/c/d"])
def test_what_sims_does_not_have_is_not_found(sims: Asker, path: str) -> None:
    answer = sims.get(f"{ROSTERING}/{path}")
    assert (answer.status_code, answer.json()["imsx_codeMajor"]) == (404, "failure")


@pytest.mark.parametrize(
    ("name", "first", "last", "above", "ends"),
    [
        ("Mentoring Autumn 2 2026/27", date(2026, 11, 2), date(2026, 12, 18), "term-2026-27-autumn", "2027"),
        ("Autumn 2026", date(2026, 9, 1), date(2026, 12, 18), "term-2026-27-autumn", "2027"),
        ("Summer 2026", date(2026, 4, 13), date(2026, 7, 21), "term-2025-26-summer", "2026"),
        ("Some set", date(2026, 9, 1), date(2027, 7, 20), "year-2026-27", "2027"),
    ],
)
def test_a_result_set_has_the_days_of_the_term_in_its_name(
    name: str, first: date, last: date, above: str, ends: str
) -> None:
    found = grading_period("1", name, DemoDays("2026-27"))
    assert (found.first, found.last, found.above, found.school_year) == (first, last, above, ends)


def test_a_year_has_three_terms_within_it() -> None:
    year, *terms = year_and_terms(DemoDays("2026-27"))
    assert [term.kind for term in terms] == ["term"] * 3
    assert all(term.above == year.sourced_id and year.first <= term.first < term.last <= year.last for term in terms)
