"""What goes into SIMS."""

from sqlalchemy import Boolean, Column, Date, ForeignKeyConstraint, Index, Integer, String, Table, Text

from sims_sync.store.tables.columns import UtcDateTime, key_column, metadata, run_column, school_column

delivery = Table(
    "delivery",
    metadata,
    school_column(),
    key_column("delivery_key"),  # half term / student / slot
    Column("half_term", String, nullable=False),
    Column("student_id", String, nullable=False),
    Column("slot", String, nullable=False),
    Column("entry_key", String, nullable=False),
    Column("position", Integer, nullable=False),  # of the target or review within its entry
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False, default=""),
    Column("revision", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("result_date", Date, nullable=False),
    Column("withdrawal", Boolean, nullable=False, default=False),
    Column("over_theirs", Boolean, nullable=False, default=False),  # a person said `resend`
    Column("sims_text", Text),  # what SIMS held instead, where that matters
    Column("attempts", Integer, nullable=False, default=0),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("attempted_at", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("confirmed_at", UtcDateTime),
    Column("confirmed_revision", Integer),
    Column("file", String),
    run_column(),
    Index(None, "school", "state"),
    Index(None, "school", "half_term"),
    Index(None, "school", "entry_key"),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

delivery_revision = Table(
    "delivery_revision",
    metadata,
    school_column(),
    key_column("delivery_key"),
    Column("revision", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("created", UtcDateTime, nullable=False),
    Column("attempted_at", UtcDateTime),  # None = nothing of it ever left
    run_column(),
    ForeignKeyConstraint(["school", "delivery_key"], ["delivery.school", "delivery.delivery_key"]),
)

delivery_event = Table(
    "delivery_event",
    metadata,
    school_column(),
    key_column("delivery_key"),
    Column("place", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False, default=""),
    Column("revision", Integer, nullable=False),
    Column("who", String, nullable=False, default=""),
    run_column(),
    ForeignKeyConstraint(["school", "delivery_key"], ["delivery.school", "delivery.delivery_key"]),
)

issued_file = Table(
    "issued_file",
    metadata,
    school_column(),
    key_column("number"),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("state", String, nullable=False),
    Column("ended_at", UtcDateTime),
    run_column(),
)

push_trial = Table(
    "push_trial",
    metadata,
    school_column(),
    key_column("trial_id"),
    Column("destination", String, nullable=False),
    Column("settings", String, nullable=False),  # fingerprint of the destination's options
    Column("at", UtcDateTime, nullable=False),
    Column("who", String, nullable=False),
    Column("outcome", String, nullable=False),
)
