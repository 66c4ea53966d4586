"""Messages to a simulated Microsoft 365: accepted, refused, put off, and lost on the way."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.microsoft_graph import MicrosoftGraph, MicrosoftGraphOptions
from sims_sync.connector import ConnectorContext, SendOutcome, Severity
from sims_sync.demo.graph_server import CLIENT_ID, CLIENT_SECRET, MAILBOX, TENANT, GraphFault, GraphServer
from sims_sync.errors import ConfigProblem, ConfigurationError, RetriableError
from sims_sync.mailer_contract import CHECKS, RECIPIENT, SENDER, MailerTrial, sample_message

HOST = "127.0.0.1"
FIXED = {"tenant": TENANT, "client_id": CLIENT_ID, "client_secret": "env:MAIL_SECRET", "mailbox": MAILBOX}
QUICK = {"timeout_seconds": 5, "attempts": 3, "wait_seconds": 0.01}
OF_THE_MESSAGE = (RECIPIENT, SENDER, MAILBOX, CLIENT_SECRET, "Bearer", "Brontë", "Autumn", "tutors", "report-1")
LATER = {
    GraphFault.BUSY: "graph-later",
    GraphFault.DENIED: "graph-denied",
    GraphFault.EXPIRED: "graph-login",
    GraphFault.MOVED: "redirected",
    GraphFault.NO_MAILBOX: "graph-mailbox",
    GraphFault.UNAVAILABLE: "graph-later",
}
UNKNOWN = (GraphFault.ERROR, GraphFault.GATEWAY, GraphFault.HTML, GraphFault.SILENT)
REFUSED = (GraphFault.REFUSED, GraphFault.TOO_LARGE)


def at(
    url: str, *, login: str = "", secret: str = CLIENT_SECRET, waits: list[float] | None = None, **options: object
) -> MicrosoftGraph:
    """A mailer for the server at `url`; what it would wait goes into `waits`."""
    given = {"base_url": url, "login_url": login or url, **FIXED, **QUICK, **options}
    here = Path(__file__).parent
    context = ConnectorContext(here, here, lambda: datetime.now(UTC), lambda _reference: secret)
    kept = [] if waits is None else waits
    return MicrosoftGraph(MicrosoftGraphOptions.model_validate(given), context, kept.append)


def nowhere() -> str:
    """The address of a port that nobody listens at."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        return f"http://{HOST}:{found.getsockname()[1]}"


@contextmanager
def hanging_up(begin: bytes = b"") -> Iterator[str]:
    """A server that reads a whole request, says `begin` and hangs up; its address."""
    over = threading.Event()

    def serve(listener: socket.socket) -> None:
        while not over.is_set():
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as request, suppress(OSError):
                size = 0
                while (line := request.readline().lower()) not in {b"", b"\r\n"}:
                    size = int(line.split(b":")[1]) if line.startswith(b"content-length") else size
                request.read(size)
                connection.sendall(begin)

    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            over.set()
            socket.create_connection(listener.getsockname()).close()
            thread.join()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_microsoft_graph_keeps_the_contract(check: Callable[[MailerTrial], None]) -> None:
    with GraphServer() as server:
        check(MailerTrial(at(server.url), lambda: server.messages, at(nowhere())))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("fault", [GraphFault.BUSY, GraphFault.EXPIRED])
def test_a_fault_that_passes_at_once_breaks_no_promise(fault: GraphFault, check: Callable[[MailerTrial], None]) -> None:
    with GraphServer(fault) as server:
        check(MailerTrial(at(server.url), lambda: server.messages, at(server.url, login=nowhere())))


def test_every_fault_has_its_outcome() -> None:
    assert {*LATER, *UNKNOWN, *REFUSED} == set(GraphFault)


@pytest.mark.parametrize(("fault", "code"), LATER.items())
def test_where_nothing_was_accepted_the_message_waits(fault: GraphFault, code: str) -> None:
    with GraphServer(fault, times=None) as server:
        with pytest.raises(RetriableError) as caught:
            at(server.url).send(sample_message())
        assert server.messages == []
    assert caught.value.code == code
    assert caught.value.do


@pytest.mark.parametrize("fault", UNKNOWN)
def test_where_nobody_can_know_the_outcome_is_unknown_and_nothing_is_sent_again(fault: GraphFault) -> None:
    with GraphServer(fault, times=None) as server:
        result = at(server.url, timeout_seconds=0.2).send(sample_message())
        posted = [asked for asked in server.web.asked if asked.path.endswith("/sendMail")]
    assert result.outcome is SendOutcome.UNKNOWN
    assert len(posted) == 1


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        (GraphFault.REFUSED, "Microsoft 365 refused the message (HTTP 400, ErrorInvalidRecipients)."),
        (
            GraphFault.TOO_LARGE,
            "Microsoft 365 refused the message (HTTP 413, ErrorMessageSizeExceeded). It is too large.",
        ),
    ],
)
def test_a_refusal_of_the_message_is_refused(fault: GraphFault, detail: str) -> None:
    with GraphServer(fault, times=None) as server:
        result = at(server.url).send(sample_message())
    assert (result.outcome, result.detail) == (SendOutcome.REFUSED, detail)


def test_a_message_that_is_really_too_large_is_refused() -> None:
    message = sample_message()
    message.add_attachment(b"\0" * 3_500_000, maintype="application", subtype="octet-stream")
    with GraphServer() as server:
        assert at(server.url).send(message).outcome is SendOutcome.REFUSED


def test_a_key_that_is_refused_is_renewed_once() -> None:
    with GraphServer(GraphFault.EXPIRED) as server:
        assert at(server.url).send(sample_message()).outcome is SendOutcome.SENT
        assert (server.keys_given, len(server.messages)) == (2, 1)
    with GraphServer(GraphFault.EXPIRED, times=None) as server:
        with pytest.raises(RetriableError, match="does not take our key"):
            at(server.url).send(sample_message())
        assert server.keys_given == 2


def test_one_key_serves_several_messages() -> None:
    with GraphServer() as server:
        mailer = at(server.url)
        for number in range(3):
            mailer.send(sample_message(f"<report-{number}@school.example>"))
        assert (server.keys_given, len(server.messages)) == (1, 3)


def test_a_busy_server_is_given_the_time_it_asks_for() -> None:
    waits: list[float] = []
    with GraphServer(GraphFault.BUSY, times=2, retry_after="17") as server:
        assert at(server.url, waits=waits).send(sample_message()).outcome is SendOutcome.SENT
        assert len(server.messages) == 1
    assert waits == [17, 17]


def test_a_busy_server_that_names_no_time_is_given_more_each_time() -> None:
    waits: list[float] = []
    with GraphServer(GraphFault.BUSY, times=None, retry_after=None) as server, pytest.raises(RetriableError):
        at(server.url, waits=waits, wait_seconds=1).send(sample_message())
    assert waits == [1, 2]


def test_a_server_that_asks_for_too_long_is_left_to_the_outbox() -> None:
    waits: list[float] = []
    with (
        GraphServer(GraphFault.BUSY, times=None, retry_after="3600") as server,
        pytest.raises(RetriableError, match="put the message off") as caught,
    ):
        at(server.url, waits=waits).send(sample_message())
    assert (waits, caught.value.code) == ([], "graph-later")


def test_denied_says_what_to_set_in_entra() -> None:
    with GraphServer(GraphFault.DENIED) as server, pytest.raises(RetriableError) as caught:
        at(server.url).send(sample_message())
    assert "HTTP 403, ErrorAccessDenied" in caught.value.what
    assert "Mail.Send as an application permission" in caught.value.do
    assert "application access policy" in caught.value.do


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 20"], ids=["before the answer", "in the middle of it"])
def test_a_connection_lost_after_the_content_leaves_the_outcome_unknown(begin: bytes) -> None:
    with GraphServer() as keys, hanging_up(begin) as url:
        result = at(url, login=keys.url).send(sample_message())
    assert result.outcome is SendOutcome.UNKNOWN
    assert "may have been accepted" in result.detail


def test_accepted_is_accepted_even_if_the_rest_of_the_answer_is_lost() -> None:
    with GraphServer() as keys, hanging_up(b"HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\n") as url:
        assert at(url, login=keys.url).send(sample_message()).outcome is SendOutcome.SENT


def test_a_refusal_whose_text_is_lost_is_still_a_refusal() -> None:
    with GraphServer() as keys, hanging_up(b'HTTP/1.1 400 Bad Request\r\nContent-Length: 99\r\n\r\n{"error') as url:
        result = at(url, login=keys.url).send(sample_message())
    assert (result.outcome, result.detail) == (SendOutcome.REFUSED, "Microsoft 365 refused the message (HTTP 400).")


def test_a_server_that_speaks_no_tls_gets_not_a_byte_of_the_message() -> None:
    with GraphServer() as server:
        mailer = at(server.url.replace("http:", "https:"), login=server.url)
        with pytest.raises(RetriableError) as caught:
            mailer.send(sample_message())
        assert server.messages == []
    assert caught.value.code == "graph-certificate"


def test_a_wrong_secret_lets_the_message_wait_and_names_microsofts_number() -> None:
    with GraphServer() as server, pytest.raises(RetriableError) as caught:
        at(server.url, secret="wrong horse").send(sample_message())
    assert caught.value.what == "The server gives us no key (HTTP 401, invalid_client, AADSTS7000215)."
    assert "client secret" in caught.value.do


def test_a_secret_that_is_not_there_is_a_configuration_error() -> None:
    def missing(reference: str) -> str:
        raise ConfigurationError([ConfigProblem(reference, "is not set.", "Set it.")])

    here = Path(__file__).parent
    context = ConnectorContext(here, here, lambda: datetime.now(UTC), missing)
    mailer = MicrosoftGraph(MicrosoftGraphOptions.model_validate(FIXED), context)
    with pytest.raises(ConfigurationError):
        mailer.send(sample_message())
    assert [finding.subject for finding in mailer.check()] == ["env:MAIL_SECRET"]


@pytest.mark.parametrize("header", ["Bcc", "Resent-Bcc", "Resent-To"])
def test_a_hidden_recipient_never_arises(header: str) -> None:
    message = sample_message()
    message[header] = "lead@school.example" if header != "Bcc" else ""
    hidden = sample_message()
    del hidden["To"]
    hidden["Bcc"] = RECIPIENT
    with GraphServer() as server:
        assert at(server.url).send(message).outcome is SendOutcome.REFUSED
        assert at(server.url).send(hidden).outcome is SendOutcome.REFUSED
        assert server.web.asked == []


def test_an_address_beyond_ascii_is_refused_before_anything_is_asked() -> None:
    message = sample_message()
    message.replace_header("To", "zoë@school.example")
    with GraphServer() as server:
        assert at(server.url).send(message).outcome is SendOutcome.REFUSED
        assert server.web.asked == []


def test_what_goes_over_the_wire_is_plain_base64_to_the_mailbox_of_the_config() -> None:
    with GraphServer() as server:
        at(server.url).send(sample_message())
        asked = server.web.asked[-1]
    assert (asked.method, asked.path, asked.query) == ("POST", f"/v1.0/users/{MAILBOX}/sendMail", {})
    assert asked.headers["Content-Type"] == "text/plain"
    assert asked.body.isascii()


@pytest.mark.parametrize("fault", [*GraphFault, None])
def test_nothing_of_the_message_or_the_key_is_said_or_logged(
    fault: GraphFault | None, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with GraphServer(fault, times=None) as server:
        mailer = at(server.url, timeout_seconds=0.2)
        try:
            said = repr(mailer.send(sample_message()))
        except RetriableError as error:
            said = f"{error} {error!r}"
    said += caplog.text + "".join(capfd.readouterr())
    assert [word for word in OF_THE_MESSAGE if word in said] == []


def test_check_names_the_mailbox_and_sends_nothing() -> None:
    with GraphServer() as server:
        (finding,) = at(server.url).check()
        assert server.messages == []
        assert {asked.method for asked in server.web.asked if "sendMail" in asked.path} == set()
    assert finding.severity is Severity.FINE
    assert f"messages leave from {MAILBOX}" in finding.what


@pytest.mark.parametrize(
    ("options", "secret", "login", "what"),
    [
        ({"mailbox": "nobody@austen.example"}, CLIENT_SECRET, "", "has no mailbox nobody@austen.example"),
        ({}, "wrong horse", "", "gives us no key (HTTP 401, invalid_client, AADSTS7000215)"),
        ({"tenant": "other.example"}, CLIENT_SECRET, "", "gives us no key"),
        ({}, CLIENT_SECRET, "nowhere", "No key could be had"),
    ],
)
def test_check_finds_what_is_wrong(options: dict[str, str], secret: str, login: str, what: str) -> None:
    login = login and nowhere()  # a free port is another one in each process that collects these tests
    with GraphServer() as server:
        (finding,) = at(server.url, secret=secret, login=login, waits=None, **options).check()
    assert finding.severity is Severity.WRONG
    assert finding.do
    assert what in finding.what


@pytest.mark.parametrize(
    "keys",
    [
        {"base_url": "http://graph.example"},
        {"login_url": "http://login.example"},
        {"tenant": "common"},
        {"tenant": "a/b"},
        {"client_id": ""},
        {"client_secret": "the secret itself"},
        {"mailbox": "no address"},
        {"mailbox": "a@b/messages"},
        {"save_to_sent_items": False},
    ],
)
def test_unsafe_or_unknown_options_are_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MicrosoftGraphOptions.model_validate({**FIXED, **keys})


def test_national_clouds_have_their_own_addresses() -> None:
    options = MicrosoftGraphOptions.model_validate({**FIXED, "base_url": "https://graph.microsoft.us/"})
    assert options.base_url == "https://graph.microsoft.us"
    assert options.login_url == "https://login.microsoftonline.com"
