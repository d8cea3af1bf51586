"""A tiny company for tests of what people see: two squads, three services, four reports, a KEV entry, an accord."""

from pathlib import Path

from detente.edge.feeds import Harvest
from detente.edge.feeds.files import harvest
from detente.flows import intel
from detente.flows.intake import Intake, Order
from detente.flows.workspace import Workspace, open_workspace
from reports import grype, kev, moment, trivy, vex, weakness

ACCORD = """
accord: 3
organisation: Shop
currency: EUR
prices:
  breach: {tier-1: [300k EUR, 9M EUR], tier-2: [5k EUR, 200k EUR]}
  outage_minute: {tier-1: 5 EUR, tier-2: 1 EUR}
  engineer_hour: 95 EUR
  cap: 20M EUR
escalation: {share: 10 %, always: [kev on exposed tier-1]}
regimes: [bod-26-04]
"""
ESTATE = """
squads: [{id: payments, security_engineer: sam}, {id: platform}]
services:
  - {id: checkout, squad: payments, tier: tier-1, exposure: internet, runs: [{image: "shop:*"}]}
  - {id: wiki, squad: platform, tier: tier-2, exposure: internal, runs: [{image: "wiki:*"}],
     controls: [{name: waf, effect: 50 %}]}
  - {id: disk, squad: platform, tier: tier-2, exposure: isolated, runs: [{image: "disk:*"}]}
depends: [{from: checkout, on: [wiki]}]
"""
ONE, TWO, THREE, FOUR = (f"CVE-2024-{number}" for number in range(1001, 1005))
VECTOR = {"nvd": {"V3Vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "V3Score": 9.8}}


def shop(folder: Path) -> Workspace:
    """The company, founded in `folder`."""
    workspace = open_workspace(folder / "workspace")
    (workspace.folder / "accord.yaml").write_text(ACCORD)
    (workspace.folder / "estate.yaml").write_text(ESTATE)
    first = weakness(ONE, "openssl", FixedVersion="1.2", CVSS=VECTOR, SeveritySource="nvd", Title="=HYPERLINK(1)")
    told = {
        "a-shop.json": trivy("shop:1", [first, weakness(TWO, "zlib")], day=1),
        "b-grype.json": grype("shop:1", [(ONE, "openssl")], day=2),
        "c-wiki.json": trivy("wiki:1", [weakness(TWO, "zlib"), weakness(THREE, "<b>bash</b>", FixedVersion="")], day=2),
        "d-stray.json": trivy("stray:1", [weakness(FOUR, "curl")], day=2),
        "e-vex.json": vex("zlib", TWO, day=3),
    }
    for name, content in told.items():
        (folder / name).write_bytes(content)
    list(Intake(workspace.engine, workspace.lake).take([str(folder / "*.json")], Order(lambda: moment(4))))
    (folder / "kev.json").write_bytes(kev(ONE))
    batches = [batch for _, got in harvest(folder / "kev.json") if isinstance(got, Harvest) for batch in got.close()]
    list(intel.bring(workspace.engine, workspace.folder, batches, moment(4).date()))
    return workspace
