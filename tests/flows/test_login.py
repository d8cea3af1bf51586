"""From verified claims to a short-lived key of the right person and squad."""

from datetime import UTC, datetime, timedelta

import pytest

from detente.accord.document import load
from detente.accord.problems import InvalidError
from detente.flows import login
from detente.flows.workspace import Workspace
from detente.gateway import keys
from detente.model.errors import DetenteError
from detente.model.estate import Estate, Squad
from detente.store import ledger
from detente.store.keys import kept

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
ACCORD = "accord: 1\norganisation: A\ncurrency: EUR\n"
LOGIN = "ai: {gateway: {login: {issuer: 'https://login.acme.example', client: detente, tenant: acme, lasts: 8h}}}\n"
CLAIMS = {"sub": "u-1", "email": "Ann@acme.example", "email_verified": True, "groups": ["/squads/Payments", "staff"]}
ESTATE = Estate((Squad("web", lead="Ann@acme.example"), Squad("payments", security_engineer="bo@acme.example")))


@pytest.fixture
def company(workspace: Workspace) -> Workspace:
    workspace.folder.mkdir(parents=True)
    (workspace.folder / "accord.yaml").write_text(ACCORD + LOGIN)
    (workspace.folder / "estate.yaml").write_text("squads: [{id: web}, {id: payments}]")
    return workspace


def test_a_person_gets_a_key_for_a_working_day(company: Workspace) -> None:
    given = login.admit(company, CLAIMS, NOON, tool="claude-code")
    (key,) = kept(company.engine, given.name)
    assert keys.whole(given.key)
    assert (given.person, given.squad, given.expires) == ("ann@acme.example", "payments", key.expires)
    assert (key.grant.tenant, key.grant.person, key.grant.squad, key.grant.tool) == (
        *("acme", "ann@acme.example", "payments", "claude-code"),
    )
    assert (key.expires, key.issuer) == (NOON + timedelta(hours=8), "https://login.acme.example")
    (entry,) = ledger.records(company.engine)
    assert (entry.kind, entry.body["by"]) == ("key-issued", "https://login.acme.example")


def test_signing_in_again_opens_no_new_budget(company: Workspace) -> None:
    names = {login.admit(company, CLAIMS, NOON).name for _ in range(2)}
    first, second = (kept(company.engine, name)[0] for name in names)
    assert first.family == second.family


@pytest.mark.parametrize(
    "claims",
    [{}, {"email": ""}, {"email": 7}, {"email": "ann"}, {"email": "ann@acme.example", "email_verified": False}],
)
def test_nobody_without_a_verified_address(company: Workspace, claims: dict[str, object]) -> None:
    with pytest.raises(DetenteError) as caught:
        login.admit(company, claims, NOON)
    assert caught.value.code == "login"


@pytest.mark.parametrize(
    "person, groups, squad",
    [
        ("ann@acme.example", ["payments"], "payments"),
        ("ann@acme.example", ["/a/b/WEB", "payments"], "web"),
        ("ann@acme.example", [], "web"),
        ("ann@acme.example", None, "web"),
        ("bo@acme.example", ["staff"], "payments"),
        ("cy@acme.example", ["staff", "pay"], ""),
        ("cy@acme.example", "payments", "payments"),
        ("", [], ""),
    ],
)
def test_the_estate_knows_the_squad(person: str, groups: object, squad: str) -> None:
    assert login.squad(ESTATE, person, groups) == squad


def test_who_has_no_provider_is_told(workspace: Workspace) -> None:
    with pytest.raises(DetenteError, match="names no identity provider"):
        login.terms(workspace)


@pytest.mark.parametrize(
    "issuer", ["http://login.acme.example", "login.acme.example", "https://a.example?x=1", "ftp://a"]
)
def test_an_issuer_is_reached_by_tls(issuer: str) -> None:
    with pytest.raises(InvalidError, match="an https address"):
        load(f"{ACCORD}ai: {{gateway: {{login: {{issuer: '{issuer}', client: d}}}}}}", "accord.yaml")
