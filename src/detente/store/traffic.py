"""The tables of the gateway's exchanges: their records, sealed texts, how far journals are read and exporters have come."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from detente.store.columns import Line, Moment, metadata

exchange = Table(
    "exchange",
    metadata,
    Column("id", Text, primary_key=True),
    Column("batch", BigInteger, nullable=False),
    Column("place", Integer, nullable=False),
    *[Column(name, Text, nullable=False) for name in ("tenant", "key", "person", "tool", "outcome")],
    Column("line", Line, nullable=False),
    Index("ix_exchange_batch", "batch", "place", unique=True),
    Index("ix_exchange_person", "person", "id"),
    Index("ix_exchange_tool", "tool", "id"),
)
"""The record of an exchange as its journal had it. `batch` is the ledger's entry that has the Merkle root over it and its neighbours."""

sealed = Table(
    "sealed",
    metadata,
    Column("exchange", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("until", Moment, nullable=False, index=True),
    Column("text", LargeBinary, nullable=False),
)
"""What was sent and answered, under the tenant's key, until a moment."""

journal = Table(
    "journal",
    metadata,
    Column("segment", Text, primary_key=True),
    Column("read", BigInteger, nullable=False),
)
"""How many bytes of a journal's file are in the database; written in the transaction that brings them."""

export = Table(
    "export",
    metadata,
    Column("name", Text, primary_key=True),
    Column("batch", BigInteger, nullable=False),
    Column("taken", Moment, nullable=False),
)
"""How far an exporter has come, and until when somebody has its turn."""
