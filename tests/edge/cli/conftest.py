"""Commands run on both databases where the database matters."""

from databases import database, database_url, file, postgresql, postgresql_url, schema, sqlite_url, tables

__all__ = ["database", "database_url", "file", "postgresql", "postgresql_url", "schema", "sqlite_url", "tables"]
