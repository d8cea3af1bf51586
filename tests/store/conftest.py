"""Tests of the store run on both databases."""

from databases import database, database_url, file, nothing_url, postgresql, postgresql_url, schema, sqlite_url, tables

__all__ = [
    "database",
    "database_url",
    "file",
    "nothing_url",
    "postgresql",
    "postgresql_url",
    "schema",
    "sqlite_url",
    "tables",
]
