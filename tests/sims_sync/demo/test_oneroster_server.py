"""The simulated OneRoster server shows what stands in the simulated SIMS, in both versions, and takes its faults."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from sims_sync.demo.days import at
from sims_sync.demo.filling import write_state
from sims_sync.demo.oneroster_lists import Item, SimsLists
from sims_sync.demo.oneroster_server import CLIENT_ID, CLIENT_SECRET, OneRosterServer, serve
from sims_sync.demo.school import invent_school
from sims_sync.demo.sims_state import SimsState

MORNING = at(date(2026, 12, 16), 6, 0)
SERVICE = "/ims/oneroster/v1p1"
OPEN_SECONDS = 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sims")
    write_state(invent_school(60), folder)
    return folder


@pytest.fixture(scope="module")
def state(folder: Path) -> SimsState:
    return SimsState(folder)


def lists(state: SimsState, version: str = "1.1") -> SimsLists:
    return SimsLists(state, lambda: MORNING, version)


def whole(found: list[Item] | None) -> list[Any]:
    assert found is not None
    return found


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_every_student_and_member_of_staff_is_listed(state: SimsState, version: str) -> None:
    shown = lists(state, version)
    students, teachers = whole(shown("students")), whole(shown("teachers"))
    assert [item["sourcedId"] for item in students] == [student.person_id for student in state.students(MORNING)]
    gone = {member.person_id for member in state.staff(MORNING) if member.leaves and member.leaves < date(2026, 12, 16)}
    assert {item["sourcedId"] for item in teachers} == {m.person_id for m in state.staff(MORNING)} - gone
    assert len(whole(shown("users"))) == len(students) + len(teachers)


def test_a_group_is_a_homeroom_with_its_students_and_tutors(state: SimsState) -> None:
    shown = lists(state)
    rooms = {item["sourcedId"]: item["title"] for item in whole(shown("classes")) if item["classType"] == "homeroom"}
    inside = [item for item in whole(shown("enrollments")) if item["class"]["sourcedId"] in rooms]
    groups = {(student.person_id, student.group.value) for student in state.students(MORNING) if student.group}
    assert groups == {
        (item["user"]["sourcedId"], rooms[item["class"]["sourcedId"]]) for item in inside if item["role"] == "student"
    }
    assert sum(item["role"] == "teacher" for item in inside) == len(state.tutor_groups(MORNING))


@pytest.mark.parametrize(
    ("version", "results", "items"),
    [("1.1", "results", "lineItem"), ("1.2", "assessmentResults", "assessmentLineItem")],
)
def test_every_result_has_its_line_item(state: SimsState, version: str, results: str, items: str) -> None:
    shown = lists(state, version)
    titles = {item["sourcedId"]: item["title"] for item in whole(shown(f"{items}s"))}
    expected = [
        (result.person_id, result.aspect)
        for mentoring in (False, True)
        for result in state.results(MORNING, mentoring=mentoring)
    ]
    found = [(item["student"]["sourcedId"], titles[item[items]["sourcedId"]]) for item in whole(shown(results))]
    assert found == expected


def test_ids_of_one_kind_are_all_different(state: SimsState) -> None:
    shown = lists(state)
    for name in ("classes", "enrollments", "lineItems", "results", "gradingPeriods"):
        items = {json.dumps(item, sort_keys=True) for item in whole(shown(name))}
        assert len({json.loads(item)["sourcedId"] for item in items}) == len(items)


def test_assessment_results_belong_to_1_2(state: SimsState) -> None:
    assert lists(state)("assessmentResults") is None
    assert lists(state, "1.2")("assessmentResults")


def key(server: OneRosterServer) -> dict[str, str]:
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    answer = requests.post(server.token_url, data=form, timeout=OPEN_SECONDS)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_without_a_key_nothing_is_shown(folder: Path) -> None:
    with serve(folder, {"SIMS_DEMO_NOW": MORNING.isoformat()}) as server:
        answer = requests.get(f"{server.url}{SERVICE}/students", timeout=OPEN_SECONDS)
        assert answer.status_code == 401
        assert answer.json()["imsx_codeMajor"] == "failure"
        good = requests.get(f"{server.url}{SERVICE}/students", headers=key(server), timeout=OPEN_SECONDS)
    assert good.json()["users"]


def test_without_a_gradebook_nothing_is_written(state: SimsState) -> None:
    with OneRosterServer(lists(state)) as server:
        address = f"{server.url}{SERVICE}/results/1"
        assert requests.put(address, json={}, headers=key(server), timeout=OPEN_SECONDS).status_code == 405


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"filter": "role='x'"}, 400),
        ({"filter": "title='8A1'"}, 200),
        ({"sort": "role"}, 400),
        ({"fields": "title,role"}, 400),
        ({"limit": "some"}, 400),
        ({}, 200),
    ],
)
def test_what_a_list_does_not_have_cannot_be_asked_for(state: SimsState, query: dict[str, str], status: int) -> None:
    with OneRosterServer(lists(state)) as server:
        answer = requests.get(f"{server.url}{SERVICE}/classes", query, headers=key(server), timeout=OPEN_SECONDS)
    assert answer.status_code == status


@pytest.mark.parametrize("module", ["oneroster_server", "wonde_server"])
def test_it_can_be_started_by_itself(folder: Path, module: str) -> None:
    command = [sys.executable, "-m", f"sims_sync.demo.{module}", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        answer = requests.get(f"{url}/", timeout=OPEN_SECONDS)
        process.terminate()
    assert answer.status_code in {401, 404}
