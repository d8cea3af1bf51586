"""The whole chain behind any id: finding, fix, vulnerability, asset, service, report; one file for each kind of answer."""

from datetime import datetime

from detente.flows import patch
from detente.flows.why import finding, fix, named, report, shipping
from detente.flows.why.desk import Desk
from detente.flows.why.near import near
from detente.flows.workspace import Workspace
from detente.model.chain import Chain
from detente.model.errors import DetenteError

ANSWERS = (
    *(finding.answer, fix.answer, shipping.plan, shipping.gate, shipping.change),
    *(named.service, named.asset, report.answer, named.vulnerability),
)


def why(workspace: Workspace, now: datetime, name: str) -> Chain:
    """The whole chain behind an id, at this moment. Raises DetenteError when nothing has it, with the nearest ids."""
    with patch.triage(workspace, now) as (engine, given):
        desk = Desk(workspace, engine, given, now)
        for answer in ANSWERS:
            if (chain := answer(desk, name)) is not None:
                return chain
        found = near(desk, name)
    raise DetenteError(
        f"Nothing here is called {name}",
        "No finding, fix, plan, answer of the gate, rollout, vulnerability, asset, service or report has that id.",
        f"Did you mean {', '.join(found)}?" if found else "Take an id from `detente queue`, or a name from the estate.",
        code="unknown-id",
    )
