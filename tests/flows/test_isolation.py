"""Two tenants on one worker, with the same people, squads, secrets and prompts: nothing of one is ever seen by the other."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detente.flows import keys
from detente.flows.tenancy import Tenancy, open_gatekeeper
from detente.flows.workspace import open_workspace
from detente.gateway.admission import Ask, Caller, Reservation, ShortError
from detente.gateway.dialects import endpoint
from detente.gateway.dialects.dialect import Usage
from detente.gateway.exchange import Exchange, Record, Upstream
from detente.gateway.inspect import Inspector
from detente.gateway.redact import PLACEHOLDER
from detente.model.errors import DetenteError
from detente.model.key import Grant
from detente.model.verdict import Hit

TENANTS = ("acme", "globex")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
AT = NOW.timestamp()
CHAT = endpoint("POST", "/v1/chat/completions")
TURNS = st.lists(st.tuples(st.sampled_from(TENANTS), st.lists(st.integers(0, 3), max_size=3)), min_size=2, max_size=12)


class Numbers:
    """A scanner for `tok-` and digits."""

    longest_match, version, kinds = 16, "1", frozenset({"secrets"})

    def scan(self, data: bytes) -> list[Hit]:
        return [Hit("secrets", "tok", found.start(), found.end()) for found in re.finditer(rb"tok-\d{4}", data)]

    def pending(self, data: bytes) -> int:
        return max(0, len(data) - self.longest_match)


class Worker(NamedTuple):
    """One gatekeeper, and a key of each tenant."""

    keeper: Tenancy
    keys: dict[str, bytes]

    def caller(self, tenant: str) -> Caller:
        return self.keeper.identify(self.keys[tenant], AT)


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    folder: Path = tmp_path_factory.mktemp("company")
    budgets = "per_user_per_day: 1 EUR, per_squad_per_month: 1 EUR, per_key_per_day: 1 EUR, requests_per_minute: 9"
    (folder / "accord.yaml").write_text(
        f"accord: 1\norganisation: A\ncurrency: EUR\nai: {{gateway: {{budgets: {{{budgets}}}}}}}\n"
    )
    (folder / "prices.yaml").write_text("models: {m: {read: 0 EUR, written: 1M EUR, output: 1}}")
    workspace = open_workspace(folder)
    made = {}
    for tenant in TENANTS:
        grant = Grant(tenant=tenant, person="ann@shared.example", squad="payments", tool="cursor", repo="shop/web")
        made[tenant] = keys.issue(workspace, grant, lasts=timedelta(days=1), issuer="eve", at=NOW)[0].encode()
    yield Worker(open_gatekeeper(workspace, lambda: NOW, patience_s=0), made)
    workspace.engine.dispose()


class Turn(NamedTuple):
    """What left, what came back, what is on record."""

    left: bytes
    back: bytes
    record: Record


def exchanged(caller: Caller, prompt: str, answer: str) -> Turn:
    """An exchange as the gateway makes it for this caller, with a model that says `answer`."""
    assert CHAT
    inspector = Inspector(Numbers(), caller.policy, caller.scope, caller.key)
    asked = Exchange(inspector, CHAT, cache=caller.cache)
    sent = asked.request(json.dumps({"model": "m", "messages": [{"role": "user", "content": prompt}]}).encode())
    assert isinstance(sent, Upstream)
    asked.response_headers(200, "application/json")
    said = {"choices": [{"index": 0, "message": {"role": "assistant", "content": answer}}]}
    back = asked.feed(json.dumps(said).encode()) + asked.close()
    return Turn(sent.body, back, asked.record())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=TURNS)
def test_interleaved_exchanges_never_cross(worker: Worker, turns: list[tuple[str, list[int]]]) -> None:
    seen: dict[str, dict[bytes, str]] = {tenant: {} for tenant in TENANTS}
    digests: dict[str, set[str]] = {tenant: set() for tenant in TENANTS}
    for tenant, numbers in turns:
        secrets = [f"tok-{number:04}" for number in numbers]
        everything = b" ".join(mark for marks in seen.values() for mark in marks).decode()
        turn = exchanged(worker.caller(tenant), f"use {' and '.join(secrets)}", f"I saw {everything}")
        assert not re.search(rb"tok-\d{4}", turn.left)
        marks = dict(zip(PLACEHOLDER.findall(turn.left), secrets, strict=True))
        seen[tenant] |= marks
        restored = set(re.findall(r"tok-\d{4}", turn.back.decode()))
        assert restored <= set(secrets), "only what was hidden in this very request comes back"
        digests[tenant] |= {finding.digest for finding in turn.record.findings}
        assert not re.search(r"tok-\d{4}", repr(turn.record))
    one, two = (set(marks) for marks in seen.values())
    assert not one & two, "the same secret has another placeholder for another tenant"
    assert not digests["acme"] & digests["globex"], "records of two tenants cannot be matched"
    assert not set(worker.caller("acme").cache) & set(worker.caller("globex").cache)


def test_one_secret_two_tenants(worker: Worker) -> None:
    prompt = "deploy with tok-4242"
    mine, theirs = (exchanged(worker.caller(tenant), prompt, "") for tenant in TENANTS)
    (mark,), (other,) = PLACEHOLDER.findall(mine.left), PLACEHOLDER.findall(theirs.left)
    assert mark != other
    again = exchanged(worker.caller("globex"), prompt, f"{mark.decode()} {other.decode()}")
    assert f"{mark.decode()} tok-4242" in again.back.decode()


def test_a_block_that_one_tenant_sent_is_new_to_the_other(worker: Worker) -> None:
    """Not even time tells: what another tenant's prompts were is not in one's own cache."""
    caches = [worker.caller(tenant).cache for tenant in TENANTS]
    before = [len(cache) for cache in caches]
    exchanged(worker.caller("acme"), "a very long prompt nobody else has", "")
    assert [len(cache) - size for cache, size in zip(caches, before, strict=True)] == [1, 0]
    exchanged(worker.caller("globex"), "a very long prompt nobody else has", "")
    assert [len(cache) - size for cache, size in zip(caches, before, strict=True)] == [1, 1]


def reserved(worker: Worker, tenant: str) -> Reservation:
    for _ in range(3):
        try:
            return worker.keeper.reserve(worker.caller(tenant), Ask(endpoint="chat", model="m", prompt=0, answer=1), AT)
        except ShortError:
            worker.keeper.renew()
    raise AssertionError("short for ever")


@pytest.mark.parametrize("first, second", [TENANTS, TENANTS[::-1]])
def test_one_spends_its_last_cent_and_the_other_has_all_of_its_own(worker: Worker, first: str, second: str) -> None:
    held = reserved(worker, first)
    with pytest.raises(DetenteError) as caught:
        reserved(worker, first)
    assert caught.value.code == "gateway-budget"
    assert second not in str(caught.value)
    worker.keeper.release(reserved(worker, second), AT)
    worker.keeper.settle(held, Usage(0, 0), AT)


def test_a_key_is_one_tenants_alone(worker: Worker) -> None:
    for tenant in TENANTS:
        caller = worker.caller(tenant)
        assert (caller.tenant, caller.scope.tenant) == (tenant, tenant)
        assert caller.key.hex() not in repr(caller)
    assert worker.caller("acme").key != worker.caller("globex").key
