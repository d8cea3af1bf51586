"""Reports in whatever Unicode encoding and package a tool or a shell wrapped them in."""

import gzip
import zipfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from detente.flows.sources import sources

TEXT = '{"title": "café"}'


def read(path: Path) -> list[bytes]:
    with ExitStack() as stack:
        parts = [part for source in sources(path, stack) for part in (source.members.values() or (source,))]
        return [stack.enter_context(part.open()).read() for part in parts]


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("packed", ["plain", "gzip", "zip"])
def test_a_report_is_read_in_utf_8_without_a_mark(tmp_path: Path, coding: str, packed: str) -> None:
    path, data = tmp_path / "report.json", TEXT.encode(coding)
    if packed == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("inner.json", data)
    else:
        path.write_bytes(gzip.compress(data) if packed == "gzip" else data)
    assert read(path) == [TEXT.encode()]
