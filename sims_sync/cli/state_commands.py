"""`status` and `quarantine`: what there is to see, worst first."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from sims_sync.cli.run_commands import print_report
from sims_sync.cli.shared import config_option, exit_with, json_option, opened, school_option, whoami
from sims_sync.connector import Severity
from sims_sync.context import school_clock
from sims_sync.outcome import EXIT_CODES
from sims_sync.pull.release import retry
from sims_sync.run import run_step
from sims_sync.standing import Standing, all_standings, service_now, service_standing, standing_of
from sims_sync.standing.words import line_of, line_of_all, shown_at
from sims_sync.store.decisions import record_audit
from sims_sync.store.reads import discard_row, load_quarantine

MOMENT = "%a %d %b %Y %H:%M"
_EXIT = {Severity.FINE: 0, Severity.WARN: 3, Severity.WRONG: 1}
_SYMBOLS = {Severity.FINE: "✔", Severity.WARN: "■", Severity.WRONG: "✖"}
_GRAVITY = (Severity.FINE, Severity.WARN, Severity.WRONG)
_ZONE = ZoneInfo("Europe/London")


@click.command()
@click.option("--all", "_every", is_flag=True, help="Every school, worst first (all are shown anyway).")
@school_option
@json_option
@config_option
def status(_every: bool, school_id: str | None, as_json: bool) -> None:
    """How every school stands: last runs, age of the data, what is held. Exit code 0 well, 3 warnings, 1 wrong."""
    with opened() as place:
        now = service_now(place.config)
        if school_id is None:
            found = all_standings(place.store, place.config)
        else:
            found = tuple(standing_of(place.store, school) for school in place.schools(school_id))
        service = service_standing(place.store, place.config, with_broken=False)
    line = line_of_all(found, service, now, _ZONE)
    worst = max((each.verdict for each in (*found, service)), key=_GRAVITY.index)
    if as_json:
        schools = [{**_as_json(each), "line": line_of(each, now, _ZONE)} for each in found]
        document = {"healthy": worst is Severity.FINE, "line": line, "schools": schools, "service": _as_json(service)}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _print_all(line, found, service)
    exit_with(_EXIT[worst])


@click.group()
def quarantine() -> None:
    """Rows that could not be used."""


@quarantine.command("list")
@school_option
@json_option
@config_option
def quarantine_list(school_id: str | None, as_json: bool) -> None:
    """List the rows held now: field, rule and where they stand in the source; never their content."""
    with opened() as place:
        rows = []
        for school in place.schools(school_id):
            with place.store.reading() as connection:
                rows += [(school.id, row) for row in load_quarantine(connection, school.id)]
    if as_json:
        items = [{"school": school_name, **_plain(row)} for school_name, row in rows]
        click.echo(json.dumps({"quarantine": items}, indent=2))
        return
    for school_name, row in rows:
        file = f" ({row.scope})" if row.scope else ""
        where = f"{row.source}{file} record {row.record_number}"
        click.echo(f"{row.quarantine_id}  {school_name}  {where}  {row.field}: {row.rule} ({row.code})")
        click.echo(
            f"    first {row.first_seen:{MOMENT}}, last {row.last_seen:{MOMENT}} UTC, seen {row.seen_count} times"
        )
    if not rows:
        click.echo("Nothing is held.")


@quarantine.command("show")
@click.argument("quarantine_id", metavar="ID")
@school_option
@config_option
def quarantine_show(quarantine_id: str, school_id: str | None) -> None:
    """Show one held row: where it stands, why it is held, and since when; its content is in SIMS."""
    with opened() as place:
        school = place.one_school(school_id)
        with place.store.reading() as connection:
            rows = [row for row in load_quarantine(connection, school.id) if row.quarantine_id == quarantine_id]
    if not rows:
        raise click.UsageError(f"No row {quarantine_id!r} is held: see `sims-sync quarantine list`.")
    for name, value in _plain(rows[0]).items():
        click.echo(f"{name:<16} {value if value is not None else '–'}")


@quarantine.command("retry")
@click.argument("source", metavar="SOURCE")
@school_option
@config_option
def quarantine_retry(source: str, school_id: str | None) -> None:
    """Read SOURCE's kept rows again, e.g. after its mapping was mended."""
    with opened() as place:
        report = run_step(place.store, place.one_school(school_id), "retry", lambda context: retry(context, source))
    print_report(report)
    exit_with(EXIT_CODES[report.outcome.ending])


@quarantine.command()
@click.argument("quarantine_id", metavar="ID")
@click.option("--reason", required=True, help="Why it is of no use (no names).")
@school_option
@config_option
def discard(quarantine_id: str, reason: str, school_id: str | None) -> None:
    """Say that a held row is of no use: its student no longer counts as "entry being checked"."""
    with opened() as place:
        school = place.one_school(school_id)
        now = school_clock(school.demo)()
        with place.store.writing() as connection:
            found = discard_row(connection, school.id, quarantine_id, whoami(), reason, now)
            if found:
                record_audit(
                    connection,
                    school.id,
                    at=now,
                    who=whoami(),
                    action="quarantine-discard",
                    subject=quarantine_id,
                    detail={"reason": reason},
                )
    if not found:
        raise click.UsageError(f"No row {quarantine_id!r} is held: see `sims-sync quarantine list`.")
    click.echo(f"{quarantine_id} is discarded.")


def _print_all(line: str, found: Sequence[Standing], service: Standing) -> None:
    if len(found) > 1:
        click.echo(line)
    for standing in found:
        _print(standing, standing.school)
    if service.verdict is not Severity.FINE:
        _print(service, "service")


def _print(standing: Standing, name: str) -> None:
    click.echo(f"{_SYMBOLS[standing.verdict]} {name}: {standing.verdict.value}")
    for condition in standing.conditions:
        click.echo(f"  ! {condition.sentence}")
    for read in standing.reads:
        began = shown_at(datetime.fromisoformat(read["began"]), _ZONE)
        click.echo(f"    {read['source']}: data as of {began} ({read['hours']} h old)")
    if standing.counts.get("deliveries"):
        shown = ", ".join(f"{count} {state}" for state, count in sorted(standing.counts["deliveries"].items()))
        click.echo(f"    texts for SIMS: {shown}")


def _as_json(standing: Standing) -> dict[str, Any]:
    return {
        "school": standing.school,
        "name": standing.name,
        "verdict": standing.verdict.value,
        "wrong": [condition.sentence for condition in standing.wrong],
        "warn": [condition.sentence for condition in standing.warn],
        "conditions": [
            {
                "code": condition.code,
                "subject": condition.subject,
                "severity": condition.severity.value,
                "since": condition.since.isoformat() if condition.since else None,
                "what": condition.what,
                "do": condition.do,
            }
            for condition in standing.conditions
        ],
        "reads": list(standing.reads),
        "counts": dict(standing.counts),
        "push": dict(standing.push),
    }


def _plain(row: Any) -> dict[str, Any]:  # noqa: ANN401 - any stored row
    values = {name: getattr(row, name) for name in type(row).__slots__}
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}
