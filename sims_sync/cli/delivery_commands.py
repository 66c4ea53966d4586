"""`deliveries`: what is on its way into SIMS, what needs a person, and deciding it."""

import json
from collections.abc import Callable
from typing import Any

import click

from sims_sync.cli.shared import (
    config_option,
    half_term_option,
    json_option,
    opened,
    school_option,
    whoami,
)
from sims_sync.context import RunContext
from sims_sync.delivery import NEEDS_PERSON, DeliveryState, StoredDelivery
from sims_sync.push.decisions import decide, find_deliveries, held_for, short_id
from sims_sync.push.reasons import REASONS, sentence_of
from sims_sync.store.decisions import record_audit
from sims_sync.store.deliveries import load_deliveries, load_revisions, load_story
from sims_sync.store.students import load_students

MOMENT = "%a %d %b %Y %H:%M"

ids_argument = click.argument("ids", metavar="ID…", nargs=-1)
reason_option = click.option("--reason", required=True, help="Why (no names); it is kept in the audit log.")


@click.group()
def deliveries() -> None:
    """Texts on their way into SIMS."""


@deliveries.command("list")
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]), help="Only those in this state.")
@click.option("--open", "only_open", is_flag=True, help="Only those that are neither confirmed nor withdrawn.")
@half_term_option
@school_option
@json_option
@config_option
def deliveries_list(
    state: str | None, only_open: bool, half_term: str | None, school_id: str | None, as_json: bool
) -> None:
    """List deliveries, those that need a person first: where each stands, never its text."""
    rows: list[tuple[str, StoredDelivery]] = []
    with opened() as place:
        for school in place.schools(school_id):
            with place.store.reading() as connection:
                found = load_deliveries(connection, school.id).values()
            rows += [(school.id, row) for row in found if _chosen(row, state, half_term, only_open=only_open)]
    rows.sort(key=lambda item: (item[1].state not in NEEDS_PERSON, item[1].state, item[0], item[1].delivery_key))
    if as_json:
        click.echo(json.dumps({"deliveries": [_as_json(name, row) for name, row in rows]}, indent=2))
        return
    for name, row in rows:
        why = f"  ({row.reason})" if row.reason else ""
        where = f"{name}  {row.half_term}  {row.slot:<9} {row.student_id}"
        click.echo(f"{short_id(row.delivery_key)}  {row.state.value:<9} {where}  revision {row.revision}{why}")
    if not rows:
        click.echo("No deliveries.")


@deliveries.command("show")
@click.argument("name", metavar="ID")
@school_option
@config_option
def deliveries_show(name: str, school_id: str | None) -> None:
    """Show one delivery: whose it is, its texts, what SIMS holds, and its whole story. Looking is noted."""
    with opened() as place:
        school = place.one_school(school_id)
        context = place.context(school)
        with place.store.writing() as connection:
            (row,) = find_deliveries(connection, school.id, [name])
            student = load_students(connection, school.id).get(row.student_id)
            lines = story_lines(connection, school.id, row, context.school_year().calendar.timezone)
            _note_view(connection, context, row)
    if student is not None:
        click.echo(f"{student.forename} {student.surname}, {student.tutor_group or 'no tutor group'}")
    for line in lines:
        click.echo(line)


@deliveries.command("retry")
@ids_argument
@click.option("--reason", "code", type=click.Choice(sorted(REASONS)), help="All that are held for this.")
@school_option
@config_option
def deliveries_retry(ids: tuple[str, ...], code: str | None, school_id: str | None) -> None:
    """Try again what was held or refused, now that it is put right."""
    with opened() as place:
        school = place.one_school(school_id)
        if code is not None:
            with place.store.reading() as connection:
                ids = (*ids, *held_for(connection, school.id, code))
        if not ids:
            raise click.UsageError("Say which: IDs, or --reason CODE.")
        count = decide(place.context(school), ids, "retry", whoami(), code or "")
    click.echo(f"{count} will be tried again by the next `sims-sync run push_targets`.")


def _deciding(action: str, said: str) -> Callable[[tuple[str, ...], str, str | None], None]:
    def command(ids: tuple[str, ...], reason: str, school_id: str | None) -> None:
        if not ids:
            raise click.UsageError("Say which: see `sims-sync deliveries list`.")
        with opened() as place:
            count = decide(place.context(place.one_school(school_id)), ids, action, whoami(), reason)
        click.echo(f"{count} {said}")

    return command


def _add(action: str, help_text: str, said: str) -> None:
    command: Any = _deciding(action, said)
    for option in (config_option, school_option, reason_option, ids_argument):
        command = option(command)
    deliveries.command(action, help=help_text)(command)


_add("resend", "Let our text stand in SIMS, over whatever stands there now.", "will be written by the next push.")
_add("keep-sims", "Let what SIMS holds stand; it becomes the entry's next version.", "keep what SIMS holds.")
_add("discard", "Do not send it any more; the entry itself stays.", "will not be sent.")


def story_lines(connection: Any, school: str, row: StoredDelivery, zone: Any) -> list[str]:  # noqa: ANN401 - a connection, a zone
    """A delivery's texts and story, line by line, in school-local time."""
    lines = [f"{short_id(row.delivery_key)}  {row.half_term}  {row.slot}  {row.state.value}, revision {row.revision}"]
    if row.state in NEEDS_PERSON:
        what, do = sentence_of(row.reason)
        lines += [f"  ! {what}.", f"    {do}"]
    for revision, text, attempted in load_revisions(connection, school, row.delivery_key):
        sent = f"sent {attempted.astimezone(zone):{MOMENT}}" if attempted else "never sent"
        lines.append(f"  revision {revision} ({sent}): {text}")
    if row.sims_text is not None:
        lines.append(f"  in SIMS: {row.sims_text}")
    for event in load_story(connection, school, row.delivery_key):
        by = f" by {event.who}" if event.who else ""
        why = f" ({event.reason})" if event.reason else ""
        when = f"{event.at.astimezone(zone):{MOMENT}}"
        lines.append(f"  {when}  {event.state}{why}, revision {event.revision}{by}  run {event.run_id}")
    return lines


def _note_view(connection: Any, context: RunContext, row: StoredDelivery) -> None:  # noqa: ANN401 - a connection
    record_audit(
        connection,
        context.school_id,
        at=context.now(),
        who=whoami(),
        action="delivery-view",
        subject=row.delivery_key,
        detail={},
    )


def _chosen(row: StoredDelivery, state: str | None, half_term: str | None, *, only_open: bool) -> bool:
    over = row.state in {DeliveryState.CONFIRMED, DeliveryState.WITHDRAWN}
    return (
        (state is None or row.state.value == state)
        and (half_term is None or row.half_term.endswith(half_term))
        and not (only_open and over)
    )


def _as_json(school: str, row: StoredDelivery) -> dict[str, Any]:
    """Without any text: a list is no place for what parents may read."""
    names = ("delivery_key", "half_term", "student_id", "slot", "entry_key", "reason", "revision", "attempts", "file")
    moments = ("queued_at", "attempted_at", "sent_at", "confirmed_at")
    found = {"id": short_id(row.delivery_key), "school": school, "state": row.state.value}
    found |= {name: getattr(row, name) for name in names}
    return found | {name: value.isoformat() if (value := getattr(row, name)) else None for name in moments}
