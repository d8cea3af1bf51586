"""A tiny company for tests of what people see: two squads, three services, four reports, a KEV entry, an accord."""

from collections.abc import Mapping
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
ONE, TWO, THREE, FOUR, FIVE = (f"CVE-2024-{number}" for number in range(1001, 1006))
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
    _take(workspace, folder, told)
    (folder / "kev.json").write_bytes(kev(ONE))
    batches = [batch for _, got in harvest(folder / "kev.json") if isinstance(got, Harvest) for batch in got.close()]
    list(intel.bring(workspace.engine, workspace.folder, batches, moment(4)))
    return workspace


def grown(folder: Path) -> Workspace:
    """The company with a past: a fix on two assets, a finding that came back, one that is gone, one that never was open."""
    workspace = shop(folder)
    both = [weakness(ONE, "openssl", FixedVersion="1.2"), weakness(THREE, "openssl"), weakness(FIVE, "curl")]
    told = {
        "f-shop.json": trivy("shop:2", both, day=1),
        "g-disk.json": trivy("disk:1", [weakness(THREE, "bash"), weakness(FIVE, "bash")], day=1),
        "h-disk.json": trivy("disk:1", [], day=2),
        "i-disk.json": trivy("disk:1", [weakness(THREE, "bash")], day=3),
    }
    _take(workspace, folder, told)
    return workspace


def _take(workspace: Workspace, folder: Path, told: Mapping[str, bytes]) -> None:
    for name, content in told.items():
        (folder / name).write_bytes(content)
    paths = [str(folder / name) for name in told]
    list(Intake(workspace.engine, workspace.lake).take(paths, Order(lambda: moment(4))))
