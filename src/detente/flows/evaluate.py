"""Evaluation as FedRAMP asks for it (VER-EVA): reachability, exploitability and the N-rating of a finding, on record since when.

Nobody evaluates ten thousand findings by hand. Reachability is the exposure the estate states, the N-rating what the accord gives to
the service's tier, exploitability what intelligence knows (else assumed, VER-EVA-AIA); both officers signed the rule. So a finding is
evaluated once it has been priced with all of it at hand. Whoever prices first puts that down, with its entry in the ledger.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from detente.accord.clocks import rated
from detente.flows.workspace import Workspace
from detente.model.clock import Assessment
from detente.store import evaluations, ledger


def priced(workspace: Workspace, segments: Iterable[str], now: datetime) -> dict[str, datetime]:
    """When each report was first priced; those that nobody has priced yet are now."""
    known = evaluations.times(workspace.engine)
    return {segment: known.get(segment, now) for segment in segments}


def record(workspace: Workspace, times: Mapping[str, datetime], now: datetime) -> None:
    """Put down what was priced for the first time, and what has changed about services. Who comes second changes nothing."""
    known, before = evaluations.times(workspace.engine), evaluations.history(workspace.engine)
    fresh, accord = sorted(set(times) - set(known)), workspace.accord.digest
    changed = _changed(workspace, before, now)
    if not fresh and not changed:
        return
    entries = [ledger.Entry("evaluated", segment, {"accord": accord}) for segment in fresh]
    entries += [ledger.Entry("assessed", service, _body(one, accord)) for service, one in changed.items()]
    try:
        with workspace.engine.begin() as connection:
            evaluations.keep(connection, fresh, accord, now)
            evaluations.assess(connection, changed, before, accord)
            ledger.append(connection, entries, now)
    except IntegrityError:  # another process priced the same at this moment: its record stands
        return


def _changed(
    workspace: Workspace, before: Mapping[str, tuple[Assessment, ...]], now: datetime
) -> dict[str, Assessment]:
    """What is known of each service, where it differs from what was known last."""
    found: dict[str, Assessment] = {}
    for service in workspace.estate.services:
        one = Assessment(now, rated(workspace.accord, service.tier), service.exposure)
        last = before[service.id][-1] if service.id in before else Assessment(now, None, None)
        if (one.rating, one.exposure) != (last.rating, last.exposure):
            found[service.id] = one
    return found


def _body(one: Assessment, accord: str) -> dict[str, str | int | None]:
    return {"rating": one.rating, "exposure": one.exposure.value if one.exposure else None, "accord": accord}
