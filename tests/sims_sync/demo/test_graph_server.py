"""The simulated Microsoft 365 takes what the real one is said to take, and nothing else."""

import base64
from typing import Any

import pytest
import requests

from sims_sync.demo.graph_server import (
    CLIENT_ID,
    CLIENT_SECRET,
    MAILBOX,
    SMTP_SCOPE,
    TENANT,
    GraphFault,
    GraphServer,
)
from sims_sync.mailer_contract import sample_message

OPEN_SECONDS = 30
CONTENT = base64.b64encode(sample_message().as_bytes())


def key(server: GraphServer, scope: str = "", **form: str) -> requests.Response:
    stated = {
        "grant_type": "client_credentials",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "scope": scope or f"{server.url}/.default",
    }
    return requests.post(f"{server.url}/{TENANT}/oauth2/v2.0/token", data={**stated, **form}, timeout=OPEN_SECONDS)


def post(
    server: GraphServer, content: bytes = CONTENT, *, scope: str = "", mailbox: str = MAILBOX, kind: str = "text/plain"
) -> requests.Response:
    headers = {"Authorization": f"Bearer {key(server, scope).json()['access_token']}", "Content-Type": kind}
    url = f"{server.url}/v1.0/users/{mailbox}/sendMail"
    return requests.post(url, data=content, headers=headers, timeout=OPEN_SECONDS, allow_redirects=False)


def test_a_good_message_is_accepted_without_a_word() -> None:
    with GraphServer() as server:
        answer = post(server)
    assert (answer.status_code, answer.content) == (202, b"")
    assert [message["Message-ID"] for message in server.messages] == ["<report-1@school.example>"]


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"content": b"no base64 at all"}, 400, "ErrorMimeContentInvalidBase64String"),
        ({"content": b""}, 400, "ErrorMimeContentInvalidBase64String"),
        ({"content": b"A" * (4 * 1024 * 1024 + 4)}, 413, "ErrorMessageSizeExceeded"),
        ({"kind": "application/json"}, 415, "Request_BadRequest"),
        ({"mailbox": "nobody@austen.example"}, 404, "ErrorInvalidUser"),
        ({"scope": SMTP_SCOPE}, 401, "InvalidAuthenticationToken"),
    ],
)
def test_anything_else_is_refused(given: dict[str, Any], status: int, code: str) -> None:
    with GraphServer() as server:
        answer = post(server, **given)
        assert server.messages == []
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("form", [{"client_secret": "wrong"}, {"client_id": "other"}, {"grant_type": "password"}])
def test_a_key_is_given_for_the_right_secret_only(form: dict[str, str]) -> None:
    with GraphServer() as server:
        answer = key(server, **form)
        assert server.keys_given == 0
    assert answer.status_code == 401
    assert answer.json()["error_codes"] == [7000215]


def test_who_may_only_send_may_not_look_at_users() -> None:
    with GraphServer() as server:
        headers = {"Authorization": f"Bearer {key(server).json()['access_token']}"}
        answer = requests.get(f"{server.url}/v1.0/users/{MAILBOX}", headers=headers, timeout=OPEN_SECONDS)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("fault", "status", "taken"),
    [
        (GraphFault.BUSY, 429, 0),
        (GraphFault.DENIED, 403, 0),
        (GraphFault.ERROR, 500, 1),
        (GraphFault.EXPIRED, 401, 0),
        (GraphFault.GATEWAY, 504, 1),
        (GraphFault.HTML, 200, 0),
        (GraphFault.MOVED, 302, 0),
        (GraphFault.NO_MAILBOX, 404, 0),
        (GraphFault.REFUSED, 400, 0),
        (GraphFault.TOO_LARGE, 413, 0),
        (GraphFault.UNAVAILABLE, 503, 0),
    ],
)
def test_a_fault_strikes_the_first_message_and_then_no_more(fault: GraphFault, status: int, taken: int) -> None:
    with GraphServer(fault, retry_after="7") as server:
        struck = post(server)
        assert (struck.status_code, len(server.messages)) == (status, taken)
        assert struck.headers.get("Retry-After") == ("7" if fault is GraphFault.BUSY else None)
        assert post(server).status_code == 202


def test_a_silent_server_has_taken_the_message() -> None:
    with GraphServer(GraphFault.SILENT) as server:
        headers = {"Authorization": f"Bearer {key(server).json()['access_token']}", "Content-Type": "text/plain"}
        with pytest.raises(requests.exceptions.ReadTimeout):
            requests.post(f"{server.url}/v1.0/users/{MAILBOX}/sendMail", data=CONTENT, headers=headers, timeout=0.2)
        assert len(server.messages) == 1
