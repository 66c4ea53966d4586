"""Where does a task work, and when has it measured nothing?"""

import shutil
from pathlib import Path


class BenchFault(Exception):
    """A task could not be measured; the text says why."""


def fresh_folder(folder: Path) -> Path:
    """The folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def expect_rows(found: int, size: int) -> None:
    """A measurement of something else than the whole load is none.

    Raises:
        BenchFault: rows are missing, or there are too many.
    """
    if found != size:
        raise BenchFault(f"{found:,} of {size:,} results arrived: this measures nothing.")
