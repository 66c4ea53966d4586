"""How does a client get its key, and a new one in time (OAuth2 client credentials, RFC 6749)?

For every connector that logs in to a server as an application: OneRoster, and mail by Microsoft 365.
"""

import base64
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator

from sims_sync.connector import SecretReader
from sims_sync.errors import ConfigurationError, RetriableError, SimsSyncError, SourceFailed, SourceUnavailable
from sims_sync.http import HttpClient
from sims_sync.http_options import HttpOptions

RENEW_BEFORE_SECONDS = 60
LIFE_SECONDS = 300  # where the server does not say how long a key is good
MICROSOFT_LOGIN_URL = "https://login.microsoftonline.com"

_CODE = re.compile(r"[a-z_]{1,40}")  # RFC 6749's error codes; a server's free text is never shown
_NUMBER = re.compile(r"[0-9]{1,9}")
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
_NO_TENANT = frozenset(
    {"common", "consumers", "organizations"}
)  # these stand for any: an application gets no key there


def check_tenant(text: str) -> str:
    """`text`, if it may name a directory of Microsoft 365.

    Raises:
        ValueError: it is neither an id nor a domain.
    """
    if not _TENANT.fullmatch(text) or text.casefold() in _NO_TENANT:
        raise ValueError("write the directory (tenant) id that Entra shows, or a domain such as school.example")
    return text


TenantName = Annotated[str, AfterValidator(check_tenant)]


@dataclass(frozen=True, slots=True)
class KeyRequest:
    """What is asked for a key, and as whom.

    `client_secret` is a reference (sims_sync.secrets). `authentication`: whether id and secret go in the form or in
    the header. `further`: more fields of the form, such as scope; one without a text is left out. `keys` names the keys
    of the config that a person checks when no key is given.
    """

    token_url: str
    client_id: str
    client_secret: str
    authentication: Literal["form", "basic"] = "form"
    further: Mapping[str, str] = field(default_factory=dict)
    keys: str = "client_id, its secret and token_url"


def microsoft_request(login_url: str, tenant: str, client_id: str, client_secret: str, scope: str) -> KeyRequest:
    """The request for an application's key to Microsoft 365; `scope` is the service's address and `/.default`."""
    return KeyRequest(
        token_url=f"{login_url}/{tenant}/oauth2/v2.0/token",
        client_id=client_id,
        client_secret=client_secret,
        further={"scope": scope},
        keys="tenant, client_id, the client secret (has it run out?) and login_url",
    )


class ClientCredentials:
    """Fetches a bearer key when one is needed, and again before it ends or when it was refused.

    May be shared by threads: one fetches, the others wait for it. `granted` are the scopes that came with the key;
    empty where the server does not say.
    """

    def __init__(
        self,
        request: KeyRequest,
        options: HttpOptions,
        secret: SecretReader,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._request = request
        self._secret = secret
        self._monotonic = monotonic
        self._client = HttpClient(request.token_url, options)
        self._token = ""
        self._good_until = 0.0
        self._lock = threading.Lock()
        self._shown = threading.local()
        self.granted: frozenset[str] = frozenset()

    def header(self) -> str:
        """The value of the Authorization header.

        Raises:
            SourceFailed: the server gives no key.
            SourceUnavailable: it cannot be reached; its code "no_key" says that nothing else was asked.
            SourceRefused: its answer is none of a token server.
            ConfigurationError: the secret could not be had.
        """
        with self._lock:
            if not self._token or self._monotonic() >= self._good_until:
                self._fetch()
            self._shown.token = self._token
            return f"Bearer {self._token}"

    def renew(self) -> bool:
        """Forget the key that this thread showed last, unless another thread has renewed it already."""
        with self._lock:
            if self._token == getattr(self._shown, "token", self._token):
                self._token = ""
            return True

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            self._client.close()

    def _fetch(self) -> None:
        request = self._request
        secret = self._secret(request.client_secret)
        form = {"grant_type": "client_credentials"}
        headers: dict[str, str] = {}
        if request.authentication == "form":
            form |= {"client_id": request.client_id, "client_secret": secret}
        else:
            pair = base64.b64encode(f"{request.client_id}:{secret}".encode()).decode("ascii")
            headers["Authorization"] = f"Basic {pair}"
        form |= {name: text for name, text in request.further.items() if text}
        # Asking twice gives two keys and does no harm, so a fault that may pass is tried again.
        try:
            answer = self._client.send("POST", request.token_url, form=form, headers=headers, repeatable=True)
        except SourceUnavailable as fault:
            raise SourceUnavailable("no_key", f"No key could be had. {fault.what}", fault.do) from None
        finally:
            self._client.close()  # by the next time, in an hour or so, the connection would be dead
        content = _object(answer.json() if answer.good or answer.body.lstrip().startswith(b"{") else {})
        token = content.get("access_token")
        if not answer.good or not isinstance(token, str) or not token:
            raise _no_token(answer.status, content, request.keys)
        self._token = token
        self.granted = frozenset(str(content.get("scope") or "").split())
        self._good_until = self._monotonic() + _life(content.get("expires_in")) - RENEW_BEFORE_SECONDS


def header_for_mail(authority: ClientCredentials) -> str:
    """The header for a mailer, to which a key that is not to be had means "later": the message waits in the outbox.

    Raises:
        RetriableError: no key, whatever the reason; nothing was sent.
        ConfigurationError: the secret could not be had.
    """
    try:
        return authority.header()
    except (ConfigurationError, RetriableError):
        raise
    except SimsSyncError as fault:
        raise RetriableError(fault.code, fault.what, fault.do) from None


def _object(content: object) -> dict[str, object]:
    return content if isinstance(content, dict) else {}


def _life(stated: object) -> float:
    """Seconds; a key with less than the margin to live is used once and then fetched anew."""
    text = str(stated or "").partition(".")[0]
    return float(text) if text.isascii() and text.isdigit() else LIFE_SECONDS


def _no_token(status: int, content: Mapping[str, object], keys: str) -> SourceFailed:
    error = content.get("error")
    code = error if isinstance(error, str) and _CODE.fullmatch(error) else "no reason given"
    what = f"The server gives us no key (HTTP {status}, {code}{_microsoft_number(content)})."
    return SourceFailed("no_key", what, f"Check {keys} in the config.")


def _microsoft_number(content: Mapping[str, object]) -> str:
    """Microsoft's own number, which says far more than the code; the sentence beside it is left out."""
    numbers = content.get("error_codes")
    first = numbers[0] if isinstance(numbers, list) and numbers else None
    return f", AADSTS{first}" if isinstance(first, str) and _NUMBER.fullmatch(first) else ""
