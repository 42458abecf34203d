"""Leases that travel together, and the next job to feed found without sorting all that wait."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_WAITING = sa.text("atoms_waiting > 0")
_COPIES = sa.text("copy_of IS NOT NULL")
_LIVE = sa.text("state IN ('queued', 'running')")


def upgrade() -> None:
    op.add_column("leases", sa.Column("bundle", sa.String(length=32), nullable=True))
    op.create_index("leases_by_bundle", "leases", ["bundle"], sqlite_where=_LIVE, postgresql_where=_LIVE)
    op.create_index("leases_by_original", "leases", ["copy_of"], sqlite_where=_COPIES, postgresql_where=_COPIES)
    op.add_column("workers", sa.Column("most_leases", sa.BigInteger(), nullable=False, server_default="1"))
    op.drop_index("jobs_with_waiting_atoms", "jobs")
    op.create_index(
        "jobs_to_feed", "jobs", ["priority", "submitted_at"], sqlite_where=_WAITING, postgresql_where=_WAITING
    )


def downgrade() -> None:
    op.drop_index("jobs_to_feed", "jobs")
    op.create_index(
        "jobs_with_waiting_atoms", "jobs", ["atoms_waiting"], sqlite_where=_WAITING, postgresql_where=_WAITING
    )
    with op.batch_alter_table("workers") as workers:
        workers.drop_column("most_leases")
    op.drop_index("leases_by_original", "leases")
    op.drop_index("leases_by_bundle", "leases")
    with op.batch_alter_table("leases") as leases:
        leases.drop_column("bundle")
