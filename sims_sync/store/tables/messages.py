"""What was told to people, and what they decided about it."""

from sqlalchemy import JSON, Boolean, Column, Date, Integer, LargeBinary, String, Table

from sims_sync.store.tables.columns import UtcDateTime, key_column, metadata, run_column, school_column

message = Table(
    "message",
    metadata,
    school_column(),
    key_column("message_key"),
    Column("academic_year", String, nullable=False),
    Column("half_term", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("occasion", String, nullable=False),
    Column("staff_id", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("shadow", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("created", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("detail", String, nullable=False, default=""),
    Column("content", LargeBinary),
    run_column(),
)

go_live = Table(
    "go_live",
    metadata,
    school_column(),
    Column("decided_at", UtcDateTime, primary_key=True),
    Column("decided_by", String, nullable=False),
    Column("half_term", String, nullable=False),  # of the closed shadow snapshot that was looked at
    Column("students_checked", Integer, nullable=False),
    Column("staff_told", Date, nullable=False),
)

# A person looked at what the accusation guard found before this occasion's messages, and it is so (DOMAIN rule 8a).
message_release = Table(
    "message_release",
    metadata,
    school_column(),
    key_column("half_term"),
    key_column("occasion"),
    Column("released_at", UtcDateTime, primary_key=True),
    Column("codes", JSON, nullable=False),
    Column("released_by", String, nullable=False),
    Column("reason", String, nullable=False),
)

# The tutor's own words about a group, for the Head of House's eyes (DOMAIN rule 22).
tutor_note = Table(
    "tutor_note",
    metadata,
    school_column(),
    key_column("half_term"),
    key_column("tutor_group"),
    Column("text", String, nullable=False),
    Column("given_by", String, nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
)

cover = Table(
    "cover",
    metadata,
    school_column(),
    key_column("tutor_group"),
    key_column("staff_code"),
    Column("first", Date, primary_key=True),
    Column("last", Date),
    Column("entered_by", String, nullable=False),
    Column("entered_at", UtcDateTime, nullable=False),
)

# Lists that were written into a folder, so that a copy that somebody changed is known from one that nobody touched.
written_list = Table(
    "written_list",
    metadata,
    school_column(),
    key_column("name"),
    Column("fingerprint", String, nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    Column("collected", String, nullable=False, default=""),
    Column("collected_at", UtcDateTime),
)
