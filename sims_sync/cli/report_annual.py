"""`report annual`: the year's evaluation without names, and the blank sheet of five questions for tutors."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from sims_sync.cli.report_commands import write_whole
from sims_sync.cli.shared import Opened, as_of_option, config_option, opened, school_option
from sims_sync.compliance.annual import annual
from sims_sync.compliance.tutor_view import QuestionShown, tutor_view
from sims_sync.config import SchoolConfig
from sims_sync.report.annual_files import render_html, render_pdf, render_workbook
from sims_sync.report.annual_sheet import render_sheet
from sims_sync.report.annual_text import render_csv, render_json, render_text
from sims_sync.report.annual_words import AnnualReport, annual_report
from sims_sync.tutor_answers import read_tutor_answers
from sims_sync.year_figures import year_known

FORMATS: dict[str, Callable[[AnnualReport], str]] = {
    "text": render_text,
    "html": render_html,
    "json": render_json,
    "csv": render_csv,
}
FILE_FORMATS: dict[str, Callable[[AnnualReport], bytes]] = {"pdf": render_pdf, "xlsx": render_workbook}


@click.command("annual")
@click.option("--year", metavar="YEAR", help="The academic year, e.g. 2026-27; else this one.")
@click.option("--sheet", is_flag=True, help="Write the blank, anonymous sheet for tutors (xlsx) instead.")
@click.option(
    "--format", "form", type=click.Choice(sorted({*FORMATS, *FILE_FORMATS})), default="text", show_default=True
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file; pdf and xlsx need it."
)
@school_option
@as_of_option
@config_option
def annual_command(
    year: str | None, sheet: bool, form: str, output: Path | None, school_id: str | None, as_of: datetime | None
) -> None:
    """The year per house and year group, without names; cells of fewer than 5 students are suppressed."""
    if (sheet or form in FILE_FORMATS) and output is None:
        name = "sheet.xlsx" if sheet else f"annual.{form}"
        raise click.UsageError(f"It does not go to a terminal: say where to, -o {name}")
    with opened() as place:
        school = place.one_school(school_id)
        if sheet:
            content: bytes | str = render_sheet(place.context(school, as_of).now())
        else:
            report = _report(place, school, year, as_of)
            content = FILE_FORMATS[form](report) if form in FILE_FORMATS else FORMATS[form](report)
    if output is not None:
        write_whole(output, content)
        click.echo(f"Written to {output}.", err=True)
    elif isinstance(content, str):
        click.echo(content, nl=not content.endswith("\n"))


def _report(place: Opened, school: SchoolConfig, year: str | None, as_of: datetime | None) -> AnnualReport:
    context = place.context(school, as_of)
    school_year, now = context.school_year(), context.now()
    started = school_year.latest_started(school_year.local_date(now))
    try:
        known = year_known(context, year or (started.year if started else ""))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    shown = _tutors(school, known.year)
    return annual_report(school.school.name, annual(known.half_terms), now, shown, school_year.calendar.timezone)


def _tutors(school: SchoolConfig, year: str) -> tuple[QuestionShown, ...]:
    answers = school.reports.tutor_answers
    return tutor_view(read_tutor_answers(school.path(answers)), year) if answers else ()
