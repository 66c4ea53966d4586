"""`report compliance`: the figures of one half term, in every format, for a person or a file."""

import os
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from sims_sync.cli.chosen_summary import chosen_summary
from sims_sync.cli.shared import (
    Opened,
    as_of_option,
    config_option,
    exit_with,
    half_term_option,
    opened,
    school_option,
    whoami,
)
from sims_sync.config import SchoolConfig
from sims_sync.errors import ConfigProblem, ConfigurationError, RunError
from sims_sync.outcome import EXIT_CODES, Ending
from sims_sync.report.exports import render_csv, render_json, render_names_csv
from sims_sync.report.page import render_html
from sims_sync.report.pdf import render_pdf
from sims_sync.report.summary import ComplianceSummary
from sims_sync.report.text import render_text
from sims_sync.report.wording import closed_lines
from sims_sync.report.workbook import render_workbook
from sims_sync.store.decisions import record_audit

FORMATS: dict[str, Callable[[ComplianceSummary], str]] = {
    "text": render_text,
    "html": render_html,
    "json": render_json,
    "csv": render_csv,
}
# Bytes: for a file, never for a terminal.
FILE_FORMATS: dict[str, Callable[[ComplianceSummary], bytes]] = {"pdf": render_pdf, "xlsx": render_workbook}


@click.command()
@half_term_option
@click.option("--house", metavar="HOUSE", help="Only this house.")
@click.option(
    "--format", "form", type=click.Choice(sorted({*FORMATS, *FILE_FORMATS})), default="text", show_default=True
)
@click.option(
    "--names", is_flag=True, help="With the students who are not done. Keep the file where only staff can read it."
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file; pdf and xlsx need it."
)
@school_option
@as_of_option
@config_option
def compliance(
    half_term: str | None,
    house: str | None,
    form: str,
    names: bool,
    output: Path | None,
    school_id: str | None,
    as_of: datetime | None,
) -> None:
    """Which tutors still have entries to make, per house and tutor group."""
    if form in FILE_FORMATS and output is None:
        raise _needs_a_file(form)
    with opened() as place:
        school = place.one_school(school_id)
        summary = chosen_summary(place, school, half_term, house, as_of, names=names)
        if names:
            _audit_names(place, school, summary, house)
    say_beside(summary, form)
    if output is None:
        show(summary, form)
    else:
        write_whole(output, _file_content(summary, form))
        click.echo(f"Written to {output}.", err=True)
    exit_with(EXIT_CODES[Ending.HELD] if summary.held else 0)


def say_beside(summary: ComplianceSummary, form: str) -> None:
    """On standard error what the format has no place for: of a table, "as closed on"; of all data, why it is held."""
    if form == "csv":
        for line in closed_lines(summary):
            click.echo(line, err=True)
    if form != "text":
        for reason in summary.held:
            click.echo(f"{reason.what} {reason.do}", err=True)


def show(summary: ComplianceSummary, form: str) -> None:
    """The report on standard output, in one of `FORMATS`."""
    text = _text(summary, form, is_file=False)
    click.echo(text, nl=not text.endswith("\n"))


def _needs_a_file(form: str) -> ConfigurationError:
    what = f"does not go to a terminal: {form} is made of bytes."
    return ConfigurationError([ConfigProblem(f"--format {form}", what, f"Say where to: -o report.{form}")])


def _file_content(summary: ComplianceSummary, form: str) -> bytes | str:
    return FILE_FORMATS[form](summary) if form in FILE_FORMATS else _text(summary, form, is_file=True)


def _text(summary: ComplianceSummary, form: str, *, is_file: bool) -> str:
    """The report; a held list with names has its header only, and in a file, which is opened later, the reasons."""
    is_list_of_names = summary.names and form == "csv" and (summary.has_figures or not is_file)
    return render_names_csv(summary) if is_list_of_names else FORMATS[form](summary)


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file whole or not at all: a reader never meets half a report. A text becomes UTF-8.

    Raises:
        RunError: the folder is missing or cannot be written to.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        Path(name).replace(path)
    except OSError:
        raise RunError("write", f"{path} cannot be written.", "Check the folder and this account's rights.") from None


def _audit_names(place: Opened, school: SchoolConfig, summary: ComplianceSummary, house: str | None) -> None:
    context = place.context(school)
    with place.store.writing() as connection:
        record_audit(
            connection,
            school.id,
            at=context.now(),
            who=whoami(),
            action="report-with-names",
            subject=str(summary.half_term),
            detail={"house": house or "all"},
        )
