"""How do hundreds of tests have a store of their own each, and yet compile each statement once in a process?

SQLAlchemy keeps compiled statements with the engine, and compiling them anew was a quarter of what the tests of the
store cost. So an engine for SQLite is lent to one store after the other: its address leads through a link, which is
turned to the folder of the test.
"""

import atexit
import shutil
import tempfile
from functools import lru_cache
from itertools import count
from pathlib import Path

from sims_sync.store.session import Store, open_store

STORE_FILE = "store.db"
_free: list["_LentStore"] = []
_numbers = count()


class _LentStore(Store):
    """A store whose engine is used again for another one once it was closed."""

    def __init__(self, link: Path, folder: Path) -> None:
        link.symlink_to(folder, target_is_directory=True)
        super().__init__(open_store(f"sqlite:///{link / STORE_FILE}", folder).engine)
        self._link = link

    def turned_to(self, folder: Path) -> "_LentStore":
        """The same engine over the store of another folder; every connection to the last one is closed."""
        self._link.unlink()
        self._link.symlink_to(folder, target_is_directory=True)
        return self

    def close(self) -> None:
        super().close()
        if self not in _free:
            _free.append(self)


def empty_store(folder: Path) -> Store:
    """An empty, up-to-date store in a folder; closed, its engine goes to the next one."""
    shutil.copy(model(), folder / STORE_FILE)
    return store_in(folder)


def store_in(folder: Path) -> Store:
    """The store that lies in a folder."""
    if _free:
        return _free.pop().turned_to(folder)
    try:
        return _LentStore(_place() / str(next(_numbers)), folder)
    except OSError:  # links need a right on Windows: then each test pays for an engine
        return open_store(f"sqlite:///{STORE_FILE}", folder)


@lru_cache(maxsize=1)
def model() -> Path:
    """An up-to-date, empty store to copy, made once in a process."""
    open_store("sqlite:///model.db", _place()).close()
    return _place() / "model.db"


@lru_cache(maxsize=1)
def _place() -> Path:
    found = Path(tempfile.mkdtemp(prefix="sims-sync-stores-"))
    atexit.register(shutil.rmtree, found, ignore_errors=True)
    return found
