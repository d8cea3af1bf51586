"""One company with a past, taken apart by many tests; nobody changes it."""

from collections.abc import Callable

import pytest

from detente.flows import patch
from detente.flows.why import why
from detente.flows.workspace import Workspace
from detente.model.chain import Chain
from detente.model.fix import Finding, Queue
from detente.queue.view import finding_id
from reports import moment
from shop import grown

Ask = Callable[[str], Chain]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return grown(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def queue(company: Workspace) -> Queue:
    return patch.queue(company, moment(10), everything=True)


@pytest.fixture(scope="module")
def findings(queue: Queue) -> dict[tuple[str, str], Finding]:
    """The open findings by asset and vulnerability."""
    return {(one.asset, one.vulnerability): one for fix in queue.fixes for one in fix.findings}


@pytest.fixture(scope="module")
def ask(company: Workspace) -> Ask:
    return lambda name: why(company, moment(10), name)


@pytest.fixture(scope="module")
def lake(company: Workspace) -> dict[tuple[str, str], str]:
    """The ids of all findings, open or not, by asset and vulnerability."""
    with patch.triage(company, moment(10)) as (engine, _):
        rows = engine.ask("SELECT asset_name, ids, place, vuln FROM rows WHERE kind BETWEEN 1 AND 7").to_pylist()
    return {(row["asset_name"], row["ids"].split()[0]): finding_id(row["place"], row["vuln"]) for row in rows}
