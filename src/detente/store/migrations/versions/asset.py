"""The asset that the caller named for a report: its records speak of it on a second try too."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("segment", sa.Column("asset", sa.Text, nullable=False, server_default=""))
