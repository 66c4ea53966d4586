"""`serve`, `pause` and `resume`."""

import os
from contextlib import suppress
from pathlib import Path

import click

from sims_sync.alerts import tell
from sims_sync.cli.beside import BesideTheJobs
from sims_sync.cli.log import log_into
from sims_sync.cli.run_commands import SYMBOLS, one_line
from sims_sync.cli.shared import Opened, config_option, exit_with, opened, school_option, whoami
from sims_sync.config import Config
from sims_sync.config_file import CONFIG_VARIABLE, find_config
from sims_sync.context import system_clock
from sims_sync.outcome import EXIT_CODES, Ending, worst
from sims_sync.registry import job_function
from sims_sync.run import RunReport
from sims_sync.service import Service
from sims_sync.service.lifetime import Lifetime, Told
from sims_sync.service.stopping import Stop
from sims_sync.store.decisions import record_audit
from sims_sync.store.pauses import EVERY_JOB, Pause, end_pause, save_pause
from sims_sync.store.tables import ALL_SCHOOLS

all_option = click.option("--all", "every", is_flag=True, help="Every job.")


@click.command()
@click.option("--once", is_flag=True, help="Run what is due now, then end.")
@config_option
def serve(once: bool) -> None:
    """Run the jobs on their schedules until stopped."""
    if once:
        _serve_once()
        return
    file = _config_file()
    stop = Stop(file.parent)
    stop.listen()
    if file.parent.is_dir():
        log_into(file.parent)
    beside = BesideTheJobs(_say, _say_wrong)
    if not Lifetime(file, Told(_say, _say_wrong, _use_log_of, _print_run), stop, beside=beside).live():
        _cut_off()
    beside.close()


@click.command()
@click.argument("job", required=False)
@all_option
@school_option
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is shown wherever the pause is.")
@config_option
def pause(job: str | None, every: bool, school_id: str | None, reason: str) -> None:
    """Let a job rest, or all of them, until `resume`."""
    name = _chosen(job, every=every)
    again = f"resume {name or '--all'}{f' --school {school_id}' if school_id else ''}"
    with opened() as place:
        for school in _places(place, school_id, name):
            given = Pause(school, name, system_clock(), whoami(), reason.strip() or "no reason given")
            with place.store.writing() as connection:
                if not save_pause(connection, given):
                    click.echo(f"{_shown(name, school)}: paused already; that stands.")
                    continue
                record_audit(
                    connection,
                    school,
                    at=given.since,
                    who=given.paused_by,
                    action="pause",
                    subject=name or "every job",
                    detail={"reason": given.reason},
                )
            click.echo(f"{_shown(name, school)}: paused. `sims-sync {again}` lets it work again.")


@click.command()
@click.argument("job", required=False)
@all_option
@school_option
@config_option
def resume(job: str | None, every: bool, school_id: str | None) -> None:
    """Let a paused job work again; what it missed runs once."""
    name = _chosen(job, every=every)
    with opened() as place:
        for school in _places(place, school_id, name):
            with place.store.writing() as connection:
                ended = end_pause(connection, school, name)
                if ended is None:
                    click.echo(f"{_shown(name, school)}: there is no such pause. See `sims-sync jobs`.")
                    continue
                record_audit(
                    connection,
                    school,
                    at=system_clock(),
                    who=whoami(),
                    action="resume",
                    subject=name or "every job",
                    detail={"since": ended.since.isoformat(), "reason": ended.reason},
                )
            click.echo(
                f"{_shown(name, school)}: works again. What it missed runs once, within a minute, if the service runs."
            )


def _chosen(job: str | None, *, every: bool) -> str:
    if every == (job is not None):
        raise click.UsageError("Name a job, or say --all.")
    if job is None:
        return EVERY_JOB
    job_function(job)
    return job


def _places(place: Opened, school_id: str | None, job: str) -> list[str]:
    """The schools that a pause is written for; for every job of every school one row stands for all."""
    if school_id is None and job == EVERY_JOB:
        return [ALL_SCHOOLS]
    return [school.id for school in place.schools(school_id)]


def _shown(job: str, school: str) -> str:
    return f"{job or 'every job'} of {'every school' if school == ALL_SCHOOLS else school}"


def _serve_once() -> None:
    with opened() as place:
        service = Service(place.store, place.config, on_run=_print_run)
        service.remember_start()
        reports = service.run_due()
        busy, broken = service.found_busy(), bool(place.config.broken)
        tell(place.store, place.config, at_once=True)  # where the system's own timer calls this, nobody else does
    for school in busy:
        click.echo(f"{SYMBOLS[Ending.BUSY]} {school}: another run is at work; what is due waits for it.")
    if not reports and not busy:
        click.echo("Nothing is due.")
    endings = [report.outcome.ending for report in reports]
    endings += [Ending.BUSY] if busy else []
    endings += [Ending.MISCONFIGURED] if broken else []
    exit_with(EXIT_CODES[worst(endings)])


def _config_file() -> Path:
    """The config that was named, also where it is not there: at a server's start its disk may come late."""
    given = (click.get_current_context().find_root().obj or {}).get("config_file") or os.environ.get(CONFIG_VARIABLE)
    return Path(given).absolute() if given else find_config(None)


def _say(text: str, *, err: bool = False) -> None:
    """A terminal that is gone, or a full disk under a file to which this is led, ends no service."""
    with suppress(OSError, ValueError):  # the latter: a stream that was closed
        click.echo(text, err=err)


def _say_wrong(text: str) -> None:
    _say(text, err=True)


def _print_run(report: RunReport) -> None:
    _say(one_line(report))


def _use_log_of(config: Config) -> None:
    log_into(config.base, config.service)


def _cut_off() -> None:
    """A run would not end: leave it as a power cut would; its lease and its due time are taken over."""
    os._exit(EXIT_CODES[Ending.INTERRUPTED])
