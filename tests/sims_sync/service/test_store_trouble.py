"""A store that cannot be used is told once, and the service goes on by itself once it can be."""

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from sims_sync.config import Config, JobSection
from sims_sync.context import RunContext
from sims_sync.errors import SimsSyncError
from sims_sync.outcome import Outcome
from sims_sync.service import outlook
from sims_sync.service.hooks import Hooks
from sims_sync.store import session
from sims_sync.store.runs import lease_holder
from sims_sync.store.session import open_store
from sims_sync.store.slots import BASELINE, claim_slot, states_of
from tests.sims_sync.builders import World, at, make_world
from tests.sims_sync.service.test_many_schools import NOW, Serving


@pytest.fixture
def impatient_world(sqlite_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A school whose store gives up soon, and whose service tries again soon."""
    monkeypatch.setattr(session, "BUSY_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(outlook, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(outlook, "WAKE_SECONDS", 0.3)
    shutil.copy(sqlite_model, tmp_path / "store.db")
    return make_world(open_store("sqlite:///store.db", tmp_path), tmp_path)


def test_locked_by_another_program_it_is_told_once_and_the_due_time_runs_once_after(impatient_world: World) -> None:
    world, told = impatient_world, list[SimsSyncError | None]()
    school = world.school.model_copy(update={"jobs": {"pull_students": JobSection(schedule="0 0 6 * * *")}})
    with world.store.writing() as connection:
        claim_slot(connection, world.id, "pull_students", at("2026-12-14 12:00"), NOW, state=BASELINE)
    with closing(sqlite3.connect(school.base / "store.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        config = Config(file=school.base / "config.toml", schools={school.id: school})
        service = Serving(world, config, lambda _: Outcome(), Hooks(trouble=told.append))
        service.until(lambda: bool(told))
        time.sleep(1)  # it tries again and again, and says it once
        assert [error.code if error else None for error in told] == ["store"]
        assert service.ran == []
        other.execute("ROLLBACK")
    service.until(lambda: len(service.ran) == 1)
    assert service.end() is True
    assert told[1:] == [None]
    with world.store.reading() as connection:
        assert states_of(connection, world.id, "pull_students")[NOW] == "done"
    world.store.close()


def test_gone_at_the_end_of_a_run_it_locks_the_school_out_for_no_longer_than_that(impatient_world: World) -> None:
    """The run could give back neither its lease nor its due time; its process lives on."""
    world, told, begun = impatient_world, list[SimsSyncError | None](), list[str]()
    school = world.school.model_copy(update={"jobs": {"pull_students": JobSection(schedule="0 0 6 * * *")}})
    with world.store.writing() as connection:
        claim_slot(connection, world.id, "pull_students", at("2026-12-14 12:00"), NOW, state=BASELINE)
    with closing(sqlite3.connect(school.base / "store.db", isolation_level=None, check_same_thread=False)) as other:

        def job(context: RunContext) -> Outcome:
            begun.append(context.run_id)
            if len(begun) == 1:
                other.execute("BEGIN IMMEDIATE")
            return Outcome()

        config = Config(file=school.base / "config.toml", schools={school.id: school})
        service = Serving(world, config, job, Hooks(trouble=told.append))
        service.until(lambda: bool(told))
        other.execute("ROLLBACK")
        service.until(lambda: len(begun) > 1)
    assert service.end() is True
    with world.store.reading() as connection:
        assert states_of(connection, world.id, "pull_students")[NOW] == "done"
        assert lease_holder(connection, world.id, NOW) is None
    world.store.close()
