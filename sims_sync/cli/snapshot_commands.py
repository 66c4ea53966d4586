"""`snapshots`: what was kept of each half term, how it looks, and a dated restatement where it was wrong (rule 17)."""

import json

import click

from sims_sync.cli.report_commands import FORMATS, say_beside
from sims_sync.cli.report_commands import show as show_report
from sims_sync.cli.shared import (
    chosen_half_term,
    config_option,
    exit_with,
    half_term_option,
    json_option,
    opened,
    school_option,
    whoami,
)
from sims_sync.compliance.facts import Occasion
from sims_sync.compliance.snapshot_form import Restated
from sims_sync.context import RunContext
from sims_sync.outcome import EXIT_CODES, Ending
from sims_sync.report.summary import clean
from sims_sync.snapshots import OCCASIONS, closed_summary
from sims_sync.snapshots import restate as write_restatement
from sims_sync.store.snapshot_totals import load_totals
from sims_sync.store.snapshots import StoredSnapshot, list_snapshots

REASON_LENGTH = 200

occasion_option = click.option(
    "--occasion",
    type=click.Choice([each.name.lower() for each in OCCASIONS]),
    default=Occasion.CLOSING.name.lower(),
    show_default=True,
    help="Which of the half term's two snapshots.",
)


@click.group()
def snapshots() -> None:
    """The figures of each half term, kept as they were."""


@snapshots.command("list")
@school_option
@json_option
@config_option
def list_all(school_id: str | None, as_json: bool) -> None:
    """Every snapshot and restatement: when, done of due, and who restated it and why."""
    with opened() as place:
        school = place.one_school(school_id)
        zone = place.context(school).school_year().calendar.timezone
        with place.store.reading() as connection:
            found = list_snapshots(connection, school.id)
    if as_json:
        click.echo(json.dumps({"snapshots": [_as_json(each) for each in found]}, ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("No snapshot has been taken yet.")
    for each in found:
        when = f"{each.taken_at.astimezone(zone):%a %d %b %Y %H:%M}"
        done, due = _totals(each)
        why = f", restated by {each.restated.who}: {each.restated.why}" if each.restated else ""
        doubt = ", in doubt: names nobody" if each.content.doubts else ""
        name = each.occasion.name.lower()
        click.echo(f"{each.half_term}  {name:<8}  {each.version}  {when}  {done} of {due} done{doubt}{why}")


@snapshots.command()
@school_option
@json_option
@config_option
def totals(school_id: str | None, as_json: bool) -> None:
    """What is left of old half terms: done of due by house and by NC year; no group, no tutor, no student."""
    with opened() as place:
        school = place.one_school(school_id)
        with place.store.reading() as connection:
            found = load_totals(connection, school.id)
    names = ("half_term", "occasion", "scope", "name", "due", "done")
    if as_json:
        click.echo(json.dumps({"totals": [{name: row[name] for name in names} for row in found]}, indent=2))
        return
    for row in found:
        shown = "too few to show" if row["due"] is None else f"{row['done']} of {row['due']} done"
        click.echo(f"{row['half_term']}  {row['occasion']:<8}  {row['scope']} {row['name']}: {shown}")
    if not found:
        click.echo("Every snapshot is still there as it was.")


@snapshots.command()
@half_term_option
@occasion_option
@click.option("--version", type=click.IntRange(min=1), help="1 = as taken, 2 and on = restated; else as taken.")
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), default="text", show_default=True)
@school_option
@config_option
def show(half_term: str | None, occasion: str, version: int | None, form: str, school_id: str | None) -> None:
    """One snapshot as the report shows it, without students' names."""
    with opened() as place:
        context = place.context(place.one_school(school_id))
        chosen = chosen_half_term(context.school_year(), half_term, context.now())
        try:
            summary = closed_summary(context, chosen, Occasion[occasion.upper()], version=version)
        except KeyError:
            raise click.UsageError(f"{chosen} has no version {version}: see `sims-sync snapshots list`.") from None
    if summary is None:
        raise click.UsageError(f"{chosen} has no {occasion} snapshot: see `sims-sync snapshots list`.")
    say_beside(summary, form)
    show_report(summary, form)
    exit_with(EXIT_CODES[Ending.HELD] if summary.held else 0)


@snapshots.command()
@half_term_option
@occasion_option
@click.option("--reason", required=True, help="Why the snapshot was wrong, without a student's name.")
@click.option("--by", "who", metavar="NAME", help="Who decided; else the account that runs this.")
@click.option("--release", is_flag=True, help="What was found was looked at, and it is so.")
@school_option
@config_option
def restate(
    half_term: str | None, occasion: str, reason: str, who: str | None, release: bool, school_id: str | None
) -> None:
    """Write a dated restatement from what is known now; the snapshot itself stays as it is."""
    why = clean(reason)
    if not 1 <= len(why) <= REASON_LENGTH:
        raise click.UsageError(f"A reason has 1 to {REASON_LENGTH} characters.")
    with opened() as place:
        context: RunContext = place.context(place.one_school(school_id))
        chosen = chosen_half_term(context.school_year(), half_term, context.now())
        by = Restated(clean(who or whoami()), why)
        version, changed = write_restatement(context, chosen, Occasion[occasion.upper()], by, release=release)
    click.echo(f"{chosen} {occasion}: restated as version {version}.")
    for line in changed or ("No group's figures changed.",):
        click.echo(f"  {line}")


def _totals(each: StoredSnapshot) -> tuple[int, int]:
    houses = each.content.assessment.houses
    return sum(house.done for house in houses), sum(house.due for house in houses)


def _as_json(each: StoredSnapshot) -> dict[str, object]:
    done, due = _totals(each)
    return {
        "half_term": str(each.half_term),
        "occasion": each.occasion.name.lower(),
        "version": each.version,
        "taken_at": each.taken_at.isoformat(),
        "due": due,
        "done": done,
        "in_doubt": [reason.code for reason in each.content.doubts],
        "restated_by": each.restated.who if each.restated else None,
        "why": each.restated.why if each.restated else None,
    }
