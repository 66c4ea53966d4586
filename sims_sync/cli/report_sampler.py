"""`report sampler`: three random entries per tutor group for the Head of House; never in a percentage or mail."""

import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from sims_sync.cli.report_commands import write_whole
from sims_sync.cli.shared import (
    as_of_option,
    chosen_half_term,
    config_option,
    half_term_option,
    opened,
    school_option,
    whoami,
)
from sims_sync.compliance_report import compliance_report
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.report.sampler import Sample, draw, render_text, render_workbook
from sims_sync.store.decisions import record_audit

FORMATS: dict[str, Callable[[Sample], bytes | str]] = {"text": render_text, "xlsx": render_workbook}
_SEEDS = 1_000_000


@click.command("sampler")
@half_term_option
@click.option("--house", metavar="HOUSE", help="Only this house.")
@click.option("--seed", metavar="TEXT", help="Draw the same entries again; else new ones, and the seed is said.")
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), default="xlsx", show_default=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Write to this file: it holds students' names and targets, so keep it where only their Head can read it.",
)
@school_option
@as_of_option
@config_option
def sampler_command(
    half_term: str | None,
    house: str | None,
    seed: str | None,
    form: str,
    output: Path,
    school_id: str | None,
    as_of: datetime | None,
) -> None:
    """Three random entries of each tutor group, to tick effective or needs work. With names and texts: it is noted."""
    with opened() as place:
        context = place.context(place.one_school(school_id), as_of)
        chosen = chosen_half_term(context.school_year(), half_term, context.now())
        report = compliance_report(context, chosen)
        known = [each.house for each in report.assessment.houses]
        if house is not None and house not in known and report.assessment.not_assessed is None:
            do = f"Known: {', '.join(known)}."
            raise ConfigurationError([ConfigProblem(f"--house {house}", "is not known.", do)])
        facts = report.loaded.facts
        sample = draw(
            report.assessment,
            facts.entries,
            {student.student_id: student for student in facts.students},
            school_name=context.school.school.name,
            seed=seed or str(secrets.randbelow(_SEEDS)),
            house=house or "",
        )
        with context.store.writing() as connection:
            record_audit(
                connection,
                context.school_id,
                at=context.now(),
                who=whoami(),
                action="sampler",
                subject=str(chosen),
                detail={"house": house or "all", "seed": sample.seed, "entries": len(sample.entries)},
            )
    write_whole(output, FORMATS[form](sample))
    click.echo(f"{len(sample.entries)} entries, drawn with --seed {sample.seed}, written to {output}.", err=True)
    click.echo(
        "It names students and holds their targets: keep it where only their Head of House can read it.", err=True
    )
