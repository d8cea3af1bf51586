"""Whether a report broke off: its mark lasts as long as its findings."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("segment", sa.Column("truncated", sa.Boolean, nullable=False, server_default=sa.false()))
