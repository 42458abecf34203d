"""Jobs record their kind of work; the time a worker has been idle is dropped, because nothing reads it any more."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("kind", sa.String(length=16), nullable=False, server_default="conversion"))
    with op.batch_alter_table("workers") as workers:
        workers.drop_column("idle_since")


def downgrade() -> None:
    with op.batch_alter_table("workers") as workers:
        workers.add_column(sa.Column("idle_since", sa.Float(precision=53), nullable=True))
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_column("kind")
