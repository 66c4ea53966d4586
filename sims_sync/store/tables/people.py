"""People and groups, and who is missing."""

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKeyConstraint, Index, String, Table

from sims_sync.store.tables.columns import UtcDateTime, key_column, metadata, run_column, school_column

student = Table(
    "student",
    metadata,
    school_column(),
    key_column("student_id"),
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
    run_column(),
)

student_alias = Table(
    "student_alias",
    metadata,
    school_column(),
    key_column("system"),
    key_column("id_kind"),
    key_column("value"),
    Column("student_id", String, nullable=False),
    run_column(),
    Index(None, "school", "student_id"),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

student_span = Table(
    "student_span",
    metadata,
    school_column(),
    key_column("student_id"),
    key_column("what"),
    Column("first", Date, primary_key=True),
    Column("value", String, nullable=False),
    Column("last", Date),
    run_column(),
    ForeignKeyConstraint(["school", "student_id"], ["student.school", "student.student_id"]),
)

staff_member = Table(
    "staff_member",
    metadata,
    school_column(),
    key_column("staff_id"),
    Column("staff_code", String),
    Column("person_id", String),
    Column("surname", String, nullable=False),
    Column("forename", String, nullable=False),
    Column("title", String),
    Column("email", String),
    Column("tutor_group", String),
    Column("head_of_house", String),
    Column("leaving_date", Date),
    run_column(),
)

house = Table("house", metadata, school_column(), key_column("name"), run_column())

tutor_group = Table(
    "tutor_group",
    metadata,
    school_column(),
    key_column("name"),
    Column("nc_year", String),
    Column("house", String),
    Column("posts", JSON, nullable=False, default=list),
    run_column(),
)

role = Table(
    "role",
    metadata,
    school_column(),
    key_column("origin"),
    key_column("staff_ref"),
    key_column("role"),
    key_column("scope"),
    Column("first", Date, primary_key=True),
    Column("last", Date),
    run_column(),
)

missing = Table(
    "missing",
    metadata,
    school_column(),
    key_column("kind"),
    key_column("row_key"),
    Column("source", String, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime),
    Column("held", Boolean, nullable=False, default=False),
    Column("released", Boolean, nullable=False, default=False),
    run_column(),
)
