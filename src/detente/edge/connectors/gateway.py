"""A gateway elsewhere: whom it lets people sign in with, and the key it gives for an id_token."""

from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from detente.flows.login import Given
from detente.model.errors import DetenteError

Form = TypeVar("Form")
TIMEOUT_S = 60.0
_HERE = ("127.0.0.1", "::1", "localhost")


class Terms(msgspec.Struct):
    """Whom people sign in with, and as which client."""

    issuer: str
    client: str


class _Error(msgspec.Struct):
    message: str


class _Refusal(msgspec.Struct):
    error: _Error


def terms(url: str) -> Terms:
    """What the gateway at `url` asks for. Errors: `login`."""
    return _said(url, Terms, None)


def trade(url: str, id_token: str, tool: str) -> Given:
    """A key for who has just signed in. Errors: `login`."""
    return _said(url, Given, {"id_token": id_token, "tool": tool})


def _said(url: str, form: type[Form], told: dict[str, str] | None) -> Form:
    found = urlsplit(url)
    if found.scheme != "https" and (found.scheme != "http" or found.hostname not in _HERE):
        raise _refused(url, "It must begin with https://: what is sent there is as good as a key.")
    address = f"{url.rstrip('/').removesuffix('/v1')}/login"
    try:
        answer = httpx.request("POST" if told else "GET", address, json=told, timeout=TIMEOUT_S)
        if answer.is_success:
            return msgspec.json.decode(answer.content, type=form)
        raise _refused(url, msgspec.json.decode(answer.content, type=_Refusal).error.message)
    except (httpx.HTTPError, httpx.InvalidURL, msgspec.DecodeError) as error:
        raise _refused(url, f"{type(error).__name__}: {error}.") from error


def _refused(url: str, why: str) -> DetenteError:
    return DetenteError(f"{url} gives no key", why, "Check the address with whoever runs the gateway.", code="login")
