"""The `sims-sync` command: its groups of commands, and how every fault becomes a sentence and an exit code."""

import sys

import click
import structlog

from sims_sync import __version__
from sims_sync.cli.calendar_commands import calendar
from sims_sync.cli.decision_commands import excuse, exempt, tutor
from sims_sync.cli.demo_command import demo
from sims_sync.cli.log import configure_log
from sims_sync.cli.plan_commands import plans, undo_run
from sims_sync.cli.problem_commands import problems
from sims_sync.cli.report_commands import report
from sims_sync.cli.roles_commands import roles
from sims_sync.cli.run_commands import jobs, plan, run, serve
from sims_sync.cli.setup_commands import check, init
from sims_sync.cli.source_commands import mapping, reports
from sims_sync.cli.state_commands import messages, quarantine, status
from sims_sync.cli.try_command import try_files
from sims_sync.errors import SimsSyncError
from sims_sync.outcome import EXIT_CODES, Ending

USAGE_EXIT_CODE = 2
_REPORT_IT = "Nothing more was done; please report it with the end of log/sims-sync.log."

log = structlog.get_logger("sims_sync.cli")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="sims-sync")
@click.option(
    "--config", "config_file", metavar="FILE", help="The config.toml to use (else SIMS_SYNC_CONFIG, else here)."
)
@click.pass_context
def sims_sync(context: click.Context, config_file: str | None) -> None:
    """From SIMS to a fair report for the Head of House, and back again."""
    context.ensure_object(dict)
    context.obj["config_file"] = config_file


for command in (
    try_files,
    init,
    check,
    plan,
    plans,
    problems,
    undo_run,
    run,
    jobs,
    status,
    serve,
    report,
    quarantine,
    messages,
    calendar,
    roles,
    reports,
    mapping,
    excuse,
    exempt,
    tutor,
    demo,
):
    sims_sync.add_command(command)


def main() -> None:
    """Run the command line; every foreseeable fault is one sentence on standard error."""
    _say_utf8()
    configure_log()
    sys.exit(_exit_code())


def _exit_code() -> int:
    try:
        return int(sims_sync.main(standalone_mode=False) or 0)
    except click.exceptions.Abort:
        click.echo("Interrupted.", err=True)
        return EXIT_CODES[Ending.INTERRUPTED]
    except click.ClickException as error:
        error.show()
        return USAGE_EXIT_CODE
    except SimsSyncError as error:
        click.echo(str(error), err=True)
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        log.exception("unforeseen fault")
        click.echo(f"An unforeseen fault ended this command ({type(error).__name__}). {_REPORT_IT}", err=True)
        return EXIT_CODES[Ending.FAILED]


def _say_utf8() -> None:
    """A Windows console or a pipe may not speak UTF-8: a symbol it lacks must not stop a report."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")
