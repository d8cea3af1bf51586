"""Text for a terminal and its pager: as wide as people read, plain where colour is not wanted (NO_COLOR, no terminal)."""

import os
import re
import textwrap
from shutil import get_terminal_size
from typing import Any

import typer

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that move the cursor, colour, or turn the reading direction: text from a report may hold them."""
_NARROWEST, _WIDEST = 50, 120  # less leaves no room beside a price, a longer line is not read as one


def width() -> int:
    """Columns to fill: those of the terminal or of `COLUMNS`, within what one line can be read in."""
    return max(_NARROWEST, min(_WIDEST, get_terminal_size((100, 24)).columns))


def styled(text: str, **marks: Any) -> str:
    """`text` with `typer.style` marks; plain where NO_COLOR is set (https://no-color.org)."""
    return text if os.environ.get("NO_COLOR") else typer.style(text, **marks)


def wrapped(text: str, columns: int, indent: int) -> list[str]:
    """Lines of at most `columns` with a hanging indent; a word is never broken, so that ids stay whole. Never empty.

    What a terminal would obey instead of showing is shown as a replacement character.
    """
    return textwrap.wrap(
        _UNSEEN.sub("\ufffd", text),
        columns,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]
