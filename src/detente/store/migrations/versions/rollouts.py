"""What happens to rollouts, what was measured of uptime, stopped lines, and overrides that two people sign."""

import sqlalchemy as sa
from alembic import op

from detente.store.columns import Count
from detente.store.migrations.versions.foundation import json, moment, number, text

revision = "0002"
down_revision = "0001"

SQLITE = """
CREATE TRIGGER rollout_event_no_{event} BEFORE {event} ON rollout_event BEGIN
  SELECT RAISE(ABORT, 'what happened to a rollout is append-only');
END
"""
POSTGRESQL = (
    """
    CREATE FUNCTION rollout_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      RAISE EXCEPTION 'what happened to a rollout is append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    (
        "CREATE TRIGGER rollout_event_no_rewrite BEFORE UPDATE OR DELETE OR TRUNCATE ON rollout_event "
        "EXECUTE FUNCTION rollout_event_refuse()"
    ),
)


def upgrade() -> None:
    rollouts()
    uptime()
    overrides()


def rollouts() -> None:
    op.create_table(
        "rollout_event",
        text("rollout"),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        text("service"),
        moment("at"),
        text("step"),
        json("facts"),
        sa.PrimaryKeyConstraint("rollout", "number", name="pk_rollout_event"),
    )
    op.create_index("ix_rollout_event_service", "rollout_event", ["service"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in [SQLITE.format(event=event) for event in ("UPDATE", "DELETE")] if sqlite else POSTGRESQL:
        op.execute(statement)


def uptime() -> None:
    op.create_table(
        "measurement",
        sa.Column("id", Count, nullable=False, autoincrement=True),
        text("service"),
        moment("at"),
        sa.Column("good", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        text("source"),
        sa.PrimaryKeyConstraint("id", name="pk_measurement"),
        sa.CheckConstraint("0 <= good AND good <= total", name=op.f("ck_measurement_part_of_total")),
    )
    op.create_index("ix_measurement_service", "measurement", ["service"])
    op.create_table(
        "halt",
        sa.Column("id", Count, nullable=False, autoincrement=True),
        text("scope"),
        number("stopped"),
        text("person"),
        text("reason"),
        moment("at"),
        sa.PrimaryKeyConstraint("id", name="pk_halt"),
    )


def overrides() -> None:
    op.create_table(
        "override",
        text("digest"),
        text("service"),
        text("text"),
        moment("until"),
        moment("made_at"),
        sa.PrimaryKeyConstraint("digest", name="pk_override"),
    )
    op.create_index("ix_override_service", "override", ["service"])
    op.create_table(
        "override_signature",
        text("override"),
        text("role"),
        text("person"),
        text("key_fingerprint"),
        text("sshsig"),
        moment("signed_at"),
        sa.PrimaryKeyConstraint("override", "role", name="pk_override_signature"),
        sa.ForeignKeyConstraint(["override"], ["override.digest"], name="fk_override_signature_override"),
        sa.UniqueConstraint("override", "key_fingerprint", name="uq_override_signature_override_key_fingerprint"),
        sa.UniqueConstraint("override", "person", name="uq_override_signature_override_person"),
    )
