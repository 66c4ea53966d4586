"""Brings a store's schema up to date with Alembic; imported only where something is to be done."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from sims_sync.errors import ConfigProblem, ConfigurationError

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
