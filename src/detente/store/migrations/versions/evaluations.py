"""When findings were evaluated: the first pricing of each report, and what each service's ratings were since when."""

import sqlalchemy as sa
from alembic import op

from detente.store.migrations.versions.foundation import moment, text

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "evaluation",
        text("segment"),
        moment("at"),
        text("accord"),
        sa.PrimaryKeyConstraint("segment", name="pk_evaluation"),
        sa.ForeignKeyConstraint(["segment"], ["segment.digest"], name="fk_evaluation_segment"),
    )
    op.create_table(
        "assessment",
        text("service"),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        moment("at"),
        sa.Column("rating", sa.Integer),
        text("exposure", null=True),
        text("accord"),
        sa.PrimaryKeyConstraint("service", "number", name="pk_assessment"),
    )
