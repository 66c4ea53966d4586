"""How is one message posted to Microsoft Graph, at most once, and what did the server answer?"""

import io
import json
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
import urllib3
from requests.auth import AuthBase

from sims_sync.errors import RetriableError
from sims_sync.http import USER_AGENT
from sims_sync.http_options import HttpOptions, is_loopback

ERROR_BYTES_MAX = 16 * 1024

_FAULTY = range(400, 600)
# Those of Microsoft's codes that are shown: free text and unknown codes could repeat something of the message.
_KNOWN_CODES = frozenset(
    {
        "ApplicationThrottled",
        "Authorization_RequestDenied",
        "ErrorAccessDenied",
        "ErrorExceededMessageLimit",
        "ErrorInternalServerError",
        "ErrorInvalidRecipients",
        "ErrorInvalidUser",
        "ErrorMessageSizeExceeded",
        "ErrorMimeContentInvalid",
        "ErrorMimeContentInvalidBase64String",
        "ErrorQuotaExceeded",
        "ErrorSendAsDenied",
        "ErrorServerBusy",
        "ErrorSubmissionQuotaExceeded",
        "InvalidAuthenticationToken",
        "MailboxNotEnabledForRESTAPI",
        "ResourceNotFound",
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The status, Microsoft's code if it is one we know, and how many seconds the server asks us to wait."""

    status: int
    code: str = ""
    retry_after: float | None = None

    @property
    def shown(self) -> str:
        """For a sentence, e.g. `HTTP 403, ErrorAccessDenied`."""
        return f"HTTP {self.status}, {self.code}" if self.code else f"HTTP {self.status}"


def post(url: str, content: bytes, header: str, options: HttpOptions) -> Answer | None:
    """Post `content` (MIME in base64) once; None: it was on its way and no answer came, so nobody knows.

    On a connection of its own: of one kept since the last message nobody knows whether it still lives. Not by
    `HttpClient`, which asks again by itself and takes every 5xx alike: each of them tells another story here.

    Raises:
        RetriableError: not a byte of the message left.
    """
    body = _Body(content)
    deadline = time.monotonic() + options.total_seconds
    with requests.Session() as session:
        # A proxy must not be asked for this very machine.
        session.trust_env = not is_loopback(urlsplit(url).hostname or "")
        try:
            with session.post(
                url,
                data=body,
                headers={"Content-Type": "text/plain", "User-Agent": USER_AGENT},
                auth=_Key(header),
                timeout=min(options.timeout_seconds, options.total_seconds),
                allow_redirects=False,  # elsewhere would see the key and the message
                stream=True,
            ) as response:
                return _answer(response, deadline)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as fault:
            if body.begun:
                return None
            raise _not_reached(fault) from None


class _Body(io.BytesIO):
    """The content, which knows whether its first byte was asked for: that is, whether a connection stood by then."""

    begun = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.begun = True
        return super().read(size)


class _Key(AuthBase):
    """Sets the key, and so keeps `requests` from looking for another one in a .netrc file."""

    def __init__(self, header: str) -> None:
        self._header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


def _answer(response: requests.Response, deadline: float) -> Answer:
    """With the status the message's fate is known, whatever becomes of the rest of the answer."""
    code = _code_in(response, deadline) if response.status_code in _FAULTY else ""
    wait = response.headers.get("Retry-After", "").strip()
    return Answer(response.status_code, code, float(wait) if wait.isascii() and wait.isdigit() else None)


def _code_in(response: requests.Response, deadline: float) -> str:
    content = b""
    try:
        # Not the whole at once: a server that drips would hold us for ever.
        while len(content) < ERROR_BYTES_MAX and time.monotonic() < deadline:
            chunk = response.raw.read1(ERROR_BYTES_MAX, decode_content=True)
            if not chunk:
                break
            content += chunk
        code = json.loads(content)["error"]["code"]
    except (ValueError, LookupError, TypeError, RecursionError, urllib3.exceptions.HTTPError, OSError):
        return ""
    return code if isinstance(code, str) and code in _KNOWN_CODES else ""


def _not_reached(fault: Exception) -> RetriableError:
    if isinstance(fault, requests.exceptions.SSLError):
        what = "No enciphered connection to Microsoft Graph that could be trusted was made."
        do = "Check base_url and this machine's certificates; a filtering proxy needs its certificate installed."
        return RetriableError("graph-certificate", what, do)
    do = "It is tried again by itself; if it stays so, check base_url, the network and the proxy."
    return RetriableError("graph-later", "Microsoft Graph cannot be reached.", do)
