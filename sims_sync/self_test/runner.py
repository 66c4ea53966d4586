"""`check --self-test`: every export of the corpus is tried on this installation, without any configuration."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from sims_sync.self_test.corpus import CORPUS, GOOD, Export
from sims_sync.self_test.trial import Trial, read_well, try_export

EVERY_EXPORT: Sequence[Export] = (*CORPUS, *GOOD)


def run_self_test(exports: Sequence[Export] = EVERY_EXPORT) -> Iterator[Trial]:
    """Try each export in turn, in a temporary folder that is gone afterwards.

    Raises:
        RunError: even the good exports were not read well.
        SimsSyncError: no store can be made in the temporary folder.
    """
    with tempfile.TemporaryDirectory(prefix="sims-sync-self-test-", ignore_cleanup_errors=True) as name:
        good = Path(name) / "read-well"
        good.mkdir()
        before = read_well(good)
        for export in exports:
            folder = Path(name) / export.name
            folder.mkdir()
            yield try_export(before, export, folder)
            shutil.rmtree(folder, ignore_errors=True)  # a scanner may hold a file; the whole folder goes at the end
