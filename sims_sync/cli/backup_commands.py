"""`backup` and `restore`: the whole store and what belongs to it, there and back."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import click

from sims_sync.backup.evidence import make_by_hand
from sims_sync.backup.keeping import backups_in
from sims_sync.backup.making import backup_folder, backup_passphrase
from sims_sync.backup.rehearsals import last_rehearsal, remember_rehearsal
from sims_sync.backup.restoring import Rest, Restored, rehearse, restore
from sims_sync.cli.asking import ask_secret
from sims_sync.cli.shared import config_option, json_option, opened, whoami
from sims_sync.config import Config
from sims_sync.config_file import find_config, load_config
from sims_sync.context import WORK_FOLDER, school_clock
from sims_sync.secrets import is_reference, read_secret

NEWEST = "newest"
MOMENT = "%a %d %b %Y %H:%M UTC"


@click.command()
@click.option(
    "--verify",
    "file",
    is_flag=False,
    flag_value=NEWEST,
    metavar="[FILE]",
    help="Instead, rehearse a restore of FILE (else of the newest) in a passing folder.",
)
@click.option("--list", "list_them", is_flag=True, help="Instead, list the backups, the newest first.")
@json_option
@config_option
def backup(file: str | None, list_them: bool, as_json: bool) -> None:
    """Back up the store and what belongs to it, sealed with the passphrase; or rehearse a restore."""
    if list_them:
        _list(_config(), as_json=as_json)
    elif file is not None:
        _rehearse(_config(), file, as_json=as_json)
    else:
        _make(as_json=as_json)


@click.command("restore")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--into",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="A new or empty folder: nothing is ever overwritten.",
)
@click.option("--store", "store_url", metavar="URL", help="An empty database instead of a SQLite file in DIR.")
@click.option(
    "--passphrase",
    "reference",
    metavar="REFERENCE",
    help="Where the passphrase is: env:NAME or file:PATH; else you are asked.",
)
def restore_backup(file: Path, into: Path, store_url: str | None, reference: str | None) -> None:
    """Restore a backup into a new folder; everything then rests until you have looked."""
    if reference is not None and not is_reference(reference):
        raise click.UsageError("--passphrase says where it is, e.g. file:PATH: on a command line everybody can see it.")
    passphrase = (
        read_secret(reference, Path.cwd()) if reference else ask_secret("Passphrase of the backup", twice=False)
    )
    done = restore(file, passphrase, into, Rest(whoami(), datetime.now(UTC)), store_url)
    click.echo(_summary("Restored", done))
    for sentence in done.about["left_out"]:
        click.echo(f"  {sentence}")
    stated = _stated_url(into / str(done.about["config_file"]))
    if store_url is not None or done.about["store_file"] is None:
        click.echo(f"The configuration names the store {stated}. Before you run anything, write into it:")
        click.echo(f"  [store]\n  url = {json.dumps(done.store_url)}")
    click.echo("Every job is paused: what was sent or typed after the backup is not known here.")
    click.echo(
        "Pro-formas collected after it count as never handed in: put them back from `done`. Excuse students again."
    )
    click.echo(
        "Who was erased after it is back: put the folder `secrets` back, then: sims-sync run retention --even-paused"
    )
    click.echo("Then: sims-sync check, and when all is right: sims-sync resume --all")


def _make(*, as_json: bool) -> None:
    with opened() as place:
        config = place.config
        made = make_by_hand(config, place.store, school_clock(next(iter(config.schools.values())).demo)())
    if as_json:
        shown = {"file": str(made.path), "tables": made.tables, "rows": made.rows, "files": made.files}
        more = {"bytes": made.size, "removed": made.removed, "left_out": list(made.left_out)}
        click.echo(json.dumps({**shown, **more}, indent=2))
        return
    click.echo(f"{made.path}: {made.rows} rows of {made.tables} tables, {made.files} files, {_size(made.size)}.")
    click.echo("Read back, counted and compared: right.")
    for sentence in made.left_out:
        click.echo(f"  {sentence}")
    if made.removed:
        click.echo(f"Older ones removed, as [backup] says: {made.removed}.")


def _rehearse(config: Config, file: str, *, as_json: bool) -> None:
    folder = backup_folder(config)
    if file == NEWEST:
        found = backups_in(folder)
        if not found:
            raise click.UsageError(f"There is no backup in {folder}: run `sims-sync backup`.")
        path = found[0].path
    else:
        path = folder / file if not Path(file).exists() and (folder / file).exists() else Path(file)
    done = rehearse(path, backup_passphrase(config), config.base / WORK_FOLDER)
    if path.parent.resolve() == folder.resolve():
        remember_rehearsal(folder, path.name, datetime.now(UTC))
    if as_json:
        click.echo(json.dumps({"file": str(path), "made": done.about["made"], "tables": dict(done.rows)}, indent=2))
    else:
        click.echo(_summary(f"{path.name} can be restored", done))


def _list(config: Config, *, as_json: bool) -> None:
    folder = backup_folder(config)
    found = [(each, each.path.stat().st_size) for each in backups_in(folder)]
    rehearsal = last_rehearsal(folder)
    if as_json:
        items = [{"file": str(each.path), "made": each.made.isoformat(), "bytes": size} for each, size in found]
        last = {"file": rehearsal.file, "at": rehearsal.at.isoformat()} if rehearsal else None
        click.echo(json.dumps({"backups": items, "rehearsed": last}, indent=2))
        return
    for each, size in found:
        click.echo(f"{each.made:{MOMENT}}  {_size(size):>9}  {each.path.name}")
    if not found:
        click.echo(f"There is no backup in {folder}.")
    if rehearsal:
        click.echo(f"Last rehearsed: {rehearsal.file}, on {rehearsal.at:{MOMENT}}.")
    elif found:
        click.echo("A restore has never been rehearsed: sims-sync backup --verify")


def _summary(begin: str, done: Restored) -> str:
    rows, files = sum(done.rows.values()), len(done.files)
    return (
        f"{begin}: the store of {done.made:{MOMENT}}, {rows} rows of {len(done.rows)} tables, {files} files; "
        f"schema {done.about['schema']}, release {done.about['version']}."
    )


def _stated_url(config_file: Path) -> str:
    try:
        stated = tomllib.loads(config_file.read_text(encoding="utf-8-sig")).get("store", {})
    except (OSError, ValueError):
        return "of its own"
    return str(stated.get("url", "sqlite:///sims-sync.db")).rsplit("@", 1)[-1]  # without a user or password


def _config() -> Config:
    return load_config(find_config((click.get_current_context().find_root().obj or {}).get("config_file")))


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"  # noqa: PLR2004 - 0.1 MB
