"""`audit list` and `disposals`: who saw or changed what, and what was deleted by which rule."""

import json
from datetime import date, datetime, time
from typing import Any

import click

from sims_sync.cli.shared import SCHOOL_ZONE, config_option, json_option, opened, school_option
from sims_sync.cli.why_who import load_people
from sims_sync.store.audits import AuditLine, load_audit
from sims_sync.store.disposals import load_disposals

SHOWN_LINES = 100
MOMENT = "%a %d %b %Y %H:%M"

since_option = click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="From this day on, e.g. 2026-12-01."
)


@click.group()
def audit() -> None:
    """Who saw or changed what; looking is noted too."""


@audit.command("list")
@since_option
@click.option("--person", "who", metavar="WHO", help="Only what was about this student or member of staff.")
@click.option("--by", "account", metavar="ACCOUNT", help="Only what this account did.")
@school_option
@json_option
@config_option
def audit_list(
    since: datetime | None, who: str | None, account: str | None, school_id: str | None, as_json: bool
) -> None:
    """List the audit log, the latest first; ids stand for people, never names."""
    with opened() as place:
        school = place.one_school(school_id)
        with place.store.reading() as connection:
            about = None
            if who is not None:
                found = load_people(connection, school).find(who)
                about = frozenset(text for each in found for text in (each.key, each.code) if text)
                if not about:
                    raise click.UsageError("Nobody of that name, code or number is held.")
            lines = load_audit(connection, school.id, since=_moment(since), about=about, who=account)
    if as_json:
        click.echo(json.dumps({"audit": [_as_json(line) for line in lines]}, indent=2, ensure_ascii=False))
        return
    for line in lines[:SHOWN_LINES]:
        more = "".join(f"  {name}: {_text(value)}" for name, value in line.detail.items())
        click.echo(f"{line.at.astimezone(SCHOOL_ZONE):{MOMENT}}  {line.who}  {line.action}  {line.subject}{more}")
    if len(lines) > SHOWN_LINES:
        click.echo(f"… and {len(lines) - SHOWN_LINES:,} more (--since, or --json for all).")
    if not lines:
        click.echo("Nothing is noted.")


@click.command()
@since_option
@school_option
@json_option
@config_option
def disposals(since: datetime | None, school_id: str | None, as_json: bool) -> None:
    """What was deleted, how many and by which rule: the evidence of retention and of erasures."""
    with opened() as place:
        school = place.one_school(school_id)
        with place.store.reading() as connection:
            found = load_disposals(connection, school.id, _moment(since))
    if as_json:
        rows = [
            {
                "at": each.at.isoformat() if each.at else None,
                "what": each.what,
                "count": each.count,
                "rule": each.rule,
                "before": each.before.isoformat() if each.before else None,
            }
            for each in found
        ]
        click.echo(json.dumps({"disposals": rows}, indent=2, ensure_ascii=False))
        return
    for each in found[:SHOWN_LINES]:
        when = f"{each.at.astimezone(SCHOOL_ZONE):{MOMENT}}" if each.at else ""
        click.echo(f"{when}  {each.count:>8,}  {each.what}  ({each.rule})")
    if not found:
        click.echo("Nothing was deleted yet.")


def _moment(day: datetime | None) -> datetime | None:
    return None if day is None else datetime.combine(date(day.year, day.month, day.day), time(0), SCHOOL_ZONE)


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _as_json(line: AuditLine) -> dict[str, Any]:
    return {
        "at": line.at.isoformat(),
        "who": line.who,
        "action": line.action,
        "subject": line.subject,
        "detail": dict(line.detail),
    }
