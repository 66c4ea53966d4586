"""Is the disk that holds a folder encrypted, as far as this machine can see?

Linux shows it in /sys (a device-mapper target of dm-crypt below the file system); Windows in a property of the drive
that needs no administrator. Hardware and the storage below a virtual machine are seen by neither.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

SYS = Path("/sys")
TIME_LIMIT_SECONDS = 20
_ON, _OFF = {"1", "3", "5"}, {"2", "4"}  # System.Volume.BitLockerProtection: on, encrypting, suspended; off, decrypting
_DRIVE = re.compile(r"[A-Za-z]:")


def disk_encryption(folder: Path) -> bool | None:
    """Whether the folder's disk is encrypted; None = it cannot be seen. Never raises."""
    try:
        if sys.platform == "win32":
            return _bitlocker(folder.resolve().drive)
        return block_device_encryption(folder.stat().st_dev, SYS)
    except (OSError, subprocess.SubprocessError):
        return None


def block_device_encryption(device: int, sys_folder: Path) -> bool | None:
    """The same for a Linux device number; a file system without a block device of its own says nothing."""
    place = sys_folder / "dev" / "block" / f"{os.major(device)}:{os.minor(device)}"
    return _encrypted(place) if place.exists() else None


def _encrypted(place: Path) -> bool:
    """dm-crypt here, or below every one of the devices that this one is made of (LVM on LUKS, RAID of LUKS)."""
    try:
        if (place / "dm" / "uuid").read_text(encoding="ascii").startswith("CRYPT-"):
            return True
    except OSError:
        pass
    below = sorted((place / "slaves").glob("*"))
    return bool(below) and all(_encrypted(each) for each in below)


def _bitlocker(drive: str) -> bool | None:
    if not _DRIVE.fullmatch(drive):
        return None
    question = (
        f"(New-Object -ComObject Shell.Application).NameSpace('{drive}')"
        ".Self.ExtendedProperty('System.Volume.BitLockerProtection')"
    )
    answer = subprocess.run(  # noqa: S603 - a fixed command; the drive is a letter
        ["powershell.exe", "-NoProfile", "-NonInteractive", "-Command", question],  # noqa: S607 - where Windows has it
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    ).stdout.strip()
    return True if answer in _ON else (False if answer in _OFF else None)
