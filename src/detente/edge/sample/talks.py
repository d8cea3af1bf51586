"""Two developers of the sample company ask a model through the gateway: the real one, on a socket, under the company's accord."""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from detente.edge.sample.model import Model, model
from detente.flows.workspace import ACCORD, Workspace
from detente.model.errors import DetenteError

PASSWORD = "vK9x" + "2Lq8rT4z"
IBAN = "DE89 3704 0044 " + "0532 0130 00"
ASKED = (
    (
        "Marek asks with a connection string in it",
        f"Repeat this: postgresql://orders:{PASSWORD}@db.internal:5432/orders",
    ),
    (
        "Lena asks with a customer's bank account in it",
        f"Repeat this: refund Ms Vega to {IBAN}, she waits since Monday",
    ),
)
_LISTENS = re.compile(r"listens on (http://\S+)")
_PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Talk:
    """What was asked, what of it reached the model (nothing: empty), what came back, and the decision's id."""

    who: str
    asked: str
    reached: str
    back: str
    decision: str


def talks(place: Workspace) -> tuple[Talk, ...]:
    """The two exchanges. Their gateway has a workspace of its own, so that the sample's record stays as it is."""
    with tempfile.TemporaryDirectory() as home, model() as behind:
        shutil.copy(place.folder / ACCORD, Path(home) / ACCORD)
        with _gateway(home, behind.server_port) as (base, key):
            return tuple(_talk(base, key, who, text, behind) for who, text in ASKED)


def _talk(base: str, key: str, who: str, text: str, behind: Model) -> Talk:
    behind.seen = ""
    body = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": text}]}
    answer = httpx.post(
        f"{base}/v1/chat/completions", json=body, headers={"authorization": f"Bearer {key}"}, timeout=_PATIENCE_S
    )
    return Talk(who, text, behind.seen, "".join(_said(answer.text)), answer.headers.get("x-detente-decision", ""))


def _said(stream: str) -> Iterator[str]:
    for line in stream.splitlines():
        if line.startswith("data: {"):
            for choice in json.loads(line[6:]).get("choices", ()):
                yield choice["delta"].get("content") or ""


@contextmanager
def _gateway(home: str, port: int) -> Iterator[tuple[str, str]]:
    """A gateway in a process of its own: where it listens, and its key."""
    key = secrets.token_urlsafe(32)
    command = [sys.executable, "-c", "from detente.edge.cli import main; main()", "gateway"]
    more = ["--listen", "127.0.0.1:0", "--upstream", f"http://127.0.0.1:{port}", "--workspace", home]
    known = {name: value for name, value in os.environ.items() if not name.startswith("DETENTE_")}
    with subprocess.Popen(  # noqa: S603 - our own program, named by this interpreter
        [*command, *more], env=known | {"DETENTE_GATEWAY_KEY": key}, stderr=subprocess.PIPE, text=True
    ) as started:
        try:
            yield _listens(started), key
        finally:
            started.terminate()


def _listens(started: "subprocess.Popen[str]") -> str:
    for line in started.stderr or ():
        if found := _LISTENS.search(line):
            return found[1]
    raise DetenteError(
        "The sample's gateway did not start",
        "It ended before it listened.",
        "Run `detente gateway` to see why.",
        code="gateway-start",
    )
