"""Whether a fix is likely to be late: what the plan that counts says, held against its clock."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from detente.flows import plan
from detente.flows.workspace import Workspace
from detente.model.clock import Clock
from detente.model.evidence import Forecast
from detente.model.fix import Fix


class Outlook:
    """The plan that counts, read once; `now` is the moment of the question."""

    def __init__(self, workspace: Workspace, now: datetime) -> None:
        self.made, self.now, self.zone = plan.latest(workspace), now, ZoneInfo(workspace.accord.timezone)

    def of(self, fix: Fix, clock: Clock | None) -> Forecast:
        """Whether `fix` will miss `clock`, the one that asks for it."""
        if self.made is None or fix.id not in self.made.plan.days:
            return Forecast(late=None, why="no plan names it: run `detente plan`")
        due, name = clock.due if clock else None, f"plan {self.made.id}"
        day = self.made.plan.days[fix.id]
        if day is None:
            last = self.made.problem.day0 + timedelta(days=self.made.problem.days - 1)
            known = True if due and due <= self._over(last) else None
            return Forecast(late=known, why=f"{name} has no day for it until {last}")
        if self._over(day) <= self.now:
            return Forecast(late=True, why=f"{name} had it for {day}, and it is still open", day=day)
        return Forecast(late=bool(due and self._over(day) > due), why=f"{name} has it for {day}", day=day)

    def _over(self, day: date) -> datetime:
        """The end of a day."""
        return datetime.combine(day + timedelta(days=1), time(), self.zone)
