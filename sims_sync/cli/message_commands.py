"""`messages`: what was sent and what was not, what would be sent, and what a person decides about it."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import click

from sims_sync.cli.shared import (
    Opened,
    as_of_option,
    chosen_half_term,
    config_option,
    exit_with,
    half_term_option,
    json_option,
    opened,
    school_option,
    whoami,
)
from sims_sync.config import SchoolConfig
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.messages.decisions import discard_message, message_arrived, retry_message
from sims_sync.messages.going_live import SampledStudent, go_live, sample
from sims_sync.messages.letters import MessageKind
from sims_sync.messages.preview import PREVIEWED, due_occasions, held_for, previewed
from sims_sync.messages.releasing import release_held
from sims_sync.outcome import EXIT_CODES, Ending
from sims_sync.released import still_held
from sims_sync.store.decisions import record_audit
from sims_sync.store.messages import StoredMessage, load_messages

MOMENT = "%a %d %b %Y %H:%M"
DAY = click.DateTime(["%Y-%m-%d"])
key_argument = click.argument("key", metavar="KEY")


@click.group()
def messages() -> None:
    """What was sent, what was not, and what waits for a person."""


@messages.command("list")
@school_option
@json_option
@config_option
def list_all(school_id: str | None, as_json: bool) -> None:
    """List every message, newest first, and what is held before it became one."""
    with opened() as place:
        rows = []
        held: dict[str, list[str]] = {}
        for school in place.schools(school_id):
            with place.store.reading() as connection:
                rows += [(school.id, row) for row in load_messages(connection, school.id)]
            held[school.id] = _held_lines(place, school)
    if as_json:
        items = [{"school": school_name, **_plain(row)} for school_name, row in rows]
        click.echo(json.dumps({"messages": items, "held": held}, indent=2, ensure_ascii=False))
        return
    for school_name, lines in held.items():
        for line in lines:
            click.echo(f"held      {school_name}  {line}")
    for school_name, row in rows:
        click.echo(
            f"{row.state:<9} {school_name}  {row.half_term}  {row.kind}  {row.created:{MOMENT}} UTC  {row.message_id}"
        )
        if row.detail:
            click.echo(f"    {row.detail}")
    if not rows and not any(held.values()):
        click.echo("No message yet.")


@messages.command()
@key_argument
@school_option
@json_option
@config_option
def show(key: str, school_id: str | None, as_json: bool) -> None:
    """Show one message: whose, about what, every moment of it. KEY is its key, or its Message-ID."""
    with opened() as place:
        school = place.one_school(school_id)
        row = _found(place, school, key)
    if as_json:
        click.echo(json.dumps(_plain(row), indent=2, ensure_ascii=False))
        return
    for name, value in _plain(row).items():
        click.echo(f"{name.replace('_', ' '):<12} {value if value is not None else '-'}")


@messages.command()
@click.option("--kind", type=click.Choice([kind.value for kind in PREVIEWED]), default=MessageKind.REPORT.value)
@half_term_option
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="Write .eml files into this folder."
)
@school_option
@as_of_option
@config_option
def preview(
    kind: str, half_term: str | None, output: Path | None, school_id: str | None, as_of: datetime | None
) -> None:
    """Show what would be sent, word for word; nothing is sent."""
    with opened() as place:
        context = place.context(place.one_school(school_id), as_of)
        chosen = chosen_half_term(context.school_year(), half_term, context.now())
        found = previewed(context, MessageKind(kind), chosen)
    for number, message in enumerate(found, start=1):
        if output is None:
            click.echo(_as_text(message))
        else:
            output.mkdir(parents=True, exist_ok=True)
            (output / f"{kind}-{number}.eml").write_bytes(message.as_bytes())
    if output is not None:
        click.echo(f"{len(found)} written to {output}.", err=True)
    elif not found:
        click.echo("Nothing would be sent.")


@messages.command()
@key_argument
@school_option
@config_option
def retry(key: str, school_id: str | None) -> None:
    """Let the next run send a message again: one that failed, was refused or discarded, or may not have left."""
    with opened() as place:
        school = place.one_school(school_id)
        row = _found(place, school, key)
        retry_message(place.context(school), row, whoami())
    click.echo("The next run of send_messages tries it again, if it is still due.")


@messages.command()
@key_argument
@school_option
@config_option
def arrived(key: str, school_id: str | None) -> None:
    """Say that a message of which it is unknown whether it left was found in the mailbox: it counts as sent."""
    with opened() as place:
        school = place.one_school(school_id)
        row = _found(place, school, key)
        message_arrived(place.context(school), row, whoami())
    click.echo("It counts as sent, and is not sent again.")


@messages.command()
@key_argument
@click.option("--reason", required=True, help="Why it is given up.")
@school_option
@config_option
def discard(key: str, reason: str, school_id: str | None) -> None:
    """Give up a message: it is never sent."""
    with opened() as place:
        school = place.one_school(school_id)
        row = _found(place, school, key)
        discard_message(place.context(school), row, whoami(), reason)
    click.echo("Discarded.")


@messages.command()
@half_term_option
@click.option("--reason", required=True, help="What you looked at, and why it is so.")
@click.option("--yes", is_flag=True, help="Do not ask: you have seen what is held.")
@school_option
@config_option
def release(half_term: str | None, reason: str, yes: bool, school_id: str | None) -> None:
    """Release what the accusation guard holds before the messages that are due now (DOMAIN rule 8a)."""
    with opened() as place:
        school = place.one_school(school_id)
        context = place.context(school)
        chosen = chosen_half_term(context.school_year(), half_term, context.now()) if half_term else None
        wanted = [
            (each, held)
            for each in due_occasions(context)
            if chosen in {None, each[0]} and (held := still_held(context, *each, held_for(context, *each)))
        ]
        if len(wanted) != 1:
            what = "Nothing that is due now is held." if not wanted else "Two occasions are held: say --half-term."
            raise click.UsageError(what)
        ((due, held),) = wanted
        for reason_held in held:
            click.echo(f"{reason_held.what} {reason_held.do}", err=True)
        if not yes:
            click.confirm("Did you look into this, and is it so?", abort=True, err=True)
        release_held(context, due[0], due[1], held, who=whoami(), reason=reason)
    click.echo(f"Released for {due[0].shown}, {due[1]}: the next run sends.")


@messages.command("sample")
@half_term_option
@school_option
@config_option
def sample_command(half_term: str | None, school_id: str | None) -> None:
    """Print ten students of a closed half term with what we say of each, to be looked up in SIMS by a person."""
    with opened() as place:
        school = place.one_school(school_id)
        context = place.context(school)
        chosen = chosen_half_term(context.school_year(), half_term, context.now())
        found = sample(context, chosen)
        with place.store.writing() as connection:
            record_audit(
                connection,
                school.id,
                at=context.now(),
                who=whoami(),
                action="sample-with-names",
                subject=str(chosen),
                detail={"students": len(found)},
            )
    for each in found:
        click.echo(_sampled(each))


@messages.command("go-live")
@half_term_option
@click.option("--checked", type=int, required=True, help="How many students of the sample were looked up in SIMS.")
@click.option("--staff-told", type=DAY, required=True, help="The day on which staff were told (YYYY-MM-DD).")
@school_option
@config_option
def go_live_command(half_term: str | None, checked: int, staff_told: datetime, school_id: str | None) -> None:
    """Record the decision that messages go to staff, after a closed half term in shadow mode (DOMAIN rule 8c)."""
    with opened() as place:
        school = place.one_school(school_id)
        context = place.context(school)
        chosen = chosen_half_term(context.school_year(), half_term, context.now())
        told: date = staff_told.replace(tzinfo=UTC).date()
        go_live(context, chosen, checked=checked, staff_told=told, who=whoami())
    click.echo("Recorded. From today on, what becomes due goes to staff.")
    if school.messages.mode != "live":
        click.echo(f'The mode is still "{school.messages.mode}": set [messages] mode = "live" in the config.')
        exit_with(EXIT_CODES[Ending.HELD])


def _held_lines(place: Opened, school: SchoolConfig) -> list[str]:
    context = place.context(school)
    if school.messages.mode == "off":
        return []
    return [
        f"{half_term}  {occasion}  {reason.what} {reason.do}"
        for half_term, occasion in due_occasions(context)
        for reason in still_held(context, half_term, occasion, held_for(context, half_term, occasion))
    ]


def _found(place: Opened, school: SchoolConfig, key: str) -> StoredMessage:
    with place.store.reading() as connection:
        rows = load_messages(connection, school.id)
    found = [row for row in rows if key in {row.message_key, row.message_id, row.message_id.strip("<>")}]
    if not found:
        raise ConfigurationError([ConfigProblem(key, "is no message.", "See `sims-sync messages list`.")])
    return found[0]


def _plain(row: StoredMessage) -> dict[str, Any]:
    values = {name: value for name, value in asdict(row).items() if name != "content"}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _as_text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    return f"To: {message['To']}\nSubject: {message['Subject']}\n\n{text}\n{'-' * 80}"


def _sampled(each: SampledStudent) -> str:
    labels = f" ({', '.join(each.line.labels)})" if each.line.labels else ""
    return f"{each.surname}, {each.forename}  {each.line.group or 'no group'}  {each.line.student_class}{labels}"
