"""Virtual keys and tenants of the gateway, and the leases that workers hold on budgets."""

import sqlalchemy as sa
from alembic import op

from detente.store.migrations.versions.foundation import json, moment, text

revision = "0005"
down_revision = "0004"


def big(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    keys()
    leases()


def keys() -> None:
    op.create_table(
        "virtual_key",
        text("name"),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        *[text(name) for name in ("family", "tenant", "person", "squad", "tool", "repo", "data")],
        json("models"),
        text("issuer"),
        moment("issued_at"),
        moment("expires_at"),
        moment("withdrawn_at", null=True),
        big("change"),
        sa.PrimaryKeyConstraint("name", name="pk_virtual_key"),
        sa.UniqueConstraint("digest", name="uq_virtual_key_digest"),
        sa.CheckConstraint("expires_at > issued_at", name=op.f("ck_virtual_key_has_an_end")),
    )
    op.create_index("ix_virtual_key_change", "virtual_key", ["change"])
    secret = sa.Column("secret", sa.LargeBinary, nullable=False)
    op.create_table(
        "tenant", text("name"), secret, moment("made_at"), sa.PrimaryKeyConstraint("name", name="pk_tenant")
    )


def leases() -> None:
    op.create_table(
        "budget",
        text("account"),
        big("held"),
        big("short_at"),
        big("kept"),
        sa.PrimaryKeyConstraint("account", name="pk_budget"),
    )
    op.create_index("ix_budget_short_at", "budget", ["short_at"])
    op.create_table(
        "lease",
        text("account"),
        text("worker"),
        big("held"),
        big("kept"),
        sa.PrimaryKeyConstraint("account", "worker", name="pk_lease"),
        sa.ForeignKeyConstraint(["account"], ["budget.account"], name="fk_lease_budget"),
    )
