"""The estate gathered from a folder of foreign sources; code goes to the squad that CODEOWNERS names."""

import json
from pathlib import Path

import pytest

from detente.accord.problems import InvalidError
from detente.flows import patch
from detente.flows.estate import gather
from detente.flows.workspace import Workspace
from detente.model.estate import Claim, Estate
from reports import moment, trivy, weakness

OWN = b"""
squads: [{id: payments, security_engineer: sam}]
services: [{id: checkout, squad: payments, tier: tier-1, runs: [{repo: shop/checkout}]}]
"""
CATALOGUE = b"""
kind: Component
metadata: {name: checkout, annotations: {detente.io/tier: tier-2, detente.io/exposure: internet}}
spec: {owner: group:payments, dependsOn: ["component:ledger", "component:gone"]}
---
kind: Component
metadata: {nome: nameless}
"""
CMDB = b"Dienst;Team;Host\nledger;finance;db-1\n;nobody;db-2\n"
OWNERS = b"*  @shop/payments\n/web/  @shop/frontend\n/vendor/\nsrc/[x] @shop/odd\n"


def written(folder: Path, **files: bytes) -> Path:
    """A workspace's estate.yaml, with the files of its folder; `__` parts folders, as in `shop__checkout__CODEOWNERS`."""
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_yaml", ".yaml").replace("_csv", ".csv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / "estate.yaml"


def test_without_any_file_nothing_is_claimed(tmp_path: Path) -> None:
    assert gather(tmp_path / "estate.yaml").estate == Estate()


def test_sources_add_up_and_what_is_left_out_is_told(tmp_path: Path) -> None:
    found = gather(
        written(
            tmp_path,
            estate_yaml=OWN,
            estate__catalogue_yaml=CATALOGUE,
            estate__cmdb__export_csv=CMDB,
            estate__cmdb__columns_yaml=b"{id: Dienst, squad: Team, host: Host}",
            estate__shop__checkout__CODEOWNERS=OWNERS,
            estate__CODEOWNERS=OWNERS,
            estate__README=b"how to fill this folder",
        )
    )
    checkout, ledger = found.estate.services
    assert (checkout.tier, checkout.exposure, checkout.depends) == ("tier-1", "internet", ("ledger",))
    assert (ledger.squad, ledger.runs) == ("finance", (Claim("host", "db-1"),))
    assert [squad.id for squad in found.estate.squads] == ["payments", "finance", "frontend"]
    assert found.estate.squads[0].security_engineer == "sam"
    assert found.notes == (
        "estate, left out: estate/catalogue.yaml:7:11 metadata: found nothing; allowed: an entity with kind and metadata.name",
        "estate, left out: estate/cmdb/export.csv:3:1 found no service; allowed: a row that names its service",
        (
            "estate, left out: estate/shop/checkout/CODEOWNERS:4:1 found the pattern src/[x]; "
            "allowed: patterns without `!` and `[ ]`, as CODEOWNERS has none"
        ),
        "estate: tier of checkout is tier-1 (estate.yaml); tier-2 (estate/catalogue.yaml) is left out",
        "estate, left out: checkout -> gone, which no source knows",
        "estate, left out: estate/CODEOWNERS is no catalogue, CSV or CODEOWNERS of a repository",
        "estate, left out: estate/README is no catalogue, CSV or CODEOWNERS of a repository",
    )


def test_many_notes_are_counted(tmp_path: Path) -> None:
    rows = b"id;squad\n" + b";nobody\n" * 500
    notes = gather(written(tmp_path, estate__cmdb_csv=rows)).notes
    assert len(notes) == 21
    assert notes[-1] == "estate: 480 more notes like the last"


@pytest.mark.parametrize("place", ["estate__Shop__Checkout__CODEOWNERS", "estate__Shop__Checkout__.github__CODEOWNERS"])
def test_a_repository_is_named_by_its_folder_and_case_means_nothing(tmp_path: Path, place: str) -> None:
    assert list(gather(written(tmp_path, **{place: OWNERS})).owners) == ["shop/checkout"]


@pytest.mark.parametrize(
    "files, why",
    [
        ({"estate__a_csv": b"colour;size\n1;2\n"}, "one that names the service"),
        ({"estate__a_csv": CMDB, "estate__columns_yaml": b"[Dienst]"}, "lines such as `squad: Owning Team`"),
        ({"estate__a_csv": CMDB, "estate__columns_yaml": b"{id: Dienst, hue: Team}"}, "the field hue"),
        ({"estate__a_yaml": b"a: ["}, "broken YAML"),
    ],
)
def test_a_source_that_cannot_be_read_is_an_error(tmp_path: Path, files: dict[str, bytes], why: str) -> None:
    with pytest.raises(InvalidError) as caught:
        gather(written(tmp_path, **files))
    assert why in caught.value.why


def semgrep(*paths: str) -> bytes:
    """A Semgrep report with one weakness in each file."""
    extra = {"severity": "ERROR", "message": "weak", "lines": "x", "metadata": {}}
    found = [{"check_id": "weak", "path": path, "start": {"line": 1}, "extra": extra} for path in paths]
    return json.dumps({"version": "1.100.0", "results": found, "errors": [], "paths": {"scanned": []}}).encode()


def test_code_goes_to_who_owns_its_path(take, workspace) -> None:
    written(workspace.folder, estate_yaml=OWN, estate__shop__checkout__CODEOWNERS=OWNERS)
    workspace = Workspace(workspace.folder, workspace.engine)
    take(semgrep("web/cart.js", "api/pay.py", "vendor/x.c"), asset="repo:Shop/Checkout")
    queue = patch.queue(workspace, moment(200), everything=True)
    squads = {fix.findings[0].location: (fix.squad, fix.security_engineer) for fix in queue.fixes}
    assert squads == {
        "web/cart.js": ("frontend", ""),
        "api/pay.py": ("payments", "sam"),
        "vendor/x.c": ("payments", "sam"),  # nobody by rule: the service's squad
    }
    mine = patch.queue(workspace, moment(200), everything=True, squad="frontend").fixes
    assert [fix.findings[0].location for fix in mine] == ["web/cart.js"]
    assert "frontend owns web/cart.js, as CODEOWNERS of the repository says" in mine[0].reasons
    assert any("src/[x]" in note for note in queue.notes)


def test_packages_of_a_repository_stay_with_its_service(take, workspace) -> None:
    written(workspace.folder, estate_yaml=OWN, estate__shop__checkout__CODEOWNERS=b"* @shop/frontend\n")
    workspace = Workspace(workspace.folder, workspace.engine)
    take(trivy("ignored", [weakness("CVE-2024-1001")]), asset="repo:shop/checkout")
    assert [fix.squad for fix in patch.queue(workspace, moment(200), everything=True).fixes] == ["payments"]
