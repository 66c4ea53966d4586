"""The calendar, and the figures as they were."""

from sqlalchemy import JSON, Column, Date, Integer, String, Table

from sims_sync.store.tables.columns import UtcDateTime, key_column, metadata, run_column, school_column

away = Table(
    "away",
    metadata,
    school_column(),
    key_column("staff_code"),
    Column("first", Date, primary_key=True),
    Column("last", Date),
    Column("entered_by", String, nullable=False),
    Column("entered_at", UtcDateTime, nullable=False),
)

announced_deadline = Table(
    "announced_deadline",
    metadata,
    school_column(),
    key_column("half_term"),
    Column("deadline", Date, nullable=False),
    Column("announced_at", UtcDateTime, nullable=False),
)

closure = Table(
    "closure",
    metadata,
    school_column(),
    Column("day", Date, primary_key=True),
    Column("reason", String, nullable=False),
    Column("entered", UtcDateTime, nullable=False),
    Column("entered_by", String, nullable=False),
)

snapshot = Table(
    "snapshot",
    metadata,
    school_column(),
    key_column("half_term"),
    key_column("occasion"),
    Column("version", Integer, primary_key=True, default=1),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("content", JSON, nullable=False),
    run_column(),
)

computation = Table(
    "computation",
    metadata,
    school_column(),
    key_column("half_term"),
    Column("computed_at", UtcDateTime, primary_key=True),
    Column("occasion", String, nullable=False),
    Column("due", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    run_column(),
)
