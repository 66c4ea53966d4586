"""`try`: ten minutes from hand-run exports to a first look."""

import tempfile
from datetime import date
from pathlib import Path

import click

from sims_sync.cli.report_commands import FORMATS
from sims_sync.cli.source_commands import understood
from sims_sync.compliance.facts import Policy
from sims_sync.compliance_report import summary_of
from sims_sync.converters import read_date
from sims_sync.first_look import FirstLook, look, recognise


@click.command("try")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--deadline", required=True, metavar="DATE", help="The school day by which entries were to be made.")
@click.option("--from", "first_day", metavar="DATE", help="The half term's first day; else six weeks before.")
@click.option(
    "--policy", type=click.Choice([each.value for each in Policy]), default=Policy.HALF_TERM.value, show_default=True
)
@click.option("--format", "form", type=click.Choice(sorted(FORMATS)), default="text", show_default=True)
def try_files(files: tuple[Path, ...], deadline: str, first_day: str | None, policy: str, form: str) -> None:
    """A first look at exports run by hand: what was understood, what was not, and the report. Nothing is kept."""
    tried = recognise(files)
    for each in tried:
        click.echo(f"{each.path.name}", err=True)
        for line in understood(each.suggestion):
            click.echo(f"  {line}", err=True)
    with tempfile.TemporaryDirectory(prefix="sims-sync-try-", ignore_cleanup_errors=True) as folder:
        found = look(
            tried,
            Path(folder),
            deadline=_day(deadline),
            first_day=_day(first_day) if first_day else None,
            policy=Policy(policy),
        )
    _say(found)
    click.echo(FORMATS[form](summary_of(found.report, found.school)))


def _say(found: FirstLook) -> None:
    click.echo(
        f"half term taken: {found.half_term}, from {found.first_day:%a %d %b %Y} (say --from DATE if not)", err=True
    )
    for run in found.runs:
        for note in run.outcome.notes:
            if "nothing to do" not in note:
                click.echo(f"  {note}", err=True)
        for problem in run.outcome.problems:
            click.echo(f"  ! {problem}", err=True)
    if found.tutors_unknown:
        do = "Add the report of tutor groups: sims-sync reports show tutor_groups."
        click.echo(f"  No file says who tutors which group, so nobody is named. {do}", err=True)
    for policy, due, done in found.policies:
        click.echo(f"  under the policy {policy.value}: {done} of {due}", err=True)


def _day(text: str) -> date:
    try:
        return read_date(text)
    except ValueError:
        raise click.UsageError(f"{text!r} is no date: write 2026-12-15.") from None
