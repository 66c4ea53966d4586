"""Opens the configured store; before its schema is changed, also by a run at night, what was there is backed up."""

from collections.abc import Callable
from importlib import import_module

from sims_sync.config import Config
from sims_sync.context import school_clock, system_clock
from sims_sync.errors import RunError, SimsSyncError
from sims_sync.store.session import Store, open_store

Tell = Callable[[str], None]


def open_configured(config: Config, tell: Tell, *, without_backup: bool = False) -> Store:
    """Open the configured store and bring its schema up to date, after a backup of how it was.

    `tell` hears one sentence for each thing that was done. `without_backup`: a person says that there is one.

    Raises:
        RunError: no backup could be made: nothing was changed.
        ConfigurationError, RetriableError: as `open_store`.
    """

    def keep(store: Store, old: str, new: str) -> None:
        if without_backup:
            tell(f"The store goes from schema {old} to {new}, without a backup of ours.")
        else:
            tell(_kept(config, store, old, new))

    return open_store(config.store.url, config.base, keep)


def _kept(config: Config, store: Store, old: str, new: str) -> str:
    if config.backup.folder is not None:
        return f"The store goes from schema {old} to {new}; how it was is in {_backed_up(config, store, new)}."
    # Sealing and Alembic take long to import, and an upgrade is rare.
    copy = import_module("sims_sync.store.copies").copy_beside(store.engine, old, new)
    if copy is None:
        what = f"The store has schema {old}, this release wants {new}, and no backup is configured."
        do = "Set [backup], or back up PostgreSQL yourself and run: sims-sync db upgrade --without-backup"
        raise RunError("no-backup", what, do)
    return f"The store goes from schema {old} to {new}; how it was is in {copy.name} beside it, for 14 days."


def _backed_up(config: Config, store: Store, new: str) -> str:
    demo = next((school.demo for school in config.schools.values()), None)
    now = school_clock(demo)() if demo else system_clock()
    try:
        made = import_module("sims_sync.backup.making").make_backup(config, store, now)
    except SimsSyncError as error:
        what = f"The store must be brought to schema {new}, and no backup can be made before: {error.what}"
        raise RunError("no-backup", what, f"{error.do} Nothing was changed.") from None
    return str(made.path)
