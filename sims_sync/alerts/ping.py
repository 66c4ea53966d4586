"""How does a monitoring service learn that a job starts, succeeds or fails, without the job ever waiting for it?

As healthchecks does it: the address, with `/start` or `/fail` behind it, and the run's id as `?rid=`. The address holds
a key: it is never logged. Nothing of a school goes out but how the run ended and its problems' codes.
"""

import atexit
import queue
import threading
import uuid
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

import structlog

from sims_sync.outcome import Ending, Outcome

CONNECT_SECONDS, ANSWER_SECONDS = 3, 5
LAST_SECONDS = 5  # so long the end of a command waits for the last ping
WAITING_MOST = 200  # a dead monitoring service must not fill the memory
_WELL = frozenset({Ending.DONE, Ending.HELD})

log = structlog.get_logger("sims_sync.ping")


@dataclass(slots=True)
class _Sender:
    """One thread that sends one ping after the other, so that a start never comes after its end."""

    waiting: "queue.Queue[tuple[str, str, str]]" = field(default_factory=lambda: queue.Queue(WAITING_MOST))
    thread: threading.Thread | None = None
    starting: threading.Lock = field(default_factory=threading.Lock)
    idle: threading.Condition = field(default_factory=threading.Condition)
    unsent: int = 0

    def put(self, url: str, run: str, text: str) -> None:
        with self.starting:
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._send_all, name="ping", daemon=True)
                self.thread.start()
        try:
            with self.idle:
                self.waiting.put_nowait((url, run, text))
                self.unsent += 1
        except queue.Full:
            log.warning("ping left out", run=run)

    def finish(self, seconds: float) -> bool:
        """Wait until all are sent, but no longer than that; whether they are."""
        with self.idle:
            return self.idle.wait_for(lambda: not self.unsent, timeout=seconds)

    def _send_all(self) -> None:
        import requests  # noqa: PLC0415 - takes a while to import, and most schools ping nobody

        while True:
            url, run, text = self.waiting.get()
            try:
                answer = requests.post(
                    url,
                    params={"rid": run},
                    data=text.encode(),
                    timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                    allow_redirects=False,
                )
                if not answer.ok:
                    log.warning("ping refused", status=answer.status_code, rid=run)
            except Exception as error:  # noqa: BLE001 - whatever the network does, the thread goes on
                log.warning("ping failed", error=type(error).__name__, rid=run)
            finally:
                with self.idle:
                    self.unsent -= 1
                    self.idle.notify_all()


_SENDER = _Sender()


def finish_pings(seconds: float = LAST_SECONDS) -> bool:
    """Wait for pings on their way, no longer than that; whether all were sent."""
    return _SENDER.finish(seconds)


atexit.register(finish_pings)


@dataclass(frozen=True, slots=True)
class Ping:
    """The pings of one run; without an address there are none. `{job}` in the address is replaced."""

    url: str | None
    job: str
    run_id: str

    def start(self) -> None:
        """Say that it starts."""
        self._send("/start", "")

    def end(self, outcome: Outcome) -> None:
        """Say how it ended: what is held waits for a person, and the job has done its work all the same."""
        codes = " ".join(sorted({problem.code for problem in outcome.problems}))
        said = f"{self.job}: {outcome.ending.shown} {codes}".strip()
        self._send("" if outcome.ending in _WELL else "/fail", said)

    def _send(self, ending: str, text: str) -> None:
        if self.url is None:
            return
        parts = urlsplit(self.url.replace("{job}", quote(self.job, safe="")))
        address = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}{ending}"))
        _SENDER.put(address, str(uuid.uuid5(uuid.NAMESPACE_URL, self.run_id)), text)
