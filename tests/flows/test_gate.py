"""The gate on a real workspace: what feeds it, its signature, its record, and overrides that two people sign."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from detente.accord import signatures
from detente.flows import gate, override, seal
from detente.flows.intake import Intake, Order
from detente.flows.workspace import Workspace
from detente.model.change import Purpose, Word
from detente.model.errors import DetenteError
from detente.plan.gate import Ask
from detente.store import ledger, rollouts, tables
from detente.store.rollouts import Halt, Measured
from officers import KEYS, shop
from reports import trivy, weakness

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
FRIDAY, LATE = MONDAY + timedelta(days=4), MONDAY + timedelta(days=3, hours=14, minutes=55)
ASK = Ask(service="wiki")


@pytest.fixture
def workspace(tmp_path: Path, database: Engine) -> Workspace:
    return shop(tmp_path / "shop", database)


def word(workspace: Workspace, ask: Ask = ASK, now: datetime = MONDAY) -> Word:
    return gate.asked(workspace, ask, now)[0].word


def test_an_answer_is_signed_recorded_and_can_be_proven(workspace: Workspace) -> None:
    told = gate.decide(workspace, ASK, MONDAY)
    assert (told["answer"], told["until"], told["expires"]) == ("allow", None, "2026-03-02T09:15:00Z")
    assert seal.verified(workspace.folder, json.dumps(told), MONDAY) == told
    (entry,) = ledger.records(workspace.engine, kind="gate")
    assert (entry.subject, entry.body["answer"]) == (told["id"], "allow")
    with workspace.engine.connect() as connection:
        (row,) = connection.execute(select(tables.decision)).all()
    assert (row.kind, row.subject, row.answer) == ("gate", "wiki", told)


def test_a_pipeline_without_detente_can_check_it(workspace: Workspace, tmp_path: Path) -> None:
    told = gate.decide(workspace, ASK, MONDAY)
    (tmp_path / "answer.sig").write_text(told["signature"])
    (tmp_path / "signers").write_text("gate " + (workspace.folder / seal.PUBLIC).read_text())
    checked = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", "gate", "-n", seal.NAMESPACE, "-s", "answer.sig"]
    subprocess.run(checked, input=seal.canonical(told), check=True, capture_output=True, cwd=tmp_path)


def test_the_key_is_for_its_owner_alone(workspace: Workspace) -> None:
    gate.decide(workspace, ASK, MONDAY)
    made = (workspace.folder / seal.KEY).read_bytes()
    assert oct((workspace.folder / seal.KEY).stat().st_mode)[-3:] == "600"
    gate.decide(workspace, ASK, MONDAY + timedelta(seconds=1))
    assert (workspace.folder / seal.KEY).read_bytes() == made


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"answer": "deny"}, "bad-signature"),
        ({"expires": "2027-01-01T00:00:00Z"}, "bad-signature"),
        ({"signature": "x"}, "bad-signature"),
        ({"expires": 7}, "gate-answer"),
    ],
)
def test_a_changed_answer_does_not_count(workspace: Workspace, change: dict[str, object], code: str) -> None:
    told = gate.decide(workspace, ASK, MONDAY) | change
    with pytest.raises(DetenteError) as caught:
        seal.verified(workspace.folder, json.dumps(told), MONDAY)
    assert caught.value.code == code


def test_an_expired_answer_does_not_count(workspace: Workspace) -> None:
    told = json.dumps(gate.decide(workspace, ASK, MONDAY))
    for text, when in ((told, MONDAY + timedelta(minutes=15)), ("[]", MONDAY), ("no", MONDAY), ("{}", MONDAY)):
        with pytest.raises(DetenteError) as caught:
            seal.verified(workspace.folder, text, when)
        assert caught.value.code == "gate-answer"


def test_an_answer_from_the_future_does_not_count(workspace: Workspace) -> None:
    told = json.dumps(gate.decide(workspace, ASK, MONDAY))
    assert seal.verified(workspace.folder, told, MONDAY - timedelta(minutes=4))
    with pytest.raises(DetenteError, match="given at 2026-03-02T09:00:00Z, which is still to come"):
        seal.verified(workspace.folder, told, MONDAY - timedelta(minutes=6))


def test_an_unknown_service_is_said_with_the_nearest(workspace: Workspace) -> None:
    with pytest.raises(DetenteError, match=r"Did you mean checkout\?") as caught:
        word(workspace, Ask(service="chekout"))
    assert caught.value.code == "unknown-service"


def test_a_freeze_and_its_edge(workspace: Workspace) -> None:
    found, _ = gate.asked(workspace, ASK, FRIDAY)
    assert (found.word, found.until) == (Word.WAIT, datetime(2026, 3, 7, tzinfo=UTC))
    before, _ = gate.asked(workspace, ASK, LATE)
    assert (before.word, before.expires) == (Word.ALLOW, datetime(2026, 3, 6, tzinfo=UTC))


def test_uptime_is_measured_or_said_to_be_not(workspace: Workspace) -> None:
    ask = Ask(service="checkout")
    assert word(workspace, ask) is Word.CONDITIONS
    with workspace.engine.begin() as connection:
        rollouts.measure(connection, "checkout", [Measured(MONDAY - timedelta(days=9), 100_000, 100_000, "pushed")])
    assert word(workspace, ask) is Word.ALLOW
    with workspace.engine.begin() as connection:
        rollouts.measure(connection, "checkout", [Measured(MONDAY, 9_500, 10_000, "pushed")])
    assert word(workspace, ask) is Word.DENY
    assert word(workspace, Ask(service="checkout", back=True)) is Word.ALLOW


def test_the_queue_feeds_the_risk_budget_and_a_fix_is_weighed(workspace: Workspace, tmp_path: Path) -> None:
    found = [
        weakness(f"CVE-2024-{number}", package, Severity="CRITICAL") for number, package in ((1001, "a"), (1002, "b"))
    ]
    (tmp_path / "report.json").write_bytes(trivy("shop:1", found))
    list(Intake(workspace.engine, workspace.lake).take([str(tmp_path / "report.json")], Order(lambda: MONDAY)))
    answer, _ = gate.asked(workspace, ASK, MONDAY)
    assert (answer.word, [one.rule for one in answer.reasons]) == (Word.DENY, ["change.budgets.risk_spent"])
    assert "2 open criticals everywhere against < 2" in answer.reasons[0].fact
    with workspace.engine.begin() as connection:
        rollouts.measure(connection, "checkout", [Measured(MONDAY, 9_000, 10_000, "pushed")])
    fixes = gate.risk(workspace, MONDAY).saves
    weighed, _ = gate.asked(workspace, Ask(service="checkout", change=next(iter(fixes)), purpose=Purpose.FIX), MONDAY)
    assert any(one.fact.startswith("it saves") for one in weighed.reasons)
    assert word(workspace, Ask(service="checkout", purpose=Purpose.FIX)) is Word.DENY  # nobody said which


def test_a_stopped_line(workspace: Workspace) -> None:
    for stopped, expected in ((True, Word.DENY), (False, Word.ALLOW)):
        with workspace.engine.begin() as connection:
            rollouts.halt(connection, Halt("all", "Ada", "incident 7", MONDAY), stopped=stopped)
        assert word(workspace) is expected


def allowed(workspace: Workspace, *roles: str, now: datetime = FRIDAY, signed_by: str = "") -> str:
    name = override.ask(workspace, "wiki", "c-1", "KEV", until=now + timedelta(hours=4), now=now)
    for role in roles:
        found = override.find(workspace, name, now)
        armoured = signatures.sign(found.text.encode(), KEYS[signed_by or role], namespace=override.NAMESPACE)
        override.sign(workspace, found, role, armoured, now)
    return name


def test_two_people_open_a_freeze_for_one_change_until_it_ends(workspace: Workspace) -> None:
    change = Ask(service="wiki", change="c-1")
    allowed(workspace, "cio")
    assert word(workspace, change, FRIDAY) is Word.WAIT
    name = allowed(workspace, "cio", "ciso", now=FRIDAY + timedelta(seconds=1))
    found, _ = gate.asked(workspace, change, FRIDAY + timedelta(minutes=1))
    assert found.word is Word.CONDITIONS
    assert found.reasons[-1].source == f"override {name}"
    assert found.reasons[-1].fact == "signed by Ada (cio) and Bea (ciso): KEV"
    assert word(workspace, Ask(service="wiki", change="c-2"), FRIDAY + timedelta(minutes=1)) is Word.WAIT
    assert word(workspace, change, FRIDAY + timedelta(hours=5)) is Word.WAIT


def test_signatures_that_do_not_open_it(workspace: Workspace) -> None:
    with pytest.raises(DetenteError, match="another key"):
        allowed(workspace, "ciso", signed_by="cio")
    with pytest.raises(DetenteError, match="no say"):
        allowed(workspace, "stranger", now=FRIDAY + timedelta(seconds=1))
    name = allowed(workspace, "cio", now=FRIDAY + timedelta(seconds=2))
    with workspace.engine.begin() as connection:  # a row that somebody slipped in signs for nobody
        signed = rollouts.Signed("ciso", "Bea", "k", "-----BEGIN SSH SIGNATURE-----", FRIDAY)
        rollouts.sign(connection, override.find(workspace, name, FRIDAY).digest, signed)
    assert word(workspace, Ask(service="wiki", change="c-1"), FRIDAY + timedelta(minutes=1)) is Word.WAIT


@pytest.mark.parametrize(
    ("told", "opens"),
    [
        ({}, True),
        ({"service": "checkout"}, False),  # signed for another service, replayed in a row of this one
        ({"asked": MONDAY.isoformat(), "until": (MONDAY + timedelta(days=30)).isoformat()}, True),  # its first week
        ({"asked": (FRIDAY - timedelta(days=8)).isoformat()}, False),
        ({"asked": (FRIDAY + timedelta(days=1)).isoformat()}, False),
    ],
)
def test_a_text_made_by_hand_holds_within_its_bounds(workspace: Workspace, told: dict[str, str], opens: bool) -> None:
    until = FRIDAY + timedelta(hours=4)
    said = {
        "asked": FRIDAY.isoformat(),
        "change": "c-1",
        "reason": "KEV",
        "service": "wiki",
        "until": until.isoformat(),
    }
    text = json.dumps(said | told)
    with workspace.engine.begin() as connection:
        until = datetime.fromisoformat(json.loads(text)["until"])
        rollouts.allow(connection, "d" * 64, "wiki", text, until=until, at=FRIDAY)
        for role, person in (("cio", "Ada"), ("ciso", "Bea")):
            armoured = signatures.sign(text.encode(), KEYS[role], namespace=override.NAMESPACE)
            rollouts.sign(connection, "d" * 64, rollouts.Signed(role, person, role, armoured, FRIDAY))
    assert gate.asked(workspace, Ask(service="wiki", change="c-1"), FRIDAY)[0].open is opens


def test_an_expired_key_overrides_nothing(workspace: Workspace) -> None:
    path = workspace.folder / "accord.yaml"
    path.write_text(path.read_text().replace("name: Bea,", "name: Bea, until: 2026-03-05,"))
    with pytest.raises(DetenteError, match=r"the key of Bea \(ciso\) expired on 2026-03-05") as caught:
        allowed(Workspace(workspace.folder, workspace.engine), "ciso")
    assert caught.value.code == "expired-key"


@pytest.mark.parametrize(("reason", "hours"), [("", 1), ("KEV", -1), ("KEV", 0), ("KEV", 24 * 8)])
def test_no_override_without_reason_and_end(workspace: Workspace, reason: str, hours: int) -> None:
    with pytest.raises(DetenteError) as caught:
        override.ask(workspace, "wiki", "", reason, until=MONDAY + timedelta(hours=hours), now=MONDAY)
    assert caught.value.code == "override"


def test_a_late_signature_is_refused(workspace: Workspace) -> None:
    name = allowed(workspace, "cio")
    with pytest.raises(DetenteError, match="it ended at"):
        override.find(workspace, name, FRIDAY + timedelta(hours=4))
    with pytest.raises(DetenteError, match="no single override"):
        override.find(workspace, "ab", FRIDAY)
