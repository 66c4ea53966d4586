"""Brings a store's schema up to date with Alembic; imported only where something is to be done."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock, Timeout
from sqlalchemy import Engine, text

from sims_sync.errors import ConfigProblem, ConfigurationError, RetriableError

LOCK_SECONDS = 600  # a large store is backed up first
_LOCK_NUMBER = 0x73696D73  # of PostgreSQL's advisory locks: any number, the same one for all

_MIGRATIONS = Path(__file__).parent / "migrations"


@cache
def alembic_config() -> AlembicConfig:
    """Alembic's own configuration, for the packaged migrations."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def is_known(revision: str | None) -> bool:
    """Whether this release knows a schema: one of a newer release is unknown to it."""
    known = {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    return revision in known


def refuse_newer(revision: str | None) -> None:
    """There is no way back: a newer schema may hold what this release would spoil.

    Raises:
        ConfigurationError: the store was written by a newer release.
    """
    if revision is not None and not is_known(revision):
        what = "was written by a newer release of sims-sync."
        do = "Install the release that wrote it, or restore the backup taken before the upgrade."
        raise ConfigurationError([ConfigProblem("store.url", what, do)])


@contextmanager
def one_at_a_time(engine: Engine) -> Iterator[None]:
    """Of several commands that find an old store at once one brings it up to date; the others wait, also if it dies.

    Raises:
        RetriableError: it took too long.
    """
    if engine.dialect.name != "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": _LOCK_NUMBER})
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _LOCK_NUMBER})
        return
    lock = FileLock(f"{engine.url.database}.upgrading", timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except (OSError, Timeout):
        what = "The store is not brought up to date: another command is at it, or its folder cannot be written to."
        raise RetriableError("store", what, "Run `sims-sync db upgrade` and look at what it says.") from None
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):  # another one waits for it
            Path(lock.lock_file).unlink()


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run every migration up to `revision` that the store has not seen, in one transaction.

    Raises:
        ConfigurationError: the store was written by a newer release.
    """
    with engine.connect() as connection:
        refuse_newer(MigrationContext.configure(connection).get_current_revision())
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
