"""Which commands of the system install, remove or ask after the service, in which order?"""

from dataclasses import dataclass
from pathlib import PurePath

from sims_sync.service_files.definition import SERVICE_NAME, ServiceDefinition
from sims_sync.service_files.winsw import VIRTUAL_ACCOUNT

UNIT = f"{SERVICE_NAME}.service"
WRAPPER = f"{SERVICE_NAME}-service"  # WinSW reads the .xml of its own name
_BUILT_IN = ("NT AUTHORITY\\", "NT SERVICE\\")


@dataclass(frozen=True, slots=True)
class Step:
    """One command. `may_fail`: it undoes what may not be there; `asks`: it asks the person at the keyboard."""

    command: tuple[str, ...]
    may_fail: bool = False
    asks: bool = False


def install_unit() -> tuple[Step, ...]:
    """After the unit file is written: known, started with the machine, started now."""
    return (
        Step(("systemctl", "daemon-reload")),
        Step(("systemctl", "enable", "--quiet", UNIT)),
        Step(("systemctl", "restart", UNIT)),
    )


def remove_unit() -> tuple[Step, ...]:
    """Before the unit file is deleted: stopped, no longer started with the machine."""
    return (Step(("systemctl", "disable", "--quiet", "--now", UNIT), may_fail=True),)


def install_wrapper(definition: ServiceDefinition, wrapper: PurePath) -> tuple[Step, ...]:
    """With WinSW's executable and definition beside each other: `wrapper` is the executable.

    The virtual account exists from the moment its service does: only then can it be given rights and the service.
    """
    steps = [*remove_wrapper(wrapper), Step((str(wrapper), "install"))]
    if definition.account == VIRTUAL_ACCOUNT:
        steps.append(Step(("sc.exe", "config", SERVICE_NAME, "obj=", VIRTUAL_ACCOUNT)))
    steps += [Step(_grant(definition, place)) for place in (definition.base, *definition.writable)]
    return (*steps, Step((str(wrapper), "start")))


def remove_wrapper(wrapper: PurePath) -> tuple[Step, ...]:
    """Stopped and no longer known to Windows."""
    return tuple(Step((str(wrapper), verb), may_fail=True) for verb in ("stop", "uninstall"))


def install_task(definition: ServiceDefinition, xml: PurePath) -> tuple[Step, ...]:
    """Registered, given its rights, started. For an account of its own Windows asks for the password (`/RP *`)."""
    own = not definition.account.upper().startswith(_BUILT_IN)
    password = ("/RU", definition.account, "/RP", "*") if own else ()
    return (
        *(Step(_grant(definition, place)) for place in (definition.base, *definition.writable)),
        Step(("schtasks.exe", "/Create", "/TN", SERVICE_NAME, "/XML", str(xml), "/F", *password), asks=own),
        Step(("schtasks.exe", "/Run", "/TN", SERVICE_NAME)),
    )


def remove_task() -> tuple[Step, ...]:
    """Ended and no longer known to Windows."""
    return tuple(
        Step(("schtasks.exe", verb, "/TN", SERVICE_NAME, *force), may_fail=True)
        for verb, force in (("/End", ()), ("/Delete", ("/F",)))
    )


def _grant(definition: ServiceDefinition, place: PurePath) -> tuple[str, ...]:
    """Modify, for the folder and all that comes to lie in it."""
    return ("icacls.exe", str(place), "/grant", f"{definition.account}:(OI)(CI)M")
