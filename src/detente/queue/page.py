"""An HTML page as a report: the rows of its outermost tables, and its list of facts."""

import io
from html.parser import HTMLParser
from typing import BinaryIO

_CHUNK = 1 << 18
_CELLS = ("td", "th", "dt", "dd")


class Page(HTMLParser):
    """Reads a page in flat memory. `row` is told of every row of an outermost table; a table's first row is its header."""

    def __init__(self) -> None:
        """An unread page; `facts` are its `dt` and `dd`, `header` the row that names the cells of the table at hand."""
        super().__init__()
        self.facts: dict[str, str] = {}
        self.header: list[str] = []
        self._depth = 0
        self._cells: list[list[str]] = []
        self._text: list[str] | None = None
        self._term = ""

    def row(self, cells: list[str]) -> None:
        """One row below a header."""
        raise NotImplementedError

    def read(self, stream: BinaryIO) -> bool:
        """Read the whole page; whether it broke off inside a table."""
        with io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace") as text:
            while chunk := text.read(_CHUNK):
                self.feed(chunk)
        self.close()
        return self._depth > 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, a row or a cell."""
        if tag == "table":
            self._depth += 1
            self.header = self.header if self._depth > 1 else []
        elif self._depth <= 1 and tag == "tr":
            self._cells = []
        elif self._depth <= 1 and tag in _CELLS:
            self._text = []
            self._cells.append(self._text)

    def handle_data(self, data: str) -> None:
        """Keep what a cell says."""
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        """Close a table, a row or a cell."""
        if tag == "table":
            self._depth -= 1
        elif self._depth <= 1 and tag == "tr":
            cells = ["".join(cell).strip() for cell in self._cells]
            if self.header:
                self.row(cells)
            self.header = self.header or cells
        elif self._depth <= 1 and tag in _CELLS:
            self._define(tag, "".join(self._text or ()).strip())
            self._text = None

    def _define(self, tag: str, text: str) -> None:
        if tag == "dt":
            self._term = text
        elif tag == "dd":
            self.facts[self._term] = text
