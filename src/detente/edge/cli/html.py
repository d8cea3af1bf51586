"""The queue as one HTML file: no script, no network, readable in light, dark, on a phone and on paper."""

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detente.model.fix import Queue


def render(found: "Queue") -> str:
    """The listed fixes as a page; every text from a report is escaped."""
    from jinja2 import Environment, StrictUndefined

    from detente.edge.cli.queue import headline
    from detente.model.money import Money

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["money"] = lambda amount: str(Money(amount, found.currency))
    page = environment.from_string((files("detente.edge.cli") / "templates" / "queue.html").read_text())
    most = max((fix.loss_month for fix in found.fixes), default=0) or 1
    widths = {fix.id: max(1, round(100 * float(fix.loss_month / most))) for fix in found.fixes}
    return page.render(queue=found, headline=headline(found), widths=widths) + "\n"
