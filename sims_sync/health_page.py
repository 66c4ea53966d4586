"""Does the service live, is it ready, what are its figures: /healthz, /readyz and /metrics, on this machine only?"""

import os
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import structlog
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import text

from sims_sync import __version__
from sims_sync.config import Config
from sims_sync.connector import Severity
from sims_sync.errors import RunError, SimsSyncError
from sims_sync.registry import job_names
from sims_sync.standing import Standing, all_standings, service_standing
from sims_sync.store.session import Store
from sims_sync.store.standing import newest_runs, open_breakers

HOST = "127.0.0.1"
_NAMES = ("127.0.0.1", "localhost")  # another name in the Host header is a web page that tries its luck
_LEVELS = {Severity.FINE: 0, Severity.WARN: 1, Severity.WRONG: 2}
_TEXT = "text/plain; charset=utf-8"

log = structlog.get_logger("sims_sync.health")

Answer = tuple[HTTPStatus, str, bytes]


class HealthPage:
    """The page while it is served; `stop()` ends it."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, name="health-page", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it answers."""
        return int(self._server.server_address[1])

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def start_health_page(port: int, store: Store, config: Callable[[], Config]) -> HealthPage:
    """Serve the page on loopback. `config`: the configuration in force now, for it may be read anew. Port 0: any.

    Raises:
        RunError: the port is taken.
    """
    answers = {
        "/healthz": _alive,
        "/readyz": lambda: _ready(store, config()),
        "/metrics": lambda: _metrics(store, config()),
    }

    class Handler(_Handler):
        pages = answers

    try:
        return HealthPage(_Server((HOST, port), Handler))
    except OSError:
        what = f"The health page cannot answer on port {port} of this machine: another program has it."
        raise RunError("health-port", what, "Choose another [service] health_port, or end the other program.") from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # there it would let two programs share one port


class _Handler(BaseHTTPRequestHandler):
    pages: ClassVar[dict[str, Callable[[], Answer]]] = {}
    timeout = 10  # a client that says nothing holds no thread for ever
    server_version = "sims-sync"
    sys_version = ""

    def do_GET(self) -> None:
        """One of the three pages."""
        self._answer()

    def do_HEAD(self) -> None:
        """The same without its text."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """A monitoring system asks every minute: that is not worth a line."""

    def _answer(self, *, with_body: bool = True) -> None:
        status, kind, body = self._found()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _found(self) -> Answer:
        if self.headers.get("Host", "").rsplit(":", 1)[0] not in _NAMES:
            return HTTPStatus.FORBIDDEN, _TEXT, b"This page is for this machine only.\n"
        page = self.pages.get(self.path.partition("?")[0])
        if page is None:
            return HTTPStatus.NOT_FOUND, _TEXT, f"There are {', '.join(self.pages)}.\n".encode()
        try:
            return page()
        except SimsSyncError as error:
            return HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, f"{error.what}\n".encode()
        except Exception:
            log.exception("unforeseen fault")
            return HTTPStatus.INTERNAL_SERVER_ERROR, _TEXT, b"An unforeseen fault: the log has its lines.\n"


def _alive() -> Answer:
    return HTTPStatus.OK, _TEXT, b"ok\n"


def _ready(store: Store, config: Config) -> Answer:
    """The store answers, and there is a school to serve."""
    if not config.schools:
        return HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, b"No school is loaded.\n"
    with store.reading() as connection:
        connection.execute(text("SELECT 1"))
    count = len(config.schools)
    return HTTPStatus.OK, _TEXT, f"ready: {count} {'school' if count == 1 else 'schools'}\n".encode()


def _metrics(store: Store, config: Config) -> Answer:
    registry = CollectorRegistry()
    registry.register(_Figures(store, config))
    return HTTPStatus.OK, "text/plain; version=0.0.4; charset=utf-8", generate_latest(registry)


class _Figures(Collector):
    """Counts and moments, by school and job; no person, no file, no text."""

    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._config = config

    def describe(self) -> list[Metric]:
        """Nothing is worked out before it is asked for."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every figure, read now."""
        standings = [*all_standings(self._store, self._config), service_standing(self._store, self._config)]
        yield _gauge("sims_sync_info", "The release that runs.", {"version": __version__}, 1)
        yield from _of_schools(standings)
        yield from self._of_jobs()

    def _of_jobs(self) -> Iterator[Metric]:
        labels = ("school", "job")
        ended = GaugeMetricFamily("sims_sync_run_ended_timestamp_seconds", "When a job last ended.", labels=labels)
        well = GaugeMetricFamily(
            "sims_sync_run_ok", "Whether it ended well or with something held (1) or not (0).", labels=labels
        )
        took = GaugeMetricFamily("sims_sync_run_duration_seconds", "How long it took.", labels=labels)
        failures = GaugeMetricFamily("sims_sync_job_failures", "How often in a row it has failed.", labels=labels)
        for school in self._config.schools:
            with self._store.reading() as connection:
                runs, breakers = newest_runs(connection, school, job_names()), open_breakers(connection, school)
            for run in runs:
                ended.add_metric((school, run.job), run.ended.timestamp())
                well.add_metric((school, run.job), run.outcome in {"done", "held"})
                took.add_metric((school, run.job), (run.ended - run.started).total_seconds())
            for breaker in breakers:
                failures.add_metric((school, breaker.job), breaker.failures)
        yield from (ended, well, took, failures)


def _of_schools(standings: list[Standing]) -> Iterator[Metric]:
    level = GaugeMetricFamily(
        "sims_sync_standing", '0 well, 1 to look at, 2 wrong; "*" is the service.', labels=["school"]
    )
    found = GaugeMetricFamily("sims_sync_conditions", "How many things are the matter.", labels=["school", "severity"])
    age = GaugeMetricFamily("sims_sync_data_age_seconds", "How old the newest good read is.", labels=["school", "kind"])
    held = GaugeMetricFamily("sims_sync_quarantined_rows", "Rows that could not be used.", labels=["school"])
    texts = GaugeMetricFamily("sims_sync_texts", "Texts for SIMS by state.", labels=["school", "state"])
    for each in standings:
        level.add_metric((each.school,), _LEVELS[each.verdict])
        found.add_metric((each.school, "wrong"), len(each.wrong))
        found.add_metric((each.school, "warn"), len(each.warn))
        for kind, hours in _ages(each).items():
            age.add_metric((each.school, kind), hours * 3600)
        if "held" in each.counts:
            held.add_metric((each.school,), each.counts["held"])
        for state, count in each.counts.get("deliveries", {}).items():
            texts.add_metric((each.school, state), count)
    yield from (level, found, age, held, texts)


def _ages(standing: Standing) -> dict[str, float]:
    """Kind → hours; of several sources of one kind, the oldest (DOMAIN rule 8)."""
    ages: dict[str, float] = {}
    for read in standing.reads:
        ages[read["kind"]] = max(read["hours"], ages.get(read["kind"], 0.0))
    return ages


def _gauge(name: str, said: str, labels: dict[str, str], value: float) -> GaugeMetricFamily:
    metric = GaugeMetricFamily(name, said, labels=list(labels))
    metric.add_metric(list(labels.values()), value)
    return metric
