"""`push trial` and `push marksheet-seen`: what a person does once, before texts go into the live SIMS."""

import click

from sims_sync.cli.shared import config_option, opened, school_option, whoami
from sims_sync.push.trial import Trial, run_trial, say_marksheet_seen
from sims_sync.records import StudentRef


@click.group()
def push() -> None:
    """The way into SIMS."""


@push.command()
@click.option("--person-id", help="SIMS's id of an invented student of the training database.")
@click.option("--upn", help="Or their UPN there.")
@click.option("--admission-number", help="Or their admission number there.")
@click.option("--surname", required=True, help="Their surname there.")
@click.option("--forename", required=True, help="Their forename there.")
@school_option
@config_option
def trial(
    person_id: str | None,
    upn: str | None,
    admission_number: str | None,
    surname: str,
    forename: str,
    school_id: str | None,
) -> None:
    """Write one invented student's target into the training database, read it back, and record the proof."""
    if not (person_id or upn or admission_number):
        raise click.UsageError("Say which student: --person-id, --upn or --admission-number.")
    ref = StudentRef(person_id=person_id, upn=upn, admission_number=admission_number, surname=surname)
    with opened() as place:
        said = run_trial(place.context(place.one_school(school_id)), Trial(ref, forename), whoami())
    click.echo(said)


@push.command("marksheet-seen")
@click.option("--by", "who", metavar="NAME", help="Who looked; else the account that runs this.")
@school_option
@config_option
def marksheet_is_seen(who: str | None, school_id: str | None) -> None:
    """Say that an ordinary teacher sees the mentoring marksheet in SIMS: `check` asks for it once a year."""
    with opened() as place:
        context = place.context(place.one_school(school_id))
        school_year = context.school_year()
        current = school_year.latest_started(school_year.local_date(context.now()))
        if current is None:
            raise click.UsageError("No half term has begun yet.")
        say_marksheet_seen(context, current.year, who or whoami())
    click.echo(f"Noted for {current.year}.")
