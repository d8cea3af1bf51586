"""Write the pages of docs/ that follow from the code: `python docs/generate.py`, or `make docs`.

A page is a module of `pages` with a `render`; a test holds what lies in docs/ to it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from pages import architecture, detectors, errors, formats, verbs

FOLDER = Path(__file__).parent
PAGES: Mapping[str, Callable[[], str]] = {
    "architecture.md": architecture.render,
    "detectors.md": detectors.render,
    "errors.md": errors.render,
    "formats.md": formats.render,
    "verbs.md": verbs.render,
}


if __name__ == "__main__":
    for name, render in PAGES.items():
        (FOLDER / name).write_text(render(), encoding="utf-8")
