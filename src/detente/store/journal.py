"""Records that must outlive their process at once: one line each, appended to one file by all workers of a machine."""

import os
from pathlib import Path


class Journal:
    """A file of JSON lines. A line is written by one call, so lines of several processes do not mix (POSIX, O_APPEND)."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write(self, line: bytes) -> None:
        """Append one record. When this returns, the death of the process does not lose it; that of the machine may. Raises OSError."""
        os.write(self._file, line + b"\n")

    def close(self) -> None:
        """Nothing more is written."""
        os.close(self._file)
