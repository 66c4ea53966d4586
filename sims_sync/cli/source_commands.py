"""`reports show KIND` and `mapping suggest FILE`: how an export is to be built, and what an unknown one may be."""

from itertools import islice
from pathlib import Path

import click

from sims_sync.connector import Row
from sims_sync.formats import open_file
from sims_sync.mapping_docs import report_advice
from sims_sync.mapping_suggest import Suggestion, suggest
from sims_sync.records import Kind

SAMPLE_ROWS = 200


@click.group()
def reports() -> None:
    """The reports that an admin builds in SIMS."""


@reports.command("show")
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
def reports_show(kind: str) -> None:
    """Menu path, captions and permissions of the report to build for KIND."""
    advice = report_advice(Kind(kind))
    click.echo(f"{kind} – mapping {advice.mapping}\n")
    click.echo(f"Where:       {advice.menu_path}")
    click.echo(f"Permissions: {advice.permissions}")
    if advice.notes:
        click.echo(f"Note:        {advice.notes}")
    click.echo("\nColumns (caption – what it is; * = the read stops without it):")
    for column in advice.columns:
        also = f"  (also: {', '.join(column.also_known)})" if column.also_known else ""
        click.echo(f"  {'*' if column.required else ' '} {column.caption} – {column.description}{also}")
    if advice.alternatives:
        click.echo(f"\nOther shapes of this kind: {', '.join(advice.alternatives)}")
    if advice.unproven:
        click.echo(f"\n{advice.unproven}")


@click.group()
def mapping() -> None:
    """Mappings: which column fills which field."""


@mapping.command("suggest")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), help="What the file holds, if you know.")
def mapping_suggest(file: Path, kind: str | None) -> None:
    """Propose a mapping for an unknown export, as TOML on standard output."""
    suggestion = suggest_for(file, Kind(kind) if kind else None)
    if suggestion.kind is None:
        raise click.UsageError(f"{file.name} fits no kind: its columns are {', '.join(suggestion.unknown_columns)}.")
    for line in understood(suggestion):
        click.echo(line, err=True)
    click.echo(suggestion.toml)


def suggest_for(file: Path, kind: Kind | None = None) -> Suggestion:
    """What a file may be, from its columns and first rows.

    Raises:
        SourceRefused, SourceUnavailable: it cannot be read.
    """
    reader = open_file(file)
    rows: list[Row] = list(islice(reader.rows(), SAMPLE_ROWS))
    return suggest(tuple(reader.columns), rows, kind)


def understood(suggestion: Suggestion) -> list[str]:
    """What was understood of a file and what was not, a line each; captions only, never a value."""
    lines = [f"taken for: {suggestion.kind.value if suggestion.kind else 'nothing known'}"]
    lines += [f"  {match.field:<20} ← {match.column} ({match.sureness})" for match in suggestion.matches]
    if suggestion.aspect_columns:
        lines.append(f"  aspects              ← {', '.join(suggestion.aspect_columns)}")
    if suggestion.unknown_columns:
        lines.append(f"  not understood, left alone: {', '.join(suggestion.unknown_columns)}")
    if suggestion.missing:
        lines.append(f"  required, but not found: {', '.join(rule.caption for rule in suggestion.missing)}")
    return lines
