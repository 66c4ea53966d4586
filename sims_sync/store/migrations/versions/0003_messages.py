"""What people decided about messages, what tutors noted, who covers, and which lists were written."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create what the release adds."""
    op.create_table(
        "go_live",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("half_term", sa.String(), nullable=False),
        sa.Column("students_checked", sa.Integer(), nullable=False),
        sa.Column("staff_told", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("school", "decided_at", name=op.f("pk_go_live")),
    )
    op.create_table(
        "message_release",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("half_term", sa.String(), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("released_at", sa.DateTime(), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("released_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("school", "half_term", "occasion", "released_at", name=op.f("pk_message_release")),
    )
    op.create_table(
        "tutor_note",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("half_term", sa.String(), nullable=False),
        sa.Column("tutor_group", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("given_by", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("school", "half_term", "tutor_group", name=op.f("pk_tutor_note")),
    )
    op.create_table(
        "cover",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("tutor_group", sa.String(), nullable=False),
        sa.Column("staff_code", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=True),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("school", "tutor_group", "staff_code", "first", name=op.f("pk_cover")),
    )
    op.create_table(
        "written_list",
        sa.Column("school", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.Column("collected", sa.String(), nullable=False),
        sa.Column("collected_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("school", "name", name=op.f("pk_written_list")),
    )
