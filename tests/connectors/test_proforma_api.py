"""The mentoring application's connector against a real server on this machine, and its rows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses

from connectors.proforma_api import ProformaApi, ProformaApiOptions, ProformaReading
from connectors.proforma_api.rows import COLUMNS, newest, rows_of
from sims_sync.connector import ConnectorContext, RowProblem, Severity
from sims_sync.demo.proforma_api_server import TOKEN, Item, MentoringApplication, ProformaApiServer
from sims_sync.demo.web_server import Faults, WebFault
from sims_sync.errors import ConfigurationError, SourceFailed, SourceRefused, SourceUnavailable
from sims_sync.records import Kind

NOW = datetime(2026, 12, 16, 6, 0, tzinfo=UTC)
BASE = "https://mentoring.example/api/v1"
SECRET = "Zorbinquist"
TEXT = "Hand in every piece of maths homework"


def make(folder: Path, url: str, token: str = TOKEN, now: datetime = NOW, **options: object) -> ProformaApi:
    context = ConnectorContext(folder, folder / "work", lambda: now, lambda _: token)
    fixed = {"base_url": url, "token": "env:X", "wait_seconds": 0}
    return ProformaApi(ProformaApiOptions.model_validate(fixed | options), context)


def serve(entries: Sequence[Item], **settings: Any) -> ProformaApiServer:  # noqa: ANN401 - passed on as they are
    return ProformaApiServer(lambda _: entries, lambda: NOW, **settings)


def entry(number: int, **more: object) -> Item:
    target: Item = {"id": "t1", "state": "current", "text": TEXT}
    fixed: Item = {
        "id": f"e{number}",
        "revision": 1,
        "updated_at": "2026-12-15T15:59:00Z",
        "recorded_at": "2026-12-15T15:59:00Z",
        "state": "submitted",
        "interview_date": "2026-12-15",
        "author": "T1",
        "student": {"person_id": str(number)},
        "targets": [target],
    }
    return fixed | more


def many(count: int) -> list[Item]:
    return [entry(number) for number in range(count)]


def read(source: ProformaApi) -> list[dict[str, str]]:
    (reading,) = source.read(Kind.PROFORMAS)
    return [dict(row.values) for row in reading.rows()]


def settled(source: ProformaApi, *problems: RowProblem, taken: bool = True, good: bool = True) -> None:
    (reading,) = source.read(Kind.PROFORMAS)
    assert isinstance(reading, ProformaReading)
    list(reading.rows())
    reading.answer(problems, taken=taken)
    reading.settle("run-1", good=good)


def asked(server: ProformaApiServer) -> list[str | None]:
    return [each.query.get("updated_after") for each in server.web.asked]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 6, 7])
def test_every_page_is_read(tmp_path: Path, count: int) -> None:
    with serve(many(count), largest_page=3) as server:
        rows = read(make(tmp_path, server.url))
    assert [row["row_id"] for row in rows] == [f"e{number}/target/t1" for number in range(count)]


@pytest.mark.parametrize("fault", [WebFault.BUSY, WebFault.ERROR, WebFault.CUT])
def test_one_passing_fault_costs_nothing(tmp_path: Path, fault: WebFault) -> None:
    with serve(many(9), largest_page=2, faults=Faults(fault, first=3)) as server:
        assert len(read(make(tmp_path, server.url))) == 9


@pytest.mark.parametrize("fault", [WebFault.BUSY, WebFault.ERROR, WebFault.CUT, WebFault.HTML, WebFault.REPEATING])
def test_a_fault_on_page_7_is_no_short_list(tmp_path: Path, fault: WebFault) -> None:
    with (
        serve(many(20), largest_page=2, faults=Faults(fault, first=7, times=None)) as server,
        pytest.raises((SourceRefused, SourceUnavailable)),
    ):
        make(tmp_path, server.url, attempts=2).read(Kind.PROFORMAS)


def test_the_application_is_asked_to_wait_as_long_as_it_says(tmp_path: Path) -> None:
    faults = Faults(WebFault.BUSY, times=None, retry_after="3600")
    with serve(many(1), faults=faults) as server, pytest.raises(SourceUnavailable, match="busy"):
        make(tmp_path, server.url).read(Kind.PROFORMAS)
    assert len(server.web.asked) == 1


def test_a_token_that_expires_in_the_middle_is_final(tmp_path: Path) -> None:
    faults = Faults(WebFault.EXPIRED, first=2, times=None)
    with serve(many(9), largest_page=3, faults=faults) as server, pytest.raises(SourceFailed, match="does not let us"):
        make(tmp_path, server.url).read(Kind.PROFORMAS)
    assert len(server.web.asked) == 2


def test_a_refused_token_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    with serve(many(1)) as server, pytest.raises(SourceFailed) as caught:
        make(tmp_path, server.url, SECRET).read(Kind.PROFORMAS)
    assert SECRET not in str(caught.value)


def test_after_a_good_read_only_changes_are_asked_for_with_an_hour_to_spare(tmp_path: Path) -> None:
    with serve(many(1)) as server:
        settled(make(tmp_path, server.url))
        (reading,) = make(tmp_path, server.url, now=NOW + timedelta(days=1)).read(Kind.PROFORMAS)
    assert asked(server) == [None, "2026-12-16T05:00:00Z"]
    assert reading.state.incremental


@pytest.mark.parametrize("why", ["not good", "not taken", "a row was held"])
def test_what_was_not_taken_over_is_asked_for_again(tmp_path: Path, why: str) -> None:
    problems = (RowProblem(1, "unknown-student", "id", "", ""),) if why == "a row was held" else ()
    with serve(many(1)) as server:
        settled(make(tmp_path, server.url), *problems, taken=why != "not taken", good=why != "not good")
        read(make(tmp_path, server.url))
    assert asked(server) == [None, None]


def test_an_older_revision_that_was_left_alone_is_no_reason_to_ask_again(tmp_path: Path) -> None:
    with serve(many(1)) as server:
        settled(make(tmp_path, server.url), RowProblem(1, "older-copy", "row_id", "", ""))
        make(tmp_path, server.url).read(Kind.PROFORMAS)
    assert asked(server)[1] is not None


def test_every_seventh_day_everything_is_read(tmp_path: Path) -> None:
    with serve(many(1)) as server:
        settled(make(tmp_path, server.url))
        for days in (6, 7):
            make(tmp_path, server.url, now=NOW + timedelta(days=days)).read(Kind.PROFORMAS)
    assert [since is None for since in asked(server)] == [True, False, True]


def test_everything_is_read_every_time_where_the_school_wants_that(tmp_path: Path) -> None:
    with serve(many(1)) as server:
        settled(make(tmp_path, server.url, incremental=False))
        read(make(tmp_path, server.url, incremental=False))
    assert asked(server) == [None, None]


def test_without_changes_nothing_is_waiting(tmp_path: Path) -> None:
    application = MentoringApplication(lambda: NOW - timedelta(days=2))
    application.save("e1", **{name: value for name, value in entry(1).items() if name not in {"id", "revision"}})
    with ProformaApiServer(application, lambda: NOW) as server:
        settled(make(tmp_path, server.url))
        assert make(tmp_path, server.url).read(Kind.PROFORMAS) == ()


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.PROFORMAS])
def test_other_kinds_are_not_read_from_it(tmp_path: Path, kind: Kind) -> None:
    with pytest.raises(ConfigurationError, match="pro-formas only"):
        make(tmp_path, BASE).read(kind)


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"entries": None, "as_of": "2026-12-16T06:00:00Z"},
        {"entries": ["x"], "next_cursor": None, "as_of": "2026-12-16T06:00:00Z"},
        {"entries": [], "next_cursor": None},
        {"entries": [], "next_cursor": None, "as_of": "2026-12-16T06:00:00"},
        {"entries": [], "next_cursor": None, "as_of": "yesterday"},
        {"entries": [{"id": "e1"}], "next_cursor": ["c"], "as_of": "2026-12-16T06:00:00Z"},
    ],
)
@responses.activate
def test_an_answer_that_is_not_the_contracts_is_refused(tmp_path: Path, body: object) -> None:
    responses.get(f"{BASE}/entries", json=body)
    with pytest.raises(SourceRefused, match="no list of entries"):
        make(tmp_path, BASE).read(Kind.PROFORMAS)


@responses.activate
def test_an_empty_page_that_promises_more_is_no_end(tmp_path: Path) -> None:
    responses.get(f"{BASE}/entries", json={"entries": [], "next_cursor": "2", "as_of": "2026-12-16T06:00:00Z"})
    with pytest.raises(SourceRefused, match="empty page"):
        make(tmp_path, BASE).read(Kind.PROFORMAS)


@responses.activate
def test_a_cursor_that_repeats_over_other_entries_is_no_end(tmp_path: Path) -> None:
    for number in (1, 2):
        page = {"entries": [entry(number)], "next_cursor": "c", "as_of": "2026-12-16T06:00:00Z"}
        responses.get(f"{BASE}/entries", json=page)
    with pytest.raises(SourceRefused, match="same cursor"):
        make(tmp_path, BASE).read(Kind.PROFORMAS)


def test_check_tells_a_good_token_from_a_bad_one(tmp_path: Path) -> None:
    with serve(many(3)) as server:
        assert [found.severity for found in make(tmp_path, server.url).check()] == [Severity.FINE]
        (found,) = make(tmp_path, server.url, "wrong").check()
    assert found.severity is Severity.WRONG
    assert found.do


def rows(*entries: Item) -> list[dict[str, str]]:
    return list(rows_of(newest(entries)))


def test_one_entry_becomes_a_row_for_each_target_review_and_reason() -> None:
    review = {"id": "t1", "state": "current", "outcome": "partly", "next_step": "A book for each weekend"}
    targets = [
        {"id": "t1", "state": "current", "text": TEXT, "by_date": "2027-01-29"},
        {"id": "t2", "state": "current"},
    ]
    found = rows(entry(1, targets=targets, reviews=[review], no_new_target={"state": "withdrawn"}))
    assert [(row["row_id"], row["kind"], row["state"]) for row in found] == [
        ("e1/target/t1", "interview", "submitted"),
        ("e1/target/t2", "interview", "submitted"),
        ("e1/review/t1", "review", "submitted"),
        ("e1/no-new-target", "interview", "withdrawn"),
    ]
    assert (found[0]["by_date"], found[2]["outcome"], found[2]["text"]) == ("2027-01-29", "partly", "")
    assert {tuple(row) for row in found} == {COLUMNS}


def test_a_row_keeps_its_id_whatever_comes_and_goes_beside_it() -> None:
    target = {"id": "t2", "state": "current", "text": TEXT}
    (row,) = rows(entry(1, targets=[target]))
    assert row["row_id"] == "e1/target/t2"


@pytest.mark.parametrize(
    ("of_entry", "of_part", "shown"),
    [
        ("submitted", "current", "submitted"),
        ("draft", "current", "draft"),
        ("draft", "withdrawn", "withdrawn"),
        ("submitted", "withdrawn", "withdrawn"),
        ("withdrawn", "current", "withdrawn"),
        ("submitted", "deleted", "deleted"),  # a word that nobody knows is held, not taken for one that is
        ("archived", "current", "archived"),
        ("submitted", None, ""),
    ],
)
def test_a_part_is_what_its_entry_is_unless_it_was_taken_out(of_entry: str, of_part: str | None, shown: str) -> None:
    (row,) = rows(entry(1, state=of_entry, targets=[{"id": "t1", "state": of_part, "text": TEXT}]))
    assert row["state"] == shown


def test_an_excusal_is_a_row_of_its_own_and_not_taken_back() -> None:
    excusal: Item = {"state": "current", "reason": "suspended"}
    (row,) = rows(entry(1, targets=[], excusal=excusal))
    assert (row["excusal_reason"], row["row_id"]) == ("suspended", "e1/excusal")
    assert rows(entry(1, targets=[], excusal={**excusal, "state": "withdrawn"})) == []
    assert rows(entry(1, targets=[], excusal=excusal, state="draft")) == []


def test_of_an_entry_that_is_listed_twice_the_higher_revision_counts() -> None:
    corrected = entry(1, revision="10", author="T2")
    assert [row["author"] for row in rows(entry(1, revision="9"), corrected, entry(1, revision="2"))] == ["T2"]


def test_two_texts_of_one_revision_are_both_passed_on_for_the_pull_to_hold_one() -> None:
    assert len(rows(entry(1), entry(1), entry(1, author="T2"))) == 2


@pytest.mark.parametrize("targets", [[{"state": "current", "text": TEXT}], ["a text"], "a text"])
def test_a_part_without_an_id_has_an_empty_row_id_and_so_is_held(targets: object) -> None:
    (row,) = rows(entry(1, targets=targets))
    assert row["row_id"] == ""
    assert row["person_id"] == "1"


def test_no_ids_run_into_one_another() -> None:
    strange = [entry(1, id="a/target/b"), entry(1, id="a", targets=[{"id": "b/target/t1", "state": "current"}])]
    assert len({row["row_id"] for row in rows(*strange)}) == 2


def test_a_part_cannot_say_whose_it_is_or_when_it_was_recorded() -> None:
    part = {"id": "t1", "state": "current", "text": TEXT, "UPN": "X", "recorded_at": "2026-01-01T00:00:00Z"}
    (row,) = rows(entry(1, targets=[part]))
    assert (row["UPN"], row["recorded_at"]) == ("", "2026-12-15T15:59:00Z")
