"""Beside the jobs the health page is kept up where it is wanted; a port that is taken stops nothing."""

import http.client
import socket
from collections.abc import Iterator

import pytest

from sims_sync.cli import beside as beside_module
from sims_sync.cli.beside import BesideTheJobs
from sims_sync.config import Config, ServiceSection
from tests.sims_sync.builders import World

Said = tuple[list[str], list[str], list[str]]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """What was said, what was wrong, and each time that conditions were looked at."""
    looks: list[str] = []
    monkeypatch.setattr(beside_module, "tell", lambda _store, config: looks.append(config.file.name))
    return [], [], looks


@pytest.fixture
def beside(said: Said) -> Iterator[BesideTheJobs]:
    made = BesideTheJobs(said[0].append, said[1].append)
    yield made
    made.close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def config(world: World, port: int | None) -> Config:
    schools = {world.id: world.school}
    return Config(file=world.school.base / "config.toml", schools=schools, service=ServiceSection(health_port=port))


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_the_page_follows_the_configuration(sqlite_world: World, beside: BesideTheJobs, said: Said) -> None:
    first, second = free_port(), free_port()
    for _ in range(2):
        beside(sqlite_world.store, config(sqlite_world, first))
    assert (answers(first), len(said[0]), len(said[2])) == (True, 1, 2)
    beside(sqlite_world.store, config(sqlite_world, second))
    assert (answers(first), answers(second)) == (False, True)
    beside(sqlite_world.store, config(sqlite_world, None))
    assert not answers(second)


def test_a_port_that_is_taken_is_said_once_and_stops_nothing(
    sqlite_world: World, beside: BesideTheJobs, said: Said
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for _ in range(3):
            beside(sqlite_world.store, config(sqlite_world, int(taken.getsockname()[1])))
    assert ["another program has it" in each for each in said[1]] == [True]
    assert len(said[2]) == 3
