"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "announced_deadline",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("half_term", sa.String(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=False),
        sa.Column("announced_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("school", "half_term", name=op.f("pk_announced_deadline")),
    )
    op.create_table(
        "audit",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("audit_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("school", "audit_id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_school_at"), "audit", ["school", "at"], unique=False)
    op.create_table(
        "away",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("staff_code", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("school", "staff_code", "first", name=op.f("pk_away")),
    )
    op.create_table(
        "closure",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("entered", sa.DateTime(), nullable=False),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "day", name=op.f("pk_closure")),
    )
    op.create_table(
        "computation",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("half_term", sa.String(), nullable=False),
        sa.Column("computed_at", sa.DateTime(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "half_term", "computed_at", name=op.f("pk_computation")),
    )
    op.create_table(
        "confirmed_source",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("school", "kind", "source", name=op.f("pk_confirmed_source")),
    )
    op.create_table(
        "house",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "name", name=op.f("pk_house")),
    )
    op.create_table(
        "journal",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_key", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("school", "run_id", "place", name=op.f("pk_journal")),
    )
    op.create_table(
        "kept_read",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("kept_id", sa.String(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.DateTime(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("began", sa.DateTime(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "kept_id", name=op.f("pk_kept_read")),
    )
    op.create_table(
        "lease",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("taken", sa.DateTime(), nullable=False),
        sa.Column("heartbeat", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("school", name=op.f("pk_lease")),
    )
    op.create_table(
        "message",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("message_key", sa.String(), nullable=False),
        sa.Column("academic_year", sa.String(), nullable=False),
        sa.Column("half_term", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "message_key", name=op.f("pk_message")),
    )
    op.create_table(
        "missing",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("row_key", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("last_seen", sa.DateTime(), nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "kind", "row_key", name=op.f("pk_missing")),
    )
    op.create_table(
        "plan",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("plan_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("kept_id", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("school", "plan_id", name=op.f("pk_plan")),
    )
    op.create_index(op.f("ix_plan_school_created"), "plan", ["school", "created"], unique=False)
    op.create_table(
        "problem",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("do", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.DateTime(), nullable=False),
        sa.Column("last_seen", sa.DateTime(), nullable=False),
        sa.Column("ended", sa.DateTime(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "code", "subject", name=op.f("pk_problem")),
    )
    op.create_table(
        "quarantine",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("quarantine_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("record_number", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.String(), nullable=True),
        sa.Column("first_seen", sa.DateTime(), nullable=False),
        sa.Column("last_seen", sa.DateTime(), nullable=False),
        sa.Column("seen_count", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("discarded_by", sa.String(), nullable=True),
        sa.Column("discard_reason", sa.String(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "quarantine_id", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "read",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("read_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("began", sa.DateTime(), nullable=False),
        sa.Column("finished", sa.DateTime(), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=True),
        sa.Column("filled", sa.JSON(), nullable=False),
        sa.Column("unmapped", sa.JSON(), nullable=False),
        sa.Column("held_removals", sa.Integer(), nullable=False),
        sa.Column("held_rows", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("school", "read_id", name=op.f("pk_read")),
    )
    op.create_index(
        op.f("ix_read_school_kind_source_good_began"),
        "read",
        ["school", "kind", "source", "good", "began"],
        unique=False,
    )
    op.create_table(
        "read_mark",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("ruling", sa.String(), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.Column("shapes", sa.LargeBinary(), nullable=False),
        sa.Column("shape_fields", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("school", "source", "run_id", "part", name=op.f("pk_read_mark")),
    )
    op.create_table(
        "result",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("student_id", sa.String(), nullable=False),
        sa.Column("aspect", sa.String(), nullable=False),
        sa.Column("result_set", sa.String(), nullable=False),
        sa.Column("dated", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("result_date", sa.Date(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "student_id", "aspect", "result_set", "dated", name=op.f("pk_result")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "result_before",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("student_id", sa.String(), nullable=False),
        sa.Column("aspect", sa.String(), nullable=False),
        sa.Column("result_set", sa.String(), nullable=False),
        sa.Column("dated", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("result_date", sa.Date(), nullable=True),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint(
            "school", "run_id", "student_id", "aspect", "result_set", "dated", name=op.f("pk_result_before")
        ),
    )
    op.create_table(
        "role",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("staff_ref", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "origin", "staff_ref", "role", "scope", "first", name=op.f("pk_role")),
    )
    op.create_table(
        "run",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("slot_due", sa.DateTime(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("started", sa.DateTime(), nullable=False),
        sa.Column("heartbeat", sa.DateTime(), nullable=False),
        sa.Column("ended", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("as_of", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("school", "run_id", name=op.f("pk_run")),
    )
    op.create_index(op.f("ix_run_school_job_started"), "run", ["school", "job", "started"], unique=False)
    op.create_table(
        "slot",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "job", "due_at", name=op.f("pk_slot")),
    )
    op.create_table(
        "snapshot",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("half_term", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "half_term", "occasion", "version", name=op.f("pk_snapshot")),
    )
    op.create_table(
        "staff_member",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("staff_code", sa.String(), nullable=True),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("surname", sa.String(), nullable=False),
        sa.Column("forename", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("tutor_group", sa.String(), nullable=True),
        sa.Column("head_of_house", sa.String(), nullable=True),
        sa.Column("leaving_date", sa.Date(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "staff_id", name=op.f("pk_staff_member")),
    )
    op.create_table(
        "student",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("student_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("upn", sa.String(), nullable=True),
        sa.Column("admission_number", sa.String(), nullable=True),
        sa.Column("surname", sa.String(), nullable=False),
        sa.Column("forename", sa.String(), nullable=False),
        sa.Column("nc_year", sa.String(), nullable=False),
        sa.Column("tutor_group", sa.String(), nullable=True),
        sa.Column("house", sa.String(), nullable=True),
        sa.Column("enrolment_status", sa.String(), nullable=True),
        sa.Column("admission_date", sa.Date(), nullable=True),
        sa.Column("leaving_date", sa.Date(), nullable=True),
        sa.Column("tutor_group_from", sa.Date(), nullable=True),
        sa.Column("house_from", sa.Date(), nullable=True),
        sa.Column("tutor", sa.String(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "student_id", name=op.f("pk_student")),
    )
    op.create_table(
        "tutor_group",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("nc_year", sa.String(), nullable=True),
        sa.Column("house", sa.String(), nullable=True),
        sa.Column("posts", sa.JSON(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "name", name=op.f("pk_tutor_group")),
    )
    op.create_table(
        "entry",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("entry_key", sa.String(), nullable=False),
        sa.Column("student_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("interview_date", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=True),
        sa.Column("half_term", sa.String(), nullable=True),
        sa.Column("no_target_reason", sa.Text(), nullable=True),
        sa.Column("record_fingerprint", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "student_id"],
            ["student.school", "student.student_id"],
            name=op.f("fk_entry_school_student_id_student"),
        ),
        sa.PrimaryKeyConstraint("school", "entry_key", name=op.f("pk_entry")),
    )
    op.create_index(op.f("ix_entry_school_student_id"), "entry", ["school", "student_id"], unique=False)
    op.create_table(
        "excusal",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("student_id", sa.String(), nullable=False),
        sa.Column("half_term", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("decision_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["school", "student_id"],
            ["student.school", "student.student_id"],
            name=op.f("fk_excusal_school_student_id_student"),
        ),
        sa.PrimaryKeyConstraint("school", "student_id", "half_term", name=op.f("pk_excusal")),
    )
    op.create_table(
        "exemption",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("student_id", sa.String(), nullable=False),
        sa.Column("half_term", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "student_id"],
            ["student.school", "student.student_id"],
            name=op.f("fk_exemption_school_student_id_student"),
        ),
        sa.PrimaryKeyConstraint("school", "student_id", "half_term", name=op.f("pk_exemption")),
    )
    op.create_table(
        "student_alias",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("id_kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("student_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "student_id"],
            ["student.school", "student.student_id"],
            name=op.f("fk_student_alias_school_student_id_student"),
        ),
        sa.PrimaryKeyConstraint("school", "system", "id_kind", "value", name=op.f("pk_student_alias")),
    )
    op.create_index(op.f("ix_student_alias_school_student_id"), "student_alias", ["school", "student_id"], unique=False)
    op.create_table(
        "student_span",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("student_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "student_id"],
            ["student.school", "student.student_id"],
            name=op.f("fk_student_span_school_student_id_student"),
        ),
        sa.PrimaryKeyConstraint("school", "student_id", "what", "first", name=op.f("pk_student_span")),
    )
    op.create_table(
        "entry_version",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("entry_key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "entry_key"],
            ["entry.school", "entry.entry_key"],
            name=op.f("fk_entry_version_school_entry_key_entry"),
        ),
        sa.PrimaryKeyConstraint("school", "entry_key", "version", name=op.f("pk_entry_version")),
    )
    op.create_table(
        "review",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("entry_key", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("next_step", sa.Text(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "entry_key"], ["entry.school", "entry.entry_key"], name=op.f("fk_review_school_entry_key_entry")
        ),
        sa.PrimaryKeyConstraint("school", "entry_key", "position", name=op.f("pk_review")),
    )
    op.create_table(
        "target",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("entry_key", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("area", sa.String(), nullable=True),
        sa.Column("criterion", sa.Text(), nullable=True),
        sa.Column("support", sa.Text(), nullable=True),
        sa.Column("by_date", sa.Date(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "entry_key"], ["entry.school", "entry.entry_key"], name=op.f("fk_target_school_entry_key_entry")
        ),
        sa.PrimaryKeyConstraint("school", "entry_key", "position", name=op.f("pk_target")),
    )
    # ### end Alembic commands ###
