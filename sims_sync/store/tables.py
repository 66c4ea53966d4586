"""Every table of the store. Each carries the school, and each row of SIMS data the run that wrote it (DESIGN §1, §4).

Text has no length: SQLite heeds none, so on PostgreSQL alone one long value would fail a whole run.
A change here needs a migration in `migrations/versions` (a test compares the two).
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored as UTC. A naive one is refused: SQLite would hand it back as if it were local."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware → naive UTC for the column."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime refused: moments in the store are aware")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Naive UTC → aware."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    }
)


def _school() -> Column[Any]:
    return Column("school", String, primary_key=True)


def _key(name: str) -> Column[Any]:
    return Column(name, String, primary_key=True)


def _run() -> Column[Any]:
    return Column("run_id", String, nullable=False)


# --- runs and time -----------------------------------------------------------------------------------------------

run = Table(
    "run",
    metadata,
    _school(),
    _key("run_id"),
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
    _school(),
    _key("job"),
    Column("due_at", UtcDateTime, primary_key=True),
    Column("run_id", String),
    Column("state", String, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    _school(),
    Column("owner", String, nullable=False),
    Column("run_id", String, nullable=False),
    Column("job", String, nullable=False),
    Column("taken", UtcDateTime, nullable=False),
    Column("heartbeat", UtcDateTime, nullable=False),
)

read = Table(
    "read",
    metadata,
    _school(),
    _key("read_id"),
    Column("kind", String, nullable=False),
    Column("source", String, nullable=False),
    _run(),
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
    _school(),
    _key("plan_id"),
    _run(),
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
    _school(),
    _key("kind"),
    _key("source"),
    Column("fingerprint", Text, nullable=False),
    Column("confirmed_at", UtcDateTime, nullable=False),
    Column("confirmed_by", Text, nullable=False),
)

kept_read = Table(
    "kept_read",
    metadata,
    _school(),
    _key("kept_id"),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
    Column("name", Text, nullable=False),
    Column("began", UtcDateTime, nullable=False),
    Column("size", Integer),
    Column("fingerprint", Text),
    Column("rows", LargeBinary, nullable=False),
    _run(),
)

journal = Table(
    "journal",
    metadata,
    _school(),
    _key("run_id"),
    Column("place", Integer, primary_key=True),
    Column("table_name", Text, nullable=False),
    Column("row_key", JSON, nullable=False),
    Column("before", JSON),
)

problem = Table(
    "problem",
    metadata,
    _school(),
    _key("code"),
    _key("subject"),
    Column("what", Text, nullable=False),
    Column("do", Text, nullable=False),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
    Column("ended", UtcDateTime),
    _run(),
)

quarantine = Table(
    "quarantine",
    metadata,
    _school(),
    _key("quarantine_id"),
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
    _run(),
)

audit = Table(
    "audit",
    metadata,
    _school(),
    _key("audit_id"),
    Column("at", UtcDateTime, nullable=False),
    Column("who", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("detail", JSON, nullable=False, default=dict),
    Index(None, "school", "at"),
)

# --- people and groups -------------------------------------------------------------------------------------------

student = Table(
    "student",
    metadata,
    _school(),
    _key("student_id"),
    Column("person_id", String),
    Column("upn", String),
    Column("admission_number", String),
    Column("surname", String, nullable=False),
    Column("forename", String, nullable=False),
    Column("nc_year", String, nullable=False),
    Column("tutor_group", String),
    Column("house", String),
    Column("enrolment_status", String),
    Column("admission_date", Date),
    Column("leaving_date", Date),
    Column("tutor_group_from", Date),
    Column("house_from", Date),
    Column("tutor", String),
    _run(),
)

student_alias = Table(
    "student_alias",
    metadata,
    _school(),
    _key("system"),
    _key("id_kind"),
    _key("value"),
    Column("student_id", String, nullable=False),
    _run(),
    Index(None, "school", "student_id"),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

student_span = Table(
    "student_span",
    metadata,
    _school(),
    _key("student_id"),
    _key("what"),
    Column("first", Date, primary_key=True),
    Column("value", String, nullable=False),
    Column("last", Date),
    _run(),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

staff_member = Table(
    "staff_member",
    metadata,
    _school(),
    _key("staff_id"),
    Column("staff_code", String),
    Column("person_id", String),
    Column("surname", String, nullable=False),
    Column("forename", String, nullable=False),
    Column("title", String),
    Column("email", String),
    Column("tutor_group", String),
    Column("head_of_house", String),
    Column("leaving_date", Date),
    _run(),
)

house = Table("house", metadata, _school(), _key("name"), _run())

tutor_group = Table(
    "tutor_group",
    metadata,
    _school(),
    _key("name"),
    Column("nc_year", String),
    Column("house", String),
    Column("posts", JSON, nullable=False, default=list),
    _run(),
)

role = Table(
    "role",
    metadata,
    _school(),
    _key("origin"),
    _key("staff_ref"),
    _key("role"),
    _key("scope"),
    Column("first", Date, primary_key=True),
    Column("last", Date),
    _run(),
)

missing = Table(
    "missing",
    metadata,
    _school(),
    _key("kind"),
    _key("row_key"),
    Column("source", String, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime),
    Column("held", Boolean, nullable=False, default=False),
    Column("released", Boolean, nullable=False, default=False),
    _run(),
)

# --- academic data -----------------------------------------------------------------------------------------------

result = Table(
    "result",
    metadata,
    _school(),
    _key("student_id"),
    _key("aspect"),
    _key("result_set"),  # "" where none is named; `dated` is then part of the key
    _key("dated"),
    Column("value", Text, nullable=False),
    Column("result_date", Date),
    _run(),
    sqlite_with_rowid=False,  # the primary key is the table: half the size, and written in one place
)

result_before = Table(
    "result_before",
    metadata,
    _school(),
    _key("run_id"),
    _key("student_id"),
    _key("aspect"),
    _key("result_set"),
    _key("dated"),
    Column("value", Text, nullable=False),
    Column("result_date", Date),
    Column("written_by", String, nullable=False),
)

read_mark = Table(
    "read_mark",
    metadata,
    _school(),
    _key("source"),
    _key("run_id"),
    Column("part", Integer, primary_key=True),
    Column("ruling", String, nullable=False),
    Column("digests", LargeBinary, nullable=False),
    Column("shapes", LargeBinary, nullable=False),
    Column("shape_fields", JSON, nullable=False),
)

# --- entries -----------------------------------------------------------------------------------------------------

entry = Table(
    "entry",
    metadata,
    _school(),
    _key("entry_key"),
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
    _run(),
    Index(None, "school", "student_id"),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

target = Table(
    "target",
    metadata,
    _school(),
    _key("entry_key"),
    Column("position", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("area", String),
    Column("criterion", Text),
    Column("support", Text),
    Column("by_date", Date),
    _run(),
    ForeignKeyConstraint(["school", "entry_key"], ["entry.school", "entry.entry_key"]),
)

review = Table(
    "review",
    metadata,
    _school(),
    _key("entry_key"),
    Column("position", Integer, primary_key=True),
    Column("outcome", String),
    Column("text", Text, nullable=False, default=""),
    Column("evidence", Text),
    Column("next_step", Text),
    _run(),
    ForeignKeyConstraint(["school", "entry_key"], ["entry.school", "entry.entry_key"]),
)

entry_version = Table(
    "entry_version",
    metadata,
    _school(),
    _key("entry_key"),
    Column("version", Integer, primary_key=True),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("content", JSON, nullable=False),
    _run(),
    ForeignKeyConstraint(["school", "entry_key"], ["entry.school", "entry.entry_key"]),
)

excusal = Table(
    "excusal",
    metadata,
    _school(),
    _key("student_id"),
    _key("half_term"),
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
    _school(),
    _key("student_id"),
    _key("half_term"),
    Column("reason", String, nullable=False),
    Column("given_by", String, nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

# --- the calendar and what was told to people ---------------------------------------------------------------------

away = Table(
    "away",
    metadata,
    _school(),
    _key("staff_code"),
    Column("first", Date, primary_key=True),
    Column("last", Date),
    Column("entered_by", String, nullable=False),
    Column("entered_at", UtcDateTime, nullable=False),
)

announced_deadline = Table(
    "announced_deadline",
    metadata,
    _school(),
    _key("half_term"),
    Column("deadline", Date, nullable=False),
    Column("announced_at", UtcDateTime, nullable=False),
)

closure = Table(
    "closure",
    metadata,
    _school(),
    Column("day", Date, primary_key=True),
    Column("reason", String, nullable=False),
    Column("entered", UtcDateTime, nullable=False),
    Column("entered_by", String, nullable=False),
)

snapshot = Table(
    "snapshot",
    metadata,
    _school(),
    _key("half_term"),
    _key("occasion"),
    Column("version", Integer, primary_key=True, default=1),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("content", JSON, nullable=False),
    _run(),
)

computation = Table(
    "computation",
    metadata,
    _school(),
    _key("half_term"),
    Column("computed_at", UtcDateTime, primary_key=True),
    Column("occasion", String, nullable=False),
    Column("due", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    _run(),
)

message = Table(
    "message",
    metadata,
    _school(),
    _key("message_key"),
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
    _run(),
)

go_live = Table(
    "go_live",
    metadata,
    _school(),
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
    _school(),
    _key("half_term"),
    _key("occasion"),
    Column("released_at", UtcDateTime, primary_key=True),
    Column("codes", JSON, nullable=False),
    Column("released_by", String, nullable=False),
    Column("reason", String, nullable=False),
)

# The tutor's own words about a group, for the Head of House's eyes (DOMAIN rule 22).
tutor_note = Table(
    "tutor_note",
    metadata,
    _school(),
    _key("half_term"),
    _key("tutor_group"),
    Column("text", String, nullable=False),
    Column("given_by", String, nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
)

cover = Table(
    "cover",
    metadata,
    _school(),
    _key("tutor_group"),
    _key("staff_code"),
    Column("first", Date, primary_key=True),
    Column("last", Date),
    Column("entered_by", String, nullable=False),
    Column("entered_at", UtcDateTime, nullable=False),
)

# Lists that were written into a folder, so that a copy that somebody changed is known from one that nobody touched.
written_list = Table(
    "written_list",
    metadata,
    _school(),
    _key("name"),
    Column("fingerprint", String, nullable=False),
    Column("written_at", UtcDateTime, nullable=False),
    Column("collected", String, nullable=False, default=""),
    Column("collected_at", UtcDateTime),
)

# --- what goes into SIMS -----------------------------------------------------------------------------------------

delivery = Table(
    "delivery",
    metadata,
    _school(),
    _key("delivery_key"),  # half term / student / slot
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
    _run(),
    Index(None, "school", "state"),
    Index(None, "school", "half_term"),
    Index(None, "school", "entry_key"),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

delivery_revision = Table(
    "delivery_revision",
    metadata,
    _school(),
    _key("delivery_key"),
    Column("revision", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("created", UtcDateTime, nullable=False),
    Column("attempted_at", UtcDateTime),  # None = nothing of it ever left
    _run(),
    ForeignKeyConstraint(["school", "delivery_key"], ["delivery.school", "delivery.delivery_key"]),
)

delivery_event = Table(
    "delivery_event",
    metadata,
    _school(),
    _key("delivery_key"),
    Column("place", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False, default=""),
    Column("revision", Integer, nullable=False),
    Column("who", String, nullable=False, default=""),
    _run(),
    ForeignKeyConstraint(["school", "delivery_key"], ["delivery.school", "delivery.delivery_key"]),
)

issued_file = Table(
    "issued_file",
    metadata,
    _school(),
    _key("number"),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("state", String, nullable=False),
    Column("ended_at", UtcDateTime),
    _run(),
)

push_trial = Table(
    "push_trial",
    metadata,
    _school(),
    _key("trial_id"),
    Column("destination", String, nullable=False),
    Column("settings", String, nullable=False),  # fingerprint of the destination's options
    Column("at", UtcDateTime, nullable=False),
    Column("who", String, nullable=False),
    Column("outcome", String, nullable=False),
)
