"""The gateway's exchanges: records, sealed texts, how far journals are read and exporters have come."""

import sqlalchemy as sa
from alembic import op

from detente.store.columns import Line
from detente.store.migrations.versions.foundation import moment, number, text
from detente.store.migrations.versions.keys import big

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "exchange",
        text("id"),
        big("batch"),
        number("place"),
        *[text(name) for name in ("tenant", "key", "person", "tool", "outcome")],
        sa.Column("line", Line, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_exchange"),
    )
    op.create_index("ix_exchange_batch", "exchange", ["batch", "place"], unique=True)
    op.create_index("ix_exchange_person", "exchange", ["person", "id"])
    op.create_index("ix_exchange_tool", "exchange", ["tool", "id"])
    op.create_table(
        "sealed",
        text("exchange"),
        text("tenant"),
        moment("until"),
        sa.Column("text", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("exchange", name="pk_sealed"),
    )
    op.create_index("ix_sealed_until", "sealed", ["until"])
    op.create_table("journal", text("segment"), big("read"), sa.PrimaryKeyConstraint("segment", name="pk_journal"))
    op.create_table(
        "export", text("name"), big("batch"), moment("taken"), sa.PrimaryKeyConstraint("name", name="pk_export")
    )
