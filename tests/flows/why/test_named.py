"""What is behind a service, an asset, a vulnerability or a report, under the names that people use."""

import pytest

from shop import ONE, THREE, TWO


def links(ask, name: str, title: str) -> tuple:
    return next((part.links for part in ask(name).parts if part.title.startswith(title)), ())


@pytest.mark.parametrize("name", [ONE, TWO, "image:shop:1", "image:disk:1", "checkout", "unowned", "a-shop.json"])
def test_every_kind_of_name_has_a_chain(ask, name: str) -> None:
    found = ask(name)
    assert found.id == name
    assert found.parts


def test_a_service_names_its_dearest_fixes_first(ask, queue) -> None:
    mine = [fix.id for fix in queue.fixes if fix.service == "checkout"]
    assert [link.what for link in links(ask, "checkout", "Its dearest fixes")] == mine


def test_an_asset_names_the_claim_that_won_it_and_who_looked(ask) -> None:
    facts = {link.what: link for link in links(ask, "image:shop:1", "What it is")}
    assert facts["service"].source == "estate: runs image:shop:*"
    looked = {link.what: link.value for link in links(ask, "image:shop:1", "Who looked")}
    assert looked == {
        "anchore_grype": "1 report, last 2026-03-03",
        "trivy": "1 report, last 2026-03-02",
    }


def test_a_vulnerability_is_told_wherever_it_is_open(ask, findings) -> None:
    open_at = {one.id for (_, vulnerability), one in findings.items() if vulnerability == THREE}
    assert {link.what for link in links(ask, THREE.lower(), "Where it is open")} == open_at
    assert len(open_at) == 3


def test_what_closing_a_vulnerability_saves_is_no_sum_of_prices(ask, findings) -> None:
    """ONE is on two assets: what closing both saves is what each falls by; on one asset it is the finding's own price."""
    both = sum(one.loss_month for (_, vulnerability), one in findings.items() if vulnerability == ONE)
    assert ask(ONE).headline.endswith(f"saves {both:,.2f} EUR a month".replace(",", "\u202f"))


def test_a_vulnerability_that_is_closed_everywhere_is_known_all_the_same(ask) -> None:
    assert ask(TWO).headline == f"{TWO} is open in 0 places: closing it saves 0.00 EUR a month"


def test_a_report_is_found_by_its_name_and_by_the_first_digits_of_its_digest(ask) -> None:
    by_name = ask("g-disk.json")
    facts = {link.what: link.value for part in by_name.parts for link in part.links}
    assert facts["results"] == "2 = 2 findings + 0 merged + 0 quarantined"
    for digest in (facts["sha256"], facts["segment"], facts["sha256"][:6]):
        assert ask(digest).headline == by_name.headline
