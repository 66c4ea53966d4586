"""What does the same load take with pandas: `read_xml`, then `to_sql` into SQLite?

As text, because numbers would lose the zeros of an admission number; and not in its `iterparse` form, which holds less
memory and takes twice as long.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pandas as pd

from bench.load import Load
from bench.place import expect_rows, fresh_folder


def whole_load(folder: Path, size: int) -> float:
    """Seconds for the whole load into a new file; without keys, and so without anything to pull again."""
    database = fresh_folder(folder / "pandas") / "pandas.db"
    began = perf_counter()
    frame = pd.read_xml(Load.within(folder).results, parser="lxml", dtype=str)
    with closing(sqlite3.connect(database)) as connection:
        frame.to_sql("result", connection, index=False)
        connection.commit()
    seconds = perf_counter() - began
    with closing(sqlite3.connect(database)) as connection:
        expect_rows(connection.execute("SELECT COUNT(*) FROM result").fetchone()[0], size)
    return seconds
