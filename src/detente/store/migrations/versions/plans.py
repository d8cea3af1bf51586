"""Plans, each the successor of the one before; never rewritten."""

import sqlalchemy as sa
from alembic import op

from detente.store.migrations.versions.foundation import json, moment, text

revision = "0004"
down_revision = "0003"

SQLITE = """
CREATE TRIGGER plan_no_{event} BEFORE {event} ON plan BEGIN
  SELECT RAISE(ABORT, 'plans are append-only');
END
"""
POSTGRESQL = (
    """
    CREATE FUNCTION plan_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      RAISE EXCEPTION 'plans are append-only' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    "CREATE TRIGGER plan_no_rewrite BEFORE UPDATE OR DELETE OR TRUNCATE ON plan EXECUTE FUNCTION plan_refuse()",
)


def upgrade() -> None:
    op.create_table(
        "plan",
        text("id"),
        text("parent", null=True),
        text("accord"),
        moment("made_at"),
        json("answer"),
        sa.Column("problem", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan"),
        sa.ForeignKeyConstraint(["parent"], ["plan.id"], name="fk_plan_parent_plan"),
        sa.UniqueConstraint("parent", name="uq_plan_parent"),
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in [SQLITE.format(event=event) for event in ("UPDATE", "DELETE")] if sqlite else POSTGRESQL:
        op.execute(statement)
