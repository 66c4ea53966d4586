"""The OneRoster connector against a real server on this machine, and against scripted answers."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses

from connectors.oneroster import OneRoster, OneRosterOptions
from sims_sync.connector import ConnectorContext, Severity
from sims_sync.demo.oneroster_lists import Item
from sims_sync.demo.oneroster_server import CLIENT_ID, CLIENT_SECRET, OneRosterServer, Paging
from sims_sync.demo.web_server import Faults, WebFault
from sims_sync.errors import ConfigurationError, SimsSyncError, SourceFailed, SourceRefused, SourceUnavailable
from sims_sync.records import Kind

NOW = datetime(2026, 12, 16, 6, 0, tzinfo=UTC)
BASE = "https://oneroster.example"
TOKEN_URL = "https://sts.example/connect/token"
SECRET = "Zorbinquist"
SERVICE = f"{BASE}/ims/oneroster/v1p1"


@dataclass
class School:
    """The lists of an invented server; `now` is the product's clock."""

    folder: Path
    lists: dict[str, list[Item]] = field(default_factory=dict)
    now: datetime = NOW

    def server(self, **settings: Any) -> OneRosterServer:  # noqa: ANN401 - passed on as they are
        return OneRosterServer(self.lists.get, **settings)

    def source(self, server: OneRosterServer, **options: object) -> OneRoster:
        return self.at(server.url, server.token_url, **options)

    def at(self, url: str, token_url: str, **options: object) -> OneRoster:
        fixed = {"base_url": url, "token_url": token_url, "client_id": CLIENT_ID, "client_secret": "env:X"}
        context = ConnectorContext(self.folder, self.folder / "work", lambda: self.now, lambda _: CLIENT_SECRET)
        return OneRoster(OneRosterOptions.model_validate({"wait_seconds": 0, **fixed, **options}), context)


@pytest.fixture
def school(tmp_path: Path) -> School:
    return School(tmp_path)


def teacher(number: int) -> Item:
    return {"sourcedId": str(number), "status": "active", "familyName": f"Belvaro{number}"}


def read(source: OneRoster, kind: Kind = Kind.STAFF) -> list[dict[str, str]]:
    (reading,) = source.read(kind)
    return [dict(row.values) for row in reading.rows()]


@pytest.mark.parametrize("paging", Paging)
@pytest.mark.parametrize("count", [0, 1, 4, 5, 8, 11])
def test_every_way_of_paging_gives_every_record_once(school: School, paging: Paging, count: int) -> None:
    school.lists["teachers"] = [teacher(number) for number in range(count)]
    with school.server(paging=paging, largest_page=4) as server:
        rows = read(school.source(server))
    assert [row["sourcedId"] for row in rows] == [str(number) for number in range(count)]


def test_a_server_may_give_smaller_pages_than_asked_for(school: School) -> None:
    school.lists["teachers"] = [teacher(number) for number in range(10)]
    with school.server(paging=Paging.BARE, largest_page=3) as server:
        assert len(read(school.source(server, page_size=100))) == 10


@pytest.mark.parametrize("fault", [WebFault.BUSY, WebFault.ERROR, WebFault.CUT])
def test_one_passing_fault_costs_nothing(school: School, fault: WebFault) -> None:
    school.lists["teachers"] = [teacher(number) for number in range(8)]
    with school.server(largest_page=2, faults=Faults(fault, first=3)) as server:
        assert len(read(school.source(server))) == 8


@pytest.mark.parametrize("fault", [WebFault.BUSY, WebFault.ERROR, WebFault.CUT, WebFault.HTML, WebFault.REPEATING])
@pytest.mark.parametrize("paging", [Paging.LINK, Paging.BARE])
def test_a_fault_on_a_later_page_is_no_short_list(school: School, fault: WebFault, paging: Paging) -> None:
    school.lists["teachers"] = [teacher(number) for number in range(20)]
    with school.server(largest_page=2, paging=paging, faults=Faults(fault, first=7, times=None)) as server:
        (reading,) = school.source(server, attempts=2).read(Kind.STAFF)
        rows = reading.rows()
        assert len([next(rows) for _ in range(12)]) == 12
        with pytest.raises((SourceRefused, SourceUnavailable)):
            list(rows)


def test_a_slow_server_runs_into_the_time_limit(school: School) -> None:
    school.lists["teachers"] = [teacher(1)]
    with (
        school.server(faults=Faults(WebFault.SLOW, slow_seconds=0.5, times=None)) as server,
        pytest.raises(SourceUnavailable, match="in time"),
    ):
        read(school.source(server, attempts=1, timeout_seconds=0.1))


def test_an_expired_key_is_renewed_in_the_middle_of_a_read(school: School) -> None:
    school.lists["teachers"] = [teacher(number) for number in range(8)]
    with school.server(largest_page=2, faults=Faults(WebFault.EXPIRED, first=3)) as server:
        assert len(read(school.source(server))) == 8
        assert server.keys_given == 2


def test_a_key_is_fetched_anew_before_it_ends_and_else_kept(school: School) -> None:
    school.lists["teachers"] = [teacher(number) for number in range(6)]
    with school.server(largest_page=2) as server:
        read(school.source(server))
        assert server.keys_given == 1
    with school.server(largest_page=2, key_seconds=1) as server:
        read(school.source(server))
        assert server.keys_given == 3


@pytest.mark.parametrize("way", ["form", "basic"])
def test_both_ways_to_send_the_client_are_understood(school: School, way: str) -> None:
    school.lists["teachers"] = [teacher(1)]
    with school.server() as server:
        assert len(read(school.source(server, client_authentication=way))) == 1


def test_a_wrong_client_is_told_without_its_secret(school: School) -> None:
    with school.server() as server, pytest.raises(SourceFailed, match="invalid_client") as caught:
        read(school.source(server, client_id="somebody"))
    assert CLIENT_SECRET not in str(caught.value)


def test_the_key_is_asked_for_with_scope_and_school(school: School) -> None:
    school.lists["teachers"] = []
    with school.server() as server:
        read(school.source(server, scope="roster.readonly", acr_values="orgselected:42"))
        body = server.web.asked[0].body.decode("ascii")
    assert "scope=roster.readonly" in body
    assert "acr_values=orgselected%3A42" in body


def room(name: str, kind: str = "homeroom") -> Item:
    return {"sourcedId": f"room-{name}", "title": name, "classType": kind, "grades": ["08"]}


def enrolment(name: str, user: str, role: str = "student", **rest: object) -> Item:
    ids: Item = {"sourcedId": f"{name}-{user}", "class": {"sourcedId": f"room-{name}"}, "user": {"sourcedId": user}}
    return {**ids, "role": role, **rest}


def student(number: str, **rest: object) -> Item:
    return {"sourcedId": number, "status": "active", "givenName": "Zulqor", "familyName": "Qazwick", **rest}


def test_a_students_tutor_group_is_todays_homeroom(school: School) -> None:
    school.lists |= {
        "students": [student(number) for number in ("1", "2", "3", "4")],
        "classes": [room("8A1"), room("8B2"), room("8x/Ma1", "scheduled")],
        "enrollments": [
            enrolment("8x/Ma1", "1"),
            enrolment("8A1", "1", beginDate="2026-09-01"),
            enrolment("8A1", "2", beginDate="2026-09-01", endDate="2026-11-30"),
            enrolment("8B2", "2", beginDate="2026-12-01", endDate="2027-07-20"),
            enrolment("8A1", "3", beginDate="2027-01-05"),
            enrolment("8B2", "4", status="tobedeleted"),
            enrolment("8B2", "4", role="guardian"),
        ],
    }
    with school.server() as server:
        rows = read(school.source(server), Kind.STUDENTS)
    assert [(row.get("homeroom.title"), row.get("homeroom.beginDate")) for row in rows] == [
        ("8A1", "2026-09-01"),
        ("8B2", "2026-12-01"),
        (None, None),
        (None, None),
    ]


def test_two_homerooms_at_once_make_two_rows_for_the_mapping_to_hold(school: School) -> None:
    school.lists |= {
        "students": [student("1")],
        "classes": [room("8A1"), room("8B2")],
        "enrollments": [enrolment("8A1", "1"), enrolment("8B2", "1")],
    }
    with school.server() as server:
        rows = read(school.source(server), Kind.STUDENTS)
    assert [row["homeroom.title"] for row in rows] == ["8A1", "8B2"]


def test_a_move_on_the_day_counts_for_the_new_group(school: School) -> None:
    school.lists |= {
        "students": [student("1")],
        "classes": [room("8A1"), room("8B2")],
        "enrollments": [
            enrolment("8A1", "1", beginDate="2026-09-01", endDate="2026-12-16"),
            enrolment("8B2", "1", beginDate="2026-12-16T00:00:00.000Z"),
        ],
    }
    with school.server() as server:
        assert [row["homeroom.title"] for row in read(school.source(server), Kind.STUDENTS)] == ["8B2"]


def test_those_marked_as_deleted_are_left_out(school: School) -> None:
    school.lists["teachers"] = [teacher(1), {**teacher(2), "status": "tobedeleted"}, {"sourcedId": "3"}]
    with school.server() as server:
        assert [row["sourcedId"] for row in read(school.source(server))] == ["1", "3"]


def test_a_list_of_all_users_is_parted_by_role(school: School) -> None:
    school.lists |= {
        "users": [
            student("1", role="student"),
            student("2", roles=[{"role": "teacher"}, {"role": "parent"}]),
            student("3", role="guardian"),
            student("4", role="administrator"),
        ],
        "classes": [],
        "enrollments": [],
    }
    with school.server() as server:
        source = school.source(server, resource="users")
        assert [row["sourcedId"] for row in read(source, Kind.STUDENTS)] == ["1"]
        assert [row["sourcedId"] for row in read(source, Kind.STAFF)] == ["2", "4"]


def test_a_tutor_group_has_a_row_for_each_teacher(school: School) -> None:
    school.lists |= {
        "classes": [room("8A1"), room("8B2")],
        "enrollments": [
            enrolment("8A1", "7", "teacher", primary="true"),
            enrolment("8A1", "8", "teacher", primary="false", endDate="2026-11-30"),
        ],
        "teachers": [{"sourcedId": "7", "identifier": "BLV"}],
    }
    with school.server() as server:
        rows = read(school.source(server), Kind.TUTOR_GROUPS)
    shown = [(row["title"], row.get("teacher.identifier"), row.get("teacher.primary")) for row in rows]
    assert shown == [("8A1", "BLV", "true"), ("8A1", None, "false"), ("8B2", None, None)]


RESULTS: list[Item] = [
    {"sourcedId": "r1", "lineItem": {"sourcedId": "i1"}, "student": {"sourcedId": "1"}, "score": 5},
    {"sourcedId": "r2", "lineItem": {"sourcedId": "i2"}, "student": {"sourcedId": "1"}, "comment": SECRET},
    {"sourcedId": "r3", "lineItem": {"sourcedId": "i1"}, "scoreStatus": "not submitted", "score": 0},
]


def test_results_carry_their_aspect_and_result_set(school: School) -> None:
    school.lists |= {
        "lineItems": [
            {"sourcedId": "i1", "title": "English", "gradingPeriod": {"sourcedId": "p1"}},
            {"sourcedId": "i2", "title": "Mentoring Target 1"},
        ],
        "gradingPeriods": [{"sourcedId": "p1", "title": "Autumn 1"}],
        "results": RESULTS,
    }
    with school.server() as server:
        rows = read(school.source(server, without_aspects=["mentoring *"]), Kind.RESULTS)
    assert [row["lineItem.title"] for row in rows] == ["English", "English"]
    assert rows[0]["lineItem.gradingPeriod.title"] == "Autumn 1"
    assert rows[0]["score"] == "5"
    assert "score" not in rows[1]


def test_assessment_results_of_1_2_are_asked_of_the_gradebook(school: School) -> None:
    item: Item = {"sourcedId": "i1", "title": "English", "parentAssessmentLineItem": {"sourcedId": "p1"}}
    school.lists |= {
        "assessmentLineItems": [{"sourcedId": "p1", "title": "Autumn 1"}, item],
        "assessmentResults": [{"sourcedId": "r1", "assessmentLineItem": {"sourcedId": "i1"}, "textScore": "A*"}],
    }
    with school.server() as server:
        (row,) = read(school.source(server, version="1.2", resource="assessmentResults"), Kind.RESULTS)
        paths = {asked.path for asked in server.web.asked[1:]}
    assert (row["assessmentLineItem.title"], row["assessmentLineItem.parent.title"]) == ("English", "Autumn 1")
    assert all(path.startswith("/ims/oneroster/gradebook/v1p2/assessment") for path in paths)


def changed(number: int, when: str) -> Item:
    return {"sourcedId": f"r{number}", "lineItem": {"sourcedId": "i1"}, "dateLastModified": when}


@pytest.fixture
def graded(school: School) -> Iterator[tuple[School, OneRosterServer, Callable[[], list[str] | None]]]:
    """A school with one result, and a way to read it incrementally: ids, or None where nothing is waiting."""
    school.lists |= {"lineItems": [], "results": [changed(1, "2026-12-01T00:00:00.000Z")]}
    with school.server() as server:

        def read_changes(*, good: bool = True) -> list[str] | None:
            readings = school.source(server, incremental=True, full_read_days=7).read(Kind.RESULTS)
            for reading in readings:
                found = [row.values["sourcedId"] for row in reading.rows()]
                reading.settle("run-1", good=good)
                return [*found, "(changes)"] if reading.state.incremental else found
            return None

        yield school, server, read_changes


Graded = tuple[School, OneRosterServer, Callable[..., list[str] | None]]


def test_only_changes_are_asked_for_after_a_good_read(graded: Graded) -> None:
    school, server, read_changes = graded
    assert read_changes() == ["r1"]
    school.now += timedelta(hours=24)
    assert read_changes() is None
    assert server.web.asked[-1].query["filter"] == "dateLastModified>'2026-12-15T06:00:00.000Z'"
    school.lists["results"].append(changed(2, "2026-12-17T00:00:00.000Z"))
    assert read_changes() == ["r2", "(changes)"]


def test_after_a_bad_read_everything_is_asked_for_again(graded: Graded) -> None:
    school, _, read_changes = graded
    assert read_changes(good=False) == ["r1"]
    assert read_changes() == ["r1"]
    school.now += timedelta(hours=48)
    school.lists["results"].append(changed(2, "2026-12-16T12:00:00.000Z"))
    assert read_changes(good=False) == ["r2", "(changes)"]
    assert read_changes() == ["r2", "(changes)"]


def test_after_some_days_everything_is_asked_for_again(graded: Graded) -> None:
    school, _, read_changes = graded
    read_changes()
    school.now += timedelta(days=7)
    assert read_changes() == ["r1"]


@pytest.mark.parametrize(
    "damage", ["", "{", '{"until": 1, "whole": 2}', '{"until": "2026-12-16", "whole": "2026-12-16"}']
)
def test_a_damaged_memory_means_that_everything_is_read(graded: Graded, damage: str) -> None:
    school, _, read_changes = graded
    read_changes()
    (path,) = (school.folder / "work").glob("oneroster-*.json")
    path.write_text(damage, encoding="utf-8")
    assert read_changes() == ["r1"]


def test_students_are_always_read_whole(school: School) -> None:
    school.lists |= {"students": [student("1")], "classes": [], "enrollments": []}
    with school.server() as server:
        for _ in range(2):
            (reading,) = school.source(server, incremental=True).read(Kind.STUDENTS)
            assert len(list(reading.rows())) == 1
            assert not reading.state.incremental
            reading.settle("run-1", good=True)


def test_the_data_is_of_the_moment_before_the_first_question(school: School) -> None:
    school.lists["teachers"] = [teacher(1)]
    ticks = iter(NOW + timedelta(minutes=minute) for minute in range(10))
    with school.server() as server:
        source = school.source(server)
        source._context = ConnectorContext(school.folder, school.folder, lambda: next(ticks), lambda _: CLIENT_SECRET)  # noqa: SLF001 - a clock that ticks
        (reading,) = source.read(Kind.STAFF)
        list(reading.rows())
    assert reading.state.began == NOW


def test_pro_formas_are_nothing_for_oneroster(school: School) -> None:
    with pytest.raises(ConfigurationError, match="nothing that OneRoster holds"):
        school.at(BASE, TOKEN_URL).read(Kind.PROFORMAS)


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        mock.post(TOKEN_URL, json={"access_token": "key", "expires_in": "3600"})
        yield mock


def answers(web: responses.RequestsMock, **answer: Any) -> None:  # noqa: ANN401 - passed on as it is
    web.get(re.compile(rf"{SERVICE}/teachers.*"), **answer)


@pytest.mark.parametrize(
    "body",
    [
        {"imsx_codeMajor": "failure", "imsx_codeMinor": "unknownobject", "imsx_description": SECRET},
        {"imsx_StatusInfo": {"imsx_codeMajor": "failure", "imsx_description": SECRET}},
        {
            "imsx_StatusInfo": {
                "imsx_codeMajor": "unsupported",
                "imsx_CodeMinor": {"imsx_codeMinorField": [{"imsx_codeMinorFieldValue": "unknownobject"}]},
            }
        },
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_a_failure_in_the_standards_words_is_one_with_any_status(
    school: School, web: responses.RequestsMock, body: dict[str, object], status: int
) -> None:
    answers(web, json=body, status=status)
    with pytest.raises(SourceFailed) as caught:
        read(school.at(BASE, TOKEN_URL))
    assert ("unknownobject" in str(caught.value)) == ("unknownobject" in json.dumps(body))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("body", [[], {}, {"users": None}, {"users": "x"}, {"users": ["x"]}, {"a": [], "b": []}, "x"])
def test_an_answer_without_a_list_is_refused(school: School, web: responses.RequestsMock, body: object) -> None:
    answers(web, json=body)
    with pytest.raises(SourceRefused, match="no list"):
        read(school.at(BASE, TOKEN_URL))


def test_fewer_records_than_the_server_states_are_refused(school: School, web: responses.RequestsMock) -> None:
    answers(web, json={"users": [teacher(1)]}, headers={"X-Total-Count": "3"})
    answers(web, json={"users": []}, headers={"X-Total-Count": "3"})
    with pytest.raises(SourceRefused, match="holds 3 records, and gave 1"):
        read(school.at(BASE, TOKEN_URL))


def test_a_list_that_shrinks_while_it_is_read_is_read_again(school: School, web: responses.RequestsMock) -> None:
    answers(web, json={"users": [teacher(1)]}, headers={"X-Total-Count": "3"})
    answers(web, json={"users": [teacher(3)]}, headers={"X-Total-Count": "2"})
    with pytest.raises(SourceUnavailable, match="became shorter"):
        read(school.at(BASE, TOKEN_URL))


def test_an_empty_page_that_promises_more_is_no_end(school: School, web: responses.RequestsMock) -> None:
    answers(web, json={"users": []}, headers={"Link": f'<{SERVICE}/teachers?offset=9>; rel="next"'})
    with pytest.raises(SourceRefused, match="empty page"):
        read(school.at(BASE, TOKEN_URL))


def test_a_next_link_to_another_server_is_not_followed(school: School, web: responses.RequestsMock) -> None:
    answers(web, json={"users": [teacher(1)]}, headers={"Link": '<https://elsewhere.example/x>; rel="next"'})
    with pytest.raises(SourceRefused, match="another server"):
        read(school.at(BASE, TOKEN_URL))


def test_a_base_address_that_names_the_service_is_taken_as_it_is(school: School, web: responses.RequestsMock) -> None:
    web.get(re.compile("https://other.example/x/ims/oneroster/v1p1/teachers.*"), json={"users": []})
    assert read(school.at("https://other.example/x/ims/oneroster/v1p1", TOKEN_URL)) == []


@pytest.mark.parametrize("key", ["page", "no json", "empty"])
def test_a_token_server_that_gives_no_key_is_a_fault_of_its_own(school: School, key: str) -> None:
    bodies = {"page": f"<html>{SECRET}</html>", "no json": f"{{{SECRET}", "empty": "{}"}
    with responses.RequestsMock() as mock:
        mock.post(TOKEN_URL, body=bodies[key])
        with pytest.raises(SimsSyncError) as caught:
            read(school.at(BASE, TOKEN_URL))
    assert SECRET not in str(caught.value)


def test_check_tells_what_is_wrong(school: School) -> None:
    school.lists["students"] = [student("1")]
    with school.server() as server:
        assert [found.severity for found in school.source(server).check()] == [Severity.FINE]
        assert [found.severity for found in school.source(server, client_id="x").check()] == [Severity.WRONG]
        (found,) = school.source(server, resource="nothing").check()
    assert found.severity is Severity.WRONG
    assert "404" in found.what
    assert found.do


def test_secret_and_addresses_are_checked_with_the_config() -> None:
    good = {"base_url": BASE, "client_id": "x", "client_secret": "env:X"}
    assert OneRosterOptions.model_validate(good).token_url == "https://sts.sims.co.uk/connect/token"
    for wrong in ({"base_url": "http://sims.example"}, {"client_secret": SECRET}, {"resource": "../x"}, {"colour": 1}):
        with pytest.raises(ValueError, match="validation error"):
            OneRosterOptions.model_validate(good | wrong)
