"""What keeps the service well: who claimed a slot, breakers, pauses, services, alerts, deletions, erased people."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create what the release adds."""
    with op.batch_alter_table("slot") as slot:
        slot.add_column(sa.Column("owner", sa.String(), nullable=True))
        slot.add_column(sa.Column("claimed_at", sa.DateTime(), nullable=True))
        slot.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="1"))
    op.create_index(op.f("ix_slot_state"), "slot", ["state"], unique=False)
    op.create_table(
        "breaker",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.DateTime(), nullable=False),
        sa.Column("retry_at", sa.DateTime(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("school", "job", name=op.f("pk_breaker")),
    )
    op.create_table(
        "pause",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("paused_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "job", name=op.f("pk_pause")),
    )
    op.create_table(
        "service",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("started", sa.DateTime(), nullable=False),
        sa.Column("heartbeat", sa.DateTime(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("school", "owner", name=op.f("pk_service")),
    )
    op.create_table(
        "alert",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("do", sa.Text(), nullable=False),
        sa.Column("last_seen", sa.DateTime(), nullable=False),
        sa.Column("told_at", sa.DateTime(), nullable=True),
        sa.Column("told_reason", sa.String(), nullable=True),
        sa.Column("ended", sa.DateTime(), nullable=True),
        sa.Column("end_told_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("school", "code", "subject", "since", name=op.f("pk_alert")),
    )
    op.create_index(op.f("ix_alert_school_ended"), "alert", ["school", "ended"], unique=False)
    op.create_table(
        "disposal",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("disposal_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("before", sa.DateTime(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("school", "disposal_id", name=op.f("pk_disposal")),
    )
    op.create_index(op.f("ix_disposal_school_at"), "disposal", ["school", "at"], unique=False)
    op.create_table(
        "erased_person",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("person_hash", sa.String(), nullable=False),
        sa.Column("erasure_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("erased_at", sa.DateTime(), nullable=False),
        sa.Column("erased_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("released_at", sa.DateTime(), nullable=True),
        sa.Column("released_by", sa.String(), nullable=True),
        sa.Column("release_reason", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("school", "person_hash", name=op.f("pk_erased_person")),
    )
    op.create_table(
        "snapshot_total",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("half_term", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(), nullable=False),
        sa.Column("due", sa.Integer(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("school", "half_term", "occasion", "scope", "name", name=op.f("pk_snapshot_total")),
    )
    op.create_table(
        "settings_seen",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("school", name=op.f("pk_settings_seen")),
    )
