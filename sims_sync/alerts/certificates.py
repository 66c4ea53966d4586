"""When do the certificates run out of the servers that a school's configuration names? One short look at each."""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog

from sims_sync.config import SchoolConfig
from sims_sync.connector import Severity
from sims_sync.school_year import shown_day
from sims_sync.standing import Condition

WARNING_DAYS = 14
LOOK_SECONDS = 5
_URL_KEYS = ("base_url", "token_url", "login_url")
_SMTP_PORTS = {"starttls": 587, "tls": 465}
_DO = "Whoever runs that server must renew it; tell them. When it runs out, nothing is read from or sent to it."

log = structlog.get_logger("sims_sync.alerts")


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found at the servers, and which of them could not be seen today."""

    conditions: tuple[Condition, ...]
    unseen: frozenset[str]


def look_at_certificates(school: SchoolConfig, now: datetime) -> Looked:
    """Each server whose certificate runs out within two weeks; one that does not answer is none of our business here.

    A certificate that has run out already, or is not trusted, stops the job that needs it: that is told then.
    """
    found, unseen = [], set()
    for host, port, starttls in sorted(set(_servers(school))):
        ends = _ends(host, port, starttls=starttls, ca_file=_ca_file(school))
        server = f"{host}:{port}"
        if ends is None:
            unseen.add(server)
        elif (ends - now).days <= WARNING_DAYS:
            what = f"The certificate of {server} runs out on {shown_day(ends.date())}."
            reason = ends.date().isoformat()
            found.append(Condition("certificate-expires", server, Severity.WARN, what, _DO, reason=reason))
    return Looked(tuple(found), frozenset(unseen))


def _servers(school: SchoolConfig) -> Iterator[tuple[str, int, bool]]:
    sections = [source.options for source in school.sources.values() if source.enabled]
    if school.push.enabled and school.push.destination is not None:
        sections.append(school.push.destination.options)
    mailer = school.messages.mailer
    sections.append(mailer.options)
    for options in sections:
        for key in _URL_KEYS:
            parts = urlsplit(str(options.get(key, "")))
            if parts.scheme == "https" and parts.hostname:
                yield parts.hostname, parts.port or 443, False
    security = str(mailer.options.get("security", "starttls"))
    if mailer.connector == "smtp" and mailer.options.get("host") and security in _SMTP_PORTS:
        port = int(str(mailer.options.get("port") or _SMTP_PORTS[security]))
        yield str(mailer.options["host"]), port, security == "starttls"


def _ca_file(school: SchoolConfig) -> str | None:
    own = school.messages.mailer.options.get("ca_file")
    return str(school.path(str(own))) if own else None


def _ends(host: str, port: int, *, starttls: bool, ca_file: str | None) -> datetime | None:
    try:
        context = ssl.create_default_context()
        if ca_file is not None:
            context.load_verify_locations(ca_file)
        certificate = _after_starttls(host, port, context) if starttls else _at_once(host, port, context)
        text = str((certificate or {}).get("notAfter", ""))
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC)
    except (OSError, ValueError, smtplib.SMTPException) as error:  # no answer, or no certificate that is trusted
        log.info("certificate not seen", error=type(error).__name__)
        return None


def _at_once(host: str, port: int, context: ssl.SSLContext) -> dict[str, object] | None:
    with (
        socket.create_connection((host, port), timeout=LOOK_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        return dict(secured.getpeercert() or {})


def _after_starttls(host: str, port: int, context: ssl.SSLContext) -> dict[str, object] | None:
    with smtplib.SMTP(host, port, timeout=LOOK_SECONDS) as server:
        server.starttls(context=context)
        secured = server.sock
        return dict(secured.getpeercert() or {}) if isinstance(secured, ssl.SSLSocket) else None
