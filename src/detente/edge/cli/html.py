"""The queue as one HTML file: no script, no network, readable in light, dark, on a phone and on paper."""

import re
from importlib.resources import files
from typing import TYPE_CHECKING

from detente.model.count import counted

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from detente.model.fix import Queue

_JOINTS = re.compile(r"(?<=[/@:#?&=])(?=.)")


def render(found: "Queue") -> str:
    """The listed fixes as a page; every text from a report is escaped."""
    from detente.edge.cli.queue import headline

    page = _environment(found).from_string((files("detente.edge.cli") / "templates" / "queue.html").read_text())
    most = max((fix.loss_month for fix in found.fixes), default=0) or 1
    widths = {fix.id: max(1, round(100 * float(fix.loss_month / most))) for fix in found.fixes}
    return page.render(queue=found, headline=headline(found), widths=widths) + "\n"


def _environment(found: "Queue") -> "Environment":
    from jinja2 import Environment, StrictUndefined

    from detente.edge.cli.queue import due, waits
    from detente.model.money import Money

    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["money"] = lambda amount: str(Money(amount, found.currency))
    made.filters["due"] = lambda fix: due(fix, found.at.date())
    made.filters["waits"] = lambda one: waits(one, found.currency)
    made.filters |= {"breakable": breakable, "counted": counted}
    return made


def breakable(name: str) -> "Markup":
    """A text with names of assets, escaped, that a line may also break behind their separators."""
    from markupsafe import Markup

    return Markup("<wbr>").join(_JOINTS.split(name))
