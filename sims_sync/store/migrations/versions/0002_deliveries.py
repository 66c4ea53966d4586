"""What goes into SIMS: deliveries, their revisions and stories, issued files, trials."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create what the release adds."""
    op.create_table(
        "issued_file",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "number", name=op.f("pk_issued_file")),
    )
    op.create_table(
        "push_trial",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("trial_id", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("settings", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "trial_id", name=op.f("pk_push_trial")),
    )
    op.create_table(
        "delivery",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("delivery_key", sa.String(), nullable=False),
        sa.Column("half_term", sa.String(), nullable=False),
        sa.Column("student_id", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("entry_key", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("result_date", sa.Date(), nullable=False),
        sa.Column("withdrawal", sa.Boolean(), nullable=False),
        sa.Column("over_theirs", sa.Boolean(), nullable=False),
        sa.Column("sims_text", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.DateTime(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("confirmed_revision", sa.Integer(), nullable=True),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "student_id"],
            ["student.school", "student.student_id"],
            name=op.f("fk_delivery_school_student_id_student"),
        ),
        sa.PrimaryKeyConstraint("school", "delivery_key", name=op.f("pk_delivery")),
    )
    op.create_index(op.f("ix_delivery_school_entry_key"), "delivery", ["school", "entry_key"], unique=False)
    op.create_index(op.f("ix_delivery_school_half_term"), "delivery", ["school", "half_term"], unique=False)
    op.create_index(op.f("ix_delivery_school_state"), "delivery", ["school", "state"], unique=False)
    op.create_table(
        "delivery_event",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("delivery_key", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "delivery_key"],
            ["delivery.school", "delivery.delivery_key"],
            name=op.f("fk_delivery_event_school_delivery_key_delivery"),
        ),
        sa.PrimaryKeyConstraint("school", "delivery_key", "place", name=op.f("pk_delivery_event")),
    )
    op.create_table(
        "delivery_revision",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("delivery_key", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school", "delivery_key"],
            ["delivery.school", "delivery.delivery_key"],
            name=op.f("fk_delivery_revision_school_delivery_key_delivery"),
        ),
        sa.PrimaryKeyConstraint("school", "delivery_key", "revision", name=op.f("pk_delivery_revision")),
    )
