"""Is a file on a disk of this machine? On a network share SQLite's log and locks fail, and the store is spoilt."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from sims_sync.errors import ConfigProblem, ConfigurationError

MOUNTS = Path("/proc/self/mounts")
_SHARES = re.compile(r"nfs\d?|cifs|smb\d?|smbfs|afs|ncpfs|ceph|glusterfs|9p|fuse\.(sshfs|rclone|glusterfs|davfs)|davfs")
_OCTAL = re.compile(r"\\([0-7]{3})")
_DRIVE_REMOTE = 4  # GetDriveTypeW's answer for a mapped network drive


def refuse_share(path: Path) -> None:
    """Refuse a store that is on a share.

    Raises:
        ConfigurationError: it is.
    """
    share = share_of(path)
    if share is not None:
        what = f"names a file on a network share ({share}), where SQLite loses data."
        do = "Put the store on a disk of this machine, or use PostgreSQL; backups may go to a share."
        raise ConfigurationError([ConfigProblem("store.url", what, do)])


def share_of(path: Path, mounts: Path | None = None) -> str | None:
    """The share that holds `path` (which need not exist yet), as a few words; None = a disk of this machine."""
    if str(path).startswith(("\\\\", "//")):
        return "a UNC path"
    if sys.platform == "win32":
        return _mapped_drive(path)
    return _mounted(path, mounts or MOUNTS)


def _mapped_drive(path: Path) -> str | None:
    import ctypes  # noqa: PLC0415 - only Windows has drives to ask for

    root = path.absolute().anchor
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]  # only there on Windows
    if root.startswith("\\\\"):
        return "a UNC path"
    return f"the mapped drive {root}" if kernel.GetDriveTypeW(root) == _DRIVE_REMOTE else None


def _mounted(path: Path, mounts: Path) -> str | None:
    real = path.absolute().resolve()
    found = "", ""
    for place, kind in _mounts(mounts):
        inside = place == "/" or str(real) == place or str(real).startswith(f"{place}/")
        if inside and len(place) >= len(found[0]):
            found = place, kind  # the longest holds it; of two at one place the later one
    place, kind = found
    return f"{kind} at {place}" if _SHARES.fullmatch(kind) else None


def _mounts(mounts: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        fields = line.split(" ")
        if len(fields) > 2:  # noqa: PLR2004 - device, place, kind
            yield _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[1]), fields[2]
