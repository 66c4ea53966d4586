"""`why TUTOR-OR-STUDENT`: each number explained by rule, entries and runs; a wrongly accused tutor is cleared."""

import json
from typing import Any

import click
from sqlalchemy import Connection

from sims_sync.cli.delivery_commands import story_lines
from sims_sync.cli.shared import (
    Opened,
    chosen_half_term,
    config_option,
    half_term_option,
    json_option,
    opened,
    school_option,
    whoami,
)
from sims_sync.cli.why_json import student_document, tutor_document
from sims_sync.cli.why_text import student_lines, tutor_lines
from sims_sync.cli.why_who import Candidate, WhoKind, load_people
from sims_sync.context import RunContext
from sims_sync.school_year import HalfTermId
from sims_sync.store.decisions import record_audit
from sims_sync.store.deliveries import load_deliveries
from sims_sync.why import tell_group, tell_student, tell_tutor

SEVERAL = "several"


@click.command()
@click.argument("who", metavar="TUTOR-OR-STUDENT")
@half_term_option
@school_option
@json_option
@config_option
def why(who: str, half_term: str | None, school_id: str | None, as_json: bool) -> None:
    """Explain every number of a tutor or a student: the rule, the entries with their source and run, the snapshots.

    A tutor is a staff code, a name or a tutor group; a student an admission number or "forename surname". Of several
    with one name, "code:T1", "group:8A1" or "student:001234" means one. Looking is noted in the audit log.
    """
    with opened() as place:
        school = place.one_school(school_id)
        context = place.context(school)
        chosen = chosen_half_term(context.school_year(), half_term, context.now())
        found = _one(place, context, chosen, who)
        _note(context, found.key, chosen)
        if found.kind is WhoKind.STUDENT:
            _say_student(context, chosen, found, as_json=as_json)
        else:
            _say_tutor(context, chosen, found, as_json=as_json)


def _one(place: Opened, context: RunContext, half_term: HalfTermId, who: str) -> Candidate:
    """The one that WHO means; several are listed, with what tells them apart, and that too is noted.

    Raises:
        click.UsageError: none, or several.
    """
    with place.store.reading() as connection:
        found = load_people(connection, context.school).find(who)
    if not found:
        raise click.UsageError("No tutor, tutor group or student of that name, code or number is known.")
    if len(found) > 1:
        _note(context, SEVERAL, half_term)
        choices = "\n".join(f'  "{each.choose}"  {each.about}' for each in found)
        raise click.UsageError(f"That may mean {len(found)}; say which:\n{choices}")
    return found[0]


def _note(context: RunContext, subject: str, half_term: HalfTermId) -> None:
    with context.store.writing() as connection:
        record_audit(
            connection,
            context.school_id,
            at=context.now(),
            who=whoami(),
            action="why",
            subject=subject,
            detail={"half_term": str(half_term)},
        )


def _say_tutor(context: RunContext, half_term: HalfTermId, found: Candidate, *, as_json: bool) -> None:
    if found.kind is WhoKind.GROUP:
        story = tell_group(context, half_term, found.key)
    else:
        story = tell_tutor(context, half_term, found.key, found.shown, found.code)
    if as_json:
        _say_json(tutor_document(story))
    else:
        click.echo("\n".join(tutor_lines(story)))


def _say_student(context: RunContext, half_term: HalfTermId, found: Candidate, *, as_json: bool) -> None:
    story = tell_student(context, half_term, found.key)
    with context.store.reading() as connection:
        if as_json:
            _say_json(student_document(story) | {"deliveries": _deliveries(connection, context, found.key)})
            return
        lines = [*student_lines(story), *_delivery_lines(connection, context, found.key)]
    click.echo("\n".join(lines))


def _say_json(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _deliveries(connection: Connection, context: RunContext, student_id: str) -> list[dict[str, Any]]:
    """Where each text stands, without it: `deliveries show` has the text."""
    rows = load_deliveries(connection, context.school_id, student_id=student_id).values()
    return [
        {"delivery": row.delivery_key, "entry_key": row.entry_key, "state": row.state.value, "reason": row.reason}
        for row in rows
    ]


def _delivery_lines(connection: Connection, context: RunContext, student_id: str) -> list[str]:
    zone = context.school_year().calendar.timezone
    rows = load_deliveries(connection, context.school_id, student_id=student_id)
    return [f"  {line}" for row in rows.values() for line in story_lines(connection, context.school_id, row, zone)]
