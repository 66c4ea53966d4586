"""`purge --school S`: a school leaves, and everything of it here goes."""

import click

from sims_sync.cli.shared import config_option, exit_with, opened, whoami
from sims_sync.context import RunContext
from sims_sync.outcome import EXIT_CODES, Ending, Outcome
from sims_sync.retention.purging import Purged
from sims_sync.retention.purging import purge as purge_school
from sims_sync.run import run_step

SHOWN_FILES = 20


@click.command()
@click.option("--school", "school_id", metavar="ID", required=True, help="The school that leaves.")
@click.option("--reason", required=True, help="Why; it is kept in the evidence.")
@click.option("--confirm", metavar="ID", help="The school's id once more, instead of being asked for it.")
@config_option
def purge(school_id: str, reason: str, confirm: str | None) -> None:
    """Delete every row and file of one school, and write evidence beside config.toml. It cannot be undone.

    Stop the service first, and take the school out of the configuration afterwards. SIMS is not touched.
    """
    with opened() as place:
        school = place.one_school(school_id)
        if place.config.broken:  # what they share with this one cannot be told
            broken = ", ".join(sorted(place.config.broken))
            raise click.UsageError(f"First mend the configuration of {broken}: its files may lie in the same folders.")
        typed = confirm or click.prompt(f"Everything of {school.school.name} is deleted. Type its id to go on")
        if typed.strip() != school.id:
            raise click.UsageError("That is not the school's id: nothing was deleted.")
        others = [each for each in place.config.schools.values() if each.id != school.id]
        purged: list[Purged] = []

        def step(context: RunContext) -> Outcome:
            purged.append(purge_school(context.store, school, others, who=whoami(), reason=reason))
            return Outcome()

        report = run_step(place.store, school, "purge", step)
    for problem in report.outcome.problems:
        click.echo(f"{problem.what} {problem.do}", err=True)
    for done in purged:
        _say(done)
    held = any(done.left or not done.wiped for done in purged) and report.outcome.ending is Ending.DONE
    exit_with(EXIT_CODES[Ending.HELD if held else report.outcome.ending])


def _say(done: Purged) -> None:
    rows, files = sum(done.rows.values()), sum(done.files.values())
    click.echo(f"Deleted {rows:,} rows of {len(done.rows)} kinds and {files:,} files. Evidence: {done.evidence.name}")
    for path in done.left[:SHOWN_FILES]:
        click.echo(f"  still there: {path} (in use, or never read: look at it yourself)")
    if not done.wiped:
        click.echo("The store was in use, so free pages may still hold content: stop the service and purge again.")
    click.echo("Backups, mails sent and the school's own exports are not touched: docs/leave.md says what to do.")
