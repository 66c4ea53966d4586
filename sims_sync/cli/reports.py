"""`report`: which reports there are, and which module prints each."""

import click

from sims_sync.cli.late import LateCommands

REPORTS = {
    "compliance": "report_commands:compliance",
}


@click.group(cls=LateCommands, commands_in=REPORTS)
def report() -> None:
    """Print a report, or write it to a file."""
