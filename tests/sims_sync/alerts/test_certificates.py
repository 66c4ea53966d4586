"""A certificate that runs out soon is seen by a look at the server; one that does not answer is not waited for."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from sims_sync.alerts.certificates import look_at_certificates
from sims_sync.config import MailerSection, SchoolConfig, SourceSection
from tests.connectors.test_smtp import CERTIFICATE, CERTIFICATE_KEY, Postbox
from tests.sims_sync.builders import make_school

LONG_BEFORE, SOON = datetime(2026, 12, 16, tzinfo=UTC), datetime(2126, 10, 20, tzinfo=UTC)  # it ends on 31 Oct 2126
SAID = "The certificate of localhost:{port} runs out on Thu 31 Oct 2126."


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    (tmp_path / "ca.pem").write_text(CERTIFICATE, encoding="ascii")
    (tmp_path / "key.pem").write_text(CERTIFICATE_KEY, encoding="ascii")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "ca.pem", tmp_path / "key.pem")
    return context


@pytest.fixture
def web(tls: ssl.SSLContext) -> Iterator[int]:
    """A server that shakes hands and hangs up; its port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            try:
                tls.wrap_socket(plain, server_side=True).close()
            except OSError:
                plain.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield int(listening.getsockname()[1])
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(5)


@pytest.fixture
def mail(tls: ssl.SSLContext) -> Iterator[int]:
    """A real mail server that offers STARTTLS; its port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    controller = Controller(Postbox(), hostname="127.0.0.1", port=port, tls_context=tls)
    controller.start()
    yield port
    controller.stop()


def school_with(tmp_path: Path, port: int, *, base_url: str | None = None, ca_file: str = "ca.pem") -> SchoolConfig:
    options = {"connector": "smtp", "host": "localhost", "port": port, "security": "starttls", "ca_file": ca_file}
    school = make_school(tmp_path)
    messages = school.messages.model_copy(update={"mailer": MailerSection.model_validate(options)})
    source = {"kind": "students", "connector": "oneroster", "mapping": "oneroster_students", "base_url": base_url}
    sources = {"students": SourceSection.model_validate(source)} if base_url else {}
    return school.model_copy(update={"messages": messages, "sources": sources})


def test_a_mail_servers_certificate_is_seen_after_starttls(tmp_path: Path, mail: int) -> None:
    school = school_with(tmp_path, mail)
    assert look_at_certificates(school, LONG_BEFORE).conditions == ()
    (found,) = look_at_certificates(school, SOON).conditions
    assert (found.code, found.subject, found.what) == (
        "certificate-expires",
        f"localhost:{mail}",
        SAID.format(port=mail),
    )


def test_a_web_servers_certificate_is_seen_too(tmp_path: Path, mail: int, web: int) -> None:
    school = school_with(tmp_path, mail, base_url=f"https://localhost:{web}/ims")
    assert [each.what for each in look_at_certificates(school, SOON).conditions] == [
        SAID.format(port=port) for port in sorted((mail, web))
    ]


def test_what_does_not_answer_or_is_not_trusted_is_unseen_and_nothing_is_said(tmp_path: Path, mail: int) -> None:
    school = school_with(tmp_path, 9)
    looked = look_at_certificates(school, SOON)
    assert (looked.conditions, looked.unseen) == ((), frozenset({"localhost:9"}))
    (tmp_path / "other.pem").write_text("no certificate", encoding="ascii")
    assert look_at_certificates(school_with(tmp_path, mail, ca_file="other.pem"), SOON).unseen == {f"localhost:{mail}"}


def test_a_server_without_encryption_has_no_certificate_to_look_at(tmp_path: Path) -> None:
    looked = look_at_certificates(make_school(tmp_path), SOON)
    assert (looked.conditions, looked.unseen) == ((), frozenset())
