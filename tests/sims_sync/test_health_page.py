"""The health page says whether the service lives, is ready, and its figures; to this machine, and without a name."""

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sims_sync.config import Config
from sims_sync.errors import RunError
from sims_sync.health_page import HealthPage, start_health_page
from sims_sync.records import Kind
from sims_sync.store.session import Store
from tests.sims_sync.builders import World, group, staff, students


@pytest.fixture
def page(sqlite_world: World) -> Iterator[HealthPage]:
    config = Config(file=sqlite_world.school.base / "config.toml", schools={sqlite_world.id: sqlite_world.school})
    served = start_health_page(0, sqlite_world.store, lambda: config)
    yield served
    served.stop()


def ask(page: HealthPage, path: str, host: str = "localhost") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=10)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_it_lives_and_is_ready(page: HealthPage) -> None:
    assert ask(page, "/healthz") == (200, "ok\n")
    assert ask(page, "/readyz") == (200, "ready: 1 school\n")
    assert ask(page, "/")[0] == 404


def test_it_lives_and_is_not_ready_while_the_store_does_not_answer(tmp_path: Path, sqlite_world: World) -> None:
    class Gone(Store):
        def reading(self) -> None:  # type: ignore[override]  # a store that is gone
            raise RunError("store", "The disk that holds the store is full.", "Make room.")

    config = Config(file=tmp_path / "config.toml", schools={sqlite_world.id: sqlite_world.school})
    page = start_health_page(0, Gone(sqlite_world.store.engine), lambda: config)
    try:
        assert ask(page, "/healthz")[0] == 200
        assert ask(page, "/readyz") == (503, "The disk that holds the store is full.\n")
        assert ask(page, "/metrics")[0] == 503
    finally:
        page.stop()


def test_figures_are_by_school_and_job_and_name_nobody(page: HealthPage, sqlite_world: World) -> None:
    when = "2026-12-16 06:00"
    sqlite_world.read_well(Kind.STAFF, [staff("T1")], when)
    sqlite_world.read_well(Kind.STUDENTS, students(3), when)
    sqlite_world.read_well(Kind.TUTOR_GROUPS, [group("8A1", "T1")], when)
    status, text = ask(page, "/metrics")
    assert status == 200
    samples = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["sims_sync_run_ok", (("job", "pull_students"), ("school", "austen"))] == 1
    assert {name for (_, labels) in samples for name, _ in labels} <= {
        "school",
        "job",
        "kind",
        "state",
        "severity",
        "version",
    }
    for private in ("Vorrin", "Zulpa", "Tolm", "8A1"):
        assert private not in text


def test_a_web_page_that_asks_under_another_name_learns_nothing(page: HealthPage) -> None:
    assert ask(page, "/metrics", host="evil.example")[0] == 403


def test_a_port_that_is_taken_is_one_sentence(page: HealthPage, sqlite_world: World) -> None:
    config = Config(file=sqlite_world.school.base / "config.toml", schools={})
    with pytest.raises(RunError, match="another program has it"):
        start_health_page(page.port, sqlite_world.store, lambda: config)
