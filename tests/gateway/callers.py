"""A caller and the record of an exchange, as tests need them."""

from dataclasses import replace
from typing import Any

from detente.gateway.admission import Caller
from detente.gateway.dialects import endpoint
from detente.gateway.exchange import Exchange, Record
from detente.gateway.inspect import Inspector
from detente.gateway.verdict import Clause, Policy, Scope
from gateway.examples import scanner

KEY = b"k" * 32
POLICY = Policy("accord 3", (Clause("redact", source="prompts"),), (Clause("warn", source="answers"),))


def caller(**policy: Any) -> Caller:
    """Ann of Acme, under a policy that redacts."""
    scope = Scope("acme", "claude-code", "shop/checkout", "internal")
    return Caller(
        name="k-1",
        tenant="acme",
        scope=scope,
        policy=replace(POLICY, **policy),
        key=KEY,
        cache={},
        person="ann@acme.example",
        squad="pay",
    )


def exchange(body: bytes, answer: bytes = b"", path: str = "/v1/messages") -> Exchange:
    """An exchange that has seen this request, and this answer if any, with every detector."""
    served = endpoint("POST", path)
    assert served
    made = Exchange(Inspector(scanner(), POLICY, Scope("acme"), KEY), served, now=1_700_000_000)
    made.request(body)
    if answer:
        made.response_headers(200, "application/json")
        made.feed(answer)
        made.close()
    return made


def record(body: bytes = b'{"model":"m-1","messages":[]}', answer: bytes = b"") -> Record:
    """The facts of such an exchange."""
    return exchange(body, answer).record()
