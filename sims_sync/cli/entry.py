"""The `sims-sync` command: its groups of commands, and how every fault becomes a sentence and an exit code."""

import sys

import click
import structlog

from sims_sync import __version__
from sims_sync.cli.late import LateCommands
from sims_sync.cli.log import configure_log
from sims_sync.errors import SimsSyncError
from sims_sync.outcome import EXIT_CODES, Ending

USAGE_EXIT_CODE = 2
_REPORT_IT = "Nothing more was done; please report it with the end of log/sims-sync.log."

log = structlog.get_logger("sims_sync.cli")


# Command → where it is. Each is imported only when it is asked for: the others' imports would double the start.
COMMANDS = {
    "Begin": {
        "demo": "demo_command:demo",
        "try": "try_command:try_files",
        "init": "setup_commands:init",
        "check": "setup_commands:check",
        "calendar": "calendar_commands:calendar",
        "roles": "roles_commands:roles",
        "reports": "source_commands:reports",
        "mapping": "source_commands:mapping",
        "sims-setup": "sims_setup_command:sims_setup",
    },
    "Every day": {
        "status": "state_commands:status",
        "jobs": "run_commands:jobs",
        "plan": "run_commands:plan",
        "run": "run_commands:run",
        "report": "reports:report",
        "why": "why_command:why",
        "snapshots": "snapshot_commands:snapshots",
        "proforma": "proforma_commands:proforma",
    },
    "What waits for you": {
        "plans": "plan_commands:plans",
        "quarantine": "state_commands:quarantine",
        "problems": "problem_commands:problems",
        "messages": "message_commands:messages",
        "push": "push_commands:push",
        "deliveries": "delivery_commands:deliveries",
        "undo": "plan_commands:undo_run",
        "clock": "clock_commands:clock",
    },
    "Decide about people": {
        "excuse": "decision_commands:excuse",
        "exempt": "decision_commands:exempt",
        "cover": "cover_command:cover",
        "tutor": "decision_commands:tutor",
    },
    "The service": {
        "serve": "serve_commands:serve",
        "service": "service_install:service",
        "pause": "serve_commands:pause",
        "resume": "serve_commands:resume",
        "backup": "backup_commands:backup",
        "restore": "backup_commands:restore_backup",
        "db": "db_commands:db",
        "secret": "secret_commands:secret",
    },
    "Data protection": {
        "person": "person_commands:person",
        "purge": "purge_command:purge",
        "audit": "audit_commands:audit",
        "disposals": "audit_commands:disposals",
    },
}


@click.group(
    cls=LateCommands,
    commands_in=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="sims-sync")
@click.option(
    "--config", "config_file", metavar="FILE", help="The config.toml to use (else SIMS_SYNC_CONFIG, else here)."
)
@click.pass_context
def sims_sync(context: click.Context, config_file: str | None) -> None:
    """From SIMS to a fair report for the Head of House, and back again."""
    context.ensure_object(dict)
    context.obj["config_file"] = config_file


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
