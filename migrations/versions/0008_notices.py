"""Ends of jobs, and word of them for whoever is to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    for table in ("batches", "jobs"):
        op.add_column(table, sa.Column("notify", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("batches", sa.Column("filling_until", sa.Float(53), nullable=False, server_default="0"))
    op.create_table(
        "ends",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("job_id", _NUMBER, sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("batch_id", _NUMBER, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Float(53), nullable=False),
    )
    op.create_index("ends_by_batch", "ends", ["batch_id", "id"])
    op.create_table(
        "notices",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("job_id", _NUMBER, sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=True),
        sa.Column("batch_id", _NUMBER, sa.ForeignKey("batches.id", ondelete="CASCADE"), nullable=True),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.Float(53), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("ended_at", sa.Float(53), nullable=True),
    )
    op.create_index("notices_due", "notices", ["due_at"], sqlite_where=_WAITING, postgresql_where=_WAITING)
    op.create_index("notices_by_job", "notices", ["job_id"])
    op.create_index("notices_by_batch", "notices", ["batch_id"])


def downgrade() -> None:
    op.drop_table("notices")
    op.drop_table("ends")
    for table in ("jobs", "batches"):
        with op.batch_alter_table(table) as changed:
            changed.drop_column("notify")
            if table == "batches":
                changed.drop_column("filling_until")
