"""`report readiness`: is academic data there before the interviews, for Progress Leaders (DOMAIN rule 18)?"""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import cast

import click

from sims_sync.cli.report_commands import write_whole
from sims_sync.cli.shared import (
    as_of_option,
    chosen_half_term,
    config_option,
    exit_with,
    half_term_option,
    opened,
    school_option,
    whoami,
)
from sims_sync.compliance.readiness import Check, check_day
from sims_sync.compliance.roll import plain_year
from sims_sync.context import RunContext
from sims_sync.identity import sort_key
from sims_sync.outcome import EXIT_CODES, Ending
from sims_sync.readiness import LoadedReadiness, load_readiness, readiness_summary
from sims_sync.report.readiness import (
    ReadinessSummary,
    render_readiness_csv,
    render_readiness_html,
    render_readiness_json,
    render_readiness_names,
    render_readiness_text,
)
from sims_sync.school_year import HalfTermId
from sims_sync.store.decisions import record_audit

FORMATS: dict[str, Callable[[ReadinessSummary], str]] = {
    "text": render_readiness_text,
    "html": render_readiness_html,
    "csv": render_readiness_csv,
    "json": render_readiness_json,
}


@click.command("readiness")
@half_term_option
@click.option("--check", type=click.Choice(["1", "2"]), help="Which check; else the later one whose day has come.")
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), default="text", show_default=True)
@click.option("--names", is_flag=True, help="Write the students who lack data, by name, as CSV to the file of -o.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@school_option
@as_of_option
@config_option
def readiness(
    half_term: str | None,
    check: str | None,
    form: str,
    names: bool,
    output: Path | None,
    school_id: str | None,
    as_of: datetime | None,
) -> None:
    """Who still lacks academic data, counted by year, subject and Progress Leader; no tutor is in it."""
    if names and (output is None or form not in {"text", "csv"}):
        raise click.UsageError("Names go to a file only, as CSV: say --names --format csv -o readiness.csv")
    with opened() as place:
        context = place.context(place.one_school(school_id), as_of)
        chosen = chosen_half_term(context.school_year(), half_term, context.now())
        number = cast("Check", int(check)) if check else _check(context, chosen)
        summary = readiness_summary(context, chosen, number)
        text = _names(context, chosen, number) if names else FORMATS[form](summary)
    for reason in (*summary.silent, *summary.doubts):
        click.echo(f"{reason.what} {reason.do}", err=True)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_whole(output, text)
        click.echo(f"Written to {output}.", err=True)
    exit_with(EXIT_CODES[Ending.HELD] if summary.silent else 0)


def _check(context: RunContext, half_term: HalfTermId) -> Check:
    year = context.school_year()
    second = check_day(year.dates(half_term), year, 2)
    return 2 if second is not None and year.local_date(context.now()) >= second else 1


def _names(context: RunContext, half_term: HalfTermId, check: Check) -> str:
    loaded = load_readiness(context, half_term, check)
    with context.store.writing() as connection:
        record_audit(
            connection,
            context.school_id,
            at=context.now(),
            who=whoami(),
            action="readiness-with-names",
            subject=str(half_term),
            detail={"check": check},
        )
    return render_readiness_names(list(_rows(loaded)))


def _rows(loaded: LoadedReadiness) -> Iterable[tuple[str, ...]]:
    lacking = {student for each in loaded.years for student in each.lacking_students}
    people = [student for student in loaded.facts.students if student.student_id in lacking]
    rows = [
        (
            plain_year(each.nc_year),
            next((span.value for span in each.groups if span.last is None), ""),
            each.forename,
            each.surname,
        )
        for each in people
    ]
    return sorted(rows, key=lambda row: (len(row[0]), row[0], sort_key(row[1]), sort_key(row[3]), sort_key(row[2])))
