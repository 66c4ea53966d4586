"""The simulated Wonde shows what stands in the simulated SIMS, and hides what the school has not approved."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from sims_sync.demo.days import at
from sims_sync.demo.filling import write_state
from sims_sync.demo.school import invent_school
from sims_sync.demo.sims_state import SimsState
from sims_sync.demo.wonde_server import SCHOOL_ID, TOKEN, Item, WondeLists, WondeServer

MORNING = at(date(2026, 12, 16), 6, 0)
OPEN_SECONDS = 30


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> SimsState:
    folder: Path = tmp_path_factory.mktemp("sims")
    write_state(invent_school(60), folder)
    return SimsState(folder)


def whole(found: list[Item] | None) -> list[Any]:
    assert found is not None
    return found


def test_every_student_is_listed_with_group_house_and_details(state: SimsState) -> None:
    students = whole(WondeLists(state, lambda: MORNING)("students", ("education_details", "groups")))
    expected = state.students(MORNING)
    assert [item["mis_id"] for item in students] == [student.person_id for student in expected]
    assert [item["education_details"]["data"]["upn"] for item in students] == [student.upn for student in expected]
    groups = [{group["type"]: group["name"] for group in item["groups"]["data"]} for item in students]
    assert [found.get("REGISTRATION") for found in groups] == [s.group.value if s.group else None for s in expected]


def test_only_what_is_asked_for_is_included(state: SimsState) -> None:
    (first, *_) = whole(WondeLists(state, lambda: MORNING)("students", ()))
    assert not {"education_details", "groups"} & first.keys()


def test_what_is_not_approved_is_null(state: SimsState) -> None:
    shown = WondeLists(state, lambda: MORNING, unseen=("education_details", "surname"))
    (first, *_) = whole(shown("students", ("education_details",)))
    assert first["education_details"] is None
    assert first["surname"] is None
    assert first["forename"]


def test_groups_name_their_present_tutors(state: SimsState) -> None:
    groups = whole(WondeLists(state, lambda: MORNING)("groups", ("employees",)))
    current = [each for each in state.tutor_groups(MORNING) if each.last is None or each.last >= date(2026, 12, 16)]
    tutors = [tutor for group in groups for tutor in group["employees"]["data"]]
    assert len(tutors) == len(current)
    assert any(tutor["meta"]["is_main_teacher"] for tutor in tutors)


def get(server: WondeServer, path: str, token: str = TOKEN) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{server.url}/schools/{path}", headers=headers, timeout=OPEN_SECONDS)


def test_pages_are_linked_and_one_page_needs_no_pagination(state: SimsState) -> None:
    with WondeServer(WondeLists(state, lambda: MORNING), largest_page=20) as server:
        first = get(server, f"{SCHOOL_ID}/students?per_page=100").json()
        one = get(server, f"{SCHOOL_ID}/groups").json()
    assert len(first["data"]) == 20
    assert first["meta"]["pagination"]["per_page"] == "100"
    assert "page=2" in first["meta"]["pagination"]["next"]
    assert "meta" not in one


@pytest.mark.parametrize(
    ("path", "token", "status"),
    [("A9/students", TOKEN, 404), (f"{SCHOOL_ID}/photos", TOKEN, 404), (f"{SCHOOL_ID}/students", "wrong", 401)],
)
def test_what_is_not_there_or_not_allowed_is_refused(state: SimsState, path: str, token: str, status: int) -> None:
    with WondeServer(WondeLists(state, lambda: MORNING)) as server:
        assert get(server, path, token).status_code == status
