"""`calendar import`, `calendar show` and `calendar close`."""

from datetime import date, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from sims_sync.calendar_files import read_calendar, write_calendar_toml
from sims_sync.cli.report_commands import write_whole
from sims_sync.cli.shared import Opened, as_of_option, config_option, opened, school_option, whoami
from sims_sync.config import SchoolConfig
from sims_sync.converters import read_date
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.school_calendar import CALENDAR_FILE
from sims_sync.school_year import CalendarRefused, Closure, HalfTermDates
from sims_sync.store.decisions import add_closure, record_audit

DAY = "%a %d %b %Y"
TABLE_COLUMNS = 118


@click.group()
def calendar() -> None:
    """The school's half terms, deadlines and closures."""


@calendar.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@school_option
@config_option
def import_(file: Path, school_id: str | None) -> None:
    """Read half terms, INSET days and closed days from an .ics or .csv FILE."""
    with opened() as place:
        school = place.one_school(school_id)
        try:
            imported = read_calendar(file)
        except CalendarRefused as refused:
            do = "Nothing was changed."
            raise ConfigurationError([ConfigProblem(file.name, text, do) for text in refused.problems]) from None
        target = school.path(school.calendar.file or CALENDAR_FILE)
        if target.exists():
            target.replace(target.with_suffix(".toml.bak"))
        write_whole(target, write_calendar_toml(imported))
        _audit(place, school, "calendar-import", target.name, {"half_terms": len(imported.half_terms)})
    for half_term in imported.half_terms:
        click.echo(f"{half_term.id}: {half_term.start:{DAY}} – {half_term.end:{DAY}}")
    for note in imported.notes:
        click.echo(f"  {note}")
    click.echo(f"Written to {target}.")
    if school.calendar.file is None:
        click.echo(f'Now add to config.toml:  [calendar]\n                         file = "{target.name}"')


@calendar.command()
@school_option
@as_of_option
@config_option
def show(school_id: str | None, as_of: datetime | None) -> None:
    """Every half term with its school days, reminders, deadline and report."""
    with opened() as place:
        context = place.context(place.one_school(school_id), as_of)
        school_year = context.school_year()
    table = Table(box=None, pad_edge=False)
    for heading in ("half term", "first – last school day", "days", "reminder 1", "reminder 2", "deadline", "report"):
        table.add_column(heading, justify="right" if heading == "days" else "left")
    for half_term in school_year.ids():
        table.add_row(*_cells(school_year.dates(half_term)))
    Console(width=TABLE_COLUMNS, highlight=False).print(table)
    for closure in school_year.calendar.closures:
        click.echo(f"closed {closure.day:{DAY}}: {closure.reason}")
    for warning in school_year.warnings(school_year.local_date(context.now())):
        click.echo(f"! {warning}")


@calendar.command()
@click.argument("day", metavar="DATE")
@click.option("--reason", required=True, help="Why the school is closed (no names).")
@school_option
@as_of_option
@config_option
def close(day: str, reason: str, school_id: str | None, as_of: datetime | None) -> None:
    """Say that the school is closed on DATE; deadlines move as DOMAIN rule 4 says."""
    with opened() as place:
        school = place.one_school(school_id)
        context = place.context(school, as_of)
        before = context.school_year()
        closed = _day(day)
        if not before.is_school_day(closed):
            click.echo(f"{closed:{DAY}} is no school day: nothing to do.")
            return
        with place.store.writing() as connection:
            add_closure(connection, school.id, Closure(closed, reason, context.now()), whoami())
        _audit(place, school, "calendar-close", closed.isoformat(), {})
        after = context.school_year()
    click.echo(f"{closed:{DAY}} is entered as closed.")
    for half_term in after.ids():
        old, new = before.dates(half_term).deadline, after.dates(half_term).deadline
        if old != new:
            shown = f"{new:{DAY}}" if new else "not assessed"
            click.echo(f"The deadline of {half_term} moves from {old:{DAY}} to {shown}.")


def _cells(dates: HalfTermDates) -> tuple[str, ...]:
    if dates.not_assessed is not None:
        return (str(dates.id), dates.not_assessed, "", "", "", "not assessed", "")
    first, last = dates.first_school_day, dates.last_school_day
    span = f"{first:{DAY}} – {last:{DAY}}" if first and last else "–"
    moments = (dates.reminder_1, dates.reminder_2, dates.deadline, dates.report)
    return (
        str(dates.id),
        span,
        str(len(dates.school_days)),
        *(f"{each:%a %d %b}" if each else "–" for each in moments),
    )


def _day(text: str) -> date:
    try:
        return read_date(text)
    except ValueError:
        raise click.UsageError(f"{text!r} is no date: write 2027-02-01.") from None


def _audit(place: Opened, school: SchoolConfig, action: str, subject: str, detail: dict[str, object]) -> None:
    context = place.context(school)
    with place.store.writing() as connection:
        record_audit(
            connection, school.id, at=context.now(), who=whoami(), action=action, subject=subject, detail=detail
        )
