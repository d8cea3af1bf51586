"""What goes wrong with an upstream, as the client reads it."""

from detente.edge.proxy.shared import Route
from detente.gateway.dialects import Endpoint
from detente.gateway.dialects.dialect import JSON
from detente.model.errors import DetenteError

SSE = "text/event-stream"
_AGAIN = "Try again; if it stays, tell whoever runs the gateway."


def readable(status: int, kind: str, coding: bytes) -> None:
    """Only what can be inspected passes. Errors: `gateway-upstream`."""
    why = ""
    if coding not in (b"", b"identity"):
        why = f"It is encoded as {coding.decode('latin-1')} although that was not asked for."
    elif 300 <= status < 400:
        why = "It points elsewhere, where nothing would be inspected."
    elif status < 400 and kind not in (JSON, SSE):
        why = f"It is {kind or 'of no known kind'}, neither JSON nor a stream of events."
    if why:
        do = "Ask whoever runs the gateway to look at this upstream."
        raise DetenteError("The answer cannot be passed on", why, do, code="gateway-upstream")


def broken(route: Route, why: str) -> DetenteError:
    """Its connection failed, or its answer is none."""
    what = f"The upstream {route.provider.name} did not answer"
    return DetenteError(what, f"{why[:1].upper()}{why[1:]}.", _AGAIN, code="gateway-upstream")


def silent(route: Route, limit_s: float) -> DetenteError:
    """It took the request and said no more."""
    what = f"The upstream {route.provider.name} was silent"
    return DetenteError(what, f"Nothing came for {limit_s:g} seconds.", _AGAIN, code="gateway-silent")


def unserved(model: str, endpoint: Endpoint) -> DetenteError:
    """Nobody could be asked."""
    why = f"No upstream of gateway.yaml serves {model or 'this'} at {endpoint.name}."
    do = "Choose another model, or add an upstream for it."
    return DetenteError("Nobody serves this model", why, do, code="gateway-unserved")
