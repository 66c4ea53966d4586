"""How does a connector ask a web server, so that a slow, busy or lying one does no harm?

TLS is always verified and nothing but https is spoken, save with this machine itself. Redirections are not followed:
they could carry the key elsewhere. No header, query string or body ever goes into an error or a log line: ours hold
children's data.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential,
    wait_random,
)
from urllib3.exceptions import NewConnectionError

from sims_sync.errors import SimsSyncError, SourceFailed, SourceRefused, SourceUnavailable
from sims_sync.http_options import HttpOptions, check_url, is_loopback, origin

ANSWER_BYTES_MAX = 64 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
BACK_OFF_SECONDS_MAX = 60
RETRY_AFTER_SECONDS_MAX = 300  # a server that asks for more is left alone until the next run
USER_AGENT = "sims-sync"
SAFE_METHODS = frozenset({"GET", "HEAD"})
# The codes of the errors after which the question was certainly not taken; after any other it may have been.
NOT_TAKEN = frozenset({"no_connection", "no_key", "too_many_requests"})

_OK = 200
_REDIRECTION = range(300, 400)
_NOT_LET_IN = 401
_BUSY = 429
_SERVER_FAULT = range(500, 600)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read to its end. Its text is never shown."""

    status: int
    headers: CaseInsensitiveDict[str]
    body: bytes
    next_url: str | None = None  # from `Link: rel="next"`

    @property
    def good(self) -> bool:
        """Whether the server did what it was asked."""
        return _OK <= self.status < _REDIRECTION.start

    def json(self) -> Any:  # noqa: ANN401 - whatever the server sent
        """The body as JSON, with every number as the text that was sent.

        Raises:
            SourceRefused: it is none, e.g. a log-in page that came with 200.
        """
        try:
            return json.loads(self.body, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            what = "The server answered with something that is no JSON, such as a log-in page."
            raise SourceRefused("not_json", what, "Check the address in the config; is a proxy in between?") from None


class Authority(Protocol):
    """Knows the key that a server wants to see."""

    def header(self) -> str:
        """The value of the Authorization header now."""

    def renew(self) -> bool:
        """Get a new key after the old one was refused; False where there is no other."""


class Pace(Protocol):
    """Keeps several clients of one server in step. Shared by threads."""

    def wait(self) -> None:
        """Return when the next question may be asked."""

    def hold(self, seconds: float) -> None:
        """Let nobody ask for so long: the server said that there are too many questions."""


class HttpClient:
    """Asks one server. Not for several threads.

    `sleep` is how waiting is done: tests do not. GET and HEAD are tried again after a fault that may pass (no
    connection, no whole answer, 429, 5xx). Another method is tried again where the question was certainly not taken (no
    connection, 429), and after the other faults only where the caller says that repeating it does no harm. A PUT would
    do none to the server, but what may have been written is looked up before it is sent again (DESIGN §5).
    """

    def __init__(
        self,
        base_url: str,
        options: HttpOptions,
        authority: Authority | None = None,
        sleep: Callable[[float], None] = time.sleep,
        pace: Pace | None = None,
    ) -> None:
        logging.getLogger("urllib3").setLevel(logging.ERROR)  # below that it writes addresses with their query string
        self.base_url = check_url(base_url)
        self._options = options
        self._authority = authority
        self._sleep = sleep
        self._pace = pace
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
        # A proxy must not be asked for this very machine.
        self._session.trust_env = not is_loopback(urlsplit(self.base_url).hostname or "")

    def send(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        content: object = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """Ask, and wait for the whole answer, whatever its status; a key that is refused is renewed.

        `url` starts with the base address or with "/" below it. `form` or `content` (as JSON) is the body.

        Raises:
            SourceUnavailable: no whole answer in time, or still busy after the last attempt.
            SourceRefused: an address on another server, or an answer beyond all measure.
            SourceFailed: the server sends elsewhere.
        """
        question = _Question(method, self._absolute(url), dict(query or {}), form, content, dict(headers or {}))
        again = method in SAFE_METHODS if repeatable is None else repeatable
        answer = self._ask_patiently(question, again=again)
        for _ in range(1, self._options.attempts):
            if answer.status != _NOT_LET_IN or self._authority is None or not self._authority.renew():
                break
            answer = self._ask_patiently(question, again=again)  # what was not let in was not done either
        return answer

    def get(self, url: str, query: Mapping[str, str] | None = None) -> Answer:
        """A good answer to a GET.

        Raises:
            SourceFailed: the server refused it; the status is in the sentence.
            SourceUnavailable, SourceRefused: as for `send`.
        """
        answer = self.send("GET", url, query=query)
        if not answer.good:
            raise refused(answer.status)
        return answer

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def _absolute(self, url: str) -> str:
        address = f"{self.base_url}{url}" if url.startswith("/") else url
        try:
            ours = origin(address) == origin(self.base_url)
        except ValueError:
            ours = False
        if not ours:
            what = "The server sent us to an address on another server, which must not see our key."
            raise SourceRefused("other_server", what, "Ask the server's operator; set the address in the config.")
        return address

    def _ask_patiently(self, question: "_Question", *, again: bool) -> Answer:
        try:
            return self._ask(question)
        except _MayPass as fault:
            return self._ask_again(question, fault, again=again)

    def _ask_again(self, question: "_Question", first: "_MayPass", *, again: bool) -> Answer:
        """Wait and ask as often as is left; a question that is answered at once never pays for this."""
        met: list[_MayPass] = [first]

        def ask() -> Answer:
            if met:
                raise met.pop()
            return self._ask(question)

        asking = Retrying(
            retry=retry_if_exception(lambda fault: isinstance(fault, _MayPass) and (again or fault.not_taken)),
            stop=stop_after_attempt(self._options.attempts),
            wait=self._wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return asking(ask)
        except _MayPass as fault:
            raise fault.error from None

    def _wait(self, state: RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        if isinstance(fault, _MayPass) and fault.retry_after is not None:
            return fault.retry_after
        first = self._options.wait_seconds
        # Not in step with the other schools of a trust, whom the same fault has struck.
        return float((wait_exponential(multiplier=first, max=BACK_OFF_SECONDS_MAX) + wait_random(0, first))(state))

    def _ask(self, question: "_Question") -> Answer:
        if self._pace is not None:
            self._pace.wait()
        deadline = time.monotonic() + self._options.total_seconds
        try:
            with self._open(question) as response:
                answer = self._read(response, deadline)
        except requests.exceptions.SSLError:
            raise _unavailable("tls", "The server's certificate could not be verified.", _DO_TLS) from None
        except requests.exceptions.ConnectionError as fault:
            raise _MayPass(_no_answer(fault)) from None
        except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
            raise _MayPass(_unavailable("timeout", "The server did not answer in time.", _DO_LATER)) from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as fault:
            raise _MayPass(_no_answer(fault)) from None
        self._refuse_passing_fault(answer)
        return answer

    def _open(self, question: "_Question") -> requests.Response:
        return self._session.request(
            question.method,
            question.url,
            params=question.query,
            data=question.form,
            json=question.content,
            headers=question.headers,
            auth=_Key(self._authority),
            timeout=min(self._options.timeout_seconds, self._options.total_seconds),
            allow_redirects=False,
            stream=True,
        )

    def _read(self, response: requests.Response, deadline: float) -> Answer:
        """`requests` knows no limit for the whole: a server that drips would hold us for ever (DESIGN §12)."""
        chunks: list[bytes] = []
        size = 0
        # Not `iter_content`: it waits until a chunk is full, and so for as long as a drip takes to fill it.
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            size += len(chunk)
            if size > ANSWER_BYTES_MAX:
                what = "One answer of the server is larger than any real one."
                raise SourceRefused("too_large", what, "Ask for smaller pages, and check the address in the config.")
            if time.monotonic() > deadline:
                raise requests.exceptions.ReadTimeout
            chunks.append(chunk)
        following = response.links.get("next", {}).get("url")
        next_url = urljoin(response.url, following) if following else None
        return Answer(response.status_code, response.headers, b"".join(chunks), next_url)

    def _refuse_passing_fault(self, answer: Answer) -> None:
        if answer.status in _REDIRECTION:
            what = f"The server sends us to another address (HTTP {answer.status})."
            raise SourceFailed("redirected", what, "Write the address where it ends into the config.")
        if answer.status != _BUSY and answer.status not in _SERVER_FAULT:
            return
        wait = _retry_after(answer.headers)
        code = "too_many_requests" if answer.status == _BUSY else "busy"
        error = _unavailable(code, f"The server is busy or out of order (HTTP {answer.status}).", _DO_LATER)
        if wait is not None and wait > RETRY_AFTER_SECONDS_MAX:
            raise error  # and holds up nobody: the other threads hear the same, and the run ends instead of sleeping
        if self._pace is not None and answer.status == _BUSY:
            self._pace.hold(self._options.wait_seconds if wait is None else wait)
        raise _MayPass(error, wait)


@dataclass(frozen=True, slots=True)
class _Question:
    """One request, ready to be sent as often as needed."""

    method: str
    url: str
    query: Mapping[str, str]
    form: Mapping[str, str] | None
    content: object
    headers: Mapping[str, str]


class _MayPass(Exception):
    """A fault after which the same question may be asked again; `retry_after` in seconds, if the server said."""

    def __init__(self, error: SourceUnavailable, retry_after: float | None = None) -> None:
        super().__init__(error.code)
        self.error = error
        self.retry_after = retry_after

    @property
    def not_taken(self) -> bool:
        """Whether the question was certainly not taken."""
        return self.error.code in NOT_TAKEN


class _Key(AuthBase):
    """Sets the key, and so keeps `requests` from looking for another one in a .netrc file."""

    def __init__(self, authority: Authority | None) -> None:
        self._authority = authority

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._authority is not None:
            request.headers["Authorization"] = self._authority.header()
        return request


def refused(status: int, detail: str = "") -> SimsSyncError:
    """The error for an answer that is not good; `detail` is a code of the server's protocol, never its free text."""
    shown = f"HTTP {status}, {detail}" if detail else f"HTTP {status}"
    if status in {_NOT_LET_IN, 403}:
        what = f"The server does not let us see this ({shown})."
        return SourceFailed("not_allowed", what, "Check the key, its scope and what the school has approved.")
    if status == 404:  # noqa: PLR2004 - "not found", known by its number
        what = f"The server has no such list ({shown})."
        return SourceFailed("not_found", what, "Check the address, version and resource in the config.")
    return SourceFailed("refused", f"The server refused the question ({shown}).", "Run `sims-sync check`.")


_DO_LATER = "The next run tries again; if it goes on, ask the server's operator."
_DO_REACH = "Check the address in the config, the network and the proxy; the next run tries again."
_DO_TLS = "Check the address and this machine's certificates; a filtering proxy needs its certificate installed."


def _unavailable(code: str, what: str, do: str) -> SourceUnavailable:
    return SourceUnavailable(code, what, do)


def _no_answer(fault: Exception) -> SourceUnavailable:
    reason = getattr(fault.args[0], "reason", None) if fault.args else None
    never = isinstance(fault, requests.exceptions.ConnectTimeout) or isinstance(reason, NewConnectionError)
    what = "The server could not be reached, or broke off in the middle of its answer."
    return _unavailable("no_connection" if never else "no_answer", what, _DO_REACH)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds a server asks us to wait: a number, or a date as against the server's own clock."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    then = _http_date(text)
    if then is None:
        return None
    now = _http_date(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (then - now).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
