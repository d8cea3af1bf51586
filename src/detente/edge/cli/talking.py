"""The chapter of `detente demo` on AI assistants: one prompt that is redacted and given back whole, one that is stopped."""

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from detente.edge.cli.told import Told

_INDENT = 14


def through_the_gateway(console: "Console", told: "Told") -> None:
    """Both exchanges: asked, seen by the model, given back."""
    console.print("A gateway under this accord, and behind it a model that repeats what it is told, on real sockets:")
    for talk in told.talks:
        console.print(f"[bold]{talk.who}[/bold]")
        for label, text in (("asked", talk.asked), ("model saw", talk.reached or "nothing"), ("came back", talk.back)):
            for number, line in enumerate(_lines(text, console.width - _INDENT)):
                console.print(f"  {label if not number else '':<10} {line}", markup=False)
    console.print("Connect a real assistant in five minutes: docs/clients.md.", style="dim")


def _lines(text: str, width: int) -> Iterator[str]:
    """A text in lines of at most so many columns; an address is never broken."""
    for line in text.splitlines():
        yield from wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]
