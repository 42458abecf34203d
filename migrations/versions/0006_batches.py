"""Batches, and what a job knows of its recording's path, channels and depth."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _fresh() -> "list[sa.Column[object]]":
    return [
        sa.Column("batch_id", _NUMBER, sa.ForeignKey("batches.id", name="jobs_of_batch"), nullable=True),
        sa.Column("path", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("wanted", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("mark", sa.String(length=40), nullable=False, server_default=sa.text("''")),
        sa.Column("carried", sa.JSON(), nullable=True),
        sa.Column("source_channels", sa.BigInteger(), nullable=False, server_default="1"),
        sa.Column("channels", sa.String(length=8), nullable=False, server_default="mix"),
        sa.Column("track", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("depth", sa.String(length=8), nullable=False, server_default=sa.text("''")),
        sa.Column("extras", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("keep_original", sa.Boolean(), nullable=False, server_default=sa.false()),
    ]


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("name", sa.String(length=255), nullable=False, unique=True),
        sa.Column("created_at", sa.Float(53), nullable=False),
    )
    with op.batch_alter_table("jobs") as jobs:
        for column in _fresh():
            jobs.add_column(column)
    op.create_index("jobs_by_batch", "jobs", ["batch_id"])
    op.create_index("jobs_by_source", "jobs", ["source_hash"])
    op.create_index(
        "jobs_to_sweep", "jobs", ["ended_at"],
        sqlite_where=sa.text("swept = 0 AND ended_at IS NOT NULL"),
        postgresql_where=sa.text("NOT swept AND ended_at IS NOT NULL"),
    )  # fmt: skip
    op.create_index("jobs_by_source_bytes", "jobs", ["source_bytes"])


def downgrade() -> None:
    op.drop_index("jobs_by_source_bytes", "jobs")
    op.drop_index("jobs_to_sweep", "jobs")
    op.drop_index("jobs_by_source", "jobs")
    op.drop_index("jobs_by_batch", "jobs")
    with op.batch_alter_table("jobs") as jobs:
        jobs.drop_constraint("jobs_of_batch", type_="foreignkey")
        for column in reversed(_fresh()):
            jobs.drop_column(column.name)
    op.drop_table("batches")
