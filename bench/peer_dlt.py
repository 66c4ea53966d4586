"""What does the same load take with dlt, merging by keys into SQLite?

Dicts from lxml in batches, which dlt takes six times as fast as one by one. `create_primary_keys` gives its tables an
index; with the default settings each of its merges compares every row with every other, and a second load of a
million takes hours.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from time import perf_counter

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"  # read once, when dlt is imported

import dlt
from dlt.destinations import sqlalchemy

from bench.floor import read_dicts
from bench.load import KEY_COLUMNS, Load
from bench.place import expect_rows, fresh_folder

BATCH_RECORDS = 5_000


def whole_load(folder: Path, size: int) -> float:
    """Seconds for the whole load into a new file."""
    return _load(fresh_folder(folder / "dlt"), Load.within(folder).results, size)


def again(folder: Path, size: int) -> float:
    """Seconds for the same file once more."""
    return _load(folder / "dlt", Load.within(folder).results, size)


def _load(place: Path, results: Path, size: int) -> float:
    destination = sqlalchemy(f"sqlite:///{(place / 'dlt.db').as_posix()}", create_primary_keys=True)
    pipeline = dlt.pipeline(
        "bench", pipelines_dir=str(place / "pipelines"), destination=destination, dataset_name="school"
    )
    resource = dlt.resource(_batches(results), name="result", write_disposition="merge", primary_key=list(KEY_COLUMNS))
    began = perf_counter()
    pipeline.run(resource).raise_on_failed_jobs()
    seconds = perf_counter() - began
    with closing(sqlite3.connect(place / "dlt__school.db")) as connection:
        expect_rows(connection.execute("SELECT COUNT(*) FROM result").fetchone()[0], size)
    return seconds


def _batches(results: Path) -> Iterator[list[dict[str, str | None]]]:
    records = read_dicts(results)
    while batch := list(islice(records, BATCH_RECORDS)):
        yield batch
