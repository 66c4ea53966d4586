"""Where a secret comes from: the environment, a file only its owner reads, a credential or a keyring (DESIGN §10)."""

import os
import stat
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from sims_sync.errors import ConfigProblem, ConfigurationError

_read: set[str] = set()  # what the log must never show, whatever another program's message quotes
SCHEMES = ("env", "file", "credential", "keyring")
CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"  # where systemd shows a service its LoadCredential= files
HOW_TO_REFER = '"env:NAME", "file:PATH", "credential:NAME" or "keyring:SERVICE/USER"'
_HOW = f"Write a reference: {HOW_TO_REFER}."


def is_reference(text: str) -> bool:
    """Whether `text` refers to a secret rather than being one."""
    scheme, colon, rest = text.partition(":")
    return bool(colon) and scheme in SCHEMES and bool(rest)


def read_secret(reference: str, base: Path) -> str:
    """The secret's text, read at the moment of use; kept only to be blotted out of the log.

    Raises:
        ConfigurationError: not a reference, not found, empty, or a file that everyone can read.
    """
    if not is_reference(reference):
        raise _refused("secret", "is written in the configuration itself, which anyone who reads it sees.", _HOW)
    scheme, _, rest = reference.partition(":")
    readers: dict[str, Callable[[str], str]] = {
        "env": _from_environment,
        "file": lambda name: _from_file(base / name),
        "credential": _from_credential,
        "keyring": _from_keyring,
    }
    value = readers[scheme](rest)
    if not value:
        raise _refused(reference, "is empty.", "Set it, then run `sims-sync check`.")
    _read.add(value)
    return value


def secrets_read() -> frozenset[str]:
    """Every secret that this process has read, to be blotted out wherever it might be quoted."""
    return frozenset(_read)


def _from_environment(name: str) -> str:
    if name not in os.environ:
        raise _refused(f"env:{name}", "is not set for this account.", "Set it where the service runs.")
    return os.environ[name]


def _from_file(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise _refused(
            f"file:{path}", "cannot be read.", "Check that it is there and this account may read it."
        ) from None
    if sys.platform != "win32" and mode & (stat.S_IRWXO | stat.S_IWGRP):
        raise _refused(f"file:{path}", "can be read by everyone on this machine.", f"Run: chmod 600 {path}")
    return text


def _from_credential(name: str) -> str:
    folder = os.environ.get(CREDENTIALS_VARIABLE)
    if not folder:
        what = "is shown by systemd to the service alone, and this command is not the service."
        raise _refused(f"credential:{name}", what, "Put LoadCredential= in its unit; try it there.")
    if "/" in name or "\\" in name or name.startswith("."):
        raise _refused(f"credential:{name}", "is no name of a credential.", "Write the name in LoadCredential=.")
    try:
        return (Path(folder) / name).read_text(encoding="utf-8-sig").rstrip("\r\n")  # systemd sees to its rights
    except (OSError, UnicodeDecodeError):
        what = "is not among the credentials of this service."
        raise _refused(f"credential:{name}", what, f"Add LoadCredential={name}:PATH to its unit.") from None


def _from_keyring(name: str) -> str:
    service, _, user = name.partition("/")
    try:
        keyring = import_module("keyring")
        value = keyring.get_password(service, user)
    except Exception:  # noqa: BLE001 - each keyring backend raises its own classes; none may reach an admin
        raise _refused(
            f"keyring:{name}", "cannot be read: no keyring works for this account.", "Use env: or file: instead."
        ) from None
    if value is None:
        raise _refused(f"keyring:{name}", "is not in this account's keyring.", "Store it as the service's account.")
    return str(value)


def _refused(path: str, what: str, do: str) -> ConfigurationError:
    return ConfigurationError([ConfigProblem(path, what, do)])
