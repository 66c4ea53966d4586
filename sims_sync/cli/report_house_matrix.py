"""`report house-matrix`: tutor groups by half terms, counts only, and the summary that a Head of House sends on."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from sims_sync.cli.report_commands import write_whole
from sims_sync.cli.shared import (
    Opened,
    as_of_option,
    chosen_half_term,
    config_option,
    exit_with,
    half_term_option,
    opened,
    school_option,
)
from sims_sync.config import SchoolConfig
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.outcome import EXIT_CODES, Ending
from sims_sync.report.house_matrix import HouseMatrix, house_matrix
from sims_sync.report.house_matrix_files import render_html, render_pdf, render_workbook
from sims_sync.report.house_matrix_text import render_csv, render_json, render_text
from sims_sync.year_figures import year_known

FORMATS: dict[str, Callable[[HouseMatrix], str]] = {
    "text": render_text,
    "html": render_html,
    "json": render_json,
    "csv": render_csv,
}
FILE_FORMATS: dict[str, Callable[[HouseMatrix], bytes]] = {"pdf": render_pdf, "xlsx": render_workbook}


@click.command("house-matrix")
@click.option("--year", metavar="YEAR", help="The academic year, e.g. 2026-27; else this one.")
@half_term_option
@click.option("--house", metavar="HOUSE", help="Only this house.")
@click.option(
    "--format", "form", type=click.Choice(sorted({*FORMATS, *FILE_FORMATS})), default="text", show_default=True
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file; pdf and xlsx need it."
)
@school_option
@as_of_option
@config_option
def house_matrix_command(
    year: str | None,
    half_term: str | None,
    house: str | None,
    form: str,
    output: Path | None,
    school_id: str | None,
    as_of: datetime | None,
) -> None:
    """Tutor groups by half terms: status, interviews, targets and reviews, in counts only.

    With --half-term the year is shown as far as that half term.
    """
    if year and half_term:
        raise click.UsageError("Say --year or --half-term, not both.")
    if form in FILE_FORMATS and output is None:
        raise click.UsageError(f"{form} does not go to a terminal: say where to, -o house-matrix.{form}")
    with opened() as place:
        matrix = _matrix(place, place.one_school(school_id), year, half_term, house, as_of)
    if output is None:
        text = FORMATS[form](matrix)
        click.echo(text, nl=not text.endswith("\n"))
    else:
        write_whole(output, FILE_FORMATS[form](matrix) if form in FILE_FORMATS else FORMATS[form](matrix))
        click.echo(f"Written to {output}.", err=True)
    if form != "text":
        for reason in matrix.held:
            click.echo(f"{reason.what} {reason.do}", err=True)
    exit_with(EXIT_CODES[Ending.HELD] if matrix.held else 0)


def _matrix(
    place: Opened,
    school: SchoolConfig,
    year: str | None,
    half_term: str | None,
    house: str | None,
    as_of: datetime | None,
) -> HouseMatrix:
    context = place.context(school, as_of)
    school_year, now = context.school_year(), context.now()
    until = None if year else chosen_half_term(school_year, half_term, now)
    try:
        known = year_known(context, year or (until.year if until else ""), until if half_term else None)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    zone, name = school_year.calendar.timezone, school.school.name
    try:
        return house_matrix(known.half_terms, school_name=name, as_of=now, house=house, zone=zone)
    except KeyError:
        every = house_matrix(known.half_terms, school_name=name, as_of=now).houses
        raise ConfigurationError(
            [ConfigProblem(f"--house {house}", "is not known.", f"Known: {', '.join(every)}.")]
        ) from None
