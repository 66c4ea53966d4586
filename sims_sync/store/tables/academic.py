"""Academic data."""

from sqlalchemy import JSON, Column, Date, Integer, LargeBinary, String, Table, Text

from sims_sync.store.tables.columns import key_column, metadata, run_column, school_column

result = Table(
    "result",
    metadata,
    school_column(),
    key_column("student_id"),
    key_column("aspect"),
    key_column("result_set"),  # "" where none is named; `dated` is then part of the key
    key_column("dated"),
    Column("value", Text, nullable=False),
    Column("result_date", Date),
    run_column(),
    sqlite_with_rowid=False,  # the primary key is the table: half the size, and written in one place
)

result_before = Table(
    "result_before",
    metadata,
    school_column(),
    key_column("run_id"),
    key_column("student_id"),
    key_column("aspect"),
    key_column("result_set"),
    key_column("dated"),
    Column("value", Text, nullable=False),
    Column("result_date", Date),
    Column("written_by", String, nullable=False),
)

read_mark = Table(
    "read_mark",
    metadata,
    school_column(),
    key_column("source"),
    key_column("run_id"),
    Column("part", Integer, primary_key=True),
    Column("ruling", String, nullable=False),
    Column("digests", LargeBinary, nullable=False),
    Column("shapes", LargeBinary, nullable=False),
    Column("shape_fields", JSON, nullable=False),
)
