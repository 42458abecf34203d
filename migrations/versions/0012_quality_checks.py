"""Results that are to be judged, and what was found."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "quality_checks",
        sa.Column("job_id", _NUMBER, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.Float(53), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("judged_at", sa.Float(53), nullable=True),
        sa.Column("took", sa.Float(53), nullable=False),
        sa.Column("heard_seconds", sa.Float(53), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=True),
    )
    op.create_index(
        "quality_checks_due", "quality_checks", ["due_at"], sqlite_where=_WAITING, postgresql_where=_WAITING
    )


def downgrade() -> None:
    op.drop_table("quality_checks")
