"""`run`, `plan`, `jobs` and `serve`."""

import json
from collections.abc import Sequence
from datetime import datetime

import click

from sims_sync.cli.beside import BesideTheJobs
from sims_sync.cli.shared import (
    Opened,
    as_of_option,
    clear_progress,
    config_option,
    exit_with,
    json_option,
    opened,
    progress_line,
    school_option,
)
from sims_sync.config import SchoolConfig
from sims_sync.outcome import EXIT_CODES, Ending, worst
from sims_sync.registry import job_function, job_names
from sims_sync.run import RunOptions, RunReport, run_job
from sims_sync.schedule import Service
from sims_sync.store.runs import last_runs

SYMBOLS = {
    Ending.DONE: "✔",
    Ending.HELD: "■",
    Ending.STOPPED: "✖",
    Ending.FAILED: "✖",
    Ending.MISCONFIGURED: "✖",
    Ending.BUSY: "…",
    Ending.INTERRUPTED: "✖",
}


@click.command()
@click.argument("job_list", metavar="JOB...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every job, in the order of the cycle.")
@school_option
@as_of_option
@json_option
@config_option
def run(job_list: tuple[str, ...], every: bool, school_id: str | None, as_of: datetime | None, as_json: bool) -> None:
    """Run one job or several now."""
    _run_and_print(_chosen(job_list, every=every), school_id, RunOptions(as_of=as_of), as_json=as_json)


@click.command()
@click.argument("job_list", metavar="JOB...", nargs=-1, required=True)
@school_option
@as_of_option
@json_option
@config_option
def plan(job_list: tuple[str, ...], school_id: str | None, as_of: datetime | None, as_json: bool) -> None:
    """Say what a job would do; nothing is applied, moved or sent."""
    _run_and_print(_chosen(job_list, every=False), school_id, RunOptions(dry=True, as_of=as_of), as_json=as_json)


@click.command()
@json_option
@config_option
def jobs(as_json: bool) -> None:
    """List the jobs, their schedules and their last runs."""
    with opened() as place:
        listed = [_described(place, school, name) for school in place.schools(None) for name in job_names()]
    if as_json:
        click.echo(json.dumps({"jobs": listed}, indent=2))
        return
    for item in listed:
        last = f"{item['outcome']} {item['started']}" if item["started"] else "never ran"
        click.echo(f"{item['school']:<12} {item['job']:<20} {item['schedule'] or 'by hand':<24} {last}")


@click.command()
@click.option("--once", is_flag=True, help="Run what is due now, then end.")
@config_option
def serve(once: bool) -> None:
    """Run the jobs on their schedules until stopped."""
    with opened() as place:
        beside = BesideTheJobs(click.echo, lambda text: click.echo(text, err=True))

        def told(report: RunReport) -> None:
            click.echo(one_line(report))
            beside(place.store, place.config)

        service = Service(place.store, place.config, on_run=told)
        if once:
            service.remember_start()
            reports = service.run_due()
            if not reports:
                click.echo("Nothing is due.")
            exit_with(EXIT_CODES[worst(report.outcome.ending for report in reports)])
            return
        click.echo(f"sims-sync serves {len(place.config.schools)} schools; stop it with Ctrl+C.")
        beside(place.store, place.config)
        try:
            service.serve()
        finally:
            beside.close()


def one_line(report: RunReport) -> str:
    """One run in one line."""
    counts = ", ".join(f"{value:,} {name}" for name, value in report.outcome.counts.items() if value)
    ending = report.outcome.ending
    return f"{SYMBOLS[ending]} {report.school} {report.job}: {ending.value}{f' ({counts})' if counts else ''}"


def _chosen(names: Sequence[str], *, every: bool) -> tuple[str, ...]:
    if every and names:
        raise click.UsageError("Name jobs, or say --all, not both.")
    if not every and not names:
        raise click.UsageError(f"Name a job, or say --all. The jobs are: {', '.join(job_names())}.")
    for name in names:
        job_function(name)
    return job_names() if every else tuple(names)


def _run_and_print(names: Sequence[str], school_id: str | None, options: RunOptions, *, as_json: bool) -> None:
    asked = RunOptions(dry=options.dry, as_of=options.as_of, progress=None if as_json else progress_line())
    with opened() as place:
        reports = []
        for school in place.schools(school_id):
            for name in names:
                report = run_job(place.store, place.config, school, name, asked)
                reports.append(report)
                if not as_json:
                    print_report(report, dry=options.dry)
        broken = bool(place.config.broken) and school_id is None
    if as_json:
        click.echo(json.dumps({"runs": [report.as_json() for report in reports]}, indent=2, ensure_ascii=False))
    endings = [report.outcome.ending for report in reports] + ([Ending.MISCONFIGURED] if broken else [])
    exit_with(EXIT_CODES[worst(endings)])


def print_report(report: RunReport, *, dry: bool = False) -> None:
    """One run in full: its line, its notes, its problems."""
    clear_progress()
    click.echo(f"{'(plan) ' if dry else ''}{one_line(report)}")
    for note in report.outcome.notes:
        click.echo(f"    {note}")
    for problem in report.outcome.problems:
        where = f"{problem.source}: " if problem.source else ""
        click.echo(f"  ! {where}{problem}")


def _described(place: Opened, school: SchoolConfig, name: str) -> dict[str, str | None]:
    with place.store.reading() as connection:
        newest = {item.job: item for item in last_runs(connection, school.id)}.get(name)
    section = school.jobs.get(name)
    return {
        "school": school.id,
        "job": name,
        "schedule": section.schedule if section and section.enabled else None,
        "started": newest.started.isoformat(timespec="seconds") if newest else None,
        "outcome": newest.outcome if newest else None,
    }
