"""Results written to the simulated OneRoster server stand in the simulated SIMS, and its faults strike as they say."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from sims_sync.demo.days import at
from sims_sync.demo.faults import Fault, fault_of
from sims_sync.demo.filling import write_state
from sims_sync.demo.oneroster_faults import OTHER_TEXT, OneRosterFault, Pauses, oneroster_fault_of
from sims_sync.demo.oneroster_gradebook import WRITES_FILE
from sims_sync.demo.oneroster_lists import HALF_TERMS, MENTORING_ASPECTS, line_item_id
from sims_sync.demo.oneroster_server import CLIENT_ID, CLIENT_SECRET, OneRosterServer, serve
from sims_sync.demo.reports import Report, report_rows
from sims_sync.demo.school import invent_school
from sims_sync.demo.sims_file import Setting
from sims_sync.demo.sims_state import SimsState

MORNING = at(date(2026, 12, 16), 7, 30)
ASPECT, SPRING, AUTUMN = "Mentoring Target 3", "Mentoring Spring 1 2026/27", "Mentoring Autumn 2 2026/27"
ITEM = line_item_id((ASPECT, SPRING))
TEXT = "Target: read every evening"
PAUSES = Pauses(past_time_out=0.2, slow=0.1, retry_after="7")
WAIT_SECONDS = 30
ONE_2 = "/ims/oneroster/gradebook/v1p2/assessmentResults"
ONE_1 = "/ims/oneroster/v1p1/results"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("school")
    write_state(invent_school(60), folder)
    return folder


@pytest.fixture
def folder(school: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(school, tmp_path / "sims"))


@pytest.fixture
def state(folder: Path) -> SimsState:
    return SimsState(folder)


@pytest.fixture
def who(state: SimsState) -> str:
    return state.students(MORNING)[0].person_id


@dataclass
class Sims:
    """A client of the server that knows its key."""

    server: OneRosterServer
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.log_in()

    def log_in(self) -> None:
        form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        answer = requests.post(self.server.token_url, data=form, timeout=WAIT_SECONDS)
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def put(self, path: str, content: object, seconds: float = WAIT_SECONDS) -> requests.Response:
        return requests.put(f"{self.server.url}{path}", json=content, headers=self.headers, timeout=seconds)

    def get(self, path: str, **query: str) -> requests.Response:
        return requests.get(f"{self.server.url}{path}", query, headers=self.headers, timeout=WAIT_SECONDS)

    def write(self, who: str, text: str = TEXT, sourced_id: str = "ours-1", **rest: object) -> requests.Response:
        return self.put(f"{ONE_2}/{sourced_id}", {"assessmentResult": record(who, textScore=text, **rest)})

    def found(self, path: str = ONE_2, **query: str) -> list[dict[str, Any]]:
        answer = self.get(path, **query)
        assert answer.status_code == 200
        return list(next(iter(answer.json().values())))


def record(who: str, item: object = "assessmentLineItem", **rest: object) -> dict[str, object]:
    fixed = {"student": {"sourcedId": who}, str(item): {"sourcedId": ITEM}, "scoreDate": "2026-11-20"}
    return {**fixed, "scoreStatus": "fully graded", "metadata": {"sims-sync.revision": 3}, **rest}


@contextmanager
def serving(folder: Path, fault: str = "", version: str = "1.2", **settings: bool) -> Iterator[Sims]:
    environment = {"SIMS_DEMO_NOW": MORNING.isoformat(), "SIMS_DEMO_FAULT": fault}
    with serve(folder, environment, version, pauses=PAUSES, **settings) as server:
        yield Sims(server)


def place(who: str) -> dict[str, str]:
    return {"filter": f"student.sourcedId='{who}' AND assessmentLineItem.sourcedId='{ITEM}'"}


def log(folder: Path) -> list[dict[str, Any]]:
    path = folder / WRITES_FILE
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def minor(answer: requests.Response) -> str:
    fields = answer.json()["imsx_CodeMinor"]["imsx_codeMinorField"]
    return str(fields[0]["imsx_codeMinorFieldValue"])


def test_a_written_value_is_in_the_next_report(folder: Path, state: SimsState, who: str) -> None:
    with serving(folder) as sims:
        assert sims.write(who).status_code == 201
    rows = report_rows(Report.MENTORING_ENTRIES, state, MORNING)
    (row,) = [row for row in rows if (row["primary_id"], row["Aspect"], row.get("Result set")) == (who, ASPECT, SPRING)]
    assert (row["Result"], row["Result date"]) == (TEXT, "2026-11-20T00:00:00+00:00")


def test_a_second_write_takes_the_place_of_the_first(folder: Path, who: str) -> None:
    with serving(folder) as sims:
        assert sims.write(who).status_code == 201
        assert sims.write(who, "Target: write every evening").status_code == 200
        (found,) = sims.found(**place(who))
    assert (found["sourcedId"], found["textScore"]) == ("ours-1", "Target: write every evening")
    assert found["student"]["sourcedId"] == who


def test_a_place_holds_one_result_whatever_ids_it_was_written_under(folder: Path, state: SimsState, who: str) -> None:
    state.put_result(who, ASPECT, SPRING, "Typed by a teacher", date(2026, 12, 1), MORNING)
    with serving(folder) as sims:
        (typed,) = sims.found(**place(who))
        assert sims.get(f"{ONE_2}/{typed['sourcedId']}").json()["assessmentResult"] == typed
        assert sims.write(who, sourced_id="ours-1").status_code == 200
        assert sims.write(who, sourced_id="ours-2").status_code == 200
        (found,) = sims.found(**place(who))
        assert found["sourcedId"] == "ours-2"
        for known in ("ours-1", "ours-2"):
            assert sims.get(f"{ONE_2}/{known}").json()["assessmentResult"] == found
        missing = sims.get(f"{ONE_2}/never-written")
    assert (missing.status_code, minor(missing)) == (404, "unknownobject")


def test_what_is_typed_over_a_written_value_is_what_stands(folder: Path, state: SimsState, who: str) -> None:
    with serving(folder) as sims:
        sims.write(who)
        state.put_result(who, ASPECT, SPRING, "Typed over it", date(2026, 12, 1), MORNING)
        (found,) = sims.found(**place(who))
        assert found["textScore"] == "Typed over it"
        assert sims.get(f"{ONE_2}/ours-1").json()["assessmentResult"]["textScore"] == "Typed over it"


def test_version_1_1_wants_a_number_and_takes_the_text_as_a_comment(folder: Path, who: str) -> None:
    body = record(who, "lineItem", comment=TEXT)
    with serving(folder, version="1.1") as sims:
        assert minor(sims.put(f"{ONE_1}/ours-1", {"result": body})) == "invaliddata"
        assert sims.put(f"{ONE_1}/ours-1", {"result": {**body, "score": 0}}).status_code == 201
        (found,) = sims.found(ONE_1, filter=f"student.sourcedId='{who}' AND lineItem.sourcedId='{ITEM}'")
        assert found["comment"] == TEXT
        assert sims.put(f"{ONE_2}/ours-1", {"assessmentResult": record(who, textScore=TEXT)}).status_code == 404


def test_results_of_1_2_take_a_comment_too(folder: Path, who: str) -> None:
    path = "/ims/oneroster/gradebook/v1p2/results"
    with serving(folder) as sims:
        assert sims.put(f"{path}/ours-1", {"result": record(who, "lineItem", comment=TEXT)}).status_code == 201
        assert sims.get(f"{path}/ours-1").json()["result"]["textScore"] == TEXT


def test_every_mentoring_column_of_the_year_is_a_line_item_even_while_empty(folder: Path) -> None:
    with serving(folder) as sims:
        titles: dict[str, str] = {}
        columns: set[tuple[str, str]] = set()
        for item in sims.found("/ims/oneroster/gradebook/v1p2/assessmentLineItems", limit="1000"):
            titles[item["sourcedId"]] = item["title"]
            if "parentAssessmentLineItem" in item:
                columns.add((item["title"], titles[item["parentAssessmentLineItem"]["sourcedId"]]))
    expected = {(aspect, f"Mentoring {half} 2026/27") for aspect in MENTORING_ASPECTS for half in HALF_TERMS}
    assert expected <= columns
    assert len(expected) == 36


@pytest.mark.parametrize(
    ("conditions", "count"),
    [
        (f"assessmentLineItem.sourcedId='{ITEM}'", 2),
        ("student.sourcedId='{who}' AND assessmentLineItem.sourcedId='none'", 0),
        ("student.sourcedId='nobody'", 0),
    ],
)
def test_results_can_be_asked_for_by_either_id(folder: Path, state: SimsState, conditions: str, count: int) -> None:
    with serving(folder) as sims:
        for number, student in enumerate(state.students(MORNING)[:2]):
            sims.write(student.person_id, sourced_id=f"ours-{number}")
        assert len(sims.found(filter=conditions.replace("{who}", state.students(MORNING)[0].person_id))) == count


def test_a_students_results_are_those_of_every_aspect(folder: Path, state: SimsState, who: str) -> None:
    with serving(folder) as sims:
        sims.write(who)
        found = sims.found(filter=f"student.sourcedId='{who}'", limit="1000")
    assert len(found) == len(state.results_in(MORNING, who)) > 1


@pytest.mark.parametrize("conditions", ["grade='1'", "student.sourcedId=1", "lineItem.sourcedId='1'"])
def test_a_filter_that_is_not_understood_is_refused(folder: Path, conditions: str) -> None:
    with serving(folder) as sims:
        answer = sims.get(ONE_2, filter=conditions)
    assert (answer.status_code, minor(answer)) == (400, "invalid_filter_field")


def test_a_server_may_ignore_the_filter(folder: Path, who: str) -> None:
    with serving(folder, ignores_filter=True) as sims:
        sims.write(who)
        assert len(sims.found(limit="1000", **place(who))) > 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"student": {"sourcedId": "nobody"}}, 404, "unknownobject"),
        ({"assessmentLineItem": {"sourcedId": "none"}}, 404, "unknownobject"),
        ({"assessmentLineItem": None}, 404, "unknownobject"),
        ({"scoreDate": "yesterday"}, 422, "invaliddata"),
        ({"scoreStatus": "written"}, 422, "invaliddata"),
        ({"sourcedId": "another"}, 422, "invaliddata"),
        ({"textScore": "  \t "}, 422, "invaliddata"),
        ({"textScore": "x" * 1001}, 422, "too_long"),
    ],
)
def test_what_is_no_result_is_refused(
    folder: Path, state: SimsState, who: str, change: dict[str, object], status: int, code: str
) -> None:
    with serving(folder) as sims:
        body = {"assessmentResult": {**record(who, textScore=TEXT), **change}}
        answer = sims.put(f"{ONE_2}/ours-1", body)
    assert (answer.status_code, minor(answer)) == (status, code)
    assert state.result(who, ASPECT, SPRING, MORNING) is None
    assert log(folder) == []


@pytest.mark.parametrize("content", [{"result": {}}, [], {"assessmentResult": 1}])
def test_what_is_not_wrapped_is_refused(folder: Path, content: object) -> None:
    with serving(folder) as sims:
        assert sims.put(f"{ONE_2}/ours-1", content).status_code == 400


def test_white_space_is_tidied_and_a_thousand_characters_are_kept(folder: Path, state: SimsState, who: str) -> None:
    with serving(folder) as sims:
        sims.write(who, " Read\ttwo \n\n pages  a day ")
        assert state.result(who, ASPECT, SPRING, MORNING) == "Read two pages a day"
        sims.write(who, "x" * 1000)
        assert state.result(who, ASPECT, SPRING, MORNING) == "x" * 1000


def test_a_locked_result_set_and_a_missing_permission_are_told_apart(folder: Path, state: SimsState, who: str) -> None:
    with serving(folder) as sims:
        state.set(Setting.LOCKED_SETS, json.dumps([SPRING]))
        locked = sims.write(who)
        state.set(Setting.LOCKED_SETS, json.dumps([AUTUMN]))
        assert sims.write(who).status_code == 201
        state.set(Setting.WRITE_PERMISSION, "missing")
        forbidden = sims.write(who)
    assert (locked.status_code, minor(locked)) == (403, "locked")
    assert (forbidden.status_code, minor(forbidden)) == (403, "forbidden")
    assert len(log(folder)) == 1


def test_a_server_that_ends_finishes_what_it_began(folder: Path, who: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        with serving(folder, "slow_server") as sims:
            answer = pool.submit(sims.write, who)
            while not log(folder):
                pass
        assert answer.result().status_code == 201


def test_every_write_is_one_line_of_the_log(folder: Path, who: str) -> None:
    with serving(folder) as sims:
        sims.write(who, "Read  “aloud”")
        sims.write(who, "Write it down", metadata={"sims-sync.revision": 4})
        sims.write(who, "And again", metadata={})
    written = [(line["sourcedId"], line["revision"], line["comment"]) for line in log(folder)]
    assert written == [("ours-1", 3, "Read “aloud”"), ("ours-1", 4, "Write it down"), ("ours-1", None, "And again")]
    assert {line["at"] for line in log(folder)} == {MORNING.isoformat()}


def test_nothing_is_written_without_a_key(folder: Path, who: str) -> None:
    with serving(folder) as sims:
        sims.headers = {}
        assert sims.write(who).status_code == 401
    assert log(folder) == []


@pytest.mark.parametrize(
    ("fault", "status", "stands"),
    [
        ("drop_after_accept", 201, None),
        ("cut_text", 201, TEXT[:20]),
        ("wrong_value", 201, OTHER_TEXT),
        ("too_many_requests", 429, None),
        ("server_error", 500, None),
        ("token_expiry", 401, None),
        ("locked", 403, None),
        ("slow_server", 201, TEXT),
    ],
)
def test_a_fault_does_what_its_meaning_says(
    folder: Path, state: SimsState, who: str, fault: str, status: int, stands: str | None
) -> None:
    with serving(folder, fault) as sims:
        answer = sims.write(who)
    assert answer.status_code == status
    assert state.result(who, ASPECT, SPRING, MORNING) == stands
    assert [line["comment"] for line in log(folder)] == ([stands] if stands else [])
    assert answer.headers.get("Retry-After") == ("7" if fault == "too_many_requests" else None)


@pytest.mark.parametrize(("fault", "stands"), [("timeout_before_commit", None), ("timeout_after_commit", TEXT)])
def test_a_time_out_leaves_open_whether_it_was_written(
    folder: Path, state: SimsState, who: str, fault: str, stands: str | None
) -> None:
    with serving(folder, fault) as sims, pytest.raises(requests.exceptions.ReadTimeout):
        sims.put(f"{ONE_2}/ours-1", {"assessmentResult": record(who, textScore=TEXT)}, 0.05)
    assert state.result(who, ASPECT, SPRING, MORNING) == stands
    assert len(log(folder)) == (1 if stands else 0)


def test_a_fault_strikes_the_first_write_and_every_tenth(folder: Path, who: str) -> None:
    with serving(folder, "server_error") as sims:
        struck = [number for number in range(1, 23) if sims.write(who).status_code == 500]
    assert struck == [1, 11, 21]


def test_an_expired_key_is_good_for_nothing_until_another_is_fetched(folder: Path, who: str) -> None:
    with serving(folder, "token_expiry") as sims:
        assert sims.write(who).status_code == 401
        assert sims.get(ONE_2).status_code == 401
        sims.log_in()
        assert sims.write(who).status_code == 201


def test_a_struck_result_set_stays_locked_and_the_others_open(folder: Path, who: str) -> None:
    with serving(folder, "locked") as sims:
        assert sims.write(who).status_code == 403
        assert minor(sims.write(who)) == "locked"
        other = {"sourcedId": line_item_id((ASPECT, AUTUMN))}
        assert sims.write(who, assessmentLineItem=other).status_code in {200, 201}
    with serving(folder) as sims:
        assert minor(sims.write(who)) == "locked"


@pytest.mark.parametrize("fault", OneRosterFault, ids=lambda fault: str(fault.code))
def test_the_reporter_leaves_the_servers_faults_alone(fault: OneRosterFault) -> None:
    environment = {"SIMS_DEMO_FAULT": fault.code}
    assert fault_of(environment) is None
    assert oneroster_fault_of(environment) is fault


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: str(fault.code))
def test_the_server_leaves_the_reporters_faults_alone(fault: Fault) -> None:
    assert oneroster_fault_of({"SIMS_DEMO_FAULT": fault.code}) is None
    assert oneroster_fault_of({}) is None


def test_a_name_that_is_no_fault_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"wrong_school.*drop_after_accept"):
        oneroster_fault_of({"SIMS_DEMO_FAULT": "no such fault"})
