"""`secret`: keep a secret where the configuration can refer to it, and see whether each reference leads to one."""

import json
import sys
from pathlib import Path

import click

from sims_sync.cli.asking import ask_secret
from sims_sync.cli.shared import config_option, exit_with, json_option
from sims_sync.cli.who import account
from sims_sync.config import Config
from sims_sync.config_file import find_config, load_config
from sims_sync.errors import ConfigurationError
from sims_sync.secret_keeping import keep_secret, usual_place
from sims_sync.secret_references import secret_references
from sims_sync.secrets import read_secret

EXIT_WRONG = 1
_RIGHTS_UNSEEN = " (look at the file's rights yourself: they are not checked on Windows)"


@click.group()
def secret() -> None:
    """Passwords and keys that the configuration refers to; none is ever shown."""


@secret.command("set")
@click.argument("name", metavar="NAME")
@click.option(
    "--in",
    "place",
    type=click.Choice(["file", "keyring"]),
    help="Where to keep it; else the keyring on Windows, a file elsewhere.",
)
@config_option
def secret_set(name: str, place: str | None) -> None:
    """Ask for a secret without showing it (or read it from standard input), keep it, and say how to refer to it."""
    base = _config_file().parent
    value = ask_secret(f"Secret {name}", twice=True)
    reference = keep_secret(name, value, base, place or usual_place())
    click.echo(f'Kept. Write into config.toml, where it is wanted: "{reference}"')
    if reference.startswith("keyring:"):
        click.echo(f"It is in the keyring of the account {account()}: the service must run as this account.")
    else:
        click.echo(f"The file belongs to {account()}: the service must run as this account, or own the file.")


@secret.command("list")
@json_option
@config_option
def secret_list(as_json: bool) -> None:
    """List the references in the configuration, and the keys that they stand under."""
    found = secret_references(load_config(_config_file()))
    if as_json:
        items = [{"reference": reference, "keys": keys} for reference, keys in sorted(found.items())]
        click.echo(json.dumps({"secrets": items}, indent=2))
        return
    for reference, keys in sorted(found.items()):
        click.echo(f"{reference}  ({', '.join(keys)})")
    if not found:
        click.echo("The configuration refers to no secret.")


@secret.command("test")
@json_option
@config_option
def secret_test(as_json: bool) -> None:
    """See whether each reference leads to a secret that this account can have. Exit code 0: all do, 1: not all."""
    config = load_config(_config_file())
    tried = {reference: _fault(reference, config) for reference in sorted(secret_references(config))}
    if as_json:
        items = [{"reference": reference, "fine": not fault, "what": fault} for reference, fault in tried.items()]
        click.echo(json.dumps({"secrets": items}, indent=2, ensure_ascii=False))
    else:
        for reference, fault in tried.items():
            unseen = _RIGHTS_UNSEEN if sys.platform == "win32" and reference.startswith("file:") else ""
            click.echo(f"✖ wrong {fault}" if fault else f"✔ fine  {reference}{unseen}")
        if not tried:
            click.echo("The configuration refers to no secret.")
    exit_with(EXIT_WRONG if any(tried.values()) else 0)


def _fault(reference: str, config: Config) -> str:
    try:
        read_secret(reference, config.base)
    except ConfigurationError as error:
        return str(error)
    return ""


def _config_file() -> Path:
    return find_config((click.get_current_context().find_root().obj or {}).get("config_file"))
