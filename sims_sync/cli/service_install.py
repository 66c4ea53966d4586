"""`service install`, `remove` and `status`: `serve` starts with the machine, and is looked after by it."""

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from sims_sync.cli.shared import config_option, exit_with
from sims_sync.config_file import find_config, load_config
from sims_sync.context import WORK_FOLDER
from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.service_files import ServiceDefinition, define_service, steps, task_xml, unit_text, winsw_xml
from sims_sync.service_files.definition import SERVICE_NAME
from sims_sync.service_files.linux_place import UNIT_FOLDER, refuse_unfit_machine, refuse_unfit_place
from sims_sync.service_files.steps import UNIT, WRAPPER, Step
from sims_sync.service_files.winsw import VIRTUAL_ACCOUNT

ON_WINDOWS = sys.platform == "win32"
WAYS = ("systemd", "winsw", "task")
ACCOUNTS = {"systemd": SERVICE_NAME, "winsw": VIRTUAL_ACCOUNT, "task": "NT AUTHORITY\\NETWORK SERVICE"}
STOP_FILE = "stop"  # in the work folder: `serve` looks for it
TASK_FILE = f"{SERVICE_NAME}-task.xml"
_NOT_RUNNING = 1

way_option = click.option(
    "--way",
    type=click.Choice(WAYS),
    help="systemd on Linux; on Windows winsw (a service) or task (a scheduled task), else whichever is there.",
)


@click.group(name="service")
def service() -> None:
    """Start `serve` with the machine."""


@service.command()
@way_option
@click.option("--account", metavar="NAME", help="Whom it runs as; else an account of its own.")
@click.option("--program", type=click.Path(path_type=Path), help="The sims-sync to run, if not this one.")
@click.option("--print", "only_print", is_flag=True, help="Show the definition; nothing is installed.")
@config_option
def install(way: str | None, account: str | None, program: Path | None, only_print: bool) -> None:
    """Install the service for this configuration, or renew it, and start it."""
    given = (click.get_current_context().find_root().obj or {}).get("config_file")
    config = load_config(find_config(given))
    chosen = way or _usual_way()
    definition = define_service(config, program or _this_program(), account or ACCOUNTS[chosen])
    if only_print:
        click.echo(_text(chosen, definition))
        return
    _only_here(chosen)
    install_by = {"systemd": _install_unit, "winsw": _install_wrapper, "task": _install_task}
    install_by[chosen](definition)
    click.echo(f"Installed and started, for {definition.config}, as {definition.account}.")
    for place in definition.writable:
        if not Path(place).exists():
            click.echo(
                f"Not there yet: {place}. Make it and run this again: until then the service cannot write there."
            )
    click.echo("See how it goes:  sims-sync service status")


@service.command()
@way_option
@config_option
def remove(way: str | None) -> None:
    """Stop the service and take it away; the configuration and the data stay."""
    chosen = way or _usual_way()
    _only_here(chosen)
    if chosen == "systemd":
        refuse_unfit_machine()
        _carry_out(steps.remove_unit())
        (UNIT_FOLDER / UNIT).unlink(missing_ok=True)
        _carry_out((Step(("systemctl", "daemon-reload")),))
    elif chosen == "winsw":
        _carry_out(steps.remove_wrapper(_wrapper()))
        _wrapper().with_suffix(".xml").unlink(missing_ok=True)
    else:
        _let_it_end()
        _carry_out(steps.remove_task())
    click.echo("The service is gone. The configuration and the data are where they were.")


@service.command(name="status")
@way_option
def service_status(way: str | None) -> None:
    """Say whether the service runs; ends with 0 if it does, else with 1."""
    chosen = way or _usual_way()
    _only_here(chosen)
    sentence, runs = _state_of_unit() if chosen == "systemd" else _state_in_windows(chosen)
    click.echo(sentence)
    exit_with(0 if runs else _NOT_RUNNING)


def _let_it_end() -> None:
    """Windows ends a task hard: the stop file lets `serve` finish the run in hand first."""
    given = (click.get_current_context().find_root().obj or {}).get("config_file")
    try:
        config = load_config(find_config(given))
        (config.base / WORK_FOLDER / STOP_FILE).touch()
    except (ConfigurationError, OSError):
        return  # it may be gone or broken, and the task is to go all the same
    time.sleep(config.service.stop_seconds)


def _usual_way() -> str:
    if not ON_WINDOWS:
        return "systemd"
    return "winsw" if _wrapper().is_file() else "task"


def _only_here(way: str) -> None:
    if (way == "systemd") == ON_WINDOWS:
        here = "winsw or task" if ON_WINDOWS else "systemd"
        raise click.UsageError(f"--way {way} is not for this system: use {here}, or --print.")


def _this_program() -> Path:
    """The command that is running, by the name it was called by: a link to the newest version stays one."""
    called = Path(sys.argv[0]).absolute()
    return called.with_suffix(".exe") if ON_WINDOWS else called


def _service_folder() -> Path:
    """Beside the installed versions, where only an administrator writes: an administrator runs what lies there."""
    return Path(sys.prefix).parent / "service"


def _wrapper() -> Path:
    return _service_folder() / f"{WRAPPER}.exe"


def _text(way: str, definition: ServiceDefinition) -> str:
    if way == "systemd":
        return unit_text(definition)
    return winsw_xml(definition).decode("utf-8") if way == "winsw" else task_xml(definition).decode("utf-16")


def _install_unit(definition: ServiceDefinition) -> None:
    refuse_unfit_place(definition)
    _write(UNIT_FOLDER / UNIT, unit_text(definition).encode())
    _carry_out(steps.install_unit())


def _install_wrapper(definition: ServiceDefinition) -> None:
    wrapper = _wrapper()
    if not wrapper.is_file():
        do = "Put WinSW's executable there under that name (docs/install-windows.md), or use --way task."
        raise ConfigurationError([ConfigProblem(str(wrapper), "is not there.", do)])
    _write(wrapper.with_suffix(".xml"), winsw_xml(definition))
    _carry_out(steps.install_wrapper(definition, wrapper))


def _install_task(definition: ServiceDefinition) -> None:
    file = _service_folder() / TASK_FILE
    _write(file, task_xml(definition))
    _carry_out(steps.install_task(definition, file))


def _write(file: Path, content: bytes) -> None:
    """Write a definition.

    Raises:
        ConfigurationError: this account may not.
    """
    try:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)
    except OSError:
        do = 'Start PowerShell with "Run as administrator".' if ON_WINDOWS else "Give the command as root."
        raise ConfigurationError([ConfigProblem(str(file), "cannot be written.", do)]) from None


def _carry_out(wanted: Sequence[Step]) -> None:
    """Run the steps in order.

    Raises:
        ConfigurationError: one failed, with what the system said.
    """
    for step in wanted:
        done = _ask(step.command, shown=step.asks)
        if done.returncode and not step.may_fail:
            said = " ".join((done.stderr or done.stdout or "").split())
            do = "Put that right, then run the same command again."
            raise ConfigurationError(
                [ConfigProblem(" ".join(step.command), f"failed: {said or 'no reason given'}", do)]
            )


def _ask(command: Sequence[str], *, shown: bool = False) -> subprocess.CompletedProcess[str]:
    found = shutil.which(command[0])
    if found is None:
        raise ConfigurationError([ConfigProblem(command[0], "is not on this machine.", "Use --print instead.")])
    return subprocess.run(  # noqa: S603 - a list of our own words and paths, no shell
        [found, *command[1:]], capture_output=not shown, text=True, errors="replace", check=False
    )


def _state_of_unit() -> tuple[str, bool]:
    names = ("LoadState", "ActiveState", "SubState", "MainPID", "ActiveEnterTimestamp", "NRestarts", "Result")
    said = _ask(("systemctl", "show", UNIT, *(f"--property={name}" for name in names))).stdout
    state = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    if state.get("LoadState") != "loaded":
        return "The service is not installed. Run: sims-sync service install", False
    if state.get("ActiveState") == "active":
        since, times = state.get("ActiveEnterTimestamp", "?"), state.get("NRestarts", "0")
        return f"The service runs since {since} (process {state.get('MainPID')}, restarted {times} times).", True
    how = f"{state.get('ActiveState')}, {state.get('SubState')}, {state.get('Result')}"
    return f"The service does not run ({how}). Look: journalctl -u {SERVICE_NAME} -n 20", False


def _state_in_windows(way: str) -> tuple[str, bool]:
    """`sc query` says the state as a number, whatever Windows's language: 4 is running."""
    if way == "winsw":
        done = _ask(("sc.exe", "query", SERVICE_NAME))
        if done.returncode:
            return "The service is not installed. Run: sims-sync service install", False
        runs = any(line.split(":")[-1].split()[:1] == ["4"] for line in done.stdout.splitlines() if ":" in line)
        return done.stdout.strip(), runs
    done = _ask(("schtasks.exe", "/Query", "/TN", SERVICE_NAME, "/FO", "LIST", "/V"))
    if done.returncode:
        return "The task is not installed. Run: sims-sync service install --way task", False
    return done.stdout.strip(), "Running" in done.stdout
