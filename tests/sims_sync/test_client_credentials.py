"""A key is fetched when it is needed, kept while it is good, and said nothing of."""

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

import pytest

from sims_sync.client_credentials import (
    LIFE_SECONDS,
    RENEW_BEFORE_SECONDS,
    ClientCredentials,
    KeyRequest,
    check_tenant,
    header_for_mail,
    microsoft_request,
)
from sims_sync.demo.web_server import Asked, Reply, WebServer
from sims_sync.errors import ConfigProblem, ConfigurationError, RetriableError, SourceFailed, SourceUnavailable
from sims_sync.http_options import HttpOptions

SECRET = "correct horse & more"
QUICK = HttpOptions(timeout_seconds=5, attempts=1)


class Clock:
    """Stands until it is put on."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def tokens(status: int = 200, **content: object) -> Iterator[WebServer]:
    """A token server; each key has a number. `content` is what else, or instead, it says."""
    given: list[str] = []

    def answer(_asked: Asked) -> Reply:
        given.append(f"key-{len(given) + 1}")
        return Reply(status, {"access_token": given[-1], "token_type": "Bearer", **content})

    with WebServer(answer) as server:
        yield server


def authority(server: WebServer, clock: Clock | None = None, **request: Any) -> ClientCredentials:  # noqa: ANN401 - whatever fields a test names
    asked = KeyRequest(f"{server.url}/token", "the client", "env:SECRET", **request)
    return ClientCredentials(asked, QUICK, lambda _reference: SECRET, clock or Clock())


def form_of(asked: Asked) -> dict[str, str]:
    return dict(parse_qsl(asked.body.decode()))


def test_id_and_secret_go_in_the_form_with_whatever_else_has_a_text() -> None:
    with tokens() as server:
        assert authority(server, further={"scope": "read write", "acr_values": ""}).header() == "Bearer key-1"
    (asked,) = server.asked
    assert form_of(asked) == {
        "grant_type": "client_credentials",
        "client_id": "the client",
        "client_secret": SECRET,
        "scope": "read write",
    }
    assert "Authorization" not in asked.headers


def test_id_and_secret_go_in_the_header_where_the_server_wants_them_there() -> None:
    with tokens() as server:
        authority(server, authentication="basic").header()
    (asked,) = server.asked
    assert form_of(asked) == {"grant_type": "client_credentials"}
    assert base64.b64decode(asked.headers["Authorization"].removeprefix("Basic ")).decode() == f"the client:{SECRET}"


@pytest.mark.parametrize(
    ("stated", "life"), [(3600, 3600), ("900", 900), ("900.5", 900), (None, LIFE_SECONDS), ("soon", LIFE_SECONDS)]
)
def test_a_key_is_kept_until_shortly_before_its_end(stated: object, life: float) -> None:
    clock = Clock()
    with tokens(expires_in=stated) as server:
        key = authority(server, clock)
        key.header()
        clock.seconds += life - RENEW_BEFORE_SECONDS - 1
        assert key.header() == "Bearer key-1"
        clock.seconds += 1
        assert key.header() == "Bearer key-2"


def test_a_refused_key_is_renewed_once_however_many_showed_it() -> None:
    with tokens(expires_in=3600) as server, ThreadPoolExecutor(1) as another:
        key = authority(server)
        assert [key.header(), another.submit(key.header).result()] == ["Bearer key-1"] * 2
        assert key.renew()
        assert key.header() == "Bearer key-2"
        another.submit(key.renew).result()  # the other one showed key-1, which is gone already
        assert key.header() == "Bearer key-2"


def test_many_threads_fetch_one_key() -> None:
    with tokens(expires_in=3600) as server, ThreadPoolExecutor(8) as threads:
        key = authority(server)
        assert set(threads.map(lambda _: key.header(), range(32))) == {"Bearer key-1"}


def test_the_granted_scopes_are_known() -> None:
    with tokens(scope="read write") as server:
        key = authority(server)
        key.header()
    assert key.granted == {"read", "write"}


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ({"error": "invalid_client"}, "HTTP 400, invalid_client"),
        ({"error": "invalid_client", "error_codes": [7000222]}, "HTTP 400, invalid_client, AADSTS7000222"),
        ({"error": "Secret of Zoë", "error_codes": ["Zoë"]}, "HTTP 400, no reason given"),
        ({"error_codes": {"0": 1}}, "HTTP 400, no reason given"),
        ({"error_codes": []}, "HTTP 400, no reason given"),
    ],
)
def test_no_key_names_the_code_and_what_to_check_and_no_free_text(content: dict[str, object], shown: str) -> None:
    with tokens(400, error_description="Zoë's secret", **content) as server, pytest.raises(SourceFailed) as caught:
        authority(server, keys="this and that").header()
    assert (caught.value.code, caught.value.what) == ("no_key", f"The server gives us no key ({shown}).")
    assert caught.value.do == "Check this and that in the config."


@pytest.mark.parametrize("answer", [Reply(200, b"<!DOCTYPE html>"), Reply(302, b"", {"Location": "/"})])
def test_to_a_mailer_every_missing_key_means_later(answer: Reply) -> None:
    with WebServer(lambda _asked: answer) as server, pytest.raises(RetriableError):
        header_for_mail(authority(server))


def test_a_server_that_is_out_of_order_says_that_nothing_else_was_asked() -> None:
    with tokens(503) as server, pytest.raises(SourceUnavailable) as caught:
        authority(server).header()
    assert caught.value.code == "no_key"


def test_a_missing_secret_stays_a_configuration_error() -> None:
    def missing(reference: str) -> str:
        raise ConfigurationError([ConfigProblem(reference, "is not set.", "Set it.")])

    request = microsoft_request("https://login.example", "school.example", "the client", "env:SECRET", "scope")
    with pytest.raises(ConfigurationError):
        header_for_mail(ClientCredentials(request, QUICK, missing))


def test_microsoft_is_asked_for_its_tenants_key_to_one_service() -> None:
    request = microsoft_request("https://login.example", "school.example", "id", "env:SECRET", "https://graph/.default")
    assert request.token_url == "https://login.example/school.example/oauth2/v2.0/token"
    assert request.further == {"scope": "https://graph/.default"}


@pytest.mark.parametrize("text", ["common", "Organizations", "consumers", "", "a/b", "a b", ".", "é.example", "a?b"])
def test_what_names_no_directory_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="tenant"):
        check_tenant(text)


@pytest.mark.parametrize("text", ["school.example", "0f3d2c1b-aaaa-bbbb-cccc-1234567890ab"])
def test_a_directory_is_named_by_id_or_domain(text: str) -> None:
    assert check_tenant(text) == text
