"""Opens the store: the engine for SQLite or PostgreSQL, its schema brought up to date, and transactions."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from importlib import import_module
from pathlib import Path
from threading import Lock

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError, SQLAlchemyError

from sims_sync.errors import ConfigProblem, ConfigurationError, RetriableError, SimsSyncError
from sims_sync.store.migrations import HEAD
from sims_sync.store.place import refuse_share

BUSY_TIMEOUT_SECONDS = 30
LOCKED = "The store is locked by another program."


class Store:
    """One open store. `reading()` and `writing()` give a connection; a write is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite has one writer. Threads of one process queue here, for as long as a large pull takes; the database's
        # own queue gives up after BUSY_TIMEOUT_SECONDS.
        self._one_writer: AbstractContextManager[object] = Lock() if self.dialect == "sqlite" else nullcontext()

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
    def writing(self, patience_seconds: float | None = None) -> Iterator[Connection]:
        """A transaction: committed when the block ends, rolled back when it raises.

        `patience_seconds`: how long SQLite waits for another program that writes; None = as the store's address says.
        """
        with (
            self._one_writer,
            _sentences(),
            self.engine.connect() as connection,
            _waiting_at_most(connection, patience_seconds),
            connection.begin(),
        ):
            yield connection

    @property
    def file(self) -> Path | None:
        """SQLite's file; None where the store is on a server."""
        return Path(self.engine.url.database) if self.dialect == "sqlite" and self.engine.url.database else None

    def checkpoint(self) -> None:
        """Bring what was written into the one file of a SQLite store: nothing is left beside it to be forgotten."""
        if self.dialect == "sqlite":
            with _sentences(), self.engine.connect() as connection:
                raw = connection.connection.driver_connection
                if raw is not None:
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


# What is done with a store of an older schema before it is brought up to date: told its revision and the new one.
BeforeUpgrade = Callable[[Store, str, str], None]


def open_store(url: str, base: Path, before_upgrade: BeforeUpgrade | None = None) -> Store:
    """Open the store at `url` (a relative SQLite path starts at `base`) and bring its schema up to date.

    Before an older schema is changed, `before_upgrade` keeps what was there; without it SQLite's file is copied beside
    itself, and a server's is left as it is. If it cannot be kept, nothing is changed.

    Raises:
        ConfigurationError: the address is none, its driver is missing, the file is on a network share, or the schema is
            newer than this release, or older and not kept.
        RetriableError: the database did not answer.
    """
    store = store_as_it_is(url, base)
    try:
        with _sentences():
            _upgrade(store, before_upgrade or _copy_beside)
    except SimsSyncError:
        store.close()
        raise
    return store


def store_as_it_is(url: str, base: Path) -> Store:
    """The store at `url` with whatever schema it has.

    Raises:
        ConfigurationError: the address is none, its driver is missing, or the file is on a network share.
    """
    return Store(_engine(url, base))


def _engine(url: str, base: Path) -> Engine:
    try:
        address = make_url(url)
        if address.get_backend_name() == "sqlite":
            return _sqlite(sqlite_file(address, base), _patience(address))
        if address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        return create_engine(address, pool_pre_ping=True)
    except (ArgumentError, ImportError) as error:
        do = "Use sqlite:///FILE, or postgresql://… with the extra `postgres` installed."
        raise ConfigurationError([ConfigProblem("store.url", "cannot be used.", do)]) from error


def sqlite_file(address: URL, base: Path) -> Path:
    """Where a SQLite store's file is."""
    return base / (address.database or "sims-sync.db")


def _patience(address: URL) -> float:
    """How many seconds to wait for another program that writes: `?timeout=` in the address, else half a minute."""
    asked = str(address.query.get("timeout", BUSY_TIMEOUT_SECONDS))
    try:
        return max(0.0, float(asked))
    except ValueError as error:
        raise ArgumentError("the time-out is no number of seconds") from error


def _sqlite(path: Path, patience_seconds: float) -> Engine:
    refuse_share(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        what = f"The store's folder {path.parent} cannot be made."
        raise RetriableError("store", what, "Check store.url, that path and this account's rights.") from None
    _close_to_others(path)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": patience_seconds})

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


def _close_to_others(path: Path) -> None:
    """A new file is this account's alone: it will hold children's data. SQLite gives its log the same rights."""
    with suppress(OSError):  # there already; or what opens it next says why it cannot be made
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _upgrade(store: Store, before: BeforeUpgrade) -> None:
    """Bring the schema up to date; Alembic, which takes long to import, only where something is to be done."""
    with _looking(store.engine) as connection:
        now = schema_revision(connection)
    if now == HEAD:
        return
    migrations = import_module("sims_sync.store.upgrade")
    with migrations.one_at_a_time(store.engine):
        with _looking(store.engine) as connection:
            now = schema_revision(connection)
        migrations.refuse_newer(now)
        if now == HEAD:
            return  # another command was quicker
        if now is not None:
            before(store, now, HEAD)
        migrations.upgrade(store.engine)


def _copy_beside(store: Store, old: str, new: str) -> None:
    if import_module("sims_sync.store.copies").copy_beside(store.engine, old, new) is None:
        what = f"has schema {old}, and this release wants {new}."
        raise ConfigurationError([ConfigProblem("store.url", what, "Run `sims-sync db upgrade`: it backs up first.")])


def schema_revision(connection: Connection) -> str | None:
    """The revision of the schema that the database has; None = none yet."""
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
def _waiting_at_most(connection: Connection, seconds: float | None) -> Iterator[None]:
    raw = connection.connection.driver_connection
    if seconds is None or raw is None or connection.dialect.name != "sqlite":
        yield
        return
    (usual,) = raw.execute("PRAGMA busy_timeout").fetchone()
    raw.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")
    try:
        yield
    finally:
        raw.execute(f"PRAGMA busy_timeout = {usual}")


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
        ("locked", LOCKED),
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
