"""The page of report formats says what the parsers say."""

import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_of_formats_is_what_the_parsers_say() -> None:
    generated = runpy.run_path(str(ROOT / "docs" / "generate.py"))["render"]()
    assert (ROOT / "docs" / "formats.md").read_text("utf-8") == generated, "stale: run `make docs`"
