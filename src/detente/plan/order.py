"""What is rolled out and how: the change, its stages and soaks, the test of its health, who looks and who acts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from detente.model.change import Change, Purpose, Stage
from detente.plan.canary import Design

STAGES = tuple(Stage)
EXPOSED = frozenset({Stage.CANARY, Stage.PRODUCTION})
"""The stages in which customers meet the change: a freeze keeps a change out of them."""

MOST_LOOKS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was started: the change, its soak in each stage (seconds), the test, and who looks and who acts.

    `health` and `executor` are the settings of connectors, None where people push counts or act by hand.
    """

    change: Change
    soak_s: Mapping[Stage, int]
    alpha: float = 0.01
    rho0: float = 1.2
    allowed: float | None = None
    hold_s: int = 259_200
    health: Mapping[str, Any] | None = None
    executor: Mapping[str, Any] | None = None

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages it passes; production is always the last."""
        return (
            *(stage for stage in STAGES if stage in self.soak_s and stage is not Stage.PRODUCTION),
            Stage.PRODUCTION,
        )

    def design(self, stage: Stage) -> Design:
        """The test of one stage: a look a minute is what it plans for."""
        looks = min(max(self.soak_s.get(stage, 0) // 60, 1), MOST_LOOKS)
        return Design(self.alpha, self.rho0, looks, self.allowed)


def facts(order: Order) -> dict[str, Any]:
    """An order as JSON values; `ordered` reads them."""
    change = order.change
    return {
        "change": {
            "id": change.id,
            "service": change.service,
            "kind": change.kind,
            "purpose": change.purpose.value,
            "express": change.express,
        },
        "soak_s": {stage.value: seconds for stage, seconds in order.soak_s.items()},
        "test": {"alpha": order.alpha, "rho0": order.rho0, "allowed": order.allowed},
        "hold_s": order.hold_s,
        "health": order.health,
        "executor": order.executor,
    }


def ordered(told: Mapping[str, Any]) -> Order:
    """The order that `facts` wrote."""
    change = dict(told["change"])
    return Order(
        change=Change(**change | {"purpose": Purpose(change["purpose"])}),
        soak_s={Stage(stage): seconds for stage, seconds in told["soak_s"].items()},
        hold_s=told["hold_s"],
        health=told["health"],
        executor=told["executor"],
        **told["test"],
    )
