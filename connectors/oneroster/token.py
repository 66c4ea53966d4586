"""How does a client get its key, and a new one in time (OAuth2 client credentials, RFC 6749)?"""

import base64
import re
import threading
import time
from collections.abc import Callable

from connectors.oneroster.options import ServerOptions
from sims_sync.connector import SecretReader
from sims_sync.errors import SourceFailed, SourceUnavailable
from sims_sync.http import HttpClient

RENEW_BEFORE_SECONDS = 60
LIFE_SECONDS = 300  # where the server does not say how long a key is good

_CODE = re.compile(r"[a-z_]{1,40}")  # RFC 6749's error codes; a server's free text is never shown


class TokenAuthority:
    """Fetches a bearer key when one is needed, and again before it ends or when it was refused.

    May be shared by threads: one fetches, the others wait for it. `granted` are the scopes that came with the key;
    empty where the server does not say.
    """

    def __init__(
        self, options: ServerOptions, secret: SecretReader, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._options = options
        self._secret = secret
        self._monotonic = monotonic
        self._client = HttpClient(options.token_url, options)
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
        options = self._options
        secret = self._secret(options.client_secret)
        form = {"grant_type": "client_credentials"}
        headers: dict[str, str] = {}
        if options.client_authentication == "form":
            form |= {"client_id": options.client_id, "client_secret": secret}
        else:
            pair = base64.b64encode(f"{options.client_id}:{secret}".encode()).decode("ascii")
            headers["Authorization"] = f"Basic {pair}"
        form |= {name: text for name in ("scope", "acr_values") if (text := getattr(options, name))}
        # Asking twice gives two keys and does no harm, so a fault that may pass is tried again.
        try:
            answer = self._client.send("POST", options.token_url, form=form, headers=headers, repeatable=True)
        except SourceUnavailable as fault:
            raise SourceUnavailable("no_key", f"No key could be had. {fault.what}", fault.do) from None
        content = _object(answer.json() if answer.good or answer.body.lstrip().startswith(b"{") else {})
        token = content.get("access_token")
        if not answer.good or not isinstance(token, str) or not token:
            raise _no_token(answer.status, content.get("error"))
        self._token = token
        self.granted = frozenset(str(content.get("scope") or "").split())
        self._good_until = self._monotonic() + _life(content.get("expires_in")) - RENEW_BEFORE_SECONDS


def _object(content: object) -> dict[str, object]:
    return content if isinstance(content, dict) else {}


def _life(stated: object) -> float:
    """Seconds; a key with less than the margin to live is used once and then fetched anew."""
    text = str(stated or "").partition(".")[0]
    return float(text) if text.isascii() and text.isdigit() else LIFE_SECONDS


def _no_token(status: int, error: object) -> SourceFailed:
    code = error if isinstance(error, str) and _CODE.fullmatch(error) else "no reason given"
    what = f"The server gives us no key (HTTP {status}, {code})."
    return SourceFailed("no_key", what, "Check client_id, its secret, scope, acr_values and token_url in the config.")
