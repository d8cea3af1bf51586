"""The tables of the gateway's tenants: virtual keys, the tenants' own secrets, budgets and the leases on them."""

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, ForeignKey, LargeBinary, Table, Text

from detente.store.columns import Moment, metadata

virtual_key = Table(
    "virtual_key",
    metadata,
    Column("name", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("family", Text, nullable=False),
    *[Column(name, Text, nullable=False) for name in ("tenant", "person", "squad", "tool", "repo", "data")],
    Column("models", JSON, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("withdrawn_at", Moment, nullable=True),
    Column("change", BigInteger, nullable=False, index=True),
    CheckConstraint("expires_at > issued_at", name="has_an_end"),
)
"""A virtual key: the SHA-256 of it, whose it is and until when. `change` is the ledger's number of what happened to it last."""

tenant = Table(
    "tenant",
    metadata,
    Column("name", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("made_at", Moment, nullable=False),
)
"""A tenant of the gateway; `secret` makes its placeholders, and is wrapped under a key that is not in the database."""

budget = Table(
    "budget",
    metadata,
    Column("account", Text, primary_key=True),
    Column("held", BigInteger, nullable=False),
    Column("short_at", BigInteger, nullable=False, index=True),
    Column("kept", BigInteger, nullable=False),
)
"""One budget in one period: `held` is the sum of all leases of it, `short_at` when somebody ran short (seconds since 1970)."""

lease = Table(
    "lease",
    metadata,
    Column("account", Text, ForeignKey("budget.account"), primary_key=True),
    Column("worker", Text, primary_key=True),
    Column("held", BigInteger, nullable=False),
    Column("kept", BigInteger, nullable=False),
)
"""A worker's share of a budget, spent or not; only that worker changes it."""
