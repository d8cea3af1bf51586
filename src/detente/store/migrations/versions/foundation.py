"""The first tables, and a ledger that refuses to be rewritten."""

import sqlalchemy as sa
from alembic import op

from detente.store.columns import Count, Line, Moment

revision = "0001"
down_revision = None

SQLITE = """
CREATE TRIGGER ledger_no_{event} BEFORE {event} ON ledger BEGIN
  SELECT RAISE(ABORT, 'the ledger is append-only');
END
"""
POSTGRESQL = (
    """
    CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the ledger is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    "CREATE TRIGGER ledger_no_rewrite BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger EXECUTE FUNCTION ledger_refuse()",
)


def text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def moment(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, Moment, nullable=null)


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=False)


def upgrade() -> None:
    intake()
    intelligence()
    accord()
    derived()
    ledger()


def intake() -> None:
    op.create_table(
        "segment",
        text("digest"),
        text("report"),
        text("parser"),
        number("parser_version"),
        text("format"),
        text("file"),
        text("tool"),
        moment("seen_at", null=True),
        moment("ingested_at"),
        number("results"),
        number("findings"),
        number("merged"),
        number("quarantined"),
        json("skipped"),
        number("rows"),
        text("path"),
        sa.PrimaryKeyConstraint("digest", name="pk_segment"),
        sa.CheckConstraint("results = findings + merged + quarantined", name=op.f("ck_segment_nothing_lost")),
    )
    op.create_index("ix_segment_report", "segment", ["report"])
    op.create_table(
        "quarantine",
        sa.Column("id", Count, nullable=False, autoincrement=True),
        text("segment"),
        number("ordinal"),
        text("reason"),
        sa.Column("raw", sa.LargeBinary),
        moment("retried_at", null=True),
        text("retried_segment", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.ForeignKeyConstraint(["segment"], ["segment.digest"], name="fk_quarantine_segment"),
    )
    op.create_index("ix_quarantine_segment", "quarantine", ["segment"])
    op.create_table(
        "touched",
        text("segment"),
        sa.Column("asset", sa.BigInteger, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("segment", "asset", name="pk_touched"),
        sa.ForeignKeyConstraint(["segment"], ["segment.digest"], name="fk_touched_segment"),
    )
    op.create_index("ix_touched_asset", "touched", ["asset"])
    op.create_table("alias", text("ids"), sa.PrimaryKeyConstraint("ids", name="pk_alias"))


def intelligence() -> None:
    op.create_table(
        "source",
        sa.Column("id", Count, nullable=False, autoincrement=True),
        text("name"),
        text("kind"),
        text("version", null=True),
        sa.Column("as_of", sa.Date),
        moment("checked_at"),
        text("digest"),
        number("rows"),
        text("path"),
        text("etag", null=True),
        text("modified", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_source"),
        sa.UniqueConstraint("name", "digest", name="uq_source_name_digest"),
    )


def accord() -> None:
    op.create_table(
        "accord",
        text("digest"),
        text("text"),
        moment("first_seen"),
        sa.PrimaryKeyConstraint("digest", name="pk_accord"),
    )
    op.create_table(
        "signature",
        text("accord"),
        text("role"),
        text("person"),
        text("key_fingerprint"),
        text("sshsig"),
        moment("signed_at"),
        sa.PrimaryKeyConstraint("accord", "role", name="pk_signature"),
        sa.ForeignKeyConstraint(["accord"], ["accord.digest"], name="fk_signature_accord"),
        sa.UniqueConstraint("accord", "key_fingerprint", name="uq_signature_accord_key_fingerprint"),
        sa.UniqueConstraint("accord", "person", name="uq_signature_accord_person"),
    )


def derived() -> None:
    op.create_table(
        "decision",
        text("id"),
        text("kind"),
        text("subject"),
        json("answer"),
        json("reasons"),
        text("accord"),
        json("inputs"),
        moment("decided_at"),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
    )
    op.create_index("ix_decision_subject", "decision", ["subject"])
    op.create_table(
        "snapshot",
        text("digest"),
        text("kind"),
        text("path"),
        number("rows"),
        moment("made_at"),
        json("inputs"),
        sa.PrimaryKeyConstraint("digest", name="pk_snapshot"),
    )
    op.create_index("ix_snapshot_kind", "snapshot", ["kind"])


def ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("seq", Count, nullable=False, autoincrement=False),
        sa.Column("entry", Line, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_ledger"),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for key in ("kind", "subject"):
        inside = f"json_extract(entry, '$.{key}')" if sqlite else f"(entry ->> '{key}')"
        op.execute(f"CREATE INDEX ix_ledger_{key} ON ledger ({inside}, seq)")
    for statement in [SQLITE.format(event=event) for event in ("UPDATE", "DELETE")] if sqlite else POSTGRESQL:
        op.execute(statement)
