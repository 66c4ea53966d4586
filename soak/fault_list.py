"""What can go wrong around the service, and how is it brought about, on a real disk, port or clock, and taken away?"""

import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sims_sync.demo.oneroster_child import oneroster_child
from soak.folder import set_keys, set_own_clock
from soak.post import HOST, Post
from soak.year_school import REMINDER_DAY, at_half_past_seven

STORE = "sims-sync.db"
DISK_MEGABYTES = 64
EVERY_JOB = ("run", "--all")


@dataclass(slots=True)
class Place:
    """One school with its two servers, and how commands are run on it while a fault lasts."""

    folder: Path
    post: Post
    sims: ExitStack
    struck_by: str = ""
    sims_clock: datetime | None = None

    def open_sims(self) -> None:
        """Serve the simulated SIMS, and tell the school where."""
        url = self.sims.enter_context(oneroster_child(self.folder / "sims", os.environ))
        self.point_to(url)

    def point_to(self, url: str) -> None:
        """Let the school push to a OneRoster server at that address."""
        set_keys(self.folder, {"base_url": f'"{url}"', "token_url": f'"{url}/connect/token"'})


Brought = Callable[[Place], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `jobs`: what is run while it lasts, None = as without it; `own_disk`: the school has a small disk."""

    name: str
    brought: Brought
    jobs: Sequence[str] | None = None
    own_disk: bool = False
    as_root: bool = False  # only the administrator of a Linux machine can bring it about


@contextmanager
def small_disk(point: Path) -> Iterator[None]:
    """A disk of its own, mounted at `point`."""
    point.mkdir(parents=True)
    _root("mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tmpfs", str(point))
    try:
        yield
    finally:
        _root("umount", "--lazy", str(point))


@contextmanager
def _disk_full(place: Place) -> Iterator[None]:
    filler = place.folder / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(b"\0" * 65536)
                file.flush()
        except OSError:
            pass  # full
    yield
    filler.unlink()


@contextmanager
def _disk_read_only(place: Place) -> Iterator[None]:
    _root("mount", "-o", "remount,ro", str(place.folder.parent))
    yield
    _root("mount", "-o", "remount,rw", str(place.folder.parent))


@contextmanager
def _store_without_rights(place: Place) -> Iterator[None]:
    """The store's files may be read and not written; an attribute, since modes bind no administrator."""
    files = [str(path) for path in place.folder.glob(f"{STORE}*")]
    _root("chattr", "+i", *files)
    try:
        yield
    finally:
        _root("chattr", "-i", *files)


@contextmanager
def _store_locked(place: Place) -> Iterator[None]:
    with closing(sqlite3.connect(place.folder / STORE, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def _mail_server_down(place: Place) -> Iterator[None]:
    place.post.close()
    yield
    place.post.open()


@contextmanager
def _reporter_fails(place: Place) -> Iterator[None]:
    place.struck_by = "error"
    yield
    place.struck_by = ""


@contextmanager
def _sims_refuses(place: Place) -> Iterator[None]:
    place.sims.close()
    yield
    place.open_sims()


@contextmanager
def _sims_answers_500(place: Place) -> Iterator[None]:
    place.sims.close()
    server = ThreadingHTTPServer((HOST, 0), _Broken)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place.point_to(f"http://{HOST}:{server.server_port}")
    yield
    server.shutdown()
    server.server_close()
    place.open_sims()


@contextmanager
def _sims_does_not_answer(place: Place) -> Iterator[None]:
    place.sims.close()
    with socket.create_server((HOST, 0), backlog=100) as silent:
        place.point_to(f"http://{HOST}:{silent.getsockname()[1]}")
        set_keys(place.folder, {"timeout_seconds": "0.5", "total_seconds": "2"})
        yield
    set_keys(place.folder, {"timeout_seconds": "10", "total_seconds": "30"})
    place.open_sims()


@contextmanager
def _no_name_resolves(place: Place) -> Iterator[None]:
    place.sims.close()
    place.point_to("https://sims.invalid")
    set_keys(place.folder, {"host": '"mail.invalid"', "security": '"starttls"'})
    yield
    set_keys(place.folder, {"host": f'"{HOST}"', "security": '"none"'})
    place.open_sims()


def _clock(days: int) -> Brought:
    @contextmanager
    def wrong(place: Place) -> Iterator[None]:
        right = at_half_past_seven(REMINDER_DAY)
        set_own_clock(place.folder, right + timedelta(days=days))
        place.sims_clock = right  # SIMS is another machine
        yield
        place.sims_clock = None

    return wrong


class _Broken(BaseHTTPRequestHandler):
    """A server whose every answer is 500."""

    def do_GET(self) -> None:
        self.send_error(500)

    do_POST = do_PUT = do_GET  # noqa: N815 - likewise

    def log_message(self, *_: object) -> None:
        """Say nothing."""


FAULTS: Sequence[Fault] = (
    Fault("disk full", _disk_full, own_disk=True, as_root=True),
    Fault("disk read-only", _disk_read_only, own_disk=True, as_root=True),
    Fault("store without rights", _store_without_rights, as_root=True),
    # Each job waits half a minute for the lock: two show what thirteen would.
    Fault("store locked", _store_locked, jobs=("run", "pull_students", "send_messages")),
    Fault("mail server down", _mail_server_down),
    Fault("SIMS reporter fails", _reporter_fails),
    Fault("SIMS server refuses", _sims_refuses),
    Fault("SIMS server answers 500", _sims_answers_500),
    Fault("SIMS server does not answer", _sims_does_not_answer),
    Fault("no name resolves", _no_name_resolves),
    Fault("clock a day back", _clock(-1)),
    Fault("clock a year ahead", _clock(365)),
)


def may_be_tried(fault: Fault) -> bool:
    """Whether this machine and account can bring it about."""
    return not fault.as_root or (sys.platform == "linux" and os.geteuid() == 0)


def _root(*words: str) -> None:
    subprocess.run(words, check=True)
