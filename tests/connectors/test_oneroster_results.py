"""Texts written by OneRoster to the simulated SIMS, and to a server that answers as it is told."""

import json
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.oneroster import side_by_side
from connectors.oneroster.results import LIST_FROM, OneRosterResults, OneRosterResultsOptions
from connectors.oneroster.side_by_side import SharedPace
from sims_sync.connector import ConnectorContext, Finding, Holding, MayWrite, Receipt, ReceiptOutcome, Severity
from sims_sync.demo.days import at
from sims_sync.demo.filling import write_state
from sims_sync.demo.oneroster_faults import OneRosterFault, Pauses
from sims_sync.demo.oneroster_gradebook import WRITES_FILE
from sims_sync.demo.oneroster_lists import line_item_id
from sims_sync.demo.oneroster_server import CLIENT_ID, CLIENT_SECRET, OneRosterServer, serve
from sims_sync.demo.school import invent_school
from sims_sync.demo.sims_file import Setting
from sims_sync.demo.sims_state import SimsState
from sims_sync.demo.web_server import Asked, Reply, WebServer
from sims_sync.destination_trial import SECRET_TEXT
from sims_sync.errors import ConfigurationError, RunError, SourceFailed, SourceUnavailable
from sims_sync.records import Delivery, Slot, StudentRef

NOW = at(date(2026, 12, 16), 7, 30)
ASPECT, SPRING = "Mentoring Target 1", "Mentoring Spring 1 2026/27"
PAUSES = Pauses(past_time_out=0.3, slow=0.05, retry_after="0")
QUICK_SECONDS = 0.15
FIXED = {"client_id": CLIENT_ID, "client_secret": "env:X", "wait_seconds": 0, "version": "1.2"}


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("school")
    write_state(invent_school(60), folder)
    return folder


@pytest.fixture
def folder(school: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(school, tmp_path / "sims"))


@pytest.fixture
def deliveries(folder: Path) -> list[Delivery]:
    """One for each of 30 students, in one line item: more than are looked at place by place."""
    ids = list(dict.fromkeys(student.person_id for student in SimsState(folder).students(NOW)))
    return [delivery(person_id) for person_id in ids[:30]]


def delivery(person_id: str, **changed: Any) -> Delivery:  # noqa: ANN401 - any field of a delivery
    made = Delivery(
        delivery_key=f"2026-27/spring-1/{person_id}/target-1",
        student=StudentRef(person_id),
        forename=SECRET_TEXT,
        half_term="2026-27/spring-1",
        slot=Slot.TARGET_1,
        aspect=ASPECT,
        result_set=SPRING,
        text=f"Target: plan each answer – {person_id}",
        result_date=date(2027, 1, 12),
    )
    return replace(made, **changed)


def over_nothing(delivery: Delivery, holding: Holding) -> bool:
    del delivery
    return holding.text is None


@dataclass
class Sims:
    """A destination with the state it writes to."""

    folder: Path
    server: OneRosterServer
    destination: OneRosterResults

    def deliver(self, batch: list[Delivery], may_write: MayWrite = over_nothing) -> list[Receipt]:
        return list(self.destination.deliver(batch, may_write))

    def look_up(self, batch: list[Delivery]) -> dict[str, Holding]:
        found = list(self.destination.look_up(batch))
        assert len(found) == len(batch)
        return {holding.delivery_key: holding for holding in found}

    def stands(self, delivery: Delivery) -> str | None:
        place = delivery.student.person_id or "", delivery.aspect, delivery.result_set
        return SimsState(self.folder).result(*place, NOW)

    @property
    def writes(self) -> Counter[tuple[str, int]]:
        path = self.folder / WRITES_FILE
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return Counter((json.loads(line)["sourcedId"], json.loads(line)["revision"]) for line in lines)

    @property
    def asked(self) -> Counter[str]:
        return Counter(
            f"{asked.method} {asked.path.rpartition('/v1p2/')[2].partition('/')[0]}" for asked in self.server.web.asked
        )


def connect(folder: Path, url: str, token_url: str, **options: object) -> OneRosterResults:
    context = ConnectorContext(folder, folder, lambda: NOW, lambda _: CLIENT_SECRET)
    given = {**FIXED, "base_url": url, "token_url": token_url, **options}
    return OneRosterResults(OneRosterResultsOptions.model_validate(given), context)


@contextmanager
def sims(folder: Path, fault: str = "", *, ignores_filter: bool = False, **options: object) -> Iterator[Sims]:
    environment = {"SIMS_DEMO_NOW": NOW.isoformat(), "SIMS_DEMO_FAULT": fault}
    version = str(options.get("version", "1.2"))
    with serve(folder, environment, version, pauses=PAUSES, ignores_filter=ignores_filter) as server:
        yield Sims(folder, server, connect(folder, server.url, server.token_url, **options))


def outcomes(receipts: list[Receipt]) -> Counter[ReceiptOutcome]:
    return Counter(receipt.outcome for receipt in receipts)


def test_many_texts_go_side_by_side_and_each_is_looked_at_once_before(folder: Path, deliveries: list[Delivery]) -> None:
    with sims(folder, concurrency=4) as school:
        assert outcomes(school.deliver(deliveries)) == {ReceiptOutcome.ACCEPTED: 30}
        asked = school.asked
        assert (asked["GET assessmentResults"], asked["PUT assessmentResults"]) == (30, 30)
        assert school.server.keys_given == 1
        assert all(school.stands(each) == each.text for each in deliveries)
        assert set(school.writes.values()) == {1}


def test_the_line_items_are_read_once(folder: Path, deliveries: list[Delivery]) -> None:
    with sims(folder, page_size=1000) as school:
        school.deliver(deliveries[:2])
        before = school.asked["GET assessmentLineItems"]
        school.deliver(deliveries[2:4])
        school.look_up(deliveries)
        assert school.asked["GET assessmentLineItems"] == before


def test_a_revision_has_the_same_id_and_another_delivery_another(folder: Path, deliveries: list[Delivery]) -> None:
    first, second = deliveries[:2]
    with sims(folder) as school:
        school.deliver([first, second])
        school.deliver([replace(first, revision=2, text="Target: another")], lambda delivery, holding: True)  # noqa: ARG005 - MayWrite's own names
        ids = {sourced_id for sourced_id, _ in school.writes}
        assert len(ids) == 2
        assert sum(school.writes.values()) == 3
    with sims(folder, id_prefix="another school") as school:
        school.deliver([replace(first, revision=3)], lambda delivery, holding: True)  # noqa: ARG005 - MayWrite's own names
        assert len({sourced_id for sourced_id, _ in school.writes}) == 3


def test_version_1_1_writes_a_comment_beside_the_placeholder(folder: Path, deliveries: list[Delivery]) -> None:
    with sims(folder, version="1.1", score_placeholder=1) as school:
        assert outcomes(school.deliver(deliveries)) == {ReceiptOutcome.ACCEPTED: 30}
        body = next(asked.body for asked in school.server.web.asked if asked.method == "PUT")
        assert json.loads(body)["result"]["score"] == 1
        assert {each.text for each in school.look_up(deliveries).values()} == {each.text for each in deliveries}


@pytest.mark.parametrize(
    "options",
    [
        {"version": "1.1"},
        {"version": "1.1", "score_placeholder": 0, "field": "textScore"},
        {"version": "1.1", "score_placeholder": 0, "resource": "assessmentResults"},
        {"resource": "lineItems"},
        {"concurrency": 0},
        {"concurrency": 17},
        {"requests_per_second": 0},
        {"aspects": ["*"]},
    ],
)
def test_what_cannot_work_is_refused_in_the_config(options: dict[str, object]) -> None:
    given = {**FIXED, "base_url": "https://a.example", "token_url": "https://a.example/token"}
    OneRosterResultsOptions.model_validate(given)
    with pytest.raises(ValidationError):
        OneRosterResultsOptions.model_validate({**given, **options})


@pytest.mark.parametrize("match_by", ["upn", "admission_number"])
def test_students_are_matched_by_another_id(folder: Path, match_by: str) -> None:
    student = next(each for each in SimsState(folder).students(NOW) if each.upn)
    ref = StudentRef(upn=student.upn, admission_number=student.admission_number)
    known = delivery("x", student=ref)
    unknown = delivery("y", student=StudentRef(person_id=student.person_id))
    with sims(folder, match_students_by=match_by) as school:
        receipts = {receipt.delivery_key: receipt for receipt in school.deliver([known, unknown])}
        assert receipts[known.delivery_key].outcome is ReceiptOutcome.ACCEPTED
        assert receipts[unknown.delivery_key].code == "unknown-student"
        assert SimsState(folder).result(student.person_id, ASPECT, SPRING, NOW) == known.text


def test_titles_are_compared_without_case_and_blanks(folder: Path, deliveries: list[Delivery]) -> None:
    shouted = replace(deliveries[0], aspect="MENTORING  target 1 ", result_set="mentoring SPRING 1  2026/27")
    with sims(folder) as school:
        assert outcomes(school.deliver([shouted])) == {ReceiptOutcome.ACCEPTED: 1}
        assert school.stands(deliveries[0]) == shouted.text


def test_a_filter_that_the_server_ignores_is_made_good_here(folder: Path, deliveries: list[Delivery]) -> None:
    with sims(folder, ignores_filter=True, page_size=1000) as school:
        assert outcomes(school.deliver(deliveries[:3])) == {ReceiptOutcome.ACCEPTED: 3}
        found = school.look_up(deliveries)
        assert sum(holding.text is not None for holding in found.values()) == 3
        assert found[deliveries[0].delivery_key].text == deliveries[0].text


def test_a_number_that_a_teacher_typed_is_a_value_too(folder: Path, deliveries: list[Delivery]) -> None:
    place = deliveries[0].student.person_id or "", ASPECT, SPRING
    SimsState(folder).put_result(*place, "7", date(2027, 1, 11), NOW)
    with sims(folder) as school:
        (receipt,) = school.deliver(deliveries[:1])
    assert receipt.outcome is ReceiptOutcome.WITHHELD
    assert receipt.holding == Holding(receipt.delivery_key, known=True, text="7", result_date=date(2027, 1, 11))


@pytest.mark.parametrize("count", [LIST_FROM, LIST_FROM + 1])
def test_many_of_one_line_item_are_looked_up_in_its_list(folder: Path, deliveries: list[Delivery], count: int) -> None:
    with sims(folder, page_size=1000) as school:
        school.deliver(deliveries)
        before = len(school.server.web.asked)
        found = school.look_up(deliveries[:count])
        questions = len(school.server.web.asked) - before
    assert all(found[each.delivery_key].text == each.text for each in deliveries[:count])
    assert questions == (2 * LIST_FROM if count == LIST_FROM else 2)


def test_what_cannot_be_placed_is_not_known(folder: Path, deliveries: list[Delivery]) -> None:
    lost = replace(deliveries[1], aspect="Mentoring Target 9")
    with sims(folder) as school:
        found = school.look_up([deliveries[0], lost])
    assert found[deliveries[0].delivery_key].known
    assert not found[lost.delivery_key].known
    assert (found[lost.delivery_key].code, bool(found[lost.delivery_key].do)) == ("no-aspect", True)


def test_a_missing_permission_is_told_as_such(folder: Path, deliveries: list[Delivery]) -> None:
    SimsState(folder).set(Setting.WRITE_PERMISSION, "missing")
    with sims(folder) as school:
        assert {receipt.code for receipt in school.deliver(deliveries[:2])} == {"no-permission"}


ENDS: dict[OneRosterFault, tuple[Counter[ReceiptOutcome], int]] = {
    OneRosterFault.DROP_AFTER_ACCEPT: (Counter({ReceiptOutcome.ACCEPTED: 30}), 27),
    OneRosterFault.CUT_TEXT: (Counter({ReceiptOutcome.ACCEPTED: 30}), 27),
    OneRosterFault.WRONG_VALUE: (Counter({ReceiptOutcome.ACCEPTED: 30}), 27),
    OneRosterFault.TIMEOUT_BEFORE_COMMIT: (Counter({ReceiptOutcome.ACCEPTED: 27, ReceiptOutcome.UNKNOWN: 3}), 27),
    OneRosterFault.TIMEOUT_AFTER_COMMIT: (Counter({ReceiptOutcome.ACCEPTED: 27, ReceiptOutcome.UNKNOWN: 3}), 30),
    OneRosterFault.SERVER_ERROR: (Counter({ReceiptOutcome.ACCEPTED: 27, ReceiptOutcome.UNKNOWN: 3}), 27),
    OneRosterFault.TOO_MANY_REQUESTS: (Counter({ReceiptOutcome.ACCEPTED: 30}), 30),
    OneRosterFault.TOKEN_EXPIRY: (Counter({ReceiptOutcome.ACCEPTED: 30}), 30),
    OneRosterFault.SLOW_SERVER: (Counter({ReceiptOutcome.ACCEPTED: 30}), 30),
    OneRosterFault.LOCKED: (Counter({ReceiptOutcome.REJECTED: 30}), 0),
}


@pytest.mark.parametrize("fault", OneRosterFault, ids=lambda fault: str(fault.code))
def test_under_each_fault_the_receipts_tell_the_truth(
    folder: Path, deliveries: list[Delivery], fault: OneRosterFault
) -> None:
    patience = QUICK_SECONDS if fault.code.startswith("timeout") else 10
    at_once = 1 if fault is OneRosterFault.LOCKED else 4  # what is on its way already would be taken over
    with sims(folder, fault.code, timeout_seconds=patience, concurrency=at_once) as school:
        receipts = school.deliver(deliveries)
        expected, equal = ENDS[fault]
        assert outcomes(receipts) == expected
        assert sum(school.stands(each) == each.text for each in deliveries) == equal
        assert set(school.writes.values()) <= {1}
        assert {receipt.code for receipt in receipts if receipt.outcome is ReceiptOutcome.REJECTED} <= {"locked"}


def test_an_unknown_write_is_not_sent_twice_in_one_call(folder: Path, deliveries: list[Delivery]) -> None:
    with sims(folder, "timeout_after_commit", timeout_seconds=QUICK_SECONDS, concurrency=1) as school:
        (receipt,) = school.deliver(deliveries[:1])
        assert receipt.outcome is ReceiptOutcome.UNKNOWN
        assert school.asked["PUT assessmentResults"] == 1
        assert school.look_up(deliveries[:1])[receipt.delivery_key].text == deliveries[0].text


def test_the_quiet_time_is_longer_than_the_time_out(folder: Path) -> None:
    destination = connect(folder, "https://a.example", "https://a.example/token", timeout_seconds=20)
    assert destination.traits.quiet_seconds > 20
    assert (destination.traits.text_limit, destination.traits.encoding) == (1000, "windows-1252")


def severities(findings: list[Finding]) -> Counter[Severity]:
    return Counter(finding.severity for finding in findings)


def test_check_finds_the_filter_and_the_aspects(folder: Path) -> None:
    with sims(folder, scope="read write") as school:
        findings = list(school.destination.check())
        assert severities(findings) == {Severity.FINE: 3}
        assert "no real SIMS has been tried" in findings[0].what
        assert ASPECT in findings[-1].what
        assert not school.writes


def test_check_warns_of_a_server_that_ignores_the_filter(folder: Path) -> None:
    with sims(folder, ignores_filter=True) as school:
        warnings = [each for each in school.destination.check() if each.severity is Severity.WARN]
    assert len(warnings) == 1
    assert "whatever filter" in warnings[0].what


def test_check_promises_nothing_of_a_filter_that_had_nothing_to_leave_out(tmp_path: Path) -> None:
    with OneRosterServer(lambda _: [], ignores_filter=True) as server:
        whats = [finding.what for finding in connect(tmp_path, server.url, server.token_url).check()]
    assert any("no results yet" in what for what in whats)
    assert not any("can be asked for" in what for what in whats)


def test_check_warns_of_a_scope_that_was_not_granted_and_of_missing_aspects(folder: Path) -> None:
    lists: dict[str, list[dict[str, object]]] = {"assessmentResults": [], "assessmentLineItems": []}
    with scripted(lists, scope="read") as server:
        destination = connect(folder, server.url, f"{server.url}/token", scope="read write")
        findings = list(destination.check())
    assert severities(findings) == {Severity.FINE: 2, Severity.WARN: 1, Severity.WRONG: 1}


@contextmanager
def scripted(
    lists: dict[str, list[dict[str, object]]], put: Callable[[Asked], Reply] | None = None, **token: object
) -> Iterator[WebServer]:
    """A server with these lists, in one page each, that answers a PUT as it is told."""

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply(200, {"access_token": "key", **token})
        if asked.method == "PUT":
            return put(asked) if put else Reply(405, {})
        name = asked.path.rpartition("/")[2]
        items = lists.get(name, []) if asked.query["offset"] == "0" else []
        return Reply(200, {name: items}, {"X-Total-Count": str(len(lists.get(name, [])))})

    with WebServer(answer) as server:
        yield server


ITEMS: list[dict[str, object]] = [
    {"sourcedId": "set", "title": SPRING},
    {"sourcedId": "item", "title": ASPECT, "parentAssessmentLineItem": {"sourcedId": "set"}},
]
LOGIN = b"<html>Zorbinquist</html>"
FAILURE = {"imsx_codeMajor": "failure", "imsx_codeMinor": "unknownobject", "imsx_description": SECRET_TEXT}


@pytest.mark.parametrize(
    ("reply", "outcome", "code"),
    [
        (Reply(201, b""), ReceiptOutcome.ACCEPTED, ""),
        (Reply(204, b""), ReceiptOutcome.ACCEPTED, ""),
        (Reply(200, {"assessmentResult": {}}), ReceiptOutcome.ACCEPTED, ""),
        (Reply(200, FAILURE), ReceiptOutcome.REJECTED, "unknown-student"),
        (Reply(200, LOGIN), ReceiptOutcome.UNKNOWN, "not_json"),
        (Reply(302, b"", {"Location": "/log-in"}), ReceiptOutcome.UNKNOWN, "redirected"),
        (Reply(401, {}), ReceiptOutcome.NOT_SENT, "not-let-in"),
        (Reply(403, {}), ReceiptOutcome.REJECTED, "no-permission"),
        (Reply(404, FAILURE), ReceiptOutcome.REJECTED, "unknown-student"),
        (Reply(404, {}), ReceiptOutcome.REJECTED, "rejected"),
        (Reply(405, {}), ReceiptOutcome.REJECTED, "rejected"),
        (Reply(408, {}), ReceiptOutcome.UNKNOWN, "timeout"),
        (Reply(413, {}), ReceiptOutcome.REJECTED, "too-long"),
        (Reply(422, {"detail": SECRET_TEXT}), ReceiptOutcome.REJECTED, "rejected"),
        (Reply(423, {}), ReceiptOutcome.REJECTED, "locked"),
        (Reply(429, {}, {"Retry-After": "0"}), ReceiptOutcome.NOT_SENT, "too_many_requests"),
        (Reply(429, {}, {"Retry-After": "9999"}), ReceiptOutcome.NOT_SENT, "too_many_requests"),
        (Reply(502, {}), ReceiptOutcome.UNKNOWN, "busy"),
        (Reply(200, {"assessmentResult": {}}, cut=True), ReceiptOutcome.UNKNOWN, "no_answer"),
    ],
)
def test_every_answer_has_its_meaning(folder: Path, reply: Reply, outcome: ReceiptOutcome, code: str) -> None:
    with scripted({"assessmentLineItems": ITEMS}, lambda _: reply) as server:
        destination = connect(folder, server.url, f"{server.url}/token", attempts=2)
        (receipt,) = destination.deliver([delivery("7")], over_nothing)
    assert (receipt.outcome, receipt.code) == (outcome, code)
    assert SECRET_TEXT not in receipt.what + receipt.do
    assert bool(receipt.what and receipt.do) is (outcome is not ReceiptOutcome.ACCEPTED)


def test_two_line_items_of_one_name_are_no_place(folder: Path) -> None:
    with scripted({"assessmentLineItems": [*ITEMS, {**ITEMS[1], "sourcedId": "twin"}]}) as server:
        (receipt,) = connect(folder, server.url, f"{server.url}/token").deliver([delivery("7")], over_nothing)
    assert (receipt.outcome, receipt.code) == (ReceiptOutcome.REJECTED, "no-aspect")
    assert "several" in receipt.what


def test_when_nothing_works_any_more_the_rest_is_left_alone(folder: Path) -> None:
    with scripted({"assessmentLineItems": ITEMS}, lambda _: Reply(500, {})) as server:
        destination = connect(folder, server.url, f"{server.url}/token", concurrency=2)
        receipts: list[Receipt] = []
        with pytest.raises(SourceUnavailable, match="out of order"):
            receipts.extend(destination.deliver([delivery(str(number)) for number in range(100)], over_nothing))
        written = [asked for asked in server.asked if asked.method == "PUT"]
    assert len(written) == len(receipts) < 10
    assert outcomes(receipts) == {ReceiptOutcome.UNKNOWN: len(receipts)}


def test_a_no_from_the_caller_that_raises_stops_everything_but_what_began(
    folder: Path, deliveries: list[Delivery]
) -> None:
    class StopError(Exception):
        pass

    def stop_at_third(delivery: Delivery, holding: Holding) -> bool:
        del holding
        if delivery is deliveries[2]:
            raise StopError
        return True

    with sims(folder, concurrency=2) as school:
        receipts: list[Receipt] = []
        with pytest.raises(StopError):
            receipts.extend(school.destination.deliver(deliveries, stop_at_third))
        taken = {receipt.delivery_key for receipt in receipts}
        assert {each.delivery_key for each in deliveries if school.stands(each)} == taken


def test_a_call_left_early_begins_nothing_more(folder: Path, deliveries: list[Delivery]) -> None:
    with sims(folder, concurrency=1) as school:
        receipts = iter(school.destination.deliver(deliveries, over_nothing))
        next(receipts)
        getattr(receipts, "close", list)()
        assert sum(school.writes.values()) <= 3


def test_without_a_key_nothing_is_written_and_it_says_so(folder: Path, deliveries: list[Delivery]) -> None:
    with sims(folder, client_id="somebody") as school:
        with pytest.raises(SourceFailed, match="no key"):
            school.deliver(deliveries)
        with pytest.raises(RunError):
            school.look_up(deliveries)
        assert not school.writes


def test_a_secret_that_cannot_be_had_is_the_configurations_fault(folder: Path) -> None:
    def no_secret(reference: str) -> str:
        del reference
        raise ConfigurationError([])

    given = {**FIXED, "base_url": "http://127.0.0.1:1", "token_url": "http://127.0.0.1:1/token"}
    context = ConnectorContext(folder, folder, lambda: NOW, no_secret)
    destination = OneRosterResults(OneRosterResultsOptions.model_validate(given), context)
    with pytest.raises(ConfigurationError):
        list(destination.deliver([delivery("7")], over_nothing))


def test_the_pace_is_shared_and_held_for_all() -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        now[0] += seconds

    pace = SharedPace(4, sleep, lambda: now[0])
    for _ in range(3):
        pace.wait()
    assert slept == [0.25, 0.25]
    pace.hold(5)
    pace.wait()
    assert slept[-1] == 5
    free = SharedPace(None, sleep, lambda: now[0])
    free.wait()
    free.wait()
    assert len(slept) == 3


def test_several_threads_may_ask_may_write_at_once(folder: Path, deliveries: list[Delivery]) -> None:
    together = threading.Barrier(3)

    def meet(delivery: Delivery, holding: Holding) -> bool:
        del delivery, holding
        together.wait(timeout=30)
        return False

    with sims(folder, concurrency=3) as school:
        assert outcomes(school.deliver(deliveries[:3], meet)) == {ReceiptOutcome.WITHHELD: 3}


def test_the_place_of_a_write_is_the_servers_own_line_item(folder: Path, deliveries: list[Delivery]) -> None:
    with sims(folder) as school:
        school.deliver(deliveries[:1])
        (body,) = [json.loads(asked.body) for asked in school.server.web.asked if asked.method == "PUT"]
    record = body["assessmentResult"]
    assert record["assessmentLineItem"]["sourcedId"] == line_item_id((ASPECT, SPRING))
    assert record["assessmentLineItem"]["href"].endswith(f"/assessmentLineItems/{line_item_id((ASPECT, SPRING))}")
    assert (record["scoreDate"], record["metadata"]) == ("2027-01-12", {"sims-sync.revision": 1})


def test_ctrl_c_begins_nothing_more_and_tells_what_began(
    folder: Path, deliveries: list[Delivery], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = iter(range(100))

    def interrupted(done: SimpleQueue[list[Receipt]]) -> list[Receipt]:
        if next(waits) == 3:
            raise KeyboardInterrupt
        return done.get()

    monkeypatch.setattr(side_by_side, "wait", interrupted)
    with sims(folder, concurrency=2) as school:
        receipts: list[Receipt] = []
        with pytest.raises(KeyboardInterrupt):
            receipts.extend(school.destination.deliver(deliveries, over_nothing))
        taken = {receipt.delivery_key for receipt in receipts}
        assert {each.delivery_key for each in deliveries if school.stands(each)} == taken
        assert 0 < len(taken) < 30
