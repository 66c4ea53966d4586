"""`problems list`: what is to be put right in SIMS, and where."""

import json
from dataclasses import replace
from datetime import datetime

import click

from sims_sync.cli.shared import (
    Opened,
    as_of_option,
    chosen_half_term,
    config_option,
    json_option,
    opened,
    school_option,
)
from sims_sync.compliance.facts import DataProblem
from sims_sync.compliance_report import compliance_report
from sims_sync.config import SchoolConfig
from sims_sync.errors import SimsSyncError
from sims_sync.store.reads import load_problems
from sims_sync.store.students import load_students


@click.group()
def problems() -> None:
    """Data-quality problems: what to put right in SIMS."""


@problems.command("list")
@school_option
@as_of_option
@json_option
@config_option
def problems_list(school_id: str | None, as_of: datetime | None, as_json: bool) -> None:
    """List every open problem with what to do; students are named by admission number only."""
    with opened() as place:
        found = [(school.id, each) for school in place.schools(school_id) for each in _problems(place, school, as_of)]
    if as_json:
        items = [
            {"school": school, "code": each.code, "subject": each.subject, "what": each.what, "do": each.do}
            for school, each in found
        ]
        click.echo(json.dumps({"problems": items}, indent=2, ensure_ascii=False))
        return
    for school_name, each in found:
        click.echo(f"{school_name}  {each.subject}: {each.what} {each.do} ({each.code})")
    if not found:
        click.echo("Nothing is to be put right.")


def _problems(place: Opened, school: SchoolConfig, as_of: datetime | None) -> list[DataProblem]:
    """Those stored when the students were read, and those the present half term's figures show now."""
    context = place.context(school, as_of)
    with place.store.reading() as connection:
        stored = list(load_problems(connection, school.id))
    try:
        half_term = chosen_half_term(context.school_year(), None, context.now())
        report = compliance_report(context, half_term)
    except (SimsSyncError, click.UsageError):
        return stored  # without a calendar or roles there are no figures; `check` says why
    with place.store.reading() as connection:
        numbers = {key: each.ref.admission_number for key, each in load_students(connection, school.id).items()}
    live = (*report.assessment.problems, *report.loaded.problems)
    return stored + [_located(each, numbers.get(each.student_id or "")) for each in live]


def _located(problem: DataProblem, admission_number: str | None) -> DataProblem:
    if admission_number is None:
        return problem
    return replace(problem, subject=f"admission number {admission_number}, {problem.subject}")
