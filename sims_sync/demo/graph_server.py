"""How does a simulated Microsoft 365 answer a mailer: keys for an application, messages for a mailbox, and faults?"""

import base64
import secrets
from collections.abc import Mapping, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import StrEnum
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, unquote

from sims_sync.demo.web_server import LOGIN_PAGE, Asked, Reply, WebServer

TENANT = "austen.example"
CLIENT_ID = "00000000-0000-0000-0000-000000000001"
CLIENT_SECRET = "demo-secret"  # noqa: S105 - guards an invented school on this machine only
MAILBOX = "sims-sync@austen.example"
SMTP_SCOPE = "https://outlook.office365.com/.default"
KEY_SECONDS = 3600
MESSAGE_BYTES_MAX = 4 * 1024 * 1024
WRONG_SECRET = 7000215  # the number of Microsoft's error AADSTS7000215

Item = dict[str, object]


class GraphFault(StrEnum):
    """One fault of the server, and what it then does with a message."""

    BUSY = "busy"  # 429 with Retry-After
    DENIED = "denied"  # 403: no permission, or not for this mailbox
    ERROR = "error"  # 500, after it took the message
    EXPIRED = "expired"  # 401: the key that was good a moment ago is refused
    GATEWAY = "gateway"  # 504, after it took the message
    HTML = "html"  # 200 with the log-in page of some proxy
    MOVED = "moved"  # 302 to another address
    NO_MAILBOX = "no-mailbox"  # 404
    REFUSED = "refused"  # 400
    SILENT = "silent"  # takes the message and never answers
    TOO_LARGE = "too-large"  # 413
    UNAVAILABLE = "unavailable"  # 503


class GraphServer:
    """Microsoft's token server and Graph on this machine; use it as a context manager.

    `fault` strikes the first `times` messages (None = all of them). `key_seconds`: how long it says that a key is good.
    Only what goes to `MAILBOX` with a key of ours is taken. Its error texts repeat whatever was sent, as a careless
    server's would.
    """

    def __init__(
        self,
        fault: GraphFault | None = None,
        *,
        times: int | None = 1,
        retry_after: str | None = "0",
        key_seconds: int = KEY_SECONDS,
    ) -> None:
        self._fault = fault
        self._times = times
        self._retry_after = retry_after
        self._key_seconds = key_seconds
        self._keys: dict[str, str] = {}
        self._taken: list[bytes] = []
        self._posts = 0
        self.keys_given = 0
        self.web = WebServer(self._answer)

    @property
    def url(self) -> str:
        """What `base_url` and `login_url` are set to."""
        return self.web.url

    @property
    def messages(self) -> Sequence[EmailMessage]:
        """What was taken, parsed, in order."""
        return [message_from_bytes(content, policy=policy.default) for content in self._taken]

    def knows(self, key: str, scope: str) -> bool:
        """Whether it gave this key, and for that service."""
        return self._keys.get(key) == scope

    def forget_keys(self) -> None:
        """Every key given so far is refused from now on."""
        self._keys.clear()

    def __enter__(self) -> Self:
        self.web.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.web.__exit__(kind, error, trace)

    def _answer(self, asked: Asked) -> Reply:
        user, _, action = unquote(asked.path).removeprefix("/v1.0/users/").partition("/")
        if (asked.method, asked.path) == ("POST", f"/{TENANT}/oauth2/v2.0/token"):
            return self._key(asked)
        if not self.knows(asked.headers.get("Authorization", "").removeprefix("Bearer "), f"{self.url}/.default"):
            return _failure(HTTPStatus.UNAUTHORIZED, "InvalidAuthenticationToken", asked)
        if user != MAILBOX or not asked.path.startswith("/v1.0/users/"):
            return _failure(HTTPStatus.NOT_FOUND, "ErrorInvalidUser", asked)
        if (asked.method, action) == ("GET", ""):  # an application that may only send may not look at users
            return _failure(HTTPStatus.FORBIDDEN, "Authorization_RequestDenied", asked)
        if (asked.method, action) == ("POST", "sendMail"):
            return self._message(asked)
        return _failure(HTTPStatus.METHOD_NOT_ALLOWED, "Request_BadRequest", asked)

    def _key(self, asked: Asked) -> Reply:
        form = {name: texts[0] for name, texts in parse_qs(asked.body.decode("utf-8")).items()}
        stated = (form.get("grant_type"), form.get("client_id"), form.get("client_secret"))
        if stated != ("client_credentials", CLIENT_ID, CLIENT_SECRET):
            text = f"AADSTS{WRONG_SECRET}: the secret {form.get('client_secret')} is wrong."
            content: Item = {"error": "invalid_client", "error_description": text, "error_codes": [WRONG_SECRET]}
            return Reply(HTTPStatus.UNAUTHORIZED, content)
        key = secrets.token_urlsafe(16)
        self._keys[key] = form.get("scope", "")
        self.keys_given += 1
        return Reply(HTTPStatus.OK, {"token_type": "Bearer", "expires_in": self._key_seconds, "access_token": key})

    def _message(self, asked: Asked) -> Reply:
        self._posts += 1
        if self._fault is not None and (self._times is None or self._posts <= self._times):
            return self._struck(self._fault, asked)
        return self._take(asked)

    def _take(self, asked: Asked) -> Reply:
        if len(asked.body) > MESSAGE_BYTES_MAX:
            return _failure(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "ErrorMessageSizeExceeded", asked)
        if asked.headers.get("Content-Type") != "text/plain":
            return _failure(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Request_BadRequest", asked)
        content = _decoded(asked.body)
        if not content:
            return _failure(HTTPStatus.BAD_REQUEST, "ErrorMimeContentInvalidBase64String", asked)
        self._taken.append(content)
        return Reply(HTTPStatus.ACCEPTED, b"")

    def _struck(self, fault: GraphFault, asked: Asked) -> Reply:
        if fault is GraphFault.EXPIRED:
            self.forget_keys()
        if fault in _TAKEN_FIRST:
            self._take(asked)
        if fault is GraphFault.SILENT:
            # The web server takes it for a client that left: the connection stays open, and nothing is said on it.
            raise TimeoutError
        if fault is GraphFault.HTML:
            return Reply(HTTPStatus.OK, LOGIN_PAGE, {"Content-Type": "text/html"})
        if fault is GraphFault.MOVED:
            return Reply(HTTPStatus.FOUND, b"", {"Location": f"{self.url}/elsewhere"})
        status, code = _SAID[fault]
        wait = {"Retry-After": self._retry_after} if fault is GraphFault.BUSY and self._retry_after else {}
        return _failure(status, code, asked, wait)


_TAKEN_FIRST = frozenset({GraphFault.ERROR, GraphFault.GATEWAY, GraphFault.SILENT})
_SAID = {
    GraphFault.BUSY: (HTTPStatus.TOO_MANY_REQUESTS, "ApplicationThrottled"),
    GraphFault.DENIED: (HTTPStatus.FORBIDDEN, "ErrorAccessDenied"),
    GraphFault.ERROR: (HTTPStatus.INTERNAL_SERVER_ERROR, "ErrorInternalServerError"),
    GraphFault.EXPIRED: (HTTPStatus.UNAUTHORIZED, "InvalidAuthenticationToken"),
    GraphFault.GATEWAY: (HTTPStatus.GATEWAY_TIMEOUT, "UnknownError"),
    GraphFault.NO_MAILBOX: (HTTPStatus.NOT_FOUND, "ErrorInvalidUser"),
    GraphFault.REFUSED: (HTTPStatus.BAD_REQUEST, "ErrorInvalidRecipients"),
    GraphFault.TOO_LARGE: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "ErrorMessageSizeExceeded"),
    GraphFault.UNAVAILABLE: (HTTPStatus.SERVICE_UNAVAILABLE, "ErrorServerBusy"),
}


def _failure(status: HTTPStatus, code: str, asked: Asked, headers: Mapping[str, str] | None = None) -> Reply:
    repeated = (_decoded(asked.body) or asked.body).decode("utf-8", "replace")
    text = f"{status.phrase}: {asked.path} {asked.headers.get('Authorization')} {repeated}"
    return Reply(status, {"error": {"code": code, "message": text}}, headers or {})


def _decoded(body: bytes) -> bytes | None:
    try:
        return base64.b64decode(body, validate=True)
    except ValueError:
        return None
