"""What do the simulated web servers have in common: requests and replies on this machine, and faults on the way?"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

LOOPBACK = "127.0.0.1"
SLOW_SECONDS = 2.0
WORK_SECONDS = 10.0
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"


class WebFault(StrEnum):
    """One fault of a server, and what it then does."""

    BUSY = "busy"  # answers 429 with Retry-After
    ERROR = "error"  # answers 500
    HTML = "html"  # answers 200 with a log-in page
    CUT = "cut"  # breaks the connection off in the middle of the answer
    SLOW = "slow"  # says nothing for `slow_seconds`
    DRIP = "drip"  # sends its answer a byte at a time, far too slowly
    EXPIRED = "expired"  # the key that was good a moment ago is refused
    REPEATING = "repeating"  # gives the page before once more, and says that it follows itself


@dataclass(frozen=True, slots=True)
class Faults:
    """Which fault strikes, from the `first` list request on (1 = the first), `times` often (None = for ever)."""

    fault: WebFault | None = None
    first: int = 1
    times: int | None = 1
    retry_after: str = "0"
    slow_seconds: float = SLOW_SECONDS

    def strikes(self, number: int) -> WebFault | None:
        """The fault that strikes list request `number`."""
        ends = None if self.times is None else self.first + self.times
        return self.fault if number >= self.first and (ends is None or number < ends) else None


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: `content` becomes JSON unless it is bytes already. `drip` and `cut` say how it is sent."""

    status: int
    content: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drip: bool = False
    cut: bool = False

    @property
    def body(self) -> bytes:
        """What goes over the wire."""
        if isinstance(self.content, bytes):
            return self.content
        return json.dumps(self.content, ensure_ascii=False).encode("utf-8")


class _Listening(ThreadingHTTPServer):
    """Says nothing of a client that is gone between two questions, as one that was killed is."""

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the library's own types
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class WebServer:
    """Serves `answer` on a free port of this machine, in threads of its own; use it as a context manager.

    `asked` holds every request in order, for tests, unless it `remembers` none. At its end it waits, up to
    `WORK_SECONDS`, for the requests that are being worked at: none is left half done.
    """

    def __init__(self, answer: Callable[[Asked], Reply], *, remembers: bool = True) -> None:
        self.asked: list[Asked] = []
        self._answer = answer
        self._remembers = remembers
        self._working = 0
        self._idle = threading.Condition()
        self._server = _Listening((LOOPBACK, 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://{LOOPBACK}:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        with self._idle:
            self._idle.wait_for(lambda: not self._working, WORK_SECONDS)

    def _reply_to(self, asked: Asked) -> Reply:
        if self._remembers:
            self.asked.append(asked)
        return self._answer(asked)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        with self._idle:
            self._working += 1
        try:
            yield
        finally:
            with self._idle:
                self._working -= 1
                self._idle.notify_all()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        reply_to, at_work = self._reply_to, self._at_work

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self) -> None:
                parts = urlsplit(self.path)
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                if len(body) < size:  # the client is gone in the middle of its question: it asked nothing
                    self.close_connection = True
                    return
                query = dict(parse_qsl(parts.query, keep_blank_values=True))
                asked = Asked(self.command, parts.path, query, dict(self.headers.items()), body)
                with at_work(), suppress(OSError):  # the client had enough and left
                    _send(self, reply_to(asked))

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - http.server looks for these names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
                """Nothing: an address with its query string has no place on a terminal."""

        return Handler


def strike(fault: WebFault | None, faults: Faults, reply: Callable[[], Reply]) -> Reply:
    """The reply, unless a fault that is alike on every server takes its place."""
    if fault is WebFault.BUSY:
        return Reply(HTTPStatus.TOO_MANY_REQUESTS, {}, {"Retry-After": faults.retry_after})
    if fault is WebFault.ERROR:
        return Reply(HTTPStatus.INTERNAL_SERVER_ERROR, b"Server Error", {"Content-Type": "text/plain"})
    if fault is WebFault.HTML:
        return Reply(HTTPStatus.OK, LOGIN_PAGE, {"Content-Type": "text/html"})
    if fault is WebFault.SLOW:
        time.sleep(faults.slow_seconds)
    found = reply()
    cut, drip = fault is WebFault.CUT, fault is WebFault.DRIP
    return Reply(found.status, found.content, found.headers, drip=drip, cut=cut) if cut or drip else found


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    """Head and body go out together: apart, they would wait for each other's acknowledgement on a kept connection."""
    body = reply.body
    headers = {"Content-Type": "application/json", **reply.headers, "Content-Length": str(len(body))}
    head = f"HTTP/1.1 {reply.status:d} {HTTPStatus(reply.status).phrase}\r\nDate: {handler.date_time_string()}\r\n"
    head += "".join(f"{name}: {text}\r\n" for name, text in headers.items()) + "\r\n"
    start = head.encode("latin-1")
    if reply.cut:
        handler.wfile.write(start + body[: len(body) // 2])
        handler.close_connection = True
    elif reply.drip:
        handler.wfile.write(start)
        _drip(handler, body)
    else:
        handler.wfile.write(start + body)


def _drip(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    for byte in body:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.05)
