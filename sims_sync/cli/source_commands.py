"""`reports show|import` and `mapping suggest`: how a report is built or brought into SIMS, what an export may be."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import click

from sims_sync.cli.run_commands import SYMBOLS
from sims_sync.cli.shared import config_option, exit_with, opened, school_option, whoami
from sims_sync.connector import Row
from sims_sync.context import RunContext, connector_context
from sims_sync.formats import open_file
from sims_sync.mapping_docs import Need, report_advice
from sims_sync.mapping_suggest import Suggestion, suggest
from sims_sync.outcome import EXIT_CODES, Ending
from sims_sync.records import Kind
from sims_sync.report_import import ImportedDefinition, build_importer, find_definitions, import_definitions
from sims_sync.store.decisions import record_audit

SAMPLE_ROWS = 200
_MARKS = {Need.YES: "*", Need.COLUMN: "*", Need.ONE_OF: "+"}


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
    click.echo("\nColumns (caption – what it is; * = the read stops without it, + = one of these is needed):")
    for column in advice.columns:
        also = f"  (also: {', '.join(column.also_known)})" if column.also_known else ""
        click.echo(f"  {_MARKS.get(column.need, ' ')} {column.caption} – {column.description}{also}")
    if advice.alternatives:
        click.echo(f"\nOther shapes of this kind: {', '.join(advice.alternatives)}")
    if advice.unproven:
        click.echo(f"\n{advice.unproven}")


@reports.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--trusted", is_flag=True, default=None, help="Log in to SIMS as the Windows user that runs this.")
@click.option("--user", metavar="NAME", help="Log in as this SIMS user instead; needs --password.")
@click.option("--password", metavar="REFERENCE", help="Where the password is, e.g. env:SIMS_PASSWORD; never itself.")
@click.option("--source", metavar="NAME", help="Log in as this source of config.toml does.")
@click.option(
    "--executable",
    type=click.Path(path_type=Path),
    help="CommandReportImporter.exe; else it is looked for beside CommandReporter.exe.",
)
@click.option(
    "--time-limit",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    help="How long one import may take, 300 if not given.",
)
@school_option
@config_option
def reports_import(
    folder: Path,
    trusted: bool | None,
    user: str | None,
    password: str | None,
    source: str | None,
    executable: Path | None,
    time_limit: float | None,
    school_id: str | None,
) -> None:
    """Import every report definition (*.RptDef) of FOLDER into SIMS, in the order of their names.

    Logs in as the sources of config.toml do that run reports. Exit code 0 all are imported, 1 one or more are not.
    """
    given: dict[str, object] = {
        "trusted": trusted,
        "user": user,
        "password": password,
        "executable": str(executable.absolute()) if executable else None,
        "time_limit_seconds": time_limit,
    }
    stated = {key: value for key, value in given.items() if value is not None}
    definitions = find_definitions(folder)
    with opened() as place:
        context = place.context(place.one_school(school_id))
        importer = build_importer(context.school, connector_context(context.school, context.clock), stated, source)
        importer.prepare()
        imported: list[ImportedDefinition] = []
        try:
            for result in import_definitions(importer, definitions):
                imported.append(result)
                click.echo(_import_line(result))
        finally:
            # Also where somebody interrupts it: what is in SIMS by then stays there.
            _audit_import(context, folder, imported)
    failed = sum(result.problem is not None for result in imported)
    click.echo(f"{len(imported) - failed} of {len(imported)} imported.")
    exit_with(EXIT_CODES[Ending.FAILED if failed else Ending.DONE])


def _import_line(result: ImportedDefinition) -> str:
    if result.problem is None:
        return f"{SYMBOLS[Ending.DONE]} {result.file}: imported"
    return f"{SYMBOLS[Ending.FAILED]} {result.file}: failed \N{EN DASH} {result.problem}"


def _audit_import(context: RunContext, folder: Path, imported: Iterable[ImportedDefinition]) -> None:
    outcomes = {result.file: result.problem.code if result.problem else "imported" for result in imported}
    with context.store.writing() as connection:
        record_audit(
            connection,
            context.school_id,
            at=context.now(),
            who=whoami(),
            action="reports-import",
            subject=folder.absolute().name,
            detail={"definitions": outcomes},
        )


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
