"""How does a test of a command get the golden case with both snapshots, lived through once, at any moment it likes?"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

import jobs
from sims_sync.cli.shared import Opened
from sims_sync.config import Config
from sims_sync.context import RunContext
from sims_sync.store.session import open_store
from sims_sync.store.tables import audit
from tests.sims_sync import builders
from tests.sims_sync.builders import World, make_world
from tests.sims_sync.test_snapshots import lived_to_closing, read_morning

NOW = "2027-01-05 09:00"
HALF_TERM = ("--half-term", "2026-27/autumn-2")


def live_through(model: Path, folder: Path) -> Path:
    """Leave in `folder` the store of the golden case on 5 January: read every day, both snapshots taken."""
    shutil.copy(model, folder / "store.db")
    store = open_store("sqlite:///store.db", folder)
    with builders.test_connectors(), pytest.MonkeyPatch.context() as patch:
        patch.setitem(jobs.JOBS, "take_snapshots", "jobs.take_snapshots:run")
        read_morning(lived_to_closing(make_world(store, folder)), "2027-01-05")
    store.close()
    return folder


@contextmanager
def copied(lived: Path, folder: Path) -> Iterator[World]:
    """A copy of that store to do with as a test likes."""
    for name in ("store.db", "roles.csv"):
        shutil.copy(lived / name, folder / name)
    store = open_store("sqlite:///store.db", folder)
    yield make_world(store, folder)
    store.close()


def typed_in(
    world: World, module: ModuleType, command: click.Command, words: Sequence[str], when: str = NOW, code: int = 0
) -> Result:
    """A command of `module` as typed at `when`, which must end with the exit code `code`."""
    config = Config(file=world.school.base / "config.toml", schools={world.id: world.school})

    class Standing(Opened):
        def context(self, school: Any, as_of: datetime | None = None) -> RunContext:  # noqa: ANN401 - a config
            del school, as_of
            return world.context(when, rehearsal=True)

    @contextmanager
    def opened() -> Iterator[Opened]:
        yield Standing(config, world.store)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "opened", opened)
        ended = CliRunner().invoke(command, list(words))
    assert ended.exit_code == code, (ended.output, ended.exception)
    return ended


def audited(world: World, action: str) -> list[str]:
    """What the audit log's lines of one action are about."""
    with world.store.reading() as connection:
        return list(connection.execute(select(audit.c.subject).where(audit.c.action == action)).scalars())
