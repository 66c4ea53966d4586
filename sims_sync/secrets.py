"""Where a secret comes from: the environment, a file only its owner can read, or the system's keyring (DESIGN §10)."""

import os
import stat
import sys
from importlib import import_module
from pathlib import Path

from sims_sync.errors import ConfigProblem, ConfigurationError

_read: set[str] = set()  # what the log must never show, whatever another program's message quotes
SCHEMES = ("env", "file", "keyring")
_HOW = 'Write a reference: "env:NAME", "file:PATH" or "keyring:SERVICE/USER".'


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
    value = {"env": _from_environment, "file": lambda name: _from_file(base / name), "keyring": _from_keyring}[scheme](
        rest
    )
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
