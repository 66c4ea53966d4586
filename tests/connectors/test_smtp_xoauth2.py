"""Log-in by SMTP as an application, at a real SMTP server that takes the keys of a simulated Microsoft 365."""

import base64
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from pydantic import ValidationError

from connectors.smtp import Smtp, SmtpOptions
from sims_sync.connector import ConnectorContext, SendOutcome, Severity
from sims_sync.demo.graph_server import CLIENT_ID, CLIENT_SECRET, MAILBOX, SMTP_SCOPE, TENANT, GraphServer
from sims_sync.errors import RetriableError
from sims_sync.mailer_contract import CHECKS, RECIPIENT, MailerTrial, sample_message
from tests.connectors.test_smtp import CERTIFICATE, CERTIFICATE_KEY, HOST, Postbox, free_port, server, server_tls

AT_MICROSOFT = {"auth": "xoauth2", "tenant": TENANT, "client_id": CLIENT_ID, "user": MAILBOX, "password": "env:SECRET"}
EXPLANATION = b'{"status":"401","schemes":"bearer"}'


class Exchange(Postbox):
    """A postbox behind a log-in by key. `wants_scope`: for which service a key must be; `blunt` explains nothing."""

    def __init__(self, keys: GraphServer, wants_scope: str = SMTP_SCOPE, *, blunt: bool = False) -> None:
        super().__init__()
        self.keys = keys
        self.wants_scope = wants_scope
        self.blunt = blunt
        self.shown: list[str] = []
        self.answered: list[object] = []

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:  # noqa: ANN401, N802 - aiosmtpd's name and untyped object
        user, key, *end = base64.b64decode(args[1], validate=True).decode().split("\1")
        self.shown.append(key)
        good = user == f"user={MAILBOX}" and self.keys.knows(key.removeprefix("auth=Bearer "), self.wants_scope)
        if good and end == ["", ""]:
            return AuthResult(success=True)
        if not self.blunt:
            self.answered.append(await server.challenge_auth(EXPLANATION))
        return AuthResult(success=False, handled=False, message="535 5.7.3 sims-sync@austen.example unsuccessful")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an `Exchange` listens, and with which certificate."""

    box: Exchange
    port: int
    certificate: Path

    def mailer(self, *, secret: str = CLIENT_SECRET, **options: object) -> Smtp:
        known = {"host": "localhost", "port": self.port, "ca_file": self.certificate, "timeout_seconds": 5}
        here = Path(__file__).parent
        context = ConnectorContext(here, here, lambda: datetime.now(UTC), lambda _reference: secret)
        given = {**known, "login_url": self.box.keys.url, **AT_MICROSOFT, **options}
        return Smtp(SmtpOptions.model_validate(given), context)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The certificate for localhost, and its key, as files."""
    folder = tmp_path_factory.mktemp("tls")
    found = folder / "server.pem", folder / "server.key"
    for path, text in zip(found, (CERTIFICATE, CERTIFICATE_KEY), strict=True):
        path.write_text(text, encoding="ascii")
    return found


@contextmanager
def exchange(certificate: tuple[Path, Path], wants_scope: str = SMTP_SCOPE, *, blunt: bool = False) -> Iterator[Place]:
    """A running mail server that insists on STARTTLS and log-in, with its token server."""
    with GraphServer() as keys:
        box = Exchange(keys, wants_scope, blunt=blunt)
        tls = server_tls(certificate)
        with server(box, tls_context=tls, require_starttls=True, auth_required=True) as port:
            yield Place(box, port, certificate[0])


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_smtp_as_an_application_keeps_the_contract(
    check: Callable[[MailerTrial], None], certificate: tuple[Path, Path]
) -> None:
    with exchange(certificate) as place:
        unreachable = place.mailer(login_url=f"http://{HOST}:{free_port()}")
        check(MailerTrial(place.mailer(), lambda: place.box.received, unreachable))


def test_one_key_serves_several_messages(certificate: tuple[Path, Path]) -> None:
    with exchange(certificate) as place:
        box = place.box
        mailer = place.mailer()
        for number in range(3):
            mailer.send(sample_message(f"<report-{number}@school.example>"))
        assert (box.keys.keys_given, len(box.received)) == (1, 3)


def test_a_key_that_is_refused_is_renewed_once(certificate: tuple[Path, Path]) -> None:
    with exchange(certificate) as place:
        box = place.box
        mailer = place.mailer()
        mailer.send(sample_message("<report-1@school.example>"))
        box.keys.forget_keys()
        assert mailer.send(sample_message("<report-2@school.example>")).outcome is SendOutcome.SENT
        assert (box.keys.keys_given, len(box.received)) == (2, 2)
    assert box.answered == [b""]


@pytest.mark.parametrize("blunt", [True, False])
def test_an_application_without_the_right_lets_the_message_wait_and_says_what_to_set(
    certificate: tuple[Path, Path], *, blunt: bool
) -> None:
    with exchange(certificate, wants_scope="another", blunt=blunt) as place:
        box = place.box
        mailer = place.mailer()
        with pytest.raises(RetriableError) as caught:
            mailer.send(sample_message())
        (finding,) = mailer.check()
    assert caught.value.code == "smtp-login"
    assert caught.value.what == "The mail server refused the log-in as an application (535 5.7.3)."
    assert "SMTP.SendAsApp" in caught.value.do
    assert finding.severity is Severity.WRONG
    assert box.received == []


def test_a_wrong_secret_is_told_before_the_mail_server_is_asked(certificate: tuple[Path, Path]) -> None:
    with exchange(certificate) as place:
        box = place.box
        with pytest.raises(RetriableError, match=r"gives us no key \(HTTP 401, invalid_client, AADSTS7000215\)"):
            place.mailer(secret="wrong horse").send(sample_message())
        assert box.shown == []


def test_a_server_that_does_not_offer_it_gets_nothing(certificate: tuple[Path, Path]) -> None:
    postbox = Postbox()
    with GraphServer() as keys, server(postbox, tls_context=server_tls(certificate)) as port:
        place = Place(Exchange(keys), port, certificate[0])
        with pytest.raises(RetriableError, match="does not offer"):
            place.mailer().send(sample_message())
    assert postbox.received == []


@pytest.mark.parametrize("wants_scope", [SMTP_SCOPE, "another"])
def test_neither_key_nor_address_nor_message_is_said_or_logged(
    certificate: tuple[Path, Path],
    wants_scope: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    with exchange(certificate, wants_scope) as place:
        box = place.box
        mailer = place.mailer()
        try:
            said = repr(mailer.send(sample_message()))
        except RetriableError as error:
            said = f"{error} {error!r}"
    # What the server under test itself logs is not ours.
    said += "".join(record.getMessage() for record in caplog.records if record.name != "mail.log")
    said += "".join(capfd.readouterr())
    secrets = [*(key.removeprefix("auth=Bearer ") for key in box.shown), CLIENT_SECRET, MAILBOX, RECIPIENT, "tutors"]
    assert [secret for secret in secrets if secret in said] == []


@pytest.mark.parametrize(
    "keys",
    [
        {"tenant": None},
        {"client_id": None},
        {"user": None, "password": None},
        {"user": "zoë@school.example"},
        {"user": "a@school.example\1"},
        {"tenant": "organizations"},
        {"login_url": "http://login.example"},
        {"auth": "password"},
        {"security": "none", "internal_relay": True},
    ],
)
def test_unsafe_or_incomplete_options_are_refused(keys: dict[str, object]) -> None:
    good = {"host": "smtp.school.example", **AT_MICROSOFT}
    assert SmtpOptions.model_validate(good).scope == "https://outlook.office365.com/.default"
    with pytest.raises(ValidationError):
        SmtpOptions.model_validate({**good, **keys})
