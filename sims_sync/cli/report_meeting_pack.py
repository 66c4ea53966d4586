"""`report meeting-pack`: the Student Support Team's agenda from the report's exceptions, counts only."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from sims_sync.cli.chosen_summary import chosen_summary
from sims_sync.cli.report_commands import write_whole
from sims_sync.cli.shared import as_of_option, config_option, exit_with, half_term_option, opened, school_option
from sims_sync.outcome import EXIT_CODES, Ending
from sims_sync.report.meeting_pack import counts_only, render_html, render_pdf, render_text
from sims_sync.report.summary import ComplianceSummary

FORMATS: dict[str, Callable[[ComplianceSummary], str]] = {"text": render_text, "html": render_html}


@click.command("meeting-pack")
@half_term_option
@click.option("--house", metavar="HOUSE", help="Only this house.")
@click.option("--format", "form", type=click.Choice([*FORMATS, "pdf"]), default="text", show_default=True)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file; pdf needs it."
)
@school_option
@as_of_option
@config_option
def meeting_pack(
    half_term: str | None,
    house: str | None,
    form: str,
    output: Path | None,
    school_id: str | None,
    as_of: datetime | None,
) -> None:
    """What the Student Support Team talks about; no student is named."""
    if form == "pdf" and output is None:
        raise click.UsageError("pdf does not go to a terminal: say where to, -o meeting-pack.pdf")
    with opened() as place:
        summary = counts_only(chosen_summary(place, place.one_school(school_id), half_term, house, as_of))
    if output is None:
        click.echo(FORMATS[form](summary), nl=False)
    else:
        write_whole(output, render_pdf(summary) if form == "pdf" else FORMATS[form](summary))
        click.echo(f"Written to {output}.", err=True)
    exit_with(EXIT_CODES[Ending.HELD] if summary.held else 0)
