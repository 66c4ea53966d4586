"""What keeps the service well: breakers, pauses, serving processes, what the admin was told, what was deleted."""

from sqlalchemy import JSON, Column, Index, Integer, String, Table, Text

from sims_sync.store.tables.columns import UtcDateTime, key_column, metadata, school_column

ALL_SCHOOLS = "*"  # in place of a school, where a row speaks of the whole service: no school can be called so

# A job that keeps failing is left alone for longer and longer.
breaker = Table(
    "breaker",
    metadata,
    school_column(),
    key_column("job"),
    Column("failures", Integer, nullable=False),
    Column("failing_since", UtcDateTime, nullable=False),
    Column("retry_at", UtcDateTime),
    Column("reason", String, nullable=False),  # the codes of its problems: another reason is told anew
    Column("what", Text, nullable=False),
)

# A person said that a job ("" = every job) is to rest.
pause = Table(
    "pause",
    metadata,
    school_column(),
    key_column("job"),
    Column("since", UtcDateTime, nullable=False),
    Column("paused_by", String, nullable=False),
    Column("reason", String, nullable=False),
)

service = Table(
    "service",
    metadata,
    school_column(),
    key_column("owner"),
    Column("version", String, nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("heartbeat", UtcDateTime, nullable=False),
    Column("detail", JSON, nullable=False, default=dict),
)

# A condition that a person must know of, from when it was first met until it is over.
alert = Table(
    "alert",
    metadata,
    school_column(),
    key_column("code"),
    key_column("subject"),
    Column("since", UtcDateTime, primary_key=True),
    Column("severity", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("what", Text, nullable=False),
    Column("do", Text, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime),
    Column("told_reason", String),
    Column("ended", UtcDateTime),
    Column("end_told_at", UtcDateTime),
    Index(None, "school", "ended"),
)

# Evidence of deletion: what went, how many, by which rule (DOMAIN §8); never whose.
disposal = Table(
    "disposal",
    metadata,
    school_column(),
    key_column("disposal_id"),
    Column("at", UtcDateTime, nullable=False),
    Column("run_id", String, nullable=False),
    Column("what", String, nullable=False),
    Column("rule", String, nullable=False),
    Column("count", Integer, nullable=False),
    Column("before", UtcDateTime),
    Column("detail", JSON, nullable=False, default=dict),
    Index(None, "school", "at"),
)

# Who was erased stays out until a person releases it: a keyed hash, never a name.
erased_person = Table(
    "erased_person",
    metadata,
    school_column(),
    key_column("person_hash"),
    Column("erasure_id", String, nullable=False),  # several hashes are of one person: each id that SIMS has of them
    Column("kind", String, nullable=False),  # "student", "staff"; "left" = gone by retention, nobody asked for it
    Column("erased_at", UtcDateTime, nullable=False),
    Column("erased_by", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("released_at", UtcDateTime),
    Column("released_by", String),
    Column("release_reason", String),
)

# What is kept of a snapshot when its tutor groups have gone: a line per house and per NC year (DOMAIN §8).
snapshot_total = Table(
    "snapshot_total",
    metadata,
    school_column(),
    key_column("half_term"),
    key_column("occasion"),
    key_column("scope"),  # "house" or "year"
    key_column("name"),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("due", Integer),  # None, with `done`: fewer than five students (DOMAIN rule 25)
    Column("done", Integer),
)

# The settings as they were last loaded, each as a hash: so a change is noticed and no value is kept.
settings_seen = Table(
    "settings_seen",
    metadata,
    school_column(),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("settings", JSON, nullable=False),
)
