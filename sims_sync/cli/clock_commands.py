"""`clock`: what the machine's clock says beside the last run, and a person's word that it is right."""

import click

from sims_sync.cli.shared import Opened, config_option, exit_with, opened, school_option, whoami
from sims_sync.clock_sanity import clock_trouble
from sims_sync.config import SchoolConfig
from sims_sync.context import school_clock
from sims_sync.outcome import Problem
from sims_sync.store.decisions import record_audit
from sims_sync.store.standing import CLOCK_CONFIRMED, NEWEST_BEFORE, newest_moment

MOMENT = "%a %d %b %Y %H:%M"
EXIT_WRONG = 1


@click.group()
def clock() -> None:
    """The machine's clock, and whether it can be believed."""


@clock.command("show")
@school_option
@config_option
def clock_show(school_id: str | None) -> None:
    """Show what the clock says, and when the last run began. Exit code 1 where the two do not go together."""
    with opened() as place:
        found = [(school, _looked_at(place, school)) for school in place.schools(school_id)]
    for school, (line, odd) in found:
        click.echo(f"{school.id}: {line}")
        if odd is not None:
            click.echo(f"  ! {odd}")
    exit_with(EXIT_WRONG if any(odd is not None for _, (_, odd) in found) else 0)


@clock.command("confirm")
@click.option("--reason", required=True, help='Why it is right all the same, e.g. "the server was off all summer".')
@school_option
@config_option
def clock_confirm(reason: str, school_id: str | None) -> None:
    """Say that the clock is right: jobs that it stopped may begin again.

    Where it is behind the last run, it was wrong then: reads of that time may be newer than today's, and their sources
    say `older` until theirs are newer again.
    """
    with opened() as place:
        for school in place.schools(school_id):
            now = school_clock(school.demo)()
            with place.store.writing() as connection:
                newest = newest_moment(connection, school.id)
                record_audit(
                    connection,
                    school.id,
                    at=now,
                    who=whoami(),
                    action=CLOCK_CONFIRMED,
                    subject="clock",
                    detail={"reason": reason, NEWEST_BEFORE: newest.isoformat() if newest else None},
                )
            click.echo(f"{school.id}: {now:{MOMENT}} UTC is confirmed.")


def _looked_at(place: Opened, school: SchoolConfig) -> tuple[str, Problem | None]:
    now = school_clock(school.demo)()
    with place.store.reading() as connection:
        newest = newest_moment(connection, school.id)
    last = f"the last run began {newest:{MOMENT}} UTC" if newest else "no job has run yet"
    return f"the clock says {now:{MOMENT}} UTC; {last}.", clock_trouble(newest, now, school.monitoring.clock_jump_days)
