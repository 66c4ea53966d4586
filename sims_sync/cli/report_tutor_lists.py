"""`report tutor-lists`: each tutor's own rows, the same numbers as the report, a page per group (DOMAIN rule 26)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import click

from sims_sync.cli.chosen_summary import chosen_summary
from sims_sync.cli.report_commands import write_whole
from sims_sync.cli.shared import as_of_option, config_option, exit_with, half_term_option, opened, school_option, whoami
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.outcome import EXIT_CODES, Ending
from sims_sync.report.summary import ComplianceSummary
from sims_sync.report.tutor_lists import TutorList, render_html, render_pdf, render_text, render_workbook, tutor_lists
from sims_sync.store.decisions import record_audit

FORMATS: dict[str, Callable[[ComplianceSummary, Sequence[TutorList]], str]] = {
    "text": render_text,
    "html": render_html,
}
FILE_FORMATS: dict[str, Callable[[ComplianceSummary, Sequence[TutorList]], bytes]] = {
    "pdf": render_pdf,
    "xlsx": render_workbook,
}


@click.command("tutor-lists")
@half_term_option
@click.option("--house", metavar="HOUSE", help="Only this house.")
@click.option("--group", metavar="GROUP", help="Only this tutor group.")
@click.option(
    "--format", "form", type=click.Choice(sorted({*FORMATS, *FILE_FORMATS})), default="text", show_default=True
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file; pdf and xlsx need it."
)
@school_option
@as_of_option
@config_option
def tutor_lists_command(
    half_term: str | None,
    house: str | None,
    group: str | None,
    form: str,
    output: Path | None,
    school_id: str | None,
    as_of: datetime | None,
) -> None:
    """Who is not done, by tutor group, with the report's own numbers. Students are named: looking is noted."""
    if form in FILE_FORMATS and output is None:
        raise click.UsageError(f"{form} does not go to a terminal: say where to, -o tutor-lists.{form}")
    with opened() as place:
        school = place.one_school(school_id)
        summary = chosen_summary(place, school, half_term, house, as_of, names=True)
        lists = _lists(summary, group)
        context = place.context(school, as_of)
        with context.store.writing() as connection:
            record_audit(
                connection,
                context.school_id,
                at=context.now(),
                who=whoami(),
                action="tutor-lists",
                subject=str(summary.half_term),
                detail={"house": house or "all", "group": group or "all"},
            )
    if output is None:
        click.echo(FORMATS[form](summary, lists), nl=False)
    else:
        content = FILE_FORMATS[form](summary, lists) if form in FILE_FORMATS else FORMATS[form](summary, lists)
        write_whole(output, content)
        click.echo(f"Written to {output}. It names students: keep it where only staff can read it.", err=True)
    exit_with(EXIT_CODES[Ending.HELD] if summary.held else 0)


def _lists(summary: ComplianceSummary, group: str | None) -> tuple[TutorList, ...]:
    try:
        return tutor_lists(summary, group)
    except KeyError:
        known = ", ".join(row.figures.group for house in summary.houses for row in house.groups)
        problem = ConfigProblem(f"--group {group}", "has no row in this half term.", f"Known: {known}.")
        raise ConfigurationError([problem]) from None
