"""Totals that stay when the attempts, leases and atoms of ended jobs go, and indexes for lists of very many jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _of_jobs() -> "list[sa.Column[object]]":
    return [
        sa.Column("rolled_up", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("cleared", sa.Boolean(), nullable=False, server_default=sa.false()),
        *map(_count, ("leases", "leases_lost", "leases_dropped", "copies", "copies_won")),
    ]


def _count(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")


def _seconds(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.Float(53), nullable=False)


def upgrade() -> None:
    op.create_table(
        "attempt_totals",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("job_id", _NUMBER, sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("worker", sa.String(length=255), nullable=False),
        sa.Column("incarnation", sa.String(length=32), nullable=False),
        sa.Column("capability", sa.String(length=16), nullable=False),
        sa.Column("device", sa.String(length=255), nullable=False),
        sa.Column("engine", sa.String(length=255), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        *map(_seconds, ("audio_seconds", "queue_wait", "fetch", "decode", "convert")),
        sa.Column("stages", sa.JSON(), nullable=False),
        *map(_seconds, ("encode", "store", "busy", "peak_memory_mb", "ended_at")),
    )
    op.create_index("attempt_totals_by_job", "attempt_totals", ["job_id"])
    op.create_index("attempt_totals_by_time", "attempt_totals", ["ended_at"])
    for column in _of_jobs():
        op.add_column("jobs", column)
    op.create_index(
        "jobs_to_roll_up", "jobs", ["ended_at"],
        sqlite_where=sa.text("swept = 1 AND cleared = 0"), postgresql_where=sa.text("swept AND NOT cleared"),
    )  # fmt: skip
    for name, columns in (("jobs_ended", ["state", "ended_at"]), ("jobs_ended_by_number", ["state", "id"])):
        has_ended = sa.text("ended_at IS NOT NULL")
        op.create_index(name, "jobs", columns, sqlite_where=has_ended, postgresql_where=has_ended)
    op.create_index("workers_by_state", "workers", ["state"])
    _index_bundles("bundle IS NOT NULL")


def _index_bundles(condition: str) -> None:
    op.drop_index("leases_by_bundle", "leases")
    op.create_index(
        "leases_by_bundle", "leases", ["bundle"], sqlite_where=sa.text(condition), postgresql_where=sa.text(condition)
    )


def downgrade() -> None:
    _index_bundles("state IN ('queued', 'running')")
    op.drop_index("workers_by_state", "workers")
    for name in ("jobs_ended_by_number", "jobs_ended", "jobs_to_roll_up"):
        op.drop_index(name, "jobs")
    with op.batch_alter_table("jobs") as jobs:
        for column in reversed(_of_jobs()):
            jobs.drop_column(column.name)
    op.drop_table("attempt_totals")
