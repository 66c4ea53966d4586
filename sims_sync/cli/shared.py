"""What every command needs: the config, the store, the chosen schools, moments, and how lines are printed."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from sims_sync.backup.opening import open_configured
from sims_sync.cli.audited import PATIENCE_SECONDS, note_command
from sims_sync.cli.log import log_into
from sims_sync.cli.who import whoami as whoami  # noqa: PLC0414 - said to be for others
from sims_sync.config import Config, SchoolConfig
from sims_sync.config_file import find_config, load_config
from sims_sync.context import RunContext, school_clock
from sims_sync.errors import ConfigProblem, ConfigurationError, RetriableError
from sims_sync.school_year import HalfTermId, SchoolYear
from sims_sync.store.session import Store
from sims_sync.store.settings_seen import note_settings

SCHOOL_ZONE = ZoneInfo("Europe/London")
Function = TypeVar("Function", bound=Callable[..., Any])


class Moment(click.ParamType[datetime]):
    """`--as-of`: a date (its 12:00 at the school) or a date and time, school-local unless it says otherwise."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401 - click's own signature
        """Aware UTC."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date: write 2026-12-16 or 2026-12-16T07:30.", param, ctx)
        if "T" not in value and " " not in value:
            moment = datetime.combine(moment.date(), time(12))
        return (moment if moment.tzinfo else moment.replace(tzinfo=SCHOOL_ZONE)).astimezone(UTC)


def config_option(function: Function) -> Function:
    """`--config FILE`, which every command takes as well as `sims-sync` itself."""

    def remember(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
        if value is not None:
            context.ensure_object(dict)["config_file"] = value

    option = click.option(
        "--config", metavar="FILE", expose_value=False, callback=remember, help="The config.toml to use."
    )
    return option(function)


school_option = click.option("--school", "school_id", metavar="ID", help="Only this school.")
as_of_option = click.option(
    "--as-of", type=Moment(), metavar="WHEN", help="Work as if it were this moment (rehearsal)."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
half_term_option = click.option(
    "--half-term",
    "half_term",
    metavar="H",
    help="E.g. 2026-27/autumn-2, or autumn-2 for the latest; else the latest started.",
)


@dataclass(frozen=True, slots=True)
class Opened:
    """The configuration and the open store."""

    config: Config
    store: Store

    def schools(self, school_id: str | None) -> list[SchoolConfig]:
        """The chosen school, or all.

        Raises:
            ConfigurationError: no such school, or it is broken.
        """
        if school_id is None:
            return list(self.config.schools.values())
        if school_id in self.config.schools:
            return [self.config.schools[school_id]]
        if school_id in self.config.broken:
            raise ConfigurationError([ConfigProblem(school_id, text, "") for text in self.config.broken[school_id]])
        known = ", ".join(self.config.schools)
        raise ConfigurationError([ConfigProblem(f"--school {school_id}", "is not configured.", f"Known: {known}.")])

    def one_school(self, school_id: str | None) -> SchoolConfig:
        """The one school a command works on.

        Raises:
            ConfigurationError: several are configured and none is chosen.
        """
        schools = self.schools(school_id)
        if len(schools) > 1:
            known = ", ".join(school.id for school in schools)
            raise ConfigurationError([ConfigProblem("--school", "must say which school.", f"Configured: {known}.")])
        return schools[0]

    def context(self, school: SchoolConfig, as_of: datetime | None = None) -> RunContext:
        """A context for looking, outside any run."""
        return RunContext(self.store, school, school_clock(school.demo, as_of), "command", rehearsal=True)


@contextmanager
def opened() -> Iterator[Opened]:
    """Load the config named on the command line and open its store."""
    given = (click.get_current_context().find_root().obj or {}).get("config_file")
    file = find_config(given)
    warn_of_root(file.parent)
    config = load_config(file)
    log_into(config.base, config.service)
    for name, problems in config.broken.items():
        click.echo(f"School {name} is left out: its configuration is broken.", err=True)
        for problem in problems:
            click.echo(f"  {problem}", err=True)
    store = open_configured(config, lambda text: click.echo(text, err=True))
    try:
        _note(config, store)
        yield Opened(config, store)
    finally:
        store.close()


def warn_of_root(folder: Path) -> None:
    """Say that root is about to write into another account's folder: the service could not use those files."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return
    try:
        owner = folder.owner()
    except (KeyError, OSError):  # an account without a name, or no such folder yet
        return
    if owner != "root":
        click.echo(
            f"This is root, and {folder} belongs to {owner}: the service could not use what root writes there. "
            f"Better: runuser -u {owner} -- sims-sync …",
            err=True,
        )


def _note(config: Config, store: Store) -> None:
    """Changed settings, and what this command shows or changes, are in the audit log before anything is done."""
    chosen = click.get_current_context().params.get("school_id")
    common = config.model_dump(mode="json", include={"service", "backup"})
    for school in config.schools.values():
        now = school_clock(school.demo)()
        with suppress(RetriableError):  # a store that is busy is no reason to show no status: the next command notes it
            note_settings(store, school, common, who=whoami(), at=now, patience_seconds=PATIENCE_SECONDS)
        if chosen in {None, school.id}:
            note_command(store, school, who=whoami(), at=now)


def chosen_half_term(school_year: SchoolYear, text: str | None, moment: datetime) -> HalfTermId:
    """The half term that `--half-term` means; without it the latest started.

    Raises:
        click.UsageError: unknown.
    """
    today = school_year.local_date(moment)
    if text is None:
        latest = school_year.latest_started(today)
        if latest is None:
            raise click.UsageError("No configured half term has begun yet: say --half-term.")
        return latest
    try:
        return school_year.resolve(text, today)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def progress_line() -> Callable[[str], None] | None:
    """A line on standard error that is written over, when that is a terminal."""
    if not sys.stderr.isatty():
        return None

    def show(text: str) -> None:
        click.echo(f"\r\033[K{text}", err=True, nl=False)

    return show


def clear_progress() -> None:
    """Take the progress line away again."""
    if sys.stderr.isatty():
        click.echo("\r\033[K", err=True, nl=False)


def exit_with(code: int) -> None:
    """End the command with an exit code."""
    if code:
        click.get_current_context().exit(code)
