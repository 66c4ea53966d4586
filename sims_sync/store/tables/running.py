"""Runs and time: runs, slots, the lease, reads, plans, what is held, and who did what."""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, LargeBinary, String, Table, Text

from sims_sync.store.tables.columns import UtcDateTime, key_column, metadata, run_column, school_column

run = Table(
    "run",
    metadata,
    school_column(),
    key_column("run_id"),
    Column("job", String, nullable=False),
    Column("slot_due", UtcDateTime),
    Column("attempt", Integer, nullable=False, default=1),
    Column("owner", String, nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("heartbeat", UtcDateTime, nullable=False),
    Column("ended", UtcDateTime),
    Column("outcome", String),
    Column("counts", JSON, nullable=False, default=dict),
    Column("problems", JSON, nullable=False, default=list),
    Column("as_of", UtcDateTime),
    Index(None, "school", "job", "started"),
)

slot = Table(
    "slot",
    metadata,
    school_column(),
    key_column("job"),
    Column("due_at", UtcDateTime, primary_key=True),
    Column("run_id", String),
    Column("state", String, nullable=False),
    Column("owner", String),  # who claimed it: the process that runs it is alive, or another may take it over
    Column("claimed_at", UtcDateTime),
    Column("attempts", Integer, nullable=False, default=1, server_default="1"),
    Index(None, "state"),  # a service asks for the claimed ones again and again
)

lease = Table(
    "lease",
    metadata,
    school_column(),
    Column("owner", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("job", String, nullable=False),
    Column("taken", UtcDateTime, nullable=False),
    Column("heartbeat", UtcDateTime, nullable=False),
)

read = Table(
    "read",
    metadata,
    school_column(),
    key_column("read_id"),
    Column("kind", String, nullable=False),
    Column("source", String, nullable=False),
    run_column(),
    Column("name", String, nullable=False),
    Column("began", UtcDateTime, nullable=False),
    Column("finished", UtcDateTime, nullable=False),
    Column("good", Boolean, nullable=False),
    Column("row_count", Integer, nullable=False, default=0),
    Column("size", Integer),
    Column("fingerprint", String),
    Column("filled", JSON, nullable=False, default=dict),
    Column("unmapped", JSON, nullable=False, default=list),
    Column("held_removals", Integer, nullable=False, default=0),
    Column("held_rows", Integer, nullable=False, default=0),
    Index(None, "school", "kind", "source", "good", "began"),
)

plan = Table(
    "plan",
    metadata,
    school_column(),
    key_column("plan_id"),
    run_column(),
    Column("kind", String, nullable=False),
    Column("source", String, nullable=False),
    Column("created", UtcDateTime, nullable=False),
    Column("state", String, nullable=False),
    Column("totals", JSON, nullable=False),
    Column("reasons", JSON, nullable=False, default=list),
    Column("changes", JSON, nullable=False, default=list),
    Column("content", Text, nullable=False, default=""),  # fingerprint of exactly these changes
    Column("kept_id", Text),
    Column("released_at", UtcDateTime),
    Column("released_by", Text),
    Column("release_reason", Text),
    Index(None, "school", "created"),
)

confirmed_source = Table(
    "confirmed_source",
    metadata,
    school_column(),
    key_column("kind"),
    key_column("source"),
    Column("fingerprint", Text, nullable=False),
    Column("confirmed_at", UtcDateTime, nullable=False),
    Column("confirmed_by", Text, nullable=False),
)

kept_read = Table(
    "kept_read",
    metadata,
    school_column(),
    key_column("kept_id"),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
    Column("name", Text, nullable=False),
    Column("began", UtcDateTime, nullable=False),
    Column("size", Integer),
    Column("fingerprint", Text),
    Column("rows", LargeBinary, nullable=False),
    run_column(),
)

journal = Table(
    "journal",
    metadata,
    school_column(),
    key_column("run_id"),
    Column("place", Integer, primary_key=True),
    Column("table_name", Text, nullable=False),
    Column("row_key", JSON, nullable=False),
    Column("before", JSON),
)

problem = Table(
    "problem",
    metadata,
    school_column(),
    key_column("code"),
    key_column("subject"),
    Column("what", Text, nullable=False),
    Column("do", Text, nullable=False),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
    Column("ended", UtcDateTime),
    run_column(),
)

quarantine = Table(
    "quarantine",
    metadata,
    school_column(),
    key_column("quarantine_id"),
    Column("kind", String, nullable=False),
    Column("source", String, nullable=False),
    Column("code", String, nullable=False),
    Column("field", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("record_number", Integer, nullable=False),
    Column("student_id", String),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
    Column("seen_count", Integer, nullable=False, default=1),
    Column("scope", String, nullable=False, default=""),
    Column("state", String, nullable=False, default="held"),
    Column("discarded_by", String),
    Column("discard_reason", String),
    run_column(),
)

audit = Table(
    "audit",
    metadata,
    school_column(),
    key_column("audit_id"),
    Column("at", UtcDateTime, nullable=False),
    Column("who", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("detail", JSON, nullable=False, default=dict),
    Index(None, "school", "at"),
)
