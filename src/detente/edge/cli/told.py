"""What `detente demo` has to tell, read once before the first line is printed."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from detente.model.money import Money

if TYPE_CHECKING:
    from detente.edge.sample.stage import Stage
    from detente.flows.intake import Outcome
    from detente.flows.workspace import Workspace
    from detente.model.fix import Queue
    from detente.model.intel import Source


class Told:
    """What there is to tell: everything read once, before the first line is printed."""

    def __init__(self, place: "Workspace", at: "Stage", outcomes: "list[Outcome]", known: "list[Source]") -> None:
        from zoneinfo import ZoneInfo

        from detente.edge.cli.plan import rates, written
        from detente.edge.clock import now
        from detente.edge.sample import rehearsal
        from detente.edge.sample.talks import talks
        from detente.flows import gate, patch
        from detente.flows.changes import text
        from detente.flows.plan import make
        from detente.store import audit, rollouts, segments

        self.place, self.outcomes, self.known, self.today = place, outcomes, known, now().date()
        self.zone = ZoneInfo(place.accord.timezone)
        self.queue: Queue = patch.queue(place, now())
        with patch.triage(place, now()) as (engine, _):
            self.ever = engine.ask(text("known")).num_rows
        self.rejected = segments.quarantined(place.engine)
        self.files = {one.digest: Path(one.file).name for one in segments.all_segments(place.engine)}
        self.rollout = rehearsal.rehearse(place, at)
        self.events = rollouts.events(place.engine, self.rollout.id)[self.rollout.id]
        self.odds = gate.odds(place, self.rollout.order.change.kind)
        made = make(place, rehearsal.noon(at), rehearsal.DAYS, rehearsal.solved)
        self.sheet = written(made)
        self.frontier = rates(self.sheet.problem, self.sheet.days)
        self.asked = list(rehearsal.questions(place, at, self.queue.fixes[0]))
        self.talks = talks(place)
        self.ledger = audit.verify(place.engine)

    @property
    def again(self) -> str:
        """A report that names its own assets."""
        return next(one.file for one in self.outcomes if one.format == "tenable")

    def money(self, amount: Decimal) -> str:
        """An amount with its currency."""
        return str(Money(amount, self.queue.currency))
