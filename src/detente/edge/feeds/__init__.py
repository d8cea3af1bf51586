"""Public vulnerability intelligence: one file per source, read from files or downloaded."""
