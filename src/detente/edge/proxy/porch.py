"""Where people come in who have no key yet: an id_token of the company's identity provider is traded for one.

Nothing of it is on the path of a prompt: one thread of its own asks the provider and the database, for one caller after another.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from detente.edge.clock import now
from detente.flows.workspace import Workspace, open_workspace
from detente.model.errors import DetenteError

LETTER = 64 << 10
"""Bytes of the largest id_token that is read: nobody is known yet."""

WAITING = 64
"""Callers that may wait at once."""


class _Letter(msgspec.Struct):
    id_token: str
    tool: str = ""


class Porch:
    """The sign-in of one worker."""

    def __init__(self, workspace: Path, database: str | None) -> None:
        self._workspace, self._database = workspace, database
        self._thread = ThreadPoolExecutor(1, "login")
        self._waiting = 0

    def open(self, body: bytes, then: Callable[[bytes | Exception], None]) -> None:
        """Answer in a while: what to sign in with to an empty body, a key to an id_token. Errors: `gateway-busy`."""
        if self._waiting >= WAITING:
            why = f"{WAITING} others are signing in."
            raise DetenteError("The gateway is busy", why, "Try again in a moment.", code="gateway-busy")
        self._waiting += 1
        loop = asyncio.get_running_loop()

        def done(answer: "asyncio.Future[bytes]") -> None:
            self._waiting -= 1
            fault = answer.exception()
            then(fault if isinstance(fault, Exception) else answer.result())

        loop.run_in_executor(self._thread, self._answer, body).add_done_callback(done)

    def _answer(self, body: bytes) -> bytes:
        place = open_workspace(self._workspace, self._database)
        try:
            return _answered(place, body)
        finally:
            place.engine.dispose()


def _answered(place: Workspace, body: bytes) -> bytes:
    from detente.edge.connectors.oidc import (
        vouched,
    )  # with what it needs 13 MB: where nobody signs in, none of it is loaded
    from detente.flows.login import admit, terms

    asked = terms(place)
    if not body:
        return msgspec.json.encode({"issuer": asked.issuer, "client": asked.client})
    letter, at = _read(body), now()
    claims = vouched(asked.issuer, asked.client, letter.id_token, int(at.timestamp()))
    return msgspec.json.encode(admit(place, claims, at, tool=letter.tool))


def _read(body: bytes) -> _Letter:
    try:
        return msgspec.json.decode(body, type=_Letter)
    except msgspec.DecodeError as fault:
        do = "Send what `detente login` sends: an object with `id_token`, and `tool` where there is one."
        raise DetenteError(
            "The sign-in did not succeed", f"The body is not understood: {fault}.", do, code="login"
        ) from fault
