"""Entries: interviews and reviews, and what excuses them."""

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKeyConstraint, Index, Integer, String, Table, Text

from sims_sync.store.tables.columns import UtcDateTime, key_column, metadata, run_column, school_column

entry = Table(
    "entry",
    metadata,
    school_column(),
    key_column("entry_key"),
    Column("student_id", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("interview_date", Date, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("origin", String, nullable=False),
    Column("source", String, nullable=False),
    Column("author", String),
    Column("half_term", String),
    Column("no_target_reason", Text),
    Column("record_fingerprint", String, nullable=False),
    Column("version", Integer, nullable=False, default=1),
    run_column(),
    Index(None, "school", "student_id"),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

target = Table(
    "target",
    metadata,
    school_column(),
    key_column("entry_key"),
    Column("position", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("area", String),
    Column("criterion", Text),
    Column("support", Text),
    Column("by_date", Date),
    run_column(),
    ForeignKeyConstraint(["school", "entry_key"], ["entry.school", "entry.entry_key"]),
)

review = Table(
    "review",
    metadata,
    school_column(),
    key_column("entry_key"),
    Column("position", Integer, primary_key=True),
    Column("outcome", String),
    Column("text", Text, nullable=False, default=""),
    Column("evidence", Text),
    Column("next_step", Text),
    run_column(),
    ForeignKeyConstraint(["school", "entry_key"], ["entry.school", "entry.entry_key"]),
)

entry_version = Table(
    "entry_version",
    metadata,
    school_column(),
    key_column("entry_key"),
    Column("version", Integer, primary_key=True),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("content", JSON, nullable=False),
    run_column(),
    ForeignKeyConstraint(["school", "entry_key"], ["entry.school", "entry.entry_key"]),
)

excusal = Table(
    "excusal",
    metadata,
    school_column(),
    key_column("student_id"),
    key_column("half_term"),
    Column("reason", String, nullable=False),
    Column("effective", Date, nullable=False),
    Column("given_by", String, nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("accepted", Boolean),
    Column("decided_by", String),
    Column("decided_at", UtcDateTime),
    Column("decision_reason", String),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

exemption = Table(
    "exemption",
    metadata,
    school_column(),
    key_column("student_id"),
    key_column("half_term"),
    Column("reason", String, nullable=False),
    Column("given_by", String, nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)
