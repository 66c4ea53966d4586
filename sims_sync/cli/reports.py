"""`report`: which reports there are, and which module prints each."""

import click

from sims_sync.cli.late import LateCommands

REPORTS = {
    "compliance": "report_commands:compliance",
    "readiness": "report_readiness:readiness",
    "tutor-lists": "report_tutor_lists:tutor_lists_command",
    "meeting-pack": "report_meeting_pack:meeting_pack",
    "sampler": "report_sampler:sampler_command",
    "house-matrix": "report_house_matrix:house_matrix_command",
    "annual": "report_annual:annual_command",
}


@click.group(cls=LateCommands, commands_in=REPORTS)
def report() -> None:
    """Print a report, or write it to a file."""
