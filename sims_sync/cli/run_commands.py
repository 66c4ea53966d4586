"""`run`, `plan` and `jobs`."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import click

from sims_sync.breaker import Breaker
from sims_sync.cli.shared import (
    SCHOOL_ZONE,
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
from sims_sync.errors import JobPaused
from sims_sync.outcome import EXIT_CODES, Ending, worst
from sims_sync.registry import job_function, job_names
from sims_sync.run import RunOptions, RunReport, run_job
from sims_sync.store.breakers import load_breakers
from sims_sync.store.pauses import all_pauses, load_pauses, pause_of
from sims_sync.store.runs import last_runs

ASK_AGAIN_SECONDS = 1.0
SYMBOLS = {
    Ending.DONE: "✔",
    Ending.HELD: "■",
    Ending.STOPPED: "✖",
    Ending.FAILED: "✖",
    Ending.MISCONFIGURED: "✖",
    Ending.BUSY: "…",
    Ending.INTERRUPTED: "✖",
}


@dataclass(frozen=True, slots=True)
class ByHand:
    """How a person asked for a run: how long to wait for another, whether also what is paused, whether by name."""

    wait_seconds: int
    even_paused: bool
    named: bool


@click.command()
@click.argument("job_list", metavar="JOB...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every job, in the order of the cycle.")
@click.option(
    "--wait",
    "wait_seconds",
    type=click.IntRange(min=0),
    default=0,
    metavar="SECONDS",
    help="Where another run is at work, wait for it this long.",
)
@click.option("--even-paused", is_flag=True, help="Run also what is paused.")
@school_option
@as_of_option
@json_option
@config_option
def run(
    job_list: tuple[str, ...],
    every: bool,
    wait_seconds: int,
    even_paused: bool,
    school_id: str | None,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Run one job or several now."""
    how = ByHand(wait_seconds, even_paused=even_paused, named=not every)
    _run_and_print(_chosen(job_list, every=every), school_id, RunOptions(as_of=as_of), as_json=as_json, how=how)


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
        started = datetime.fromisoformat(item["started"]).astimezone(SCHOOL_ZONE) if item["started"] else None
        last = f"{item['outcome']} {started:%a %d %b %Y %H:%M}" if started else "never ran"
        more = "".join(f"; {item[name]}" for name in ("paused", "failing") if item[name])
        click.echo(f"{item['school']:<12} {item['job']:<20} {item['schedule'] or 'by hand':<24} {last}{more}")


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


def _run_and_print(
    names: Sequence[str], school_id: str | None, options: RunOptions, *, as_json: bool, how: ByHand | None = None
) -> None:
    asked = RunOptions(dry=options.dry, as_of=options.as_of, progress=None if as_json else progress_line())
    with opened() as place:
        reports = []
        for school, name in _not_paused(place, place.schools(school_id), names, how):
            report = _run_patiently(place, school, name, asked, how.wait_seconds if how else 0)
            reports.append(report)
            if not as_json:
                print_report(report, dry=options.dry)
        broken = bool(place.config.broken) and school_id is None
    if as_json:
        click.echo(json.dumps({"runs": [report.as_json() for report in reports]}, indent=2, ensure_ascii=False))
    endings = [report.outcome.ending for report in reports] + ([Ending.MISCONFIGURED] if broken else [])
    exit_with(EXIT_CODES[worst(endings)])


def _not_paused(
    place: Opened, schools: Sequence[SchoolConfig], names: Sequence[str], how: ByHand | None
) -> list[tuple[SchoolConfig, str]]:
    """What may run: a paused job that was named is refused, before anything runs; `--all` leaves it out and says so."""
    chosen = [(school, name) for school in schools for name in names]
    if how is None or how.even_paused:
        return chosen
    with place.store.reading() as connection:
        pauses = all_pauses(connection)
    resting = {(school.id, name): pause_of(pauses, school.id, name) for school, name in chosen}
    told = {key: found for key, found in resting.items() if found is not None}
    if told and how.named:
        what = "\n".join(f"{name} of {school} is {found.shown.rstrip('.')}." for (school, name), found in told.items())
        raise JobPaused("paused", what, "Say --even-paused to run it all the same, or `sims-sync resume` first.")
    for (school_id, name), found in told.items():
        click.echo(f"{name} of {school_id} is left out: {found.shown}.", err=True)
    return [(school, name) for school, name in chosen if (school.id, name) not in told]


def _run_patiently(place: Opened, school: SchoolConfig, name: str, asked: RunOptions, wait_seconds: int) -> RunReport:
    """Run it; where another run is at work, ask again until the time is over."""
    end = time.monotonic() + wait_seconds
    while True:
        report = run_job(place.store, place.config, school, name, asked)
        if report.outcome.ending is not Ending.BUSY or time.monotonic() >= end:
            return report
        time.sleep(min(ASK_AGAIN_SECONDS, max(end - time.monotonic(), 0)))


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
        paused = pause_of(load_pauses(connection, school.id), school.id, name)
        breaker = {item.job: item for item in load_breakers(connection, school.id)}.get(name)
    section = school.jobs.get(name)
    return {
        "school": school.id,
        "job": name,
        "schedule": section.schedule if section and section.enabled else None,
        "started": newest.started.isoformat(timespec="seconds") if newest else None,
        "outcome": newest.outcome if newest else None,
        "paused": paused.shown if paused else None,
        "failing": _failing(breaker) if breaker else None,
    }


def _failing(breaker: Breaker) -> str:
    since, again = f"{breaker.failing_since:%a %d %b %H:%M} UTC", breaker.retry_at
    tried = f", tried again from {again:%a %d %b %H:%M} UTC" if again is not None else ""
    times = "failed" if breaker.failures == 1 else f"failed {breaker.failures} times in a row"
    return f"{times} since {since}{tried}"
