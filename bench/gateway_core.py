"""The gateway's pure core, without sockets and without rules: what splicing costs beside reading and writing the JSON anew.

    python bench/gateway_core.py

Microseconds of CPU per request (least of 7 rounds), per streamed answer of 100 deltas that arrive one by one, and per burst.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from time import process_time

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from detente.gateway.dialects import endpoint
from detente.gateway.exchange import Exchange, Upstream
from detente.gateway.inspect import Inspected, Inspector
from detente.gateway.verdict import Clause, Policy, Scope
from detente.model.verdict import Hit
from gateway.speakers import SPEAKERS

CODE = 'def total(rows):\n    """Sum."""\n    return sum(row.price for row in rows)  # cents\n\n'
SECRET = "tok_live_8f3kd93kd0s2lq"


class Rule:
    """One rule, so that the figures are the core's."""

    version = "1"
    longest_match, kinds = 64, frozenset({"secrets"})
    _form = re.compile(rb"tok_live_\w{14}")

    def scan(self, data: bytes) -> list[Hit]:
        """The hits."""
        return [Hit("secrets", "tok", found.start(), found.end()) for found in self._form.finditer(data)]

    def pending(self, data: bytes) -> int:
        """Where a hit may still begin."""
        return max(0, len(data) - self.longest_match)


def body(size: int, turns: int, *, planted: bool) -> bytes:
    text = (CODE * (size // turns // len(CODE) + 1))[: size // turns]
    said = [{"role": "assistant" if at % 2 else "user", "content": text} for at in range(turns)]
    if planted:
        said[-1]["content"] += SECRET
    return json.dumps({"model": "m", "stream": True, "messages": said}, separators=(",", ":")).encode()


def cost(work: Callable[[], object], times: int) -> float:
    rounds = []
    for _ in range(7):
        start = process_time()
        for _ in range(times):
            work()
        rounds.append((process_time() - start) / times * 1e6)
    return min(rounds)


def exchange(name: str, answers: str = "warn", cache: dict[bytes, Inspected] | None = None) -> Exchange:
    policy = Policy("bench", (Clause("redact"),), (Clause("block" if answers == "block" else "warn"),))
    served = endpoint("POST", SPEAKERS[name].path)
    assert served
    return Exchange(Inspector(Rule(), policy, Scope("t"), b"k" * 32), served, cache=cache)


def rewritten(data: bytes) -> bytes:
    """What a gateway does that reads objects and writes them anew."""
    read = msgspec.json.decode(data)
    for turn in read["messages"]:
        turn["content"] = turn["content"].replace(SECRET, "<hidden>")
    return msgspec.json.encode(read)


def slowly(data: bytes) -> bytes:
    """The same with the standard library, as most Python gateways do."""
    read = json.loads(data)
    for turn in read["messages"]:
        turn["content"] = turn["content"].replace(SECRET, "<hidden>")
    return json.dumps(read).encode()


def requests() -> None:
    print(
        "| request | core, cold | core, blocks known | msgspec read + write | json read + write | scan alone |\n|---|---|---|---|---|---|"
    )
    for title, size, turns in (("2 KB", 2_000, 1), ("40 KB", 40_000, 10), ("200 KB", 200_000, 40)):
        for planted in (False, True):
            data, cache, rule = body(size, turns, planted=planted), {}, Rule()
            assert isinstance(exchange("chat").request(data), Upstream)
            times = 2_000_000 // size
            figures = [
                cost(lambda data=data: exchange("chat").request(data), times),
                cost(lambda data=data, cache=cache: exchange("chat", cache=cache).request(data), times),
                cost(lambda data=data: rewritten(data), times),
                cost(lambda data=data: slowly(data), times),
                cost(lambda data=data, rule=rule: rule.scan(data), times),
            ]
            row = " | ".join(f"{figure:.0f}" for figure in figures)
            print(f"| {title}{', one secret' if planted else ''} | {row} |")


def streams() -> None:
    print(
        "\n| stream of 100 deltas, us per delta | paced | burst | paced, a secret to restore | paced, held for block |\n|---|---|---|---|---|"
    )
    for name, speaker in SPEAKERS.items():
        stream = speaker.stream("text", "word1234" * 100, 8)
        events = [part + b"\n\n" for part in stream.split(b"\n\n")]
        clean, secret = body(2_000, 1, planted=False), body(2_000, 1, planted=True)
        if name == "responses":
            clean, secret = clean.replace(b"messages", b"input"), secret.replace(b"messages", b"input")
        ways = ((clean, events, "warn"), (clean, [stream], "warn"), (secret, events, "warn"), (clean, events, "block"))
        figures = [stream_cost(name, *way) for way in ways]
        print(f"| {name} | {' | '.join(f'{figure:.1f}' for figure in figures)} |")


def stream_cost(name: str, prompt: bytes, events: list[bytes], answers: str) -> float:
    def asked() -> Exchange:
        one = exchange(name, answers)
        one.request(prompt)
        one.response_headers(200, "text/event-stream")
        return one

    def whole() -> None:
        one = asked()
        for event in events:
            one.feed(event)
        one.close()

    return (cost(whole, 50) - cost(asked, 50)) / 100


if __name__ == "__main__":
    requests()
    streams()
