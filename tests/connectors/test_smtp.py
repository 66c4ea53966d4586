"""Messages to a real SMTP server: accepted, refused, put off, and lost on the way."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from pydantic import ValidationError

from connectors.smtp import Smtp, SmtpOptions
from sims_sync.connector import ConnectorContext, SendOutcome, Severity
from sims_sync.errors import ConfigProblem, ConfigurationError, RetriableError
from sims_sync.mailer_contract import CHECKS, MailerTrial, sample_message

HOST = "127.0.0.1"
# Made for these tests, for "localhost" until 2125; vouches for nothing else. A fresh one would need openssl.
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBpjCCAUugAwIBAgIUa0rgJahn9AKWj/C9MRlPZQr+b4wwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDE0MTAyMVoYDzIxMjYxMDMx
MTQxMDIxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQR8zFoe7lOlniW+n6y7vMsrybc3X/iQpD+DYXA5YOMkLr9XljTrw3Q
Ye4cTDdHTaK1kVmJ4biSKDFia98sjZ+Yo3kwdzAdBgNVHQ4EFgQUPhG2NjUShOJg
KwGbSXqco9+4ODowHwYDVR0jBBgwFoAUPhG2NjUShOJgKwGbSXqco9+4ODowDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwDgYDVR0PAQH/BAQD
AgKEMAoGCCqGSM49BAMCA0kAMEYCIQCQsoLCsXtXTToNjAfj24cB2gXr1WI372Sq
JPKi118WzgIhAPRL2pAI9+7iz+FIhdzcOkbBEt9Wgv/CCpQF/EIGnb2I
-----END CERTIFICATE-----
"""
CERTIFICATE_KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYW+9IbG2oB0xz1pF
LC8e19pMajJNj8CcaYsZvu40BnWhRANCAAQR8zFoe7lOlniW+n6y7vMsrybc3X/i
QpD+DYXA5YOMkLr9XljTrw3QYe4cTDdHTaK1kVmJ4biSKDFia98sjZ+Y
-----END PRIVATE KEY-----
"""


class Postbox:
    """What the server does: keeps messages, or answers as told; `dies_after_data` hangs up instead of answering."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.received: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.dies_after_data = False

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: ANN401, N802 - aiosmtpd's names and untyped objects
        envelope.mail_from = address
        return self.answers.get("mail", "250 OK")

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: ANN401, N802 - likewise
        if "rcpt" not in self.answers:
            envelope.rcpt_tos.append(address)
        return self.answers.get("rcpt", "250 OK")

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: ANN401, N802 - likewise
        self.recipients += envelope.rcpt_tos
        self.received.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.dies_after_data:
            server.transport.abort()
        return self.answers.get("data", "250 OK")


@contextmanager
def server(postbox: Postbox, **options: Any) -> Iterator[int]:  # noqa: ANN401 - whatever aiosmtpd takes
    """A running server's port."""
    controller = Controller(postbox, hostname=HOST, port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


def smtp(port: int, **options: object) -> Smtp:
    known = {"host": HOST, "port": port, "security": "none", "timeout_seconds": 5, **options}
    here = Path(__file__).parent
    context = ConnectorContext(here, here, lambda: datetime.now(UTC), read_secret)
    return Smtp(SmtpOptions.model_validate(known), context)


def read_secret(reference: str) -> str:
    if reference == "env:MISSING":
        raise ConfigurationError([ConfigProblem(reference, "is not set.", "Set it.")])
    return "correct horse"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The certificate for localhost, and its key, as files."""
    folder = tmp_path_factory.mktemp("tls")
    pem, key = folder / "server.pem", folder / "server.key"
    pem.write_text(CERTIFICATE, encoding="ascii")
    key.write_text(CERTIFICATE_KEY, encoding="ascii")
    return pem, key


def server_tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_smtp_keeps_the_contract(check: Callable[[MailerTrial], None]) -> None:
    postbox = Postbox()

    def delivered() -> Sequence[EmailMessage]:
        return postbox.received

    with server(postbox) as port:
        check(MailerTrial(smtp(port), delivered, smtp(free_port())))


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_a_refusal_for_good_is_refused(stage: str) -> None:
    with server(Postbox(**{stage: "550 5.7.1 head@school.example is not welcome"})) as port:
        result = smtp(port).send(sample_message())
    assert result.outcome is SendOutcome.REFUSED
    assert result.detail == "The mail server refused the message (550 5.7.1)."


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_a_refusal_for_now_may_be_tried_again(stage: str) -> None:
    with (
        server(Postbox(**{stage: "451 4.3.0 head@school.example later"})) as port,
        pytest.raises(RetriableError, match=r"put the message off \(451 4\.3\.0\)"),
    ):
        smtp(port).send(sample_message())


def test_a_connection_lost_after_the_content_leaves_the_outcome_unknown() -> None:
    postbox = Postbox()
    postbox.dies_after_data = True
    with server(postbox) as port:
        result = smtp(port).send(sample_message())
    assert result.outcome is SendOutcome.UNKNOWN
    assert len(postbox.received) == 1


def test_a_server_that_is_silent_after_the_content_leaves_the_outcome_unknown() -> None:
    with scripted(["220 hello", "250 hello", "250 sender", "250 recipient", "354 go on"]) as port:
        result = smtp(port, timeout_seconds=0.2).send(sample_message())
    assert result.outcome is SendOutcome.UNKNOWN


@pytest.mark.parametrize(
    "answers",
    [
        [],
        ["220 hello"],
        ["220 hello", "250 hello"],
        ["220 hello", "250 hello", "250 sender"],
        ["220 hello", "250 hello", "250 sender", "250 recipient"],
        ["421 too busy"],
        ["554 go away"],
        ["220 hello", "250 hello", "250 sender", "250 recipient", "421 going down"],
    ],
    ids=["greeting", "hello", "sender", "recipient", "data", "busy", "unwelcome", "going down"],
)
def test_a_connection_lost_before_the_content_may_be_tried_again(answers: list[str]) -> None:
    with scripted(answers, hang_up=True) as port, pytest.raises(RetriableError):
        smtp(port, timeout_seconds=2).send(sample_message())


def test_an_answer_to_the_content_that_makes_no_sense_leaves_the_outcome_unknown() -> None:
    with scripted(
        ["220 hello", "250 hello", "250 sender", "250 recipient", "354 go on", "thanks"], hang_up=True
    ) as port:
        assert smtp(port).send(sample_message()).outcome is SendOutcome.UNKNOWN


def test_a_fault_while_saying_goodbye_changes_nothing() -> None:
    told = ["220 hello", "250 hello", "250 sender", "250 recipient", "354 go on", "250 2.0.0 yours"]
    with scripted(told, hang_up=True) as port:
        result = smtp(port).send(sample_message())
    assert (result.outcome, result.detail) == (SendOutcome.SENT, "The mail server accepted it (250 2.0.0).")


def test_an_address_beyond_ascii_needs_a_server_that_takes_it() -> None:
    message = sample_message()
    message.replace_header("To", "zoë@school.example")
    with scripted(["220 hello", "250 hello"], hang_up=True) as port:
        assert smtp(port).send(message).outcome is SendOutcome.REFUSED
    postbox = Postbox()
    with server(postbox, enable_SMTPUTF8=True) as port:
        assert smtp(port).send(message).outcome is SendOutcome.SENT
    assert postbox.recipients == ["zoë@school.example"]


def test_starttls_with_log_in_sends(certificate: tuple[Path, Path]) -> None:
    postbox, logins = Postbox(), []

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:  # noqa: ANN401 - aiosmtpd's untyped objects
        logins.append(data)
        return AuthResult(success=data == LoginPassword(b"sims-sync", b"correct horse"), handled=False)

    options = {"tls_context": server_tls(certificate), "require_starttls": True, "authenticator": authenticate}
    with server(postbox, **options, auth_required=True) as port:
        mailer = starttls(port, certificate, user="sims-sync", password="env:MAIL")
        assert mailer.send(sample_message()).outcome is SendOutcome.SENT
        assert mailer.check()[0].severity is Severity.FINE
        stranger = starttls(port, certificate, user="stranger", password="env:MAIL")
        with pytest.raises(RetriableError, match="refused the log-in") as caught:
            stranger.send(sample_message())
    assert "stranger" not in str(caught.value)
    assert len(postbox.received) == 1
    assert len(logins) >= 3


def test_tls_from_the_first_byte_sends(certificate: tuple[Path, Path]) -> None:
    postbox = Postbox()
    with server(postbox, ssl_context=server_tls(certificate)) as port:
        options = {"host": "localhost", "security": "tls", "ca_file": certificate[0]}
        assert smtp(port, **options).send(sample_message()).outcome is SendOutcome.SENT


def test_a_certificate_nobody_vouches_for_is_never_accepted(certificate: tuple[Path, Path]) -> None:
    postbox = Postbox()
    with server(postbox, tls_context=server_tls(certificate)) as port:
        mailer = smtp(port, host="localhost", security="starttls")
        with pytest.raises(RetriableError, match="certificate is not to be trusted"):
            mailer.send(sample_message())
        assert mailer.check()[0].severity is Severity.WRONG
    assert postbox.received == []


def test_a_certificate_for_another_name_is_never_accepted(certificate: tuple[Path, Path]) -> None:
    with (
        server(Postbox(), tls_context=server_tls(certificate)) as port,
        pytest.raises(RetriableError, match="certificate is not to be trusted"),
    ):
        smtp(port, security="starttls", ca_file=certificate[0]).send(sample_message())


def test_a_server_without_starttls_gets_nothing() -> None:
    postbox = Postbox()
    with server(postbox) as port, pytest.raises(RetriableError, match="does not offer"):
        smtp(port, security="starttls").send(sample_message())
    assert postbox.received == []


def test_a_password_that_is_not_there_is_a_configuration_error() -> None:
    mailer = smtp(free_port(), user="sims-sync", password="env:MISSING")
    with pytest.raises(ConfigurationError):
        mailer.send(sample_message())
    assert mailer.check()[0].severity is Severity.WRONG


@pytest.mark.parametrize("host", ["mail.school.example", "10.0.0.5", "127.0.0.1.evil.example"])
def test_no_encryption_is_only_for_this_machine_or_a_declared_relay(host: str) -> None:
    with pytest.raises(ValidationError, match="internal_relay"):
        SmtpOptions(host=host, security="none")
    assert SmtpOptions(host=host, security="none", internal_relay=True).host == host


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_this_machine_needs_no_encryption(host: str) -> None:
    assert SmtpOptions(host=host, security="none").security == "none"


@pytest.mark.parametrize(
    "keys",
    [
        {"host": "mail.school.example", "user": "u"},
        {"host": "mail.school.example", "password": "env:P"},
        {"host": "relay", "security": "none", "internal_relay": True, "user": "u", "password": "env:P"},
        {"host": ""},
        {"host": "mail.school.example", "timeout_seconds": 0},
        {"host": "mail.school.example", "verify": False},
    ],
)
def test_unsafe_or_unknown_options_are_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SmtpOptions.model_validate(keys)


def starttls(port: int, certificate: tuple[Path, Path], **options: object) -> Smtp:
    return smtp(port, host="localhost", security="starttls", ca_file=certificate[0], **options)


@contextmanager
def scripted(answers: Sequence[str], *, hang_up: bool = False) -> Iterator[int]:
    """A server that gives these answers, one per command, then hangs up or falls silent; its port."""
    over = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as commands:
            for number, answer in enumerate(answers):
                if number:
                    read_command(commands, content=answers[number - 1].startswith("354"))
                connection.sendall(f"{answer}\r\n".encode())
            over.wait(0 if hang_up else 10)

    with socket.create_server((HOST, 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            over.set()
            thread.join()


def read_command(commands: BinaryIO, *, content: bool) -> None:
    """Read one command line, or a whole message up to its dot."""
    while (line := commands.readline()) and content and line != b".\r\n":
        pass
