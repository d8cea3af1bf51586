"""A finding taken apart: every factor with its source, who said so, what became of it; also when it is not open."""

import pytest

from detente.model.chain import Chain, Link
from shop import FIVE, FOUR, ONE, THREE, TWO


def part(found: Chain, title: str) -> tuple[Link, ...]:
    (links,) = [part.links for part in found.parts if part.title == title]
    return links


def told(found: Chain) -> dict[str, str]:
    return {link.what: link.value for part in found.parts for link in part.links}


def test_an_open_finding_answers_nine_questions(ask, findings) -> None:
    found = ask(findings["image:shop:1", ONE].id)
    assert [part.title for part in found.parts] == [
        "What it is",
        "Who said so",
        "What became of it",
        "Who owns it",
        "How likely its use is",
        "What it costs",
        "What the tables say",
        "What closes it",
        "Decided from",
    ]
    assert all(link.source for part in found.parts for link in part.links)


def test_every_factor_of_its_price_is_told(ask, findings) -> None:
    facts = told(ask(findings["image:shop:1", ONE].id))
    assert facts["hazard class"] == "known exploited, automatable, total impact: 1.000e-02 a month"
    assert facts["service"] == "checkout (tier-1, internet)"
    assert facts["security engineer"] == "sam"
    assert facts["BOD 26-04"].startswith("3 days & forensic investigation")
    assert facts["SSVC"].startswith("immediate")
    assert facts["always escalated"] == "kev on exposed tier-1"


def test_each_record_is_told_with_its_report_and_its_place_in_the_ledger(ask, findings) -> None:
    said = part(ask(findings["image:shop:1", ONE].id), "Who said so")
    assert [link.source.split(", ")[0] for link in said] == ["trivy", "anchore_grype"]
    assert [link.source.rsplit(", ", 1)[1] for link in said] == ["ledger entry 1", "ledger entry 2"]


def test_a_finding_that_came_back_tells_its_turns(ask, findings) -> None:
    turns = part(ask(findings["image:disk:1", THREE].id), "What became of it")
    assert [(link.what, link.value[:10]) for link in turns] == [
        ("first seen", "2026-03-02"),
        ("fixed", "2026-03-03"),
        ("reopened", "2026-03-04"),
        ("last seen", "2026-03-04"),
    ]
    assert "h-disk.json: complete, without it" in turns[1].source


def test_a_finding_that_is_gone_says_which_report_closed_it(ask, findings, lake) -> None:
    assert ("image:disk:1", FIVE) not in findings
    found = ask(lake["image:disk:1", FIVE])
    assert found.headline == f"{FIVE} on image:disk:1 is not open: it costs nothing"
    (why,) = part(found, "Why it is not open")
    assert (why.what, why.value) == ("fixed", "2026-03-03 12:00")


def test_a_finding_that_was_stated_away_says_by_whom(ask, findings, lake) -> None:
    assert ("image:shop:1", TWO) not in findings
    (why,) = part(ask(lake["image:shop:1", TWO]), "Why it is not open")
    assert (why.what, why.value) == ("not_affected", "vulnerable_code_not_in_execute_path")
    assert why.source.startswith("Security of the shop, ")


def test_ignorance_has_a_price(ask, findings) -> None:
    facts = told(ask(findings["image:stray:1", FOUR].id))
    assert facts["service"] == "unowned"
    assert facts["ignorance costs"].startswith("between ")


@pytest.mark.parametrize("vulnerability", [ONE, THREE])
def test_the_same_question_has_the_same_answer(ask, findings, vulnerability: str) -> None:
    one = findings["image:shop:2", vulnerability].id
    assert ask(one) == ask(one)
