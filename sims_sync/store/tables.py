"""Every table of the store. Each carries the school, and each row of SIMS data the run that wrote it (DESIGN §1, §4).

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
    return Column("school", String(40), primary_key=True)


def _key(name: str, length: int = 200) -> Column[Any]:
    return Column(name, String(length), primary_key=True)


def _run() -> Column[Any]:
    return Column("run_id", String(40), nullable=False)


# --- runs and time -----------------------------------------------------------------------------------------------

run = Table(
    "run",
    metadata,
    _school(),
    _key("run_id", 40),
    Column("job", String(40), nullable=False),
    Column("slot_due", UtcDateTime),
    Column("attempt", Integer, nullable=False, default=1),
    Column("owner", String(120), nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("heartbeat", UtcDateTime, nullable=False),
    Column("ended", UtcDateTime),
    Column("outcome", String(20)),
    Column("counts", JSON, nullable=False, default=dict),
    Column("problems", JSON, nullable=False, default=list),
    Column("as_of", UtcDateTime),
    Index(None, "school", "job", "started"),
)

slot = Table(
    "slot",
    metadata,
    _school(),
    _key("job", 40),
    Column("due_at", UtcDateTime, primary_key=True),
    Column("run_id", String(40)),
    Column("state", String(20), nullable=False),
)

lease = Table(
    "lease",
    metadata,
    _school(),
    Column("owner", String(120), nullable=False),
    Column("run_id", String(40), nullable=False),
    Column("job", String(40), nullable=False),
    Column("taken", UtcDateTime, nullable=False),
    Column("heartbeat", UtcDateTime, nullable=False),
)

read = Table(
    "read",
    metadata,
    _school(),
    _key("read_id", 60),
    Column("kind", String(30), nullable=False),
    Column("source", String(60), nullable=False),
    _run(),
    Column("name", String(300), nullable=False),
    Column("began", UtcDateTime, nullable=False),
    Column("finished", UtcDateTime, nullable=False),
    Column("good", Boolean, nullable=False),
    Column("row_count", Integer, nullable=False, default=0),
    Column("size", Integer),
    Column("fingerprint", String(64)),
    Column("filled", JSON, nullable=False, default=dict),
    Column("held_removals", Integer, nullable=False, default=0),
    Column("held_rows", Integer, nullable=False, default=0),
    Index(None, "school", "kind", "source", "good", "began"),
)

plan = Table(
    "plan",
    metadata,
    _school(),
    _key("plan_id", 60),
    _run(),
    Column("kind", String(30), nullable=False),
    Column("source", String(60), nullable=False),
    Column("created", UtcDateTime, nullable=False),
    Column("state", String(20), nullable=False),
    Column("totals", JSON, nullable=False),
    Column("reasons", JSON, nullable=False, default=list),
    Column("changes", JSON, nullable=False, default=list),
    Index(None, "school", "created"),
)

problem = Table(
    "problem",
    metadata,
    _school(),
    _key("code", 60),
    _key("subject", 200),
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
    _key("quarantine_id", 40),
    Column("kind", String(30), nullable=False),
    Column("source", String(60), nullable=False),
    Column("code", String(60), nullable=False),
    Column("field", String(60), nullable=False),
    Column("rule", String(200), nullable=False),
    Column("record_number", Integer, nullable=False),
    Column("student_id", String(40)),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
    Column("seen_count", Integer, nullable=False, default=1),
    Column("scope", String(300), nullable=False, default=""),
    Column("state", String(20), nullable=False, default="held"),
    Column("discarded_by", String(120)),
    Column("discard_reason", String(200)),
    _run(),
)

audit = Table(
    "audit",
    metadata,
    _school(),
    _key("audit_id", 40),
    Column("at", UtcDateTime, nullable=False),
    Column("who", String(120), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", JSON, nullable=False, default=dict),
    Index(None, "school", "at"),
)

# --- people and groups -------------------------------------------------------------------------------------------

student = Table(
    "student",
    metadata,
    _school(),
    _key("student_id", 40),
    Column("person_id", String(40)),
    Column("upn", String(20)),
    Column("admission_number", String(20)),
    Column("surname", String(120), nullable=False),
    Column("forename", String(120), nullable=False),
    Column("nc_year", String(10), nullable=False),
    Column("tutor_group", String(60)),
    Column("house", String(60)),
    Column("enrolment_status", String(60)),
    Column("admission_date", Date),
    Column("leaving_date", Date),
    Column("tutor_group_from", Date),
    Column("house_from", Date),
    Column("tutor", String(120)),
    _run(),
)

student_alias = Table(
    "student_alias",
    metadata,
    _school(),
    _key("system", 20),
    _key("id_kind", 30),
    _key("value", 60),
    Column("student_id", String(40), nullable=False),
    _run(),
    Index(None, "school", "student_id"),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

student_span = Table(
    "student_span",
    metadata,
    _school(),
    _key("student_id", 40),
    _key("what", 10),
    Column("first", Date, primary_key=True),
    Column("value", String(60), nullable=False),
    Column("last", Date),
    _run(),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

staff_member = Table(
    "staff_member",
    metadata,
    _school(),
    _key("staff_id", 60),
    Column("staff_code", String(30)),
    Column("person_id", String(40)),
    Column("surname", String(120), nullable=False),
    Column("forename", String(120), nullable=False),
    Column("title", String(30)),
    Column("email", String(200)),
    Column("tutor_group", String(60)),
    Column("head_of_house", String(60)),
    Column("leaving_date", Date),
    _run(),
)

house = Table("house", metadata, _school(), _key("name", 60), _run())

tutor_group = Table(
    "tutor_group",
    metadata,
    _school(),
    _key("name", 60),
    Column("nc_year", String(10)),
    Column("house", String(60)),
    Column("posts", JSON, nullable=False, default=list),
    _run(),
)

role = Table(
    "role",
    metadata,
    _school(),
    _key("origin", 30),
    _key("staff_ref", 200),
    _key("role", 30),
    _key("scope", 60),
    Column("first", Date, primary_key=True),
    Column("last", Date),
    _run(),
)

missing = Table(
    "missing",
    metadata,
    _school(),
    _key("kind", 30),
    _key("row_key", 300),
    Column("source", String(60), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime),
    Column("held", Boolean, nullable=False, default=False),
    _run(),
)

# --- academic data -----------------------------------------------------------------------------------------------

result = Table(
    "result",
    metadata,
    _school(),
    _key("student_id", 40),
    _key("aspect", 120),
    _key("slot", 120),
    Column("result_set", String(120)),
    Column("value", Text, nullable=False),
    Column("result_date", Date),
    _run(),
)

# --- entries -----------------------------------------------------------------------------------------------------

entry = Table(
    "entry",
    metadata,
    _school(),
    _key("entry_key", 300),
    Column("student_id", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("interview_date", Date, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("origin", String(30), nullable=False),
    Column("source", String(60), nullable=False),
    Column("author", String(120)),
    Column("half_term", String(20)),
    Column("no_target_reason", Text),
    Column("record_fingerprint", String(16), nullable=False),
    Column("version", Integer, nullable=False, default=1),
    _run(),
    Index(None, "school", "student_id"),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

target = Table(
    "target",
    metadata,
    _school(),
    _key("entry_key", 300),
    Column("position", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("area", String(120)),
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
    _key("entry_key", 300),
    Column("position", Integer, primary_key=True),
    Column("outcome", String(30)),
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
    _key("entry_key", 300),
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
    _key("student_id", 40),
    _key("half_term", 20),
    Column("reason", String(80), nullable=False),
    Column("effective", Date, nullable=False),
    Column("given_by", String(120), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("accepted", Boolean),
    Column("decided_by", String(120)),
    Column("decided_at", UtcDateTime),
    Column("decision_reason", String(200)),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

exemption = Table(
    "exemption",
    metadata,
    _school(),
    _key("student_id", 40),
    _key("half_term", 20),
    Column("reason", String(200), nullable=False),
    Column("given_by", String(120), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

# --- the calendar and what was told to people ---------------------------------------------------------------------

away = Table(
    "away",
    metadata,
    _school(),
    _key("staff_code", 60),
    Column("first", Date, primary_key=True),
    Column("last", Date),
    Column("entered_by", String(120), nullable=False),
    Column("entered_at", UtcDateTime, nullable=False),
)

announced_deadline = Table(
    "announced_deadline",
    metadata,
    _school(),
    _key("half_term", 20),
    Column("deadline", Date, nullable=False),
    Column("announced_at", UtcDateTime, nullable=False),
)

closure = Table(
    "closure",
    metadata,
    _school(),
    Column("day", Date, primary_key=True),
    Column("reason", String(200), nullable=False),
    Column("entered", UtcDateTime, nullable=False),
    Column("entered_by", String(120), nullable=False),
)

snapshot = Table(
    "snapshot",
    metadata,
    _school(),
    _key("half_term", 20),
    _key("occasion", 20),
    Column("version", Integer, primary_key=True, default=1),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("content", JSON, nullable=False),
    _run(),
)

computation = Table(
    "computation",
    metadata,
    _school(),
    _key("half_term", 20),
    Column("computed_at", UtcDateTime, primary_key=True),
    Column("occasion", String(30), nullable=False),
    Column("due", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    _run(),
)

message = Table(
    "message",
    metadata,
    _school(),
    _key("message_key", 300),
    Column("academic_year", String(10), nullable=False),
    Column("half_term", String(20), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("occasion", String(30), nullable=False),
    Column("staff_id", String(200), nullable=False),
    Column("message_id", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("shadow", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("created", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("detail", String(300), nullable=False, default=""),
    Column("content", LargeBinary),
    _run(),
)
