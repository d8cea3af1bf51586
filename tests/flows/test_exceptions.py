"""An exception through its life on a real workspace: what waits, what it costs, what ends it, and what the ledger says."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from detente.accord import signatures
from detente.accord.exceptions import NAMESPACE, text
from detente.edge.feeds import Harvest
from detente.edge.feeds.files import harvest
from detente.flows import exceptions, intel, patch
from detente.flows.exceptions import Wish
from detente.flows.workspace import Workspace
from detente.model.errors import DetenteError
from detente.model.exception import Reach, Request, Safeguard, State
from detente.model.fix import Fix, Queue
from detente.store import ledger
from reports import epss, kev, moment, trivy, weakness
from shop import ACCORD, ESTATE

NOW, UNTIL = moment(10), date(2026, 4, 20)
TWO = "CVE-2024-1002"


def key() -> tuple[bytes, str]:
    made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return made, signatures.public(made)


KEYS = {"cio": key(), "ciso": key()}
PARTIES = "\n".join(
    f"  {role}: {{name: {name}, key: {KEYS[role][1]}}}" for role, name in (("cio", "Ada"), ("ciso", "Ben"))
)


@pytest.fixture
def company(workspace: Workspace, take: Callable[..., Any]) -> Workspace:
    """One image with two weaknesses of one package and one of another; everything is escalated."""
    workspace.folder.mkdir(parents=True, exist_ok=True)
    text = ACCORD.replace("share: 10 %", "share: 100 %") + f"parties:\n{PARTIES}\n"
    (workspace.folder / "accord.yaml").write_text(text)
    (workspace.folder / "estate.yaml").write_text(ESTATE)
    found = [weakness("CVE-2024-1001"), weakness(TWO), weakness("CVE-2024-1003", "zlib")]
    take(trivy("wiki:1", found))
    return workspace


def wish(reach: str, of: str, **more: Any) -> Wish:
    return Wish(Reach(reach), of, "the vendor ships in June", UNTIL, "Sam", **more)


def openssl(queue: Queue) -> Fix:
    return next(fix for fix in queue.fixes if fix.component.endswith("openssl"))


def looked(company: Workspace, days: float = 10) -> Queue:
    return patch.queue(company, moment(days), everything=True)


def sign(company: Workspace, name: str, role: str, days: float = 10) -> State:
    request = exceptions.find(company, name)[1].request
    armoured = signatures.sign(text(request), KEYS[role][0], namespace=NAMESPACE)
    return exceptions.signed(company, name, role, armoured, moment(days)).state


def asked(company: Workspace, reach: str, of: str) -> str:
    return exceptions.ask(company, exceptions.preview(company, wish(reach, of), NOW))


def active(company: Workspace, reach: str, of: str) -> str:
    name = asked(company, reach, of)
    assert [sign(company, name, role) for role in ("cio", "ciso")] == [State.SIGNED, State.ACTIVE]
    return name


def learn(company: Workspace, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for _, got in harvest(path):
        assert isinstance(got, Harvest)
        list(intel.bring(company.engine, company.folder, got.close(), moment(4)))


def kinds(company: Workspace, name: str) -> list[str]:
    return [entry.kind for entry in ledger.records(company.engine, subject=name)]


def test_what_waits_is_not_escalated_and_keeps_its_price(company: Workspace) -> None:
    before = looked(company)
    name = active(company, "fix", openssl(before).id)
    after = looked(company)
    assert (before.escalated, after.escalated) == (2, 1)
    assert not openssl(after).escalated
    assert openssl(after).loss_month == openssl(before).loss_month
    assert after.estate == before.estate
    assert [fix.component for fix in patch.queue(company, NOW).fixes] == [
        fix.component for fix in after.fixes if fix.escalated
    ]
    (accepted,) = after.accepted
    assert (accepted.exception, accepted.findings, accepted.until) == (name, 2, UNTIL)
    assert accepted.loss_month == sum(one.loss_month for one in openssl(before).findings)
    assert kinds(company, name) == ["exception-requested", "exception-signed", "exception-signed"]


def test_one_of_two_findings_does_not_let_the_fix_wait(company: Workspace) -> None:
    active(company, "finding", openssl(looked(company)).findings[0].id)
    assert openssl(looked(company)).escalated


def test_two_exceptions_together_cover_a_fix(company: Workspace) -> None:
    for one in openssl(looked(company)).findings:
        active(company, "finding", one.id)
    after = looked(company)
    assert not openssl(after).escalated
    assert len(after.accepted) == 2


def test_one_signature_lets_nothing_wait(company: Workspace) -> None:
    name = asked(company, "service", "wiki")
    assert sign(company, name, "ciso") is State.SIGNED
    assert looked(company).escalated == 2
    assert looked(company).accepted == ()


def test_what_appears_later_is_not_covered(company: Workspace, take: Callable[..., Any]) -> None:
    active(company, "service", "wiki")
    assert looked(company).escalated == 0
    found = [weakness("CVE-2024-1001"), weakness(TWO), weakness("CVE-2024-1003", "zlib"), weakness("CVE-2024-1009")]
    take(trivy("wiki:1", found, day=1))
    assert openssl(looked(company)).escalated


@pytest.mark.parametrize(
    ("rule", "count"), [("component *openssl*", 2), (f"vulnerability {TWO} and service wiki", 1), ("kind package", 3)]
)
def test_a_rule_selects_in_bulk_with_a_preview_of_price(company: Workspace, rule: str, count: int) -> None:
    request: Request = exceptions.preview(company, wish("rule", rule), NOW)
    assert len(request.findings) == count
    assert request.loss_month > 0
    assert exceptions.listed(company, NOW) == ()


@pytest.mark.parametrize(
    ("reach", "of"),
    [
        ("fix", "x-0000000000000000"),
        ("fix", "nonsense"),
        ("finding", "f-0000000000000000"),
        ("service", "shop"),
        ("rule", "red"),
    ],
)
def test_what_fits_nothing_is_refused(company: Workspace, reach: str, of: str) -> None:
    with pytest.raises(DetenteError) as caught:
        exceptions.preview(company, wish(reach, of), NOW)
    assert caught.value.code == "exception-terms"


def test_a_listing_voids_it_at_once_and_the_ledger_says_why(company: Workspace, tmp_path: Path) -> None:
    name = active(company, "service", "wiki")
    learn(company, tmp_path / "kev.json", kev(TWO))
    assert [one.id for one in exceptions.ended(company, moment(11))] == [name]  # at once, before anybody looks
    assert exceptions.ended(company, moment(11)) == ()
    after = looked(company, 11)
    assert (after.escalated, after.accepted) == (2, ())
    (found,) = exceptions.listed(company, moment(11))
    assert (found.standing.state, found.standing.reason) == (State.VOIDED, "CISA lists it as known exploited")
    assert kinds(company, name)[-1] == "exception-voided"
    looked(company, 12)
    assert kinds(company, name).count("exception-voided") == 1
    with pytest.raises(DetenteError, match="void at once: CISA"):
        exceptions.preview(company, wish("service", "wiki"), moment(12))


@pytest.mark.parametrize(("score", "state"), [(0.97, State.VOIDED), (0.09, State.ACTIVE)])
def test_an_epss_past_the_bound_voids_it_though_the_ranker_stays_below(
    company: Workspace, tmp_path: Path, score: float, state: State
) -> None:
    active(company, "service", "wiki")
    learn(company, tmp_path / "epss.csv", epss({TWO: score}).encode())
    (found,) = exceptions.listed(company, moment(11))
    assert found.standing.state is state
    voided = "p30 >= 0.1 (now 0.97, the larger of EPSS and the ranker's)"
    assert found.standing.reason == (voided if state is State.VOIDED else "")
    if state is State.VOIDED:
        with pytest.raises(DetenteError, match=r"void at once: p30 >= 0\.1"):
            exceptions.preview(company, wish("service", "wiki"), moment(12))


def test_both_are_told_of_what_ended_until_it_is_fixed_or_accepted_anew(
    company: Workspace, take: Callable[..., Any]
) -> None:
    name = active(company, "service", "wiki")
    assert not any(name in note for note in looked(company).notes)
    late = (UNTIL - NOW.date()) / timedelta(days=1) + 11
    (note,) = (note for note in looked(company, late).notes if name in note)
    assert note.startswith("Ada (cio) and Ben (ciso): ")
    assert note.endswith(f"is expired: it ended with {UNTIL}; 3 of its findings are open again")
    again = replace(wish("fix", openssl(looked(company, late)).id), until=UNTIL + timedelta(days=30))
    anew = exceptions.ask(company, exceptions.preview(company, again, moment(late)))
    for role in ("cio", "ciso"):
        sign(company, anew, role, late)
    assert any("1 of its findings" in note for note in looked(company, late).notes)
    take(trivy("wiki:1", [], day=2))
    assert not any(name in note for note in looked(company, late).notes)


def test_what_was_never_active_or_was_refused_is_no_news(company: Workspace) -> None:
    half = asked(company, "service", "wiki")
    sign(company, half, "cio")
    refused = active(company, "fix", openssl(looked(company)).id)
    exceptions.denied(company, refused, "ciso", "enough", NOW)
    late = (UNTIL - NOW.date()) / timedelta(days=1) + 11
    assert not any(one in note for one in (half, refused) for note in looked(company, late).notes)


def test_wider_exposure_voids_it(company: Workspace) -> None:
    active(company, "service", "wiki")
    (company.folder / "estate.yaml").write_text(ESTATE.replace("exposure: internal", "exposure: partner"))
    opened = Workspace(company.folder, company.engine)
    assert looked(opened).accepted == ()
    assert exceptions.listed(opened, NOW)[0].standing.reason == "exposure widened from internal to partner"


def test_an_end_is_recorded_once(company: Workspace) -> None:
    name = active(company, "service", "wiki")
    late = (UNTIL - NOW.date()) / timedelta(days=1) + 11
    assert looked(company, late - 1).escalated == 0
    assert looked(company, late + 1).escalated == 2
    assert looked(company, late + 2).escalated == 2
    assert kinds(company, name).count("exception-expired") == 1


def test_a_safeguard_takes_its_share_and_ends_with_its_day(company: Workspace) -> None:
    guarded = wish("service", "wiki", safeguard=Safeguard("waf", Decimal("0.75"), date(2026, 3, 20)))
    name = exceptions.ask(company, exceptions.preview(company, guarded, NOW))
    for role in ("cio", "ciso"):
        sign(company, name, role)
    (accepted,) = looked(company).accepted
    assert accepted.residual_month == accepted.loss_month / 4
    assert looked(company, 20).accepted == ()
    assert "waf expired" in exceptions.listed(company, moment(20))[0].standing.reason


def test_a_no_withdraws_it(company: Workspace) -> None:
    name = active(company, "service", "wiki")
    assert exceptions.denied(company, name, "ciso", "enough", NOW).state is State.DENIED
    assert looked(company).escalated == 2
    assert kinds(company, name)[-1] == "exception-denied"


def test_a_new_accord_wants_a_new_request(company: Workspace) -> None:
    name = asked(company, "service", "wiki")
    path = company.folder / "accord.yaml"
    path.write_text(path.read_text() + "# another word\n")
    with pytest.raises(DetenteError, match="the accord has changed"):
        sign(Workspace(company.folder, company.engine), name, "cio")


def test_an_id_may_be_short_and_must_be_one(company: Workspace) -> None:
    name = asked(company, "service", "wiki")
    assert exceptions.find(company, name[:6])[0] == name
    for strange in ("e-zz", "x"):
        with pytest.raises(DetenteError) as caught:
            exceptions.find(company, strange)
        assert caught.value.code == "no-exception"


def test_without_exceptions_the_queue_is_what_it_was(company: Workspace) -> None:
    asked(company, "service", "wiki")
    assert looked(company) == looked(company)
    assert looked(company).accepted == ()
    assert looked(company).escalated == 2
