"""How a database of any earlier version becomes one of this version; alembic runs what lies in `versions`."""
