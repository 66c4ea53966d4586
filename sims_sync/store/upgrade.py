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


def upgrade(engine: Engine) -> None:
    """Run every migration that the store has not seen.

    Raises:
        ConfigurationError: the store was written by a newer release.
    """
    config = alembic_config()
    with engine.connect() as connection:
        now = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if now is not None and now not in known:
        do = "Install the release that wrote it, or restore the backup taken before the upgrade."
        raise ConfigurationError([ConfigProblem("store.url", "was written by a newer release of sims-sync.", do)])
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
