"""The only door to a database or a file: tables, migrations, the lake of segments, the ledger, the SQL engine."""
