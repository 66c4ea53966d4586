"""How a message leaves by SMTP: one connection and one recipient per message, TLS verified, no doubt hidden.

What became of a message depends on *where* it stopped. Until the server has answered to DATA's end nothing is accepted,
so a fault before it may be tried again; once the message is on its way and the answer is lost, nobody can know.
"""

import base64
import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from sims_sync.client_credentials import (
    MICROSOFT_LOGIN_URL,
    ClientCredentials,
    TenantName,
    header_for_mail,
    microsoft_request,
)
from sims_sync.connector import ConnectorContext, Finding, Options, SendOutcome, SendResult, Severity
from sims_sync.errors import ConfigurationError, RetriableError
from sims_sync.http_options import HttpOptions, HttpUrl, is_loopback
from sims_sync.mailer_contract import addresses, refusal_of

MICROSOFT_SCOPE = "https://outlook.office365.com/.default"
DEFAULT_PORTS = {"starttls": 587, "tls": 465, "none": 25}
START_MAIL_INPUT = 354
_EXPLANATION = 334
_OK = range(200, 300)
_LATER = range(400, 500)  # a code below is no answer that SMTP knows at this point
_DO_XOAUTH2 = (
    "Let the application have SMTP.SendAsApp with admin consent and full access to the mailbox in Exchange, "
    "and switch authenticated SMTP on for that mailbox."
)
_ENHANCED_STATUS = re.compile(rb"\b([245]\.\d{1,3}\.\d{1,3})\b")


class SmtpOptions(Options):
    """The keys of a mailer with `connector = "smtp"`."""

    host: str = Field(min_length=1, description="The mail server's name.")
    port: int | None = Field(default=None, ge=1, le=65535, description="587 for starttls, 465 for tls, 25 for none.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description='How the connection is enciphered; "none" only to this machine or a relay.'
    )
    internal_relay: bool = Field(
        default=False, description='Allows security = "none" to a relay inside the school\'s own network.'
    )
    user: str | None = Field(default=None, description="The account to log in with; none = no log-in.")
    password: str | None = Field(
        default=None,
        description='A reference, e.g. "env:NAME" or "file:PATH"; for xoauth2 to the client secret.',
    )
    auth: Literal["password", "xoauth2"] = Field(
        default="password", description='How to log in; "xoauth2": as an application, with a key of Microsoft 365.'
    )
    tenant: TenantName | None = Field(default=None, description="xoauth2: the directory's id, or one of its domains.")
    client_id: str | None = Field(default=None, min_length=1, description="xoauth2: the application's id.")
    login_url: HttpUrl = Field(default=MICROSOFT_LOGIN_URL, description="xoauth2: where the key is fetched.")
    scope: str = Field(default=MICROSOFT_SCOPE, min_length=1, description="xoauth2: for which service it is.")
    ca_file: Path | None = Field(default=None, description="The school's own certificate authority (PEM), if any.")
    timeout_seconds: float = Field(default=60, gt=0, le=600, description="How long one answer of the server may take.")

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.security == "none" and not (self.internal_relay or is_loopback(self.host.strip("[]"))):
            raise ValueError(
                'security = "none" sends staff names unenciphered: use "starttls" or "tls", '
                "or set internal_relay = true for a relay inside the school's own network."
            )
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together: give both or neither.")
        if self.security == "none" and self.user is not None and not is_loopback(self.host.strip("[]")):
            raise ValueError('a password is never sent with security = "none": use "starttls" or "tls".')
        return self

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.auth == "password" and (self.tenant or self.client_id):
            raise ValueError('tenant and client_id are of no use without auth = "xoauth2".')
        user = self.user or ""
        if self.auth == "xoauth2" and not (
            self.tenant and self.client_id and user and user.isascii() and user.isprintable()
        ):
            raise ValueError('auth = "xoauth2" needs tenant, client_id, user (an address in ASCII) and password.')
        return self


class Smtp:
    """Sends through one SMTP server. Nothing is ever sent a second time from here: that is the outbox's decision."""

    Options: ClassVar[type[SmtpOptions]] = SmtpOptions
    kind_of_connector: ClassVar[str] = "mailer"
    description: ClassVar[str] = "Sends each message through an SMTP server, over verified TLS."

    def __init__(self, options: SmtpOptions, context: ConnectorContext) -> None:
        self._options = options
        self._context = context
        self._port = options.port or DEFAULT_PORTS[options.security]
        self._authority = _authority(options, context) if options.auth == "xoauth2" else None

    def send(self, message: EmailMessage) -> SendResult:
        """Hand the message to the server.

        SENT: the server answered that it has it. REFUSED: it said no for good (5xx). UNKNOWN: the connection was lost
        after the message was on its way; it may or may not have arrived and must not be sent again by itself.

        Raises:
            RetriableError: no connection, no TLS, no key, no log-in, or "later" (4xx); nothing was accepted.
            ConfigurationError: the password's reference leads nowhere.
        """
        refusal = refusal_of(message)
        if refusal:
            return SendResult(SendOutcome.REFUSED, refusal)
        with self._connection() as client:
            return self._transaction(client, message)

    def check(self) -> Sequence[Finding]:
        """Connect, encipher and log in, as for a message, and send nothing."""
        try:
            with self._connection() as client, _nothing_accepted():
                client.noop()
        except RetriableError as error:
            return [Finding(Severity.WRONG, "smtp", error.what, error.do)]
        except ConfigurationError as error:
            return [Finding(Severity.WRONG, "smtp", str(error), "Set the password, then run `sims-sync check` again.")]
        return [Finding(Severity.FINE, "smtp", f"The mail server {self._options.host} answers and takes our log-in.")]

    @contextmanager
    def _connection(self) -> Iterator[smtplib.SMTP]:
        password = None
        if self._authority is not None:
            header_for_mail(self._authority)  # now: the mail server is not left waiting for it
        elif self._options.password:
            password = self._context.secret(self._options.password)
        with _nothing_accepted():
            client = self._connected()
        try:
            with _nothing_accepted():
                self._prepare(client, password)
            yield client
        finally:
            with suppress(smtplib.SMTPException, OSError):
                client.quit()  # whatever it answers, the message's fate is already known
            client.close()

    def _connected(self) -> smtplib.SMTP:
        host, timeout = self._options.host, self._options.timeout_seconds
        if self._options.security == "tls":
            return smtplib.SMTP_SSL(host, self._port, timeout=timeout, context=self._tls())
        return smtplib.SMTP(host, self._port, timeout=timeout)

    def _prepare(self, client: smtplib.SMTP, password: str | None) -> None:
        if self._options.security == "starttls":
            client.starttls(context=self._tls())
        client.ehlo_or_helo_if_needed()
        if self._authority is not None:
            _log_in_by_key(client, self._options.user or "", self._authority)
        elif self._options.user is not None and password is not None:
            client.login(self._options.user, password)

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._options.ca_file is not None:
            context.load_verify_locations(self._context.base / self._options.ca_file)
        return context

    def _transaction(self, client: smtplib.SMTP, message: EmailMessage) -> SendResult:
        sender, recipient = addresses(message, "From")[0], addresses(message, "To", "Cc", "Bcc")[0]
        wide = not (sender + recipient).isascii()
        if wide and not client.has_extn("smtputf8"):
            return SendResult(SendOutcome.REFUSED, "The mail server takes no address with letters beyond ASCII.")
        content = _dots_doubled(_flattened(message, wide=wide))
        with _nothing_accepted():
            for answer in (
                client.mail(sender, ["SMTPUTF8"] if wide else []),
                client.rcpt(recipient),
            ):
                if answer[0] not in _OK:
                    return _declined(*answer)
            answer = client.docmd("DATA")
            if answer[0] != START_MAIL_INPUT:
                return _declined(*answer)
        return _handed_over(client, content)


def _authority(options: SmtpOptions, context: ConnectorContext) -> ClientCredentials:
    tenant, client_id, secret = options.tenant or "", options.client_id or "", options.password or ""
    request = microsoft_request(options.login_url, tenant, client_id, secret, options.scope)
    # Asked once: the outbox tries again.
    return ClientCredentials(request, HttpOptions(timeout_seconds=options.timeout_seconds, attempts=1), context.secret)


def _log_in_by_key(client: smtplib.SMTP, user: str, authority: ClientCredentials) -> None:
    """Log in with a bearer key; one that is refused is renewed once.

    Raises:
        RetriableError: refused again.
    """
    if "XOAUTH2" not in client.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError
    code, text = _key_shown(client, user, authority)
    if code not in _OK and authority.renew():
        code, text = _key_shown(client, user, authority)
    if code not in _OK:
        what = f"The mail server refused the log-in as an application ({_status(code, text)})."
        raise RetriableError("smtp-login", what, _DO_XOAUTH2)


def _key_shown(client: smtplib.SMTP, user: str, authority: ClientCredentials) -> tuple[int, bytes]:
    """The server's last word. A refusal comes with an explanation first, to which an empty line answers."""
    key = f"user={user}\1auth={header_for_mail(authority)}\1\1"
    code, text = client.docmd("AUTH", f"XOAUTH2 {base64.b64encode(key.encode('ascii')).decode('ascii')}")
    return client.docmd("") if code == _EXPLANATION else (code, text)


def _handed_over(client: smtplib.SMTP, content: bytes) -> SendResult:
    """Send the content and its end. From here on a lost connection leaves the outcome unknown."""
    try:
        client.send(content + b".\r\n")
        code, text = client.getreply()
    except (smtplib.SMTPException, OSError):
        return SendResult(
            SendOutcome.UNKNOWN, "The connection was lost while the message was on its way: it may have arrived."
        )
    if code in _OK:
        return SendResult(SendOutcome.SENT, f"The mail server accepted it ({_status(code, text)}).")
    if code < _LATER.start:
        return SendResult(SendOutcome.UNKNOWN, "The mail server's last answer made no sense: it may have accepted it.")
    return _declined(code, text)


def _declined(code: int, text: bytes) -> SendResult:
    """The server's "no": for good, or for now. Its words are left out: they may repeat addresses or content.

    Raises:
        RetriableError: for now (4xx), or an answer that is none.
    """
    if code < _LATER.stop:
        raise _later(f"The mail server put the message off ({_status(code, text)}).")
    return SendResult(SendOutcome.REFUSED, f"The mail server refused the message ({_status(code, text)}).")


@contextmanager
def _nothing_accepted() -> Iterator[None]:
    """Every fault in here is one before the server could have accepted anything."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise RetriableError(
            "smtp-certificate",
            f"The mail server's certificate is not to be trusted ({error.verify_message}).",
            "Name the server as its certificate does, or give the school's own authority as ca_file.",
        ) from None
    except smtplib.SMTPAuthenticationError as error:
        raise RetriableError(
            "smtp-login",
            f"The mail server refused the log-in ({_status(error.smtp_code, error.smtp_error)}).",
            "Check user and password, and whether the server still allows password log-in by SMTP.",
        ) from None
    except smtplib.SMTPNotSupportedError:
        raise RetriableError(
            "smtp-no-offer",
            "The mail server does not offer the security or the log-in that the configuration asks for.",
            'Set "security" and "port" as the server\'s administrator says.',
        ) from None
    except smtplib.SMTPResponseException as error:
        raise _later(f"The mail server sent us away ({_status(error.smtp_code, error.smtp_error)}).") from None
    except (smtplib.SMTPException, OSError, UnicodeError) as error:  # UnicodeError: this machine's name in EHLO
        raise _later(f"The mail server cannot be reached, or hung up ({type(error).__name__}).") from None


def _later(what: str) -> RetriableError:
    return RetriableError("smtp-later", what, "It is tried again by itself; if it stays so, run `sims-sync check`.")


def _status(code: int, text: bytes | str) -> str:
    """The numbers of an answer alone: "550 5.1.1"."""
    found = _ENHANCED_STATUS.search(text if isinstance(text, bytes) else text.encode())
    return f"{code} {found.group(1).decode()}" if found else str(code)


def _flattened(message: EmailMessage, *, wide: bool) -> bytes:
    # Seven bits, so that no server has to announce 8BITMIME.
    rules = (policy.SMTPUTF8 if wide else policy.SMTP).clone(cte_type="7bit")
    content = message.as_bytes(policy=rules)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def _dots_doubled(content: bytes) -> bytes:
    # A line of one dot would end the message (RFC 5321, 4.5.2).
    return re.sub(rb"(?m)^\.", b"..", content)
