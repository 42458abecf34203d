"""Columns for stages that wait, atoms to cut again and remarks, and a table of the keys that workers sign with."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("remark", sa.Text(), nullable=False, server_default=sa.text("''")))
        jobs.add_column(sa.Column("waiting_for", sa.Text(), nullable=False, server_default=sa.text("''")))
        jobs.add_column(sa.Column("waiting_since", sa.Float(precision=53), nullable=True))
        jobs.add_column(sa.Column("not_before", sa.Float(precision=53), nullable=False, server_default="0"))
        jobs.add_column(sa.Column("atoms_damaged", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("workers", sa.Column("key", sa.String(length=255), nullable=True))
    op.create_index("workers_by_name", "workers", ["name"])
    op.create_table(
        "worker_keys",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("secret", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    op.drop_table("worker_keys")
    op.drop_index("workers_by_name", "workers")
    with op.batch_alter_table("workers") as workers:
        workers.drop_column("key")
    with op.batch_alter_table("jobs") as jobs:
        for name in ("atoms_damaged", "not_before", "waiting_since", "waiting_for", "remark"):
            jobs.drop_column(name)
