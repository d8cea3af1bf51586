"""The compliance clocks of a fix or a finding in words: when they end, what comes before, and on which facts they rest."""

from collections.abc import Iterable, Iterator

from detente.accord.clocks import label
from detente.flows.why.desk import Desk
from detente.model.chain import Link
from detente.model.clock import Clock


def links(desk: Desk, running: Iterable[Clock]) -> Iterator[Link]:
    """Two or more lines a clock, the next to end first."""
    for clock in running:
        title, _, rule = label(clock).partition(": ")
        ends = (
            f"{clock.duty} until {clock.due.astimezone(desk.viewer.zone):%Y-%m-%d %H:%M}"
            if clock.due
            else "no time named"
        )
        facts = [f"from {clock.start_event} {clock.starts:%Y-%m-%d}", *clock.evidence]
        facts += [f"assumed, as nobody says: {fact}" for fact in clock.assumed]
        yield Link(title, f"{rule}: {ends} ({', '.join(facts)})", clock.version)
        for mark in clock.forensics:
            told = f"{mark.step} until {mark.due.astimezone(desk.viewer.zone):%Y-%m-%d %H:%M}"
            yield Link("before the patch", told, clock.version)
