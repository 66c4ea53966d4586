"""What an HTTP source may do to a server, and what a server may do to us."""

import gzip
import logging
from collections.abc import Iterator
from typing import ClassVar

import pytest
import requests
import responses

from sims_sync.demo.web_server import Asked, Faults, Reply, WebFault, WebServer, strike
from sims_sync.errors import SimsSyncError, SourceFailed, SourceRefused, SourceUnavailable
from sims_sync.http import NOT_TAKEN, RETRY_AFTER_SECONDS_MAX, HttpClient
from sims_sync.http_options import HttpOptions, check_reference, check_url

BASE = "https://sims.example"
SECRET = "Zorbinquist"


class Key:
    def __init__(self, *keys: str) -> None:
        self.keys = list(keys)

    def header(self) -> str:
        return f"Bearer {self.keys[0]}"

    def renew(self) -> bool:
        if len(self.keys) == 1:
            return False
        self.keys.pop(0)
        return True


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(waits: list[float]) -> HttpClient:
    return make_client(BASE, waits)


def make_client(url: str, waits: list[float], authority: Key | None = None, **options: float) -> HttpClient:
    return HttpClient(url, HttpOptions.model_validate(options), authority, waits.append)


def test_an_answer_keeps_numbers_as_they_were_written(web: responses.RequestsMock, client: HttpClient) -> None:
    web.get(f"{BASE}/list", body=b'{"id": 007.50}'.replace(b"007", b"7"))
    assert client.get("/list").json() == {"id": "7.50"}


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_server_is_asked_again(
    web: responses.RequestsMock, client: HttpClient, waits: list[float], status: int
) -> None:
    web.get(f"{BASE}/list", status=status)
    web.get(f"{BASE}/list", json=[])
    assert client.get("/list").json() == []
    assert len(waits) == 1


def test_a_broken_connection_is_tried_again_with_growing_waits(
    web: responses.RequestsMock, client: HttpClient, waits: list[float]
) -> None:
    web.get(f"{BASE}/list", body=requests.exceptions.ConnectionError("refused"))
    with pytest.raises(SourceUnavailable, match="could not be reached"):
        client.get("/list")
    assert len(web.calls) == 5
    assert all(1 <= wait <= 61 for wait in waits)
    assert waits[3] > waits[0]


def test_retry_after_is_honoured(web: responses.RequestsMock, client: HttpClient, waits: list[float]) -> None:
    web.get(f"{BASE}/list", status=429, headers={"Retry-After": "17"})
    web.get(f"{BASE}/list", json=[])
    client.get("/list")
    assert waits == [17]


def test_retry_after_as_a_date_counts_from_the_servers_own_clock(
    web: responses.RequestsMock, client: HttpClient, waits: list[float]
) -> None:
    dates = {"Date": "Wed, 16 Dec 2026 06:00:00 GMT", "Retry-After": "Wed, 16 Dec 2026 06:00:40 GMT"}
    web.get(f"{BASE}/list", status=503, headers=dates)
    web.get(f"{BASE}/list", json=[])
    client.get("/list")
    assert waits == [40]


@pytest.mark.parametrize("nonsense", ["soon", "", "-5", "١٢"])
def test_a_retry_after_that_says_nothing_is_passed_over(
    web: responses.RequestsMock, client: HttpClient, waits: list[float], nonsense: str
) -> None:
    web.get(f"{BASE}/list", status=503, headers={"Retry-After": nonsense.encode("utf-8").decode("latin-1")})
    web.get(f"{BASE}/list", json=[])
    client.get("/list")
    assert 1 <= waits[0] <= 2


def test_a_server_that_asks_for_too_long_a_wait_is_left_alone(
    web: responses.RequestsMock, client: HttpClient, waits: list[float]
) -> None:
    web.get(f"{BASE}/list", status=429, headers={"Retry-After": str(RETRY_AFTER_SECONDS_MAX + 1)})
    with pytest.raises(SourceUnavailable, match="busy"):
        client.get("/list")
    assert waits == []
    assert len(web.calls) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_what_may_have_been_done_is_not_repeated(
    web: responses.RequestsMock, client: HttpClient, waits: list[float], method: str
) -> None:
    web.add(method, f"{BASE}/results/1", status=503)
    with pytest.raises(SourceUnavailable):
        client.send(method, "/results/1", content={"score": 1})
    assert len(web.calls) == 1
    assert waits == []


def test_what_was_certainly_not_taken_is_repeated_whatever_the_method(
    web: responses.RequestsMock, client: HttpClient, waits: list[float]
) -> None:
    web.put(f"{BASE}/results/1", status=429, headers={"Retry-After": "3"})
    web.put(f"{BASE}/results/1", status=201, json={})
    assert client.send("PUT", "/results/1", content={"score": 1}).status == 201
    assert waits == [3]


def test_a_server_that_never_let_us_in_took_nothing(waits: list[float]) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        make_client("http://127.0.0.1:1", waits, attempts=2).send("PUT", "/results/1", content={"score": 1})
    assert caught.value.code in NOT_TAKEN
    assert len(waits) == 1


def test_a_write_without_a_whole_answer_may_have_been_taken(waits: list[float]) -> None:
    with server_with(WebFault.CUT) as server, pytest.raises(SourceUnavailable) as caught:
        make_client(server.url, waits).send("PUT", "/results/1", content={"score": 1})
    assert caught.value.code not in NOT_TAKEN
    assert len(server.asked) == 1


def test_others_wait_as_well_when_one_is_told_to(web: responses.RequestsMock) -> None:
    class Pace:
        told: ClassVar[list[object]] = []

        def wait(self) -> None:
            self.told.append("wait")

        def hold(self, seconds: float) -> None:
            self.told.append(seconds)

    web.get(f"{BASE}/list", status=429, headers={"Retry-After": "3"})
    web.get(f"{BASE}/list", status=503, headers={"Retry-After": "4"})
    web.get(f"{BASE}/list", json=[])
    HttpClient(BASE, HttpOptions(), None, lambda _: None, Pace()).get("/list")
    assert Pace.told == ["wait", 3, "wait", "wait"]
    web.get(f"{BASE}/closed", status=429, headers={"Retry-After": str(RETRY_AFTER_SECONDS_MAX + 1)})
    with pytest.raises(SourceUnavailable):
        HttpClient(BASE, HttpOptions(), None, lambda _: None, Pace()).get("/closed")
    assert Pace.told == ["wait", 3, "wait", "wait", "wait"], "a wait too long for this run holds up nobody"


def test_a_key_that_others_let_expire_is_renewed_again(web: responses.RequestsMock, waits: list[float]) -> None:
    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        return (201 if request.headers["Authorization"] == "Bearer third" else 401, {}, "{}")

    web.add_callback("PUT", f"{BASE}/results/1", answer)
    key = Key("first", "second", "third")
    assert make_client(BASE, waits, key).send("PUT", "/results/1", content={}).status == 201


def test_an_expired_key_is_renewed_once(web: responses.RequestsMock, waits: list[float]) -> None:
    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        return (200 if request.headers["Authorization"] == "Bearer new" else 401, {}, "[]")

    web.add_callback("GET", f"{BASE}/list", answer)
    assert make_client(BASE, waits, Key("old", "new")).get("/list").json() == []
    assert len(web.calls) == 2


def test_a_key_that_stays_refused_ends_the_read(web: responses.RequestsMock, waits: list[float]) -> None:
    web.get(f"{BASE}/list", status=401)
    with pytest.raises(SourceFailed, match="does not let us see"):
        make_client(BASE, waits, Key("old", "new")).get("/list")
    assert len(web.calls) == 2


@pytest.mark.parametrize(("status", "code"), [(401, "not_allowed"), (403, "not_allowed"), (404, "not_found")])
def test_a_refusal_is_final_and_says_what_to_do(
    web: responses.RequestsMock, client: HttpClient, waits: list[float], status: int, code: str
) -> None:
    web.get(f"{BASE}/list", status=status, body=SECRET)
    with pytest.raises(SourceFailed) as caught:
        client.get("/list")
    assert caught.value.code == code
    assert caught.value.do
    assert waits == []


def test_a_redirection_is_not_followed(web: responses.RequestsMock, client: HttpClient) -> None:
    web.get(f"{BASE}/list", status=302, headers={"Location": "https://elsewhere.example/list"})
    with pytest.raises(SourceFailed, match="another address"):
        client.get("/list")


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/list", "http://sims.example/list", "https://sims.example:444/x", "https://[bad"]
)
def test_the_key_never_goes_to_another_server(client: HttpClient, url: str) -> None:
    with pytest.raises(SourceRefused, match="another server"):
        client.get(url)


def test_a_relative_next_link_leads_on(web: responses.RequestsMock, client: HttpClient) -> None:
    web.get(f"{BASE}/ims/list", json=[], headers={"Link": '</ims/list?offset=2>; rel="next"'})
    assert client.get("/ims/list").next_url == f"{BASE}/ims/list?offset=2"


def test_a_log_in_page_is_no_json(web: responses.RequestsMock, client: HttpClient) -> None:
    web.get(f"{BASE}/list", body=f"<html>{SECRET}</html>")
    with pytest.raises(SourceRefused, match="log-in page"):
        client.get("/list").json()


def test_json_nested_beyond_reason_is_refused(web: responses.RequestsMock, client: HttpClient) -> None:
    web.get(f"{BASE}/list", body="[" * 100_000)
    with pytest.raises(SourceRefused):
        client.get("/list").json()


def test_errors_and_log_lines_repeat_nothing(caplog: pytest.LogCaptureFixture, waits: list[float]) -> None:
    caplog.set_level(logging.DEBUG)
    with WebServer(lambda _: Reply(500, {"name": SECRET})) as server:
        client = make_client(server.url, waits, Key(SECRET), attempts=2)
        with pytest.raises(SimsSyncError) as caught:
            client.get("/list", {"filter": SECRET})
        client.close()
    assert len(server.asked) == 2
    assert SECRET not in str(caught.value) + repr(caught.value.args)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert SECRET not in caplog.text


def server_with(fault: WebFault, times: int | None = None) -> WebServer:
    faults = Faults(fault, times=times, slow_seconds=0.5)
    number = iter(range(1, 100))
    return WebServer(lambda _: strike(faults.strikes(next(number)), faults, lambda: Reply(200, {"list": [1] * 50})))


@pytest.mark.parametrize("fault", [WebFault.CUT, WebFault.SLOW, WebFault.DRIP])
def test_an_answer_that_does_not_come_whole_and_in_time_is_none(waits: list[float], fault: WebFault) -> None:
    with server_with(fault) as server:
        client = make_client(server.url, waits, attempts=2, timeout_seconds=0.2, total_seconds=0.3)
        with pytest.raises(SourceUnavailable):
            client.get("/list")
        client.close()
    assert len(waits) == 1


def test_a_passing_fault_is_forgotten(waits: list[float]) -> None:
    with server_with(WebFault.CUT, times=1) as server:
        client = make_client(server.url, waits)
        assert len(client.get("/list").json()["list"]) == 50
        client.close()


def test_a_packed_answer_is_unpacked(waits: list[float]) -> None:
    packed = gzip.compress(b'{"list": []}')
    with WebServer(lambda _: Reply(200, packed, {"Content-Encoding": "gzip"})) as server:
        client = make_client(server.url, waits)
        assert client.get("/list").json() == {"list": []}
        client.close()


def test_an_answer_beyond_all_measure_is_refused(waits: list[float]) -> None:
    packed = gzip.compress(b" " * (65 * 1024 * 1024), 1)
    with WebServer(lambda _: Reply(200, packed, {"Content-Encoding": "gzip"})) as server:
        client = make_client(server.url, waits)
        with pytest.raises(SourceRefused, match="larger than any real one"):
            client.get("/list")
        client.close()


def test_this_machine_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with WebServer(_echo) as server:
        client = make_client(server.url, waits)
        assert client.get("/a", {"b": "c d"}).json() == ["GET", "/a", "c d"]
        client.close()


def _echo(asked: Asked) -> Reply:
    return Reply(200, [asked.method, asked.path, asked.query["b"]])


@pytest.mark.parametrize(
    "url", ["https://sims.example", "https://a.example/v1.0/", "http://127.0.0.1:80", "http://[::1]"]
)
def test_addresses_that_may_be_spoken_to(url: str) -> None:
    assert check_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://sims.example",
        "http://10.0.0.1",
        "sims.example",
        "ftp://sims.example",
        "https://user:word@sims.example",
        "https://sims.example?key=1",
        "https://",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"write|only"):
        check_url(url)


def test_a_secret_in_the_config_is_refused_without_being_shown() -> None:
    with pytest.raises(ValueError, match="where the secret is") as caught:
        check_reference(SECRET)
    assert SECRET not in str(caught.value)
    assert check_reference("env:NAME") == "env:NAME"
