"""Why: every factor with its source, other prices computed, and ids of every kind."""

import pytest

from detente.flows import patch
from detente.flows.why import why
from detente.flows.workspace import Workspace
from detente.model.chain import Chain
from detente.model.errors import DetenteError
from reports import moment
from shop import FOUR, ONE, THREE, TWO, shop


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return shop(tmp_path_factory.mktemp("shop"))


def asked(company: Workspace, name: str) -> Chain:
    return why(company, moment(10), name)


def links(found: Chain) -> dict[str, str]:
    return {link.what: link.value for part in found.parts for link in part.links}


def ids(company: Workspace) -> dict[str, str]:
    queue = patch.queue(company, moment(10), everything=True)
    return {one.vulnerability: one.id for fix in queue.fixes for one in fix.findings}


def test_a_finding_is_taken_apart(company) -> None:
    found = asked(company, ids(company)[ONE])
    told = links(found)
    assert [part.title for part in found.parts] == [
        "What it is",
        "Who said so",
        "Who owns it",
        "How likely its use is",
        "What it costs",
        "What the tables say",
        "Where it stands",
        "Decided from",
    ]
    assert told["hazard class"] == "known exploited, automatable, total impact: 1.000e-02 a month"
    assert told["service"] == "checkout (tier-1, internet)"
    assert told["security engineer"] == "sam"
    assert told["BOD 26-04"].startswith("3 days & forensic investigation")
    assert told["SSVC"].startswith("immediate")
    said = found.parts[1].links
    assert [link.source.split(", ")[1] for link in said] == ["trivy", "anchore_grype"]
    assert all("ledger" in link.source for link in said)
    assert all(link.source for part in found.parts for link in part.links if link.what != "the price of that ignorance")


def test_other_prices_are_those_the_queue_would_say(company, tmp_path) -> None:
    """`exposure internal makes it X` is what a queue with that exposure prices."""
    found = asked(company, ids(company)[ONE])
    promised = next(change for change in found.changes if "exposure internal" in change)
    estate = company.folder / "estate.yaml"
    before = estate.read_text()
    try:
        estate.write_text(before.replace("tier: tier-1, exposure: internet", "tier: tier-1, exposure: internal"))
        queue = patch.queue(Workspace(company.folder, company.engine), moment(10), everything=True)
    finally:
        estate.write_text(before)
    (one,) = [one for fix in queue.fixes for one in fix.findings if one.vulnerability == ONE]
    assert f"{one.loss_month:,.2f}".replace(",", "\u202f") in promised


def test_ignorance_has_a_price(company) -> None:
    told = links(asked(company, ids(company)[FOUR]))
    assert told["service"] == "unowned"
    assert "between" in told["the price of that ignorance"]


def test_a_statement_about_one_place_is_not_told_of_another(company) -> None:
    assert TWO not in ids(company)
    assert links(asked(company, ids(company)[THREE]))["vulnerability"] == THREE


@pytest.mark.parametrize("name", [ONE, "image:shop:1", "checkout", "a-shop.json", "unowned"])
def test_every_kind_of_id_has_a_chain(company, name: str) -> None:
    found = asked(company, name)
    assert found.parts
    assert found.id == name


def test_a_fix_is_taken_apart(company) -> None:
    queue = patch.queue(company, moment(10))
    told = links(asked(company, queue.fixes[0].id))
    assert told["action"] == "upgrade openssl to 1.2 on checkout"
    assert told["due"] == "2026-03-26"


@pytest.mark.parametrize("name", ["chekout", "f-0000000000000000", "f-xyz", "x-0000000000000000"])
def test_an_unknown_id_is_an_error_with_what_is_near(company, name: str) -> None:
    with pytest.raises(DetenteError) as caught:
        asked(company, name)
    assert caught.value.code == "unknown-id"
    assert ("checkout" in caught.value.do) == (name == "chekout")
