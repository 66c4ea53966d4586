"""`demo`: an invented school, the whole cycle, the report on screen."""

from pathlib import Path

import click

from sims_sync.cli.log import log_into
from sims_sync.cli.run_commands import one_line
from sims_sync.demo.cycle import play, prepare
from sims_sync.report.text import render_text
from sims_sync.run import RunReport


@click.command()
@click.argument("folder", default="demo", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--students", type=click.IntRange(min=20), default=1063, show_default=True, help="How many students it has."
)
@click.option("--no-serve", is_flag=True, help="Stop after the report (there is no console yet: it stops anyway).")
def demo(folder: Path, students: int, no_serve: bool) -> None:
    """Set up an invented school in FOLDER, play the whole cycle on a simulated SIMS, and print the report."""
    del no_serve
    click.echo(f"An invented school of {students:,} students, read at 06:00 and reported at 07:30 on Wed 16 Dec 2026.")
    prepare(folder, students)
    log_into(folder)
    result = play(folder, _tell)
    click.echo()
    click.echo(render_text(result.summary))
    mails = sorted((folder / "mail").glob("*.eml"))
    reports = sorted((folder / "reports").iterdir())
    click.echo(f"{len(mails)} mails in {folder / 'mail'} (shadow mode: each to the programme lead and the admin)")
    click.echo(f"{len(reports)} files with names in {folder / 'reports'}")
    click.echo(f"Go on with any command, e.g.  sims-sync status --config {folder / 'config.toml'}")


def _tell(report: RunReport) -> None:
    click.echo(one_line(report))
    for note in report.outcome.notes:
        click.echo(f"    {note}")
    for problem in report.outcome.problems:
        click.echo(f"  ! {problem}")
