"""Opens the store: the engine for SQLite or PostgreSQL, its schema brought up to date, and transactions."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError, SQLAlchemyError

from sims_sync.errors import ConfigProblem, ConfigurationError, RetriableError, SimsSyncError
from sims_sync.store.migrations import HEAD

BUSY_TIMEOUT_SECONDS = 30


class Store:
    """One open store. `reading()` and `writing()` give a connection; a write is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def dialect(self) -> str:
        """The database's name: "sqlite" or "postgresql"."""
        return self.engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection whose view does not change while it is used."""
        with _sentences(), _looking(self.engine) as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        with _sentences(), self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def open_store(url: str, base: Path) -> Store:
    """Open the store at `url` (a relative SQLite path starts at `base`) and bring its schema up to date.

    Raises:
        ConfigurationError: the address is none, its driver is missing, or the schema is newer than this release.
        RetriableError: the database did not answer.
    """
    engine = _engine(url, base)
    store = Store(engine)
    try:
        with _sentences():
            _upgrade(engine)
    except SimsSyncError:
        store.close()
        raise
    return store


def _engine(url: str, base: Path) -> Engine:
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            return _sqlite(base / (address.database or "sims-sync.db"))
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        return create_engine(address, pool_pre_ping=True)
    except (ArgumentError, ImportError) as error:
        do = "Use sqlite:///FILE, or postgresql://… with the extra `postgres` installed."
        raise ConfigurationError([ConfigProblem("store.url", "cannot be used.", do)]) from error


def _sqlite(path: Path) -> Engine:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        what = f"The store's folder {path.parent} cannot be made."
        raise RetriableError("store", what, "Check store.url, that path and this account's rights.") from None
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_TIMEOUT_SECONDS})

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves; the driver's own gives "locked" at once
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        readonly = connection.get_execution_options().get("sims_sync_readonly", False)
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")

    return engine


def _upgrade(engine: Engine) -> None:
    """Bring the schema up to date; Alembic, which takes long to import, only where something is to be done."""
    with _looking(engine) as connection:
        if _revision(connection) == HEAD:
            return
    import_module("sims_sync.store.upgrade").upgrade(engine)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _looking(engine: Engine) -> Connection:
    """A connection that only reads: on SQLite its transactions do not ask for the one writer's place.

    On PostgreSQL each statement would see what others have committed meanwhile: figures from halves of two pulls.
    """
    if engine.dialect.name == "postgresql":
        return engine.connect().execution_options(isolation_level="REPEATABLE READ")
    return engine.connect().execution_options(sims_sync_readonly=True)


@contextmanager
def _sentences() -> Iterator[None]:
    """Database faults become sentences: a driver's message can quote the row it choked on."""
    try:
        yield
    except OperationalError as error:
        sentence = _operational(error) or "The store did not answer."
        raise RetriableError("store", sentence, "Nothing was changed; the next run tries again.") from None
    except DatabaseError as error:
        damaged = _operational(error) if type(error) is DatabaseError else None  # its kinds speak of a row
        sentence = damaged or f"The store refused a write ({type(error).__name__})."
        raise RetriableError("store", sentence, "Run `sims-sync check`.") from None
    except SQLAlchemyError as error:
        code = type(error).__name__
        raise RetriableError("store", f"The store refused a write ({code}).", "Run `sims-sync check`.") from None


def _operational(error: DatabaseError) -> str | None:
    text = str(error.orig).lower() if error.orig else ""
    for sign, sentence in (
        ("locked", "The store is locked by another program."),
        ("disk is full", "The disk that holds the store is full."),
        ("full", "The disk that holds the store is full."),
        ("readonly", "The store cannot be written to: this account has no right, or the disk is read-only."),
        ("unable to open", "The store's file cannot be opened: check the folder and this account's rights."),
        (
            "disk i/o",
            "The disk that holds the store is full, or reports an error: look at its free space and its health.",
        ),
        ("malformed", "The store's file is damaged: restore a backup."),
        ("not a database", "The store's file is damaged: restore a backup."),
    ):
        if sign in text:
            return sentence
    return None
