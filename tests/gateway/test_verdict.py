"""The accord's word on a hit, and the clauses that go before it."""

import pytest

from detente.accord.tools import Gateway
from detente.gateway.verdict import COACHING, Clause, Scope, policy
from detente.model.verdict import Hit

SCOPE = Scope("acme", tool="cursor", repo="shop/checkout", data="internal")
DEFAULT = policy(Gateway.model_validate({}), 7)


@pytest.mark.parametrize(
    ("kind", "rule", "action"),
    [
        ("secrets", "github-token", "redact"),
        ("personal_data", "iban", "redact"),
        ("own_code", "crown_jewels/billing", "block"),
        ("own_code", "internal/web", "allow"),
        ("own_code", "public_repos/docs", "allow"),
        ("injection", "tags", "warn"),
        ("attachments", "file", "warn"),
        ("something new", "x", "warn"),
    ],
)
def test_an_accord_without_a_word_of_its_own(kind: str, rule: str, action: str):
    decision = DEFAULT.decide(Hit(kind, rule, 0, 1), SCOPE)
    assert decision.action == action
    assert "(accord 7)" in decision.reason


def test_a_decision_names_the_key_and_the_way_out():
    decision = DEFAULT.decide(Hit("secrets", "github-token", 0, 1), SCOPE)
    assert decision.reason == "ai.gateway.prompts.secrets (accord 7)"
    assert decision.coaching == COACHING["secrets"]


def test_what_is_unsure_is_warned_of():
    assert DEFAULT.decide(Hit("secrets", "entropy", 0, 1, 0.4), SCOPE).action == "warn"


@pytest.mark.parametrize(
    "clause", [{"tenant": "acme"}, {"tool": "cur*"}, {"repo": "shop/*"}, {"data": "internal"}, {"rule": "github-*"}]
)
def test_a_clause_goes_before_the_accord_where_it_covers(clause: dict[str, str]):
    narrowed = policy(Gateway.model_validate({}), 7, (Clause("block", "secrets", source="grant 3", **clause),))  # type: ignore[arg-type]  # globs are texts
    hit = Hit("secrets", "github-token", 0, 1)
    assert narrowed.decide(hit, SCOPE).reason == "grant 3 (accord 7)"
    elsewhere = Scope("other", tool="x", repo="x", data="x")
    assert narrowed.decide(Hit("secrets", "other", 0, 1), elsewhere).action == "redact"


def test_an_attachment_that_cannot_be_redacted_is_blocked():
    asked = policy(Gateway.model_validate({"prompts": {"attachments": "redact"}}), 1)
    assert asked.decide(Hit("attachments", "file", 0, 0), SCOPE).action == "block"


def test_answers_have_lines_of_their_own():
    assert DEFAULT.decide(Hit("licence", "AGPL-3.0-only", 0, 1), SCOPE, answer=True).action == "block"
    assert DEFAULT.decide(Hit("licence", "MIT", 0, 1), SCOPE, answer=True).action == "warn"
    assert (
        DEFAULT.decide(Hit("secrets", "x", 0, 1), SCOPE, answer=True).reason == "ai.gateway.answers.secrets (accord 7)"
    )
    assert DEFAULT.holds(frozenset({"licence"}))
    assert not DEFAULT.holds(frozenset({"secrets"}))


def test_failure_is_closed_for_what_the_accord_says():
    assert DEFAULT.shuts(frozenset({"secrets", "injection"}))
    assert not DEFAULT.shuts(frozenset({"injection", "a rule of ours"}))
    opened = policy(Gateway.model_validate({"on_failure": {"secrets": "open", "otherwise": "closed"}}), 1)
    assert opened.shuts(frozenset({"a rule of ours"}))
    assert not opened.shuts(frozenset({"secrets"}))
