"""The Wonde connector against a real server on this machine, and against scripted answers."""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import responses

from connectors.wonde import Wonde, WondeOptions
from sims_sync.connector import ConnectorContext, Severity
from sims_sync.demo.web_server import Faults, WebFault
from sims_sync.demo.wonde_server import SCHOOL_ID, TOKEN, Item, WondeServer
from sims_sync.errors import ConfigurationError, SourceFailed, SourceRefused, SourceUnavailable
from sims_sync.mapping import Mapper, load_mapping
from sims_sync.records import Kind, Student

NOW = datetime(2026, 12, 16, 6, 0, tzinfo=UTC)
BASE = "https://wonde.example/v1.0"
SECRET = "Zorbinquist"


def make(folder: Path, url: str, token: str = TOKEN, **options: object) -> Wonde:
    context = ConnectorContext(folder, folder / "work", lambda: NOW, lambda _: token)
    fixed = {"base_url": url, "school": SCHOOL_ID, "token": "env:X", "wait_seconds": 0}
    return Wonde(WondeOptions.model_validate(fixed | options), context)


def serve(lists: dict[str, list[Item]], **settings: Any) -> WondeServer:  # noqa: ANN401 - passed on as they are
    def made(name: str, include: Collection[str]) -> list[Item] | None:
        del include
        return lists.get(name)

    return WondeServer(made, **settings)


def read(source: Wonde, kind: Kind = Kind.STAFF) -> list[dict[str, str]]:
    (reading,) = source.read(kind)
    return [dict(row.values) for row in reading.rows()]


def employee(number: int, **rest: object) -> Item:
    return {"id": f"A{number}", "upi": f"upi{number}", "surname": f"Belvaro{number}", "forename": "Oru", **rest}


def group(kind: str, name: str, **rest: object) -> Item:
    return {"id": f"G{name}", "name": name, "type": kind, **rest}


def student(*groups: Item, **details: object) -> Item:
    ids: Item = {"id": "A1", "upi": "upi1", "surname": "Qazwick", "forename": "Zulqor"}
    return {**ids, "education_details": {"data": details}, "groups": {"data": list(groups)}}


@pytest.mark.parametrize("count", [0, 1, 3, 4, 6, 7])
def test_every_page_is_read(tmp_path: Path, count: int) -> None:
    with serve({"employees": [employee(number) for number in range(count)]}, largest_page=3) as server:
        rows = read(make(tmp_path, server.url))
    assert [row["id"] for row in rows] == [f"A{number}" for number in range(count)]


@pytest.mark.parametrize("fault", [WebFault.BUSY, WebFault.ERROR, WebFault.CUT])
def test_one_passing_fault_costs_nothing(tmp_path: Path, fault: WebFault) -> None:
    lists = {"employees": [employee(number) for number in range(9)]}
    with serve(lists, largest_page=2, faults=Faults(fault, first=3)) as server:
        assert len(read(make(tmp_path, server.url))) == 9


@pytest.mark.parametrize("fault", [WebFault.BUSY, WebFault.ERROR, WebFault.CUT, WebFault.HTML, WebFault.REPEATING])
def test_a_fault_on_page_7_is_no_short_list(tmp_path: Path, fault: WebFault) -> None:
    lists = {"employees": [employee(number) for number in range(20)]}
    with serve(lists, largest_page=2, faults=Faults(fault, first=7, times=None)) as server:
        (reading,) = make(tmp_path, server.url, attempts=2).read(Kind.STAFF)
        rows = reading.rows()
        assert len([next(rows) for _ in range(12)]) == 12
        with pytest.raises((SourceRefused, SourceUnavailable)):
            list(rows)


def test_the_server_is_asked_to_wait_as_long_as_it_says(tmp_path: Path) -> None:
    faults = Faults(WebFault.BUSY, times=None, retry_after="3600")
    with serve({"employees": []}, faults=faults) as server, pytest.raises(SourceUnavailable, match="busy"):
        read(make(tmp_path, server.url))
    assert len(server.web.asked) == 1


def test_a_refused_token_is_final(tmp_path: Path) -> None:
    with serve({"employees": []}) as server, pytest.raises(SourceFailed, match="does not let us see") as caught:
        read(make(tmp_path, server.url, SECRET))
    assert SECRET not in str(caught.value)
    assert len(server.web.asked) == 1


def test_registration_group_and_house_are_found_among_the_groups(tmp_path: Path) -> None:
    groups = (group("YEAR", "Year 8"), group("REGISTRATION", "8A1"), group("HOUSE", "Curie"))
    with serve({"students": [student(*groups, upn="B801200005001")]}) as server:
        (row,) = read(make(tmp_path, server.url), Kind.STUDENTS)
    assert (row["registration.name"], row["house.name"]) == ("8A1", "Curie")
    assert row["education_details.upn"] == "B801200005001"
    assert not any(name.startswith("groups") for name in row)


def test_two_registration_groups_make_two_rows_for_the_mapping_to_hold(tmp_path: Path) -> None:
    groups = (group("REGISTRATION", "8A1"), group("REGISTRATION", "8B2"))
    with serve({"students": [student(*groups)]}) as server:
        rows = read(make(tmp_path, server.url), Kind.STUDENTS)
    assert [row["registration.name"] for row in rows] == ["8A1", "8B2"]


def test_a_date_is_taken_as_it_is_written(tmp_path: Path) -> None:
    date = {"date": "2026-06-14 00:00:00.000000", "timezone_type": 3, "timezone": "Europe/London"}
    given = student(group("REGISTRATION", "8A1"), admission_date=date, current_nc_year="8")
    with serve({"students": [given]}) as server:
        (reading,) = make(tmp_path, server.url).read(Kind.STUDENTS)
        mapper = Mapper(load_mapping("wonde_students", []))
        (record,) = (record for row in reading.rows() for record in mapper.map(row))
    assert isinstance(record, Student)
    assert str(record.admission_date) == "2026-06-14"
    assert record.ref.person_id == "upi1"


@pytest.mark.parametrize("unseen", [None, {"data": None}])
def test_what_may_not_be_seen_is_no_column(tmp_path: Path, unseen: object) -> None:
    hidden = {**student(), "education_details": unseen, "groups": unseen}
    with serve({"students": [hidden, hidden | {"id": "A2", "upi": "upi2"}]}) as server:
        (reading,) = make(tmp_path, server.url).read(Kind.STUDENTS)
        mapper = Mapper(load_mapping("wonde_students", []))
        for row in reading.rows():
            with pytest.raises(Exception, match="nc_year"):
                mapper.map(row)
    assert {rule.name for rule in mapper.missing_required()} == {"nc_year", "tutor_group"}


def test_one_null_among_values_is_only_an_empty_cell(tmp_path: Path) -> None:
    given = [student(group("REGISTRATION", "8A1"), current_nc_year="8"), student(current_nc_year="8", upn=None)]
    with serve({"students": given}) as server:
        (reading,) = make(tmp_path, server.url).read(Kind.STUDENTS)
        mapper = Mapper(load_mapping("wonde_students", []))
        records = [record for row in reading.rows() for record in mapper.map(row)]
    assert [getattr(record, "tutor_group", "") for record in records] == ["8A1", None]
    assert mapper.missing_required() == ()


def test_staff_who_left_are_not_listed(tmp_path: Path) -> None:
    details = [{"data": {"current": current}} for current in (True, False, None)]
    lists = {"employees": [employee(n, employment_details=each) for n, each in enumerate(details)]}
    with serve(lists) as server:
        assert [row["id"] for row in read(make(tmp_path, server.url))] == ["A0", "A2"]


def test_home_addresses_of_staff_go_no_further(tmp_path: Path) -> None:
    details = {"data": {"emails": {"work": "o@austen.example"}, "addresses": {"home": {"street": SECRET}}}}
    with serve({"employees": [employee(1, contact_details=details)]}) as server:
        (row,) = read(make(tmp_path, server.url))
    assert row["contact_details.emails.work"] == "o@austen.example"
    assert SECRET not in row.values()


def test_tutor_groups_have_a_row_for_each_tutor_with_their_address(tmp_path: Path) -> None:
    tutors = [{"id": "A1", "upi": "upi1", "meta": {"is_main_teacher": True}}, {"id": "A9", "upi": "upi9"}]
    lists = {
        "employees": [employee(1, contact_details={"data": {"emails": {"work": "o.belvaro@austen.example"}}})],
        "groups": [
            group("REGISTRATION", "8A1", employees={"data": tutors}),
            group("REGISTRATION", "8B2", employees={"data": []}),
            group("HOUSE", "Curie", employees={"data": tutors}),
        ],
    }
    with serve(lists) as server:
        rows = read(make(tmp_path, server.url), Kind.TUTOR_GROUPS)
    shown = [(row["name"], row.get("tutor.upi"), row.get("tutor.meta.is_main_teacher")) for row in rows]
    assert shown == [("8A1", "upi1", "true"), ("8A1", "upi9", None), ("8B2", None, None)]
    assert rows[0]["tutor.contact_details.emails.work"] == "o.belvaro@austen.example"


@pytest.mark.parametrize("kind", [Kind.RESULTS, Kind.MENTORING_ENTRIES, Kind.PROFORMAS])
def test_other_kinds_are_not_read_from_wonde(tmp_path: Path, kind: Kind) -> None:
    with pytest.raises(ConfigurationError, match="not read from Wonde"):
        make(tmp_path, BASE).read(kind)


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def answers(web: responses.RequestsMock, body: object) -> None:
    web.get(re.compile(rf"{BASE}/schools/{SCHOOL_ID}/employees.*"), json=body)


def test_more_without_an_address_is_asked_for_by_number(tmp_path: Path, web: responses.RequestsMock) -> None:
    pagination = {"more": True, "next": None, "per_page": "1", "current_page": 1}
    answers(web, {"data": [employee(1)], "meta": {"pagination": pagination}})
    answers(web, {"data": [employee(2)], "meta": {"pagination": {"more": False, "next": None}}})
    assert len(read(make(tmp_path, BASE))) == 2
    assert "page=2" in str(web.calls[1].request.url)


@pytest.mark.parametrize("more", [{"more": True}, {"next": f"{BASE}/schools/{SCHOOL_ID}/employees?page=2"}])
def test_an_empty_page_that_promises_more_is_no_end(
    tmp_path: Path, web: responses.RequestsMock, more: dict[str, object]
) -> None:
    answers(web, {"data": [], "meta": {"pagination": more}})
    with pytest.raises(SourceRefused, match="empty page"):
        read(make(tmp_path, BASE))


def test_a_next_address_on_another_server_is_not_followed(tmp_path: Path, web: responses.RequestsMock) -> None:
    answers(web, {"data": [employee(1)], "meta": {"pagination": {"next": "https://elsewhere.example/x"}}})
    with pytest.raises(SourceRefused, match="another server"):
        read(make(tmp_path, BASE))


@pytest.mark.parametrize("body", [[], {}, {"data": None}, {"data": {}}, {"data": ["x"]}, {"data": [], "meta": "x"}])
def test_an_answer_without_a_list_is_refused(tmp_path: Path, web: responses.RequestsMock, body: object) -> None:
    answers(web, body)
    with pytest.raises(SourceRefused, match="no list"):
        read(make(tmp_path, BASE))


def test_check_tells_a_good_token_from_a_bad_one(tmp_path: Path) -> None:
    with serve({"students": [student()]}) as server:
        assert [found.severity for found in make(tmp_path, server.url).check()] == [Severity.FINE]
        (found,) = make(tmp_path, server.url, "wrong").check()
    assert found.severity is Severity.WRONG
    assert found.do
