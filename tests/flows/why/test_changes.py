"""What `why` says another fact would cost, against the queue of a company of which that fact is true."""

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from detente.edge.feeds import Harvest
from detente.edge.feeds.files import harvest
from detente.flows import intel, patch
from detente.flows.why import why
from detente.flows.workspace import Workspace
from detente.model.fix import Queue
from reports import kev, moment
from shop import ESTATE, ONE, THREE, grown

CHECKOUT = "tier: tier-1, exposure: internet, runs"


@dataclass(frozen=True)
class Twin:
    """The same company twice: one is asked, of the other the answer comes true."""

    asked: Workspace
    other: Workspace

    def listed(self) -> Queue:
        return patch.queue(Workspace(self.other.folder, self.other.engine), moment(10), everything=True)

    def promised(self, name: str, change: str) -> str:
        (found,) = [line for line in why(self.asked, moment(10), name).changes if line.startswith(change)]
        return re.sub(".* makes it (.*) EUR a month", r"\1", found)


@pytest.fixture
def twin(company: Workspace, tmp_path: Path) -> Twin:
    return Twin(company, grown(tmp_path))


def spelled(amount: Decimal) -> str:
    return f"{amount:,.2f}".replace(",", "\u202f")


def prices(queue: Queue) -> dict[str, Decimal]:
    """Of fixes and findings, by id."""
    fixes = {fix.id: fix.loss_month for fix in queue.fixes}
    return fixes | {one.id: one.loss_month for fix in queue.fixes for one in fix.findings}


@pytest.mark.parametrize("exposure", ["partner", "internal", "isolated"])
def test_another_exposure(twin: Twin, findings, exposure: str) -> None:
    (twin.other.folder / "estate.yaml").write_text(ESTATE.replace(CHECKOUT, CHECKOUT.replace("internet", exposure)))
    after = prices(twin.listed())
    for vulnerability in (ONE, THREE):
        name = findings["image:shop:2", vulnerability].id
        assert twin.promised(name, f"exposure {exposure}") == spelled(after[name])


def test_another_control(twin: Twin, queue: Queue) -> None:
    guarded = CHECKOUT.replace("runs", "controls: [{name: waf, effect: 60 %}], runs")
    (twin.other.folder / "estate.yaml").write_text(ESTATE.replace(CHECKOUT, guarded))
    after = prices(twin.listed())
    for name in [fix.id for fix in queue.fixes if fix.service == "checkout"]:
        assert twin.promised(name, "a control that stops 60 % of attacks") == spelled(after[name])


def test_a_kev_listing(twin: Twin, findings, queue: Queue) -> None:
    path = twin.other.folder / "kev.json"
    path.write_bytes(kev(ONE, THREE))
    batches = [batch for _, got in harvest(path) if isinstance(got, Harvest) for batch in got.close()]
    list(intel.bring(twin.other.engine, twin.other.folder, batches, moment(5)))
    after = prices(twin.listed())
    name = findings["image:shop:2", THREE].id
    fix = next(fix.id for fix in queue.fixes if name in {one.id for one in fix.findings})
    for one in (name, fix):
        assert twin.promised(one, f"a KEV listing of {THREE}") == spelled(after[one])


def test_what_nobody_owns_is_worth_something_between(twin: Twin, findings) -> None:
    """An estate that names the stray asset, at the worst and at the best, prices it at the two ends."""
    name = next(one.id for (asset, _), one in findings.items() if asset == "image:stray:1")
    told = next(
        link.value
        for part in why(twin.asked, moment(10), name).parts
        for link in part.links
        if link.what == "ignorance costs"
    )
    ends = []
    for tier, exposure in (("tier-2", "isolated"), ("tier-1", "internet")):
        claimed = f'  - {{id: stray, squad: platform, tier: {tier}, exposure: {exposure}, runs: [{{image: "stray:*"}}]}}\ndepends'
        (twin.other.folder / "estate.yaml").write_text(ESTATE.replace("depends", claimed))
        ends.append(spelled(prices(twin.listed())[name]))
    assert told.startswith(f"between {ends[0]} EUR and {ends[1]} EUR a month")
