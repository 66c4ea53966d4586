"""Where does `secret set` keep a secret: a file of this account only, or the keyring where Windows has one?"""

import os
import re
import sys
from importlib import import_module
from pathlib import Path

from sims_sync.errors import ConfigProblem, ConfigurationError

FOLDER = "secrets"
SERVICE = "sims-sync"
KEYRING_LENGTH_MAX = 1280  # of the Windows credential store
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def usual_place() -> str:
    """The keyring on Windows, else a file: a Linux server has no keyring that a service could open."""
    return "keyring" if sys.platform == "win32" else "file"


def keep_secret(name: str, value: str, base: Path, place: str) -> str:
    """Keep `value` under `name` and return the reference to write into the configuration.

    Raises:
        ConfigurationError: a name that is none, an empty or too long value, or a place that does not work.
    """
    if not _NAME.fullmatch(name):
        raise _refused(name, "is no name for a secret.", "Use lower case, digits, - and _, e.g. smtp.")
    if not value.strip() or "\0" in value or "\n" in value:
        raise _refused(name, "is empty or has several lines.", "Enter it as one line.")
    return _in_keyring(name, value) if place == "keyring" else _in_file(name, value, base)


def _in_file(name: str, value: str, base: Path) -> str:
    folder = base / FOLDER
    part = folder / f".{name}.part"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(f"{value}\n")
        part.replace(folder / name)
    except OSError:
        what = f"cannot be written into {folder}."
        raise _refused(name, what, "Give this account the right, or choose another place.") from None
    return f"file:{FOLDER}/{name}"


def _in_keyring(name: str, value: str) -> str:
    if len(value) > KEYRING_LENGTH_MAX:
        raise _refused(name, f"is longer than {KEYRING_LENGTH_MAX} characters.", "Keep it in a file: --in file")
    try:
        import_module("keyring").set_password(SERVICE, name, value)
    except Exception:  # noqa: BLE001 - each keyring backend raises its own classes; none may reach an admin
        what = "cannot be kept: no keyring works for this account."
        raise _refused(name, what, "Keep it in a file: --in file") from None
    return f"keyring:{SERVICE}/{name}"


def _refused(name: str, what: str, do: str) -> ConfigurationError:
    return ConfigurationError([ConfigProblem(f"secret {name!r}", what, do)])
