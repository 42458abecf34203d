"""Chains of effects: of jobs, and under names."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_COLUMNS = ("effects_before", "effects_after")


def upgrade() -> None:
    op.create_table(
        "chains",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
    )
    with op.batch_alter_table("jobs") as jobs:
        for name in _COLUMNS:
            jobs.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        for name in _COLUMNS:
            jobs.drop_column(name)
    op.drop_table("chains")
