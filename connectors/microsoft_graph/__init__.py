"""How does a message leave through Microsoft 365, from a mailbox of the school (Microsoft Graph, sendMail)?

As with SMTP, what became of a message depends on *where* it stopped: a fault before its first byte left may be tried
again; once it is on its way and no answer comes, nobody can know. No real Microsoft 365 has been tried yet.
"""

import base64
import time
from collections.abc import Callable, Sequence
from email import policy
from email.message import EmailMessage
from http import HTTPStatus
from typing import ClassVar
from urllib.parse import quote

from pydantic import Field

from connectors.microsoft_graph.posting import Answer, post
from connectors.microsoft_graph.verdict import finding_of, result_of
from sims_sync.client_credentials import (
    MICROSOFT_LOGIN_URL,
    ClientCredentials,
    TenantName,
    header_for_mail,
    microsoft_request,
)
from sims_sync.connector import ConnectorContext, Finding, SendOutcome, SendResult, Severity
from sims_sync.errors import ConfigurationError, SimsSyncError
from sims_sync.http import HttpClient
from sims_sync.http_options import HttpOptions, HttpUrl, SecretReference
from sims_sync.mailer_contract import addresses, refusal_of

GRAPH_URL = "https://graph.microsoft.com"
WAIT_SECONDS_MAX = 60  # whom the server asks to wait longer waits in the outbox, not in the middle of a run

_OTHER_RECIPIENTS = ("Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc")


class MicrosoftGraphOptions(HttpOptions):
    """The keys of a mailer with `connector = "microsoft_graph"`."""

    tenant: TenantName = Field(description="The school's directory: its id, or one of its domains.")
    client_id: str = Field(min_length=1, description="The id of the application that was registered in Entra.")
    client_secret: SecretReference = Field(description="Where its client secret is, e.g. env:MAIL_SECRET.")
    mailbox: str = Field(
        pattern=r"^[^@\s/?#]+@[^@\s/?#]+$", description="The mailbox that sends; messages.sender is its address."
    )
    base_url: HttpUrl = Field(default=GRAPH_URL, description="Microsoft Graph; national clouds have another.")
    login_url: HttpUrl = Field(
        default=MICROSOFT_LOGIN_URL, description="Where the key is fetched; national clouds have another."
    )


class MicrosoftGraph:
    """Sends from one mailbox, as an application with a key of its own.

    Nothing that may have been accepted is ever sent a second time from here: that is the outbox's decision. `sleep` is
    how waiting is done: tests do not.
    """

    Options: ClassVar[type[MicrosoftGraphOptions]] = MicrosoftGraphOptions
    kind_of_connector: ClassVar[str] = "mailer"
    description: ClassVar[str] = "Sends each message from a mailbox of Microsoft 365, by Microsoft Graph."

    def __init__(
        self, options: MicrosoftGraphOptions, context: ConnectorContext, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._options = options
        self._sleep = sleep
        self._user = f"/v1.0/users/{quote(options.mailbox, safe='@')}"
        request = microsoft_request(
            options.login_url,
            options.tenant,
            options.client_id,
            options.client_secret,
            scope=f"{options.base_url}/.default",
        )
        self._authority = ClientCredentials(request, options, context.secret)

    def send(self, message: EmailMessage) -> SendResult:
        """Hand the message to Microsoft 365.

        SENT: it answered 202. REFUSED: it does not take this message (4xx). UNKNOWN: no answer came after the message
        was on its way, or one that leaves open whether it was accepted; it must not be sent again by itself.

        Raises:
            RetriableError: no connection, no key, no right to send, no such mailbox, or "later"; nothing was accepted.
            ConfigurationError: the secret's reference leads nowhere.
        """
        refusal = refusal_of(message) or _refusal_of_headers(message)
        if refusal:
            return SendResult(SendOutcome.REFUSED, refusal)
        return result_of(self._hand_over(_encoded(message)))

    def check(self) -> Sequence[Finding]:
        """Fetch a key and show it to Microsoft Graph, naming the mailbox; nothing is sent."""
        client = HttpClient(self._options.base_url, self._options, self._authority, self._sleep)
        try:
            status = client.send("GET", self._user, query={"$select": "id"}).status
        except ConfigurationError as fault:
            return [Finding(Severity.WRONG, problem.path, problem.what, problem.do) for problem in fault.problems]
        except SimsSyncError as fault:
            return [Finding(Severity.WRONG, "microsoft graph", fault.what, fault.do)]
        finally:
            client.close()
        return [finding_of(status, self._options.mailbox)]

    def _hand_over(self, content: bytes) -> Answer | None:
        """The last answer; None = none came. Only what was certainly not taken is posted a second time."""
        answer = self._post(content)
        if answer is not None and answer.status == HTTPStatus.UNAUTHORIZED and self._authority.renew():
            answer = self._post(content)
        for number in range(self._options.attempts - 1):
            if answer is None or answer.status != HTTPStatus.TOO_MANY_REQUESTS:
                break
            wait = self._options.wait_seconds * 2**number if answer.retry_after is None else answer.retry_after
            if wait > WAIT_SECONDS_MAX:
                break
            self._sleep(wait)
            answer = self._post(content)
        return answer

    def _post(self, content: bytes) -> Answer | None:
        url = f"{self._options.base_url}{self._user}/sendMail"
        return post(url, content, header_for_mail(self._authority), self._options)


def _refusal_of_headers(message: EmailMessage) -> str:
    """Graph takes its recipients from the message itself, so no header may hide one (DOMAIN rule 23)."""
    if any(name in message for name in _OTHER_RECIPIENTS):
        return "The message has a header for recipients whom its reader would not see."
    if not all(address.isascii() for address in addresses(message, "From", "To", "Cc")):
        return "Microsoft 365 is given no address with letters beyond ASCII."
    return ""


def _encoded(message: EmailMessage) -> bytes:
    """MIME in base64, as sendMail wants it; seven bits inside, whatever relays it later."""
    return base64.b64encode(message.as_bytes(policy=policy.SMTP.clone(cte_type="7bit")))
