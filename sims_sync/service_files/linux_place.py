"""Can the service live where it is to live: its account, its folder, its program, on this Linux machine?"""

import os
import sys
from pathlib import Path, PurePath

from sims_sync.errors import ConfigProblem, ConfigurationError
from sims_sync.service_files.definition import ServiceDefinition

UNIT_FOLDER = Path("/etc/systemd/system")
_SYSTEMD_RUNS = Path("/run/systemd/system")
_HOMES = ("/home", "/root", "/run/user")


def refuse_unfit_place(definition: ServiceDefinition) -> None:
    """Everything that would keep the installed service from starting or working, at once.

    Raises:
        ConfigurationError: one problem or more, each with the command that puts it right.
    """
    problems = [*_machine(), *_account(definition)]
    for what, path in (("folder", definition.base), ("program", definition.program)):
        if any(PurePath(path).is_relative_to(home) for home in _HOMES):
            fault = f"is in a home directory, which the service cannot see: its {what} must be elsewhere."
            problems.append(ConfigProblem(str(path), fault, "Use e.g. /srv/sims-sync."))
    if problems:
        raise ConfigurationError(problems)


def refuse_unfit_machine() -> None:
    """Whether anything can be installed or removed here at all.

    Raises:
        ConfigurationError: no systemd, or no rights.
    """
    if problems := _machine():
        raise ConfigurationError(problems)


def _machine() -> list[ConfigProblem]:
    problems = []
    if not _SYSTEMD_RUNS.is_dir():
        do = "Use `service install --print` and give the command of ExecStart to what starts services here."
        problems.append(ConfigProblem("systemd", "does not run on this machine.", do))
    if sys.platform != "win32" and os.geteuid() != 0:
        do = "Give it as root, or with sudo in front; `service install --print` shows what would be installed."
        problems.append(ConfigProblem("this command", "needs root's rights.", do))
    return problems


def _account(definition: ServiceDefinition) -> list[ConfigProblem]:
    """The account is there, and the folder and what lies in it are its own."""
    if sys.platform == "win32":
        return []
    import pwd  # noqa: PLC0415 - not on Windows

    name, base = definition.account, definition.base
    try:
        number = pwd.getpwnam(name).pw_uid
    except KeyError:
        do = f"Run: useradd --system --user-group --home-dir {base} --shell /usr/sbin/nologin {name}"
        return [ConfigProblem(f"account {name}", "is not there.", do)]
    if number == 0:
        return [ConfigProblem(f"account {name}", "is root's: the service needs an account of its own.", "")]
    strange = sorted(path.name for path in (Path(base), *Path(base).iterdir()) if path.lstat().st_uid != number)
    if strange:
        what = f"or something in it does not belong to {name} ({', '.join(strange[:3])})."
        return [ConfigProblem(str(base), what, f"Run: chown -R {name}: {base}")]
    return []
