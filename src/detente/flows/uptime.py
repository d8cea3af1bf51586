"""Uptime as it is measured: counts that people push, or the share that a service's own query answers with."""

from collections.abc import Callable
from datetime import datetime, timedelta

from detente.flows import gate
from detente.flows.workspace import Workspace
from detente.model.errors import DetenteError
from detente.model.estate import Service
from detente.plan.budget import Budget
from detente.store import rollouts
from detente.store.rollouts import Measured

FIRST, LONGEST = timedelta(minutes=5), timedelta(days=1)
"""What a share stands for when nothing was measured before, and at most: older time was seen by nobody."""


def pushed(text: str, at: datetime) -> Measured:
    """`GOOD,TOTAL` as a measurement. Errors: DetenteError, code `counts`."""
    good, _, total = text.partition(",")
    if not (good.strip().isdecimal() and total.strip().isdecimal() and int(good) <= int(total)):
        do = "Give good and all requests since the last time, such as 99950,100000."
        raise DetenteError("The measurement cannot be", f"{text!r} is no part of a total.", do, code="counts")
    return Measured(at, int(good), int(total), "pushed")


def share(workspace: Workspace, service: Service, ask: Callable[[str], float], at: datetime) -> Measured:
    """The share that the service's own query answers with, for the time since the last measurement, in milliseconds.

    Errors: DetenteError, code `slo`, for a service without a query, and for an answer that is none.
    """
    if service.slo is None:
        raise _unmeasured(service, "it has no `slo` in estate.yaml")
    try:
        value = ask(service.slo.query)
    except ValueError as error:
        raise _unmeasured(service, str(error)) from error
    if not 0 <= value <= 1:
        raise _unmeasured(service, f"its query answers {value}, which is no share between 0 and 1")
    before = rollouts.measurements(workspace.engine, service.id, at - LONGEST)
    length = at - before[-1].at if before else FIRST
    total = max(int(length.total_seconds() * 1000), 0)
    return Measured(at, round(value * total), total, service.slo.source)


def keep(workspace: Workspace, service: Service, measured: Measured) -> Budget:
    """Keep a measurement; gives the budget that is left of the service's promise."""
    with workspace.engine.begin() as connection:
        rollouts.measure(connection, service.id, [measured])
    found = gate.uptime(workspace, service, measured.at)
    if found is None:
        raise _unmeasured(service, "nobody promised anything for it: neither estate.yaml nor an objective of its tier")
    return found


def _unmeasured(service: Service, why: str) -> DetenteError:
    do = "Give it `slo: {target, query}` in estate.yaml, or push counts with --slo GOOD,TOTAL."
    return DetenteError(f"The uptime of {service.id} was not measured", f"{why}.", do, code="slo")
