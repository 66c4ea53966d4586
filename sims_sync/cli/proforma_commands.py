"""`proforma issue`: the workbooks that tutors fill in for a half term, and where they come back."""

from pathlib import Path

import click

from sims_sync.cli.shared import (
    Opened,
    chosen_half_term,
    config_option,
    half_term_option,
    opened,
    school_option,
    whoami,
)
from sims_sync.config import SchoolConfig
from sims_sync.proforma_issue import issue_proformas
from sims_sync.proforma_workbook.ideas import read_ideas
from sims_sync.records import Kind
from sims_sync.school_year import HalfTermId
from sims_sync.store.decisions import record_audit

CONNECTOR = "proforma_workbook"
ISSUED_FOLDER = "proformas-issued"


@click.group()
def proforma() -> None:
    """Pro-forma workbooks for tutors."""


@proforma.command()
@half_term_option
@school_option
@click.option("--group", metavar="GROUP", help="Only this tutor group.")
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write into this folder; else proformas-issued beside config.toml.",
)
@config_option
def issue(half_term: str | None, school_id: str | None, group: str | None, folder: Path | None) -> None:
    """Write one workbook for each tutor group: its students, their data, what to review, and rows to fill in."""
    with opened() as place:
        school = place.one_school(school_id)
        context = place.context(school)
        chosen = chosen_half_term(context.school_year(), half_term, context.now())
        target = folder or school.base / ISSUED_FOLDER / school.id / f"{chosen.year} {chosen.shown}"
        named = school.proformas.ideas
        ideas = read_ideas(school.path(named)) if named else None
        written = issue_proformas(context, chosen, target, group=group, ideas=ideas)
        _audit(place, school, chosen, len(written))
    count = len(written)
    click.echo(f"Wrote {count} workbook{'' if count == 1 else 's'} to {target}.")
    click.echo("They hold students' names: give each to its tutors only, then take them out of that folder.")
    click.echo(_how_to_collect(school))


def _how_to_collect(school: SchoolConfig) -> str:
    folders = [
        str(school.path(str(source.options.get("folder", ""))))
        for source in school.sources_of(Kind.PROFORMAS).values()
        if source.connector == CONNECTOR
    ]
    if folders:
        return (
            f"To collect them: put returned copies into {' or '.join(folders)}, then sims-sync run collect_proformas."
        )
    return f'To collect them: add a source with connector = "{CONNECTOR}" and mapping = "{CONNECTOR}" to config.toml.'


def _audit(place: Opened, school: SchoolConfig, half_term: HalfTermId, count: int) -> None:
    """They carry students' names, data and targets out of the store."""
    context = place.context(school)
    with place.store.writing() as connection:
        record_audit(
            connection,
            school.id,
            at=context.now(),
            who=whoami(),
            action="proforma-issue",
            subject=str(half_term),
            detail={"workbooks": count},
        )
