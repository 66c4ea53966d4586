"""`cover`: who takes a tutor group while its tutor cannot; from ten school days on nobody is named for it (rule 12)."""

import json
from dataclasses import replace
from datetime import date, datetime

import click
from sqlalchemy import Connection

from sims_sync.cli.shared import as_of_option, config_option, json_option, opened, school_option, whoami
from sims_sync.compliance.roll import fold
from sims_sync.context import RunContext
from sims_sync.converters import read_date
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.report.summary import clean
from sims_sync.school_year import shown_day
from sims_sync.store.cover import Cover, load_cover, remove_cover, save_cover
from sims_sync.store.decisions import record_audit
from sims_sync.store.snapshots import deadline_snapshots
from sims_sync.store.staff import load_groups, load_staff
from sims_sync.store.students import load_students

_USAGE = "Say: cover GROUP STAFF-CODE --from DATE [--to DATE], cover GROUP STAFF-CODE --end DATE, or cover --list."


@click.command()
@click.argument("group", metavar="[GROUP", required=False)
@click.argument("staff_code", metavar="STAFF-CODE]", required=False)
@click.option("--from", "first", metavar="DATE", help="The first day of the cover.")
@click.option("--to", "last", metavar="DATE", help="Its last day; else until further notice.")
@click.option(
    "--end", metavar="DATE", help="The last day of a cover that is known; before its first day: it never was."
)
@click.option("--list", "listed", is_flag=True, help="Every cover entered here.")
@click.option("--by", "who", metavar="NAME", help="Who decided; else the account that runs this.")
@school_option
@json_option
@as_of_option
@config_option
def cover(
    group: str | None,
    staff_code: str | None,
    first: str | None,
    last: str | None,
    end: str | None,
    listed: bool,
    who: str | None,
    school_id: str | None,
    as_json: bool,
    as_of: datetime | None,
) -> None:
    """Say who covers a tutor group, end it, or list what is known.

    Covered for ten school days or more up to the deadline, the group reads "8A1 (cover)": it stays in the house's
    total, and nobody is named for it. No reason is stored.
    """
    with opened() as place:
        context = place.context(place.one_school(school_id), as_of)
        if listed:
            _say_list(context, as_json=as_json)
            return
        if group is None or staff_code is None or (first is None) == (end is None) or (end is not None and last):
            raise click.UsageError(_USAGE)
        with context.store.writing() as connection:
            if first is not None:
                given = (_date(first), _date(last) if last else None)
                lines = _enter(connection, context, group, staff_code, given, who or whoami())
            else:
                lines = _end(connection, context, group, staff_code, _date(end or ""), who or whoami())
    for line in lines:
        click.echo(line)


def _enter(
    connection: Connection, context: RunContext, group: str, code: str, given: tuple[date, date | None], who: str
) -> list[str]:
    first, last = given
    if last is not None and last < first:
        raise click.UsageError("--to lies before --from.")
    name, known = _group(connection, context, group), _code(connection, context, code)
    entered = Cover(name, known, first, last, who, context.now())
    save_cover(connection, context.school_id, entered)
    _note(connection, context, "cover", entered, who)
    return [_sentence(entered), *_effect(context, entered), *_snapshots(connection, context, entered)]


def _end(connection: Connection, context: RunContext, group: str, code: str, last: date, who: str) -> list[str]:
    found = [
        each
        for each in load_cover(connection, context.school_id)
        if fold(each.tutor_group) == fold(group)
        and each.staff_code.casefold() == code.casefold()
        and (each.last is None or each.last >= last)
    ]
    if not found:
        what = "has no cover by that person that is still running then."
        raise ConfigurationError([ConfigProblem("GROUP", what, "Look at `sims-sync cover --list`.")])
    newest = found[-1]
    if last < newest.first:
        remove_cover(connection, context.school_id, newest)
        _note(connection, context, "cover-removed", newest, who)
        return [f"The cover of {newest.tutor_group} by {newest.staff_code} is taken out: it never was."]
    ended = replace(newest, last=last, entered_by=who, entered_at=context.now())
    save_cover(connection, context.school_id, ended)
    _note(connection, context, "cover-ended", ended, who)
    return [_sentence(ended), *_effect(context, ended), *_snapshots(connection, context, ended)]


def _say_list(context: RunContext, *, as_json: bool) -> None:
    with context.store.reading() as connection:
        found = load_cover(connection, context.school_id)
    if as_json:
        rows = [
            {
                "tutor_group": each.tutor_group,
                "staff_code": each.staff_code,
                "from": each.first.isoformat(),
                "to": each.last.isoformat() if each.last else None,
                "entered_by": each.entered_by,
                "entered_at": each.entered_at.isoformat(),
            }
            for each in found
        ]
        click.echo(json.dumps({"cover": rows}, ensure_ascii=False, indent=2))
        return
    for each in found:
        click.echo(f"{_sentence(each)} Entered by {clean(each.entered_by)}.")
    if not found:
        click.echo("No cover was entered here; roles.csv may hold some.")


def _sentence(each: Cover) -> str:
    until = f" to {shown_day(each.last)}" if each.last else ", until further notice"
    return f"{clean(each.staff_code)} covers {clean(each.tutor_group)} from {shown_day(each.first)}{until}."


def _effect(context: RunContext, each: Cover) -> list[str]:
    """What rule 12 makes of it in the half term that goes on now."""
    year = context.school_year()
    half_term = year.latest_started(year.local_date(context.now()))
    deadline = year.dates(half_term).deadline if half_term else None
    if half_term is None or deadline is None:
        return []
    begin = max(each.first, year.dates(half_term).owns_from)
    days = len(year.school_days_between(begin, min(each.last or deadline, deadline)))
    least = context.school.programme.minimum_days
    said = f"{half_term.shown}: {days} school days up to the deadline"
    if days >= least:
        return [f'{said}: the row reads "{clean(each.tutor_group)} (cover)" and names nobody.']
    return [f"{said}: fewer than {least}, so by itself this cover changes nothing (rule 12)."]


def _snapshots(connection: Connection, context: RunContext, each: Cover) -> list[str]:
    year = context.school_year()
    taken = sorted(deadline_snapshots(connection, context.school_id))
    touched = [half_term.shown for half_term in taken if (year.dates(half_term).deadline or date.min) >= each.first]
    if not touched:
        return []
    return [f"The snapshots of {', '.join(touched)} stay as they are: restate them if they named somebody wrongly."]


def _group(connection: Connection, context: RunContext, text: str) -> str:
    students = load_students(connection, context.school_id).values()
    named = {fold(each.tutor_group): each.tutor_group for each in students if each.tutor_group}
    named |= {fold(name): name for name in load_groups(connection, context.school_id)}
    if fold(text) not in named:
        raise ConfigurationError([ConfigProblem("GROUP", "is no tutor group known here.", "Pull the students first.")])
    return named[fold(text)]


def _code(connection: Connection, context: RunContext, text: str) -> str:
    codes = {
        member.staff_code.casefold(): member.staff_code
        for member in load_staff(connection, context.school_id).values()
        if member.staff_code
    }
    if text.casefold() not in codes:
        problem = ConfigProblem("STAFF-CODE", "belongs to nobody in the staff list.", "Look it up in SIMS.")
        raise ConfigurationError([problem])
    return codes[text.casefold()]


def _note(connection: Connection, context: RunContext, action: str, each: Cover, who: str) -> None:
    record_audit(
        connection,
        context.school_id,
        at=context.now(),
        who=who,
        action=action,
        subject=each.staff_code,
        detail={"tutor_group": each.tutor_group, "from": each.first, "to": each.last},
    )


def _date(text: str) -> date:
    try:
        return read_date(text)
    except ValueError:
        raise click.UsageError(f"{text!r} is no date: write 2026-11-23.") from None
