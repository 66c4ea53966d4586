"""Who gave this command: whose account it runs under, and who had logged in to become that account?

On a server commands are given as the service's account (`sudo -u sims-sync …`), which says nothing of the person. Linux
remembers who logged in, whatever they became since; where it does not, sudo's word has to do. Environment variables
that anybody can set for themselves (LOGNAME, USER) are not asked.
"""

import os
import sys
from pathlib import Path

LOGIN = Path("/proc/self/loginuid")
_NEVER_LOGGED_IN = 2**32 - 1  # a service, or a kernel that does not keep it
UNKNOWN = "unknown"


def account() -> str:
    """The account that the command runs under."""
    if sys.platform == "win32":
        try:
            return os.getlogin() or UNKNOWN  # Windows itself is asked, not the environment
        except OSError:
            return UNKNOWN
    return _name_of(os.geteuid())


def whoami() -> str:
    """Who gave the command, for the audit log: "jsmith", or "jsmith (as sims-sync)"."""
    ours, person = account(), _logged_in()
    return ours if person in {None, ours} else f"{person} (as {ours})"


def _logged_in() -> str | None:
    if sys.platform == "win32":
        return None
    try:
        number = int(LOGIN.read_text(encoding="ascii"))
    except (OSError, ValueError):
        number = _NEVER_LOGGED_IN
    if number != _NEVER_LOGGED_IN:
        return _name_of(number)
    return os.environ.get("SUDO_USER") or None


def _name_of(number: int) -> str:
    if sys.platform == "win32":
        return UNKNOWN
    import pwd  # noqa: PLC0415 - not on Windows

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid {number}"
