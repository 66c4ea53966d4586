"""A monitoring service hears of start, success and failure; a job waits for none of it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from structlog.testing import capture_logs

from sims_sync.alerts.ping import Ping, finish_pings
from sims_sync.config import Config
from sims_sync.outcome import Ending, Outcome, Problem
from sims_sync.run import RunOptions, run_job
from tests.sims_sync.builders import World, at

FAILED = Outcome(Ending.FAILED, problems=(Problem("time_limit", "It did not finish.", "Look."),))


@dataclass
class Heard:
    """What the service was told, in order."""

    paths: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


@pytest.fixture
def service() -> Iterator[tuple[str, Heard]]:
    """A real HTTP server on this machine."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            heard.paths.append(parts.path)
            heard.runs.append(parse_qs(parts.query)["rid"][0])
            heard.texts.append(self.rfile.read(int(self.headers["Content-Length"] or 0)).decode())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/ping/key/austen-{{job}}", heard
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("outcome", "ending", "said"),
    [
        (Outcome(), "", "pull_students: done"),
        (Outcome(Ending.HELD), "", "pull_students: held"),
        (FAILED, "/fail", "pull_students: failed time_limit"),
        (Outcome(Ending.STOPPED), "/fail", "pull_students: stopped"),
    ],
)
def test_start_and_end_of_one_run_are_told_in_order_under_one_run_id(
    service: tuple[str, Heard], outcome: Outcome, ending: str, said: str
) -> None:
    url, heard = service
    ping = Ping(url, "pull_students", "20261216T060000-1")
    ping.start()
    ping.end(outcome)
    assert finish_pings(10)
    assert heard.paths == ["/ping/key/austen-pull_students/start", f"/ping/key/austen-pull_students{ending}"]
    assert len(set(heard.runs)) == 1
    assert heard.texts == ["", said]


def test_a_job_that_is_run_is_pinged_and_a_rehearsal_is_not(service: tuple[str, Heard], sqlite_world: World) -> None:
    url, heard = service
    monitoring = sqlite_world.school.monitoring.model_copy(update={"ping_url": url})
    world = sqlite_world.with_school(monitoring=monitoring)
    world.run("send_messages", "2026-12-16 06:00")
    config = Config(file=world.school.base / "config.toml", schools={world.id: world.school})
    run_job(world.store, config, world.school, "send_messages", RunOptions(as_of=at("2026-12-16")))
    run_job(world.store, config, world.school, "send_messages", RunOptions(dry=True))
    assert finish_pings(10)
    assert [path.rpartition("-")[2] for path in heard.paths] == ["send_messages/start", "send_messages"]


def test_a_service_that_is_not_there_is_only_logged_and_its_key_is_not() -> None:
    with capture_logs() as lines:
        Ping("http://127.0.0.1:9/ping/secret-key", "pull_students", "1").start()
        assert finish_pings(10)
    assert [line["event"] for line in lines] == ["ping failed"]
    assert "secret-key" not in str(lines)


def test_without_an_address_nothing_is_sent() -> None:
    Ping(None, "pull_students", "1").start()
    assert finish_pings(0)
