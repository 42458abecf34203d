"""Workers that are to be measured, and what came of it; the queue that reaches one worker alone."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "measurements",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("worker", sa.String(length=255), nullable=False),
        sa.Column("is_short", sa.Boolean(), nullable=False),
        sa.Column("suites", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Float(53), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("incarnation", sa.String(length=32), nullable=True),
        sa.Column("ordered_at", sa.Float(53), nullable=True),
        sa.Column("began_at", sa.Float(53), nullable=True),
        sa.Column("ended_at", sa.Float(53), nullable=True),
        sa.Column("found", sa.JSON(), nullable=True),
    )
    op.create_index("measurements_by_state", "measurements", ["state", "id"])
    op.create_index("measurements_by_worker", "measurements", ["worker", "id"])
    op.add_column(
        "workers", sa.Column("own_queue", sa.String(length=255), nullable=False, server_default=sa.text("''"))
    )


def downgrade() -> None:
    op.drop_table("measurements")
    with op.batch_alter_table("workers") as workers:
        workers.drop_column("own_queue")
