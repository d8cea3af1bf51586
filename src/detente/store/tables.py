"""What the database holds: facts people decided and facts that must be exact; everything else is derived from the lake.

The migrations build these tables step by step; a test holds the two descriptions equal on both databases.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from detente.store.columns import Count, Inside, Line, Moment, metadata
from detente.store.tenants import budget, lease, tenant, virtual_key
from detente.store.traffic import exchange, export, journal, sealed

__all__ = ["budget", "exchange", "export", "journal", "lease", "metadata", "sealed", "tenant", "virtual_key"]

REVISION = "0009"
"""The newest migration, so that an up-to-date database opens without loading the migration tool."""

segment = Table(
    "segment",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("report", Text, nullable=False, index=True),
    Column("parser", Text, nullable=False),
    Column("parser_version", Integer, nullable=False),
    Column("format", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("tool", Text, nullable=False),
    Column("seen_at", Moment),
    Column("ingested_at", Moment, nullable=False),
    Column("results", Integer, nullable=False),
    Column("findings", Integer, nullable=False),
    Column("merged", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Column("skipped", JSON, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("truncated", Boolean, nullable=False, server_default=false()),
    Column("asset", Text, nullable=False, server_default=""),
    CheckConstraint("results = findings + merged + quarantined", name="nothing_lost"),
)
"""One ingested report: its counts, and where in the lake its findings lie. The row makes the segment visible."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Count, primary_key=True),
    Column("segment", Text, ForeignKey("segment.digest"), nullable=False, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", LargeBinary),
    Column("retried_at", Moment),
    Column("retried_segment", Text),
)
"""A record that could not be read, kept with its reason until a retry reads it."""

touched = Table(
    "touched",
    metadata,
    Column("segment", Text, ForeignKey("segment.digest"), primary_key=True),
    Column("asset", BigInteger, primary_key=True, index=True),
)
"""Which segments speak of which asset (a signed 64-bit name), so that an ingest compares with those alone."""

alias = Table("alias", metadata, Column("ids", Text, primary_key=True))
"""Groups of ids, space-separated, that some report gave for one vulnerability: what alias groups grow from."""

source = Table(
    "source",
    metadata,
    Column("id", Count, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", Text),
    Column("as_of", Date),
    Column("checked_at", Moment, nullable=False),
    Column("digest", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("etag", Text),
    Column("modified", Text),
    UniqueConstraint("name", "digest"),
)
"""One state of one source of intelligence; `etag` and `modified` are its HTTP validators, kept as they were sent."""

accord = Table(
    "accord",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("first_seen", Moment, nullable=False),
)
"""Every accord ever seen, in full: a decision names the one it was made under."""

signature = Table(
    "signature",
    metadata,
    Column("accord", Text, ForeignKey("accord.digest"), primary_key=True),
    Column("role", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("key_fingerprint", Text, nullable=False),
    Column("sshsig", Text, nullable=False),
    Column("signed_at", Moment, nullable=False),
    UniqueConstraint("accord", "key_fingerprint"),
    UniqueConstraint("accord", "person"),
)
"""Two roles need two people and two keys: here too, whatever the program above believes."""

decision = Table(
    "decision",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("answer", JSON, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("accord", Text, nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("decided_at", Moment, nullable=False),
)
"""What was decided, why, under which accord and from which inputs (digests), so that it can be replayed."""

evaluation = Table(
    "evaluation",
    metadata,
    Column("segment", Text, ForeignKey("segment.digest"), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("accord", Text, nullable=False),
)
"""When the findings of a report were first priced, and under which accord."""

assessment = Table(
    "assessment",
    metadata,
    Column("service", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("rating", Integer),
    Column("exposure", Text),
    Column("accord", Text, nullable=False),
)
"""What was known of a service since when: its N-rating by the accord, its exposure by the estate; null is "nobody said"."""

exception = Table(
    "exception",
    metadata,
    Column("id", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("accord", Text, ForeignKey("accord.digest"), nullable=False),
    Column("requester", Text, nullable=False),
    Column("until", Date, nullable=False),
    Column("asked_at", Moment, nullable=False),
    UniqueConstraint("id", "requester"),
)
"""What was asked, in the text that is signed. No exception is without an end; names are folded, so that they compare."""

exception_event = Table(
    "exception_event",
    metadata,
    Column("id", Count, primary_key=True),
    Column("exception", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("step", Text, nullable=False),
    Column("role", Text),
    Column("person", Text),
    Column("key_fingerprint", Text),
    Column("sshsig", Text),
    Column("reason", Text, nullable=False),
    ForeignKeyConstraint(
        ["exception", "requester"], ["exception.id", "exception.requester"], name="fk_exception_event_exception"
    ),
    UniqueConstraint("exception", "role"),
    UniqueConstraint("exception", "person"),
    UniqueConstraint("exception", "key_fingerprint"),
    CheckConstraint("person <> requester", name="not_ones_own"),
    CheckConstraint(
        "(step = 'signed') = (role IS NOT NULL AND person IS NOT NULL AND key_fingerprint IS NOT NULL AND sshsig IS NOT NULL)",
        name="whole_signature",
    ),
)
"""What happened to an exception, in order: each role, person and key signs once, and never who asked."""

rollout_event = Table(
    "rollout_event",
    metadata,
    Column("rollout", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("service", Text, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("step", Text, nullable=False),
    Column("facts", JSON, nullable=False),
)
"""What happened to a rollout, numbered: the key refuses the second of two that happen at once, triggers refuse a rewrite."""

measurement = Table(
    "measurement",
    metadata,
    Column("id", Count, primary_key=True),
    Column("service", Text, nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("good", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    CheckConstraint("0 <= good AND good <= total", name="part_of_total"),
)
"""Good requests (or minutes) of all since the measurement before: what uptime budgets are made of."""

halt = Table(
    "halt",
    metadata,
    Column("id", Count, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("stopped", Integer, nullable=False),
    Column("person", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
)
"""Somebody stopped the line of a service, or of `all`, or let it go on; the last word of a scope counts."""

override = Table(
    "override",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("service", Text, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("until", Moment, nullable=False),
    Column("made_at", Moment, nullable=False),
)
"""A statement that a change may ship in spite of the gate; `text` is what is signed."""

override_signature = Table(
    "override_signature",
    metadata,
    Column("override", Text, ForeignKey("override.digest"), primary_key=True),
    Column("role", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("key_fingerprint", Text, nullable=False),
    Column("sshsig", Text, nullable=False),
    Column("signed_at", Moment, nullable=False),
    UniqueConstraint("override", "key_fingerprint"),
    UniqueConstraint("override", "person"),
)
"""As for an accord: two roles, two people, two keys."""

plan = Table(
    "plan",
    metadata,
    Column("id", Text, primary_key=True),
    Column("parent", Text, ForeignKey("plan.id"), unique=True),
    Column("accord", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("problem", LargeBinary, nullable=False),
)
"""A plan and the problem it solves, never rewritten. Each plan has one successor at most, so that two cannot both be the next."""

snapshot = Table(
    "snapshot",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("kind", Text, nullable=False, index=True),
    Column("path", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("inputs", JSON, nullable=False),
)
"""A derived state kept for speed; deleting it loses nothing."""

ledger = Table(
    "ledger",
    metadata,
    Column("seq", Count, primary_key=True, autoincrement=False),
    Column("entry", Line, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
)
"""The record nobody can rewrite (see ledger.py): `leaf` binds `entry` to all entries before it."""

Index("ix_ledger_kind", Inside("kind"), ledger.c.seq)
Index("ix_ledger_subject", Inside("subject"), ledger.c.seq)
