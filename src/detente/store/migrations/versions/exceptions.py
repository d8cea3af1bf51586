"""Exceptions and what happens to them: always an end, two roles held by two people with two keys, nothing rewritten."""

import sqlalchemy as sa
from alembic import op

from detente.store.columns import Count
from detente.store.migrations.versions.foundation import moment, text

revision = "0003"
down_revision = "0002"

SQLITE = """
CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table} BEGIN
  SELECT RAISE(ABORT, 'exceptions are append-only');
END
"""
REFUSE = """
CREATE FUNCTION exception_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'exceptions are append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
POSTGRESQL = "CREATE TRIGGER {table}_no_rewrite BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION exception_refuse()"
TABLES = ("exception", "exception_event")


def upgrade() -> None:
    op.create_table(
        "exception",
        text("id"),
        text("text"),
        text("accord"),
        text("requester"),
        sa.Column("until", sa.Date, nullable=False),
        moment("asked_at"),
        sa.PrimaryKeyConstraint("id", name="pk_exception"),
        sa.ForeignKeyConstraint(["accord"], ["accord.digest"], name="fk_exception_accord"),
        sa.UniqueConstraint("id", "requester", name="uq_exception_id_requester"),
    )
    op.create_table(
        "exception_event",
        sa.Column("id", Count, nullable=False, autoincrement=True),
        text("exception"),
        text("requester"),
        moment("at"),
        text("step"),
        *[text(name, null=True) for name in ("role", "person", "key_fingerprint", "sshsig")],
        text("reason"),
        sa.PrimaryKeyConstraint("id", name="pk_exception_event"),
        sa.ForeignKeyConstraint(
            ["exception", "requester"], ["exception.id", "exception.requester"], name="fk_exception_event_exception"
        ),
        *[
            sa.UniqueConstraint("exception", name, name=f"uq_exception_event_exception_{name}")
            for name in ("role", "person", "key_fingerprint")
        ],
        sa.CheckConstraint("person <> requester", name=op.f("ck_exception_event_not_ones_own")),
        sa.CheckConstraint(
            "(step = 'signed') = (role IS NOT NULL AND person IS NOT NULL AND key_fingerprint IS NOT NULL AND sshsig IS NOT NULL)",
            name=op.f("ck_exception_event_whole_signature"),
        ),
    )
    sealed()


def sealed() -> None:
    """Neither table is ever rewritten."""
    if op.get_bind().dialect.name == "sqlite":
        statements = [SQLITE.format(table=table, event=event) for table in TABLES for event in ("UPDATE", "DELETE")]
    else:
        statements = [REFUSE, *[POSTGRESQL.format(table=table) for table in TABLES]]
    for statement in statements:
        op.execute(statement)
