"""`db`: which schema the store has, and bringing it up to date by hand."""

import click

from sims_sync.backup.opening import open_configured
from sims_sync.cli.shared import config_option, exit_with
from sims_sync.config import Config
from sims_sync.config_file import find_config, load_config
from sims_sync.store.migrations import HEAD
from sims_sync.store.state import SchemaState, schema_state

EXIT_OLDER = 3


@click.group()
def db() -> None:
    """The store's schema."""


@db.command("status")
@config_option
def db_status() -> None:
    """Say which schema the store has, and change nothing. Exit code 0: up to date, 3: older, 2: newer."""
    config = _config()
    found = schema_state(config.store.url, config.base)
    if found.state is SchemaState.NONE:
        click.echo("There is no store yet: the first command makes it.")
    elif found.state is SchemaState.CURRENT:
        click.echo(f"The store has schema {HEAD}: up to date.")
    else:
        click.echo(f"The store has schema {found.revision}, this release {HEAD}. Run: sims-sync db upgrade")
        exit_with(EXIT_OLDER)


@db.command("upgrade")
@click.option("--without-backup", is_flag=True, help="You have backed it up yourself, e.g. with pg_dump.")
@config_option
def db_upgrade(without_backup: bool) -> None:
    """Bring the store's schema up to date, after a backup; there is no way back but that backup."""
    config = _config()
    if schema_state(config.store.url, config.base).state is SchemaState.CURRENT:
        click.echo(f"The store has schema {HEAD}: nothing to do.")
        return
    open_configured(config, click.echo, without_backup=without_backup).close()
    click.echo(f"The store has schema {HEAD} now.")


def _config() -> Config:
    return load_config(find_config((click.get_current_context().find_root().obj or {}).get("config_file")))
