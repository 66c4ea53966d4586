"""Is the place right: room on the disk, its encryption, and who may read what holds children's data?"""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from sims_sync.config import Config
from sims_sync.connector import Finding, Severity
from sims_sync.doctor.encryption import disk_encryption
from sims_sync.store.session import sqlite_file

FREE_DISK_BYTES = 1_000_000_000
HOLDING_DATA = (  # beside config.toml, as `init` and the examples call them
    *("secrets", "work", "log", "mail", "exports", "reports"),
    *("proformas", "workbooks", "workbooks-issued", "oneroster", "for-sims"),
)


def place_findings(config: Config) -> Iterator[Finding]:
    """The disk and the rights of the configuration's folder and the store."""
    free = shutil.disk_usage(config.base).free
    shown = f"{free / 1e9:.1f} GB are free."
    if free < FREE_DISK_BYTES:
        yield Finding(Severity.WARN, "disk", shown, "Make room: a full disk stops every run.")
    else:
        yield Finding(Severity.FINE, "disk", shown)
    store = store_path(config)
    yield _encryption(store.parent if store is not None else config.base)
    if not os.access(config.base, os.W_OK):
        yield Finding(Severity.WRONG, str(config.base), "cannot be written to.", "Give this account the right.")
    yield from _rights(config, store)


def store_path(config: Config) -> Path | None:
    """The store's file; None where it is on a server, or the address is none."""
    try:
        address = make_url(config.store.url)
    except Exception:  # noqa: BLE001 - opening the store says what is wrong with the address
        return None
    return sqlite_file(address, config.base) if address.get_backend_name() == "sqlite" else None


def _encryption(folder: Path) -> Finding:
    found = disk_encryption(folder)
    if found is True:
        return Finding(Severity.FINE, "disk encryption", "the store's disk is encrypted.")
    if found is None:
        what = "cannot be seen from here."
        do = "Make sure that the store's disk is encrypted: BitLocker, LUKS, or the storage below this machine."
        return Finding(Severity.WARN, "disk encryption", what, do)
    what = "the store's disk is not encrypted, as far as this machine can see."
    do = "It holds children's data: switch on BitLocker or LUKS, or have it said in writing that the storage does it."
    return Finding(Severity.WARN, "disk encryption", what, do)


def _rights(config: Config, store: Path | None) -> Iterator[Finding]:
    if sys.platform == "win32":
        what = "are not looked at on Windows."
        do = f"In the properties of {config.base}: only administrators and the service's account."
        yield Finding(Severity.WARN, "rights", what, do)
        return
    if not config.base.stat().st_mode & stat.S_IXOTH:  # nobody else comes in: what is inside is closed too
        yield Finding(Severity.FINE, "rights", f"{config.base} is closed to other accounts.")
        return
    open_to_all = [path for path in _holding_data(config, store) if path.exists() and _others_may(path)]
    if open_to_all:
        what = f"every account of this machine may look into {', '.join(path.name for path in open_to_all)}."
        do = f"Run in {config.base}: chmod o-rwx {' '.join(path.name for path in open_to_all)}"
        yield Finding(Severity.WARN, "rights", what, do)
    else:
        yield Finding(Severity.FINE, "rights", "what holds children's data is closed to other accounts.")


def _others_may(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IRWXO)


def _holding_data(config: Config, store: Path | None) -> Iterator[Path]:
    if store is not None:
        yield store
    yield from (config.base / name for name in HOLDING_DATA)
