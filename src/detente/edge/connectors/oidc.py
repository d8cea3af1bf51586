"""Signing in with the company's own identity provider: OpenID Connect, by a browser on this machine or by a code on another.

The browser comes back to a loopback address (RFC 8252) with a code that only this process can trade (PKCE, RFC 7636); where there is no
browser, a person types a short code elsewhere (RFC 8628). Either way an id_token counts only if the issuer's published key signed it, for
this client, now, and, in the browser, for this very attempt.
"""

import hmac
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from secrets import token_urlsafe
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from detente.model.errors import DetenteError

Claims = Mapping[str, Any]
Form = TypeVar("Form")
SCOPE = "openid email profile"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures by a published key; `none` and shared secrets never count."""

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
TIMEOUT_S, PATIENCE_S, LEEWAY_S = 20.0, 300.0, 60
FRESH_S = 600
"""How old a sign-in may be that somebody else vouches for."""

_THANKS = b"<!doctype html><title>D\xc3\xa9tente</title><p>You are signed in. This page can be closed."


@dataclass(frozen=True, slots=True)
class Provider:
    """Where an issuer answers; `device` is empty where it knows no codes."""

    issuer: str
    client: str
    authorize: str
    token: str
    keys: str
    device: str = ""


class Signed(NamedTuple):
    """Who signed in, and the provider's own word for it."""

    claims: Claims
    id_token: str


class _Discovered(msgspec.Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    device_authorization_endpoint: str = ""


class _Device(msgspec.Struct):
    device_code: str
    user_code: str
    verification_uri: str
    expires_in: float
    verification_uri_complete: str = ""
    interval: float = 5.0


class _Keys(msgspec.Struct):
    keys: list[dict[str, Any]]


def discover(issuer: str, client: str) -> Provider:
    """What an issuer says of itself. Errors: DetenteError, code `login`."""
    with _told("The identity provider cannot be used", issuer):
        said = _read(
            httpx.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration", timeout=TIMEOUT_S), _Discovered
        )
        if said.issuer != issuer:
            raise ValueError(f"it calls itself {said.issuer}")
        addresses = (
            said.authorization_endpoint,
            said.token_endpoint,
            said.jwks_uri,
            said.device_authorization_endpoint,
        )
        if issuer.startswith("https:") and not all(one.startswith("https:") for one in addresses if one):
            raise ValueError("it names an address without TLS")
        return Provider(issuer, client, *addresses)


def by_browser(provider: Provider, show: Callable[[str], object], now: Callable[[], int]) -> Signed:
    """Sign in with a browser on this machine: `show` opens the address. Errors: `login`."""
    verifier, nonce = token_urlsafe(48), token_urlsafe(24)
    with (
        _told("The sign-in did not succeed", provider.issuer),
        _loopback() as (server, address),
        _client(provider, address) as oauth,
    ):
        url, state = oauth.create_authorization_url(provider.authorize, code_verifier=verifier, nonce=nonce)
        show(url)
        code = _answer(server, state)
        token = oauth.fetch_token(provider.token, code=code, grant_type="authorization_code", code_verifier=verifier)
        return Signed(verified(provider, _published(provider), token, now(), nonce), str(token.get("id_token")))


def by_code(
    provider: Provider, show: Callable[[str, str], object], wait: Callable[[float], object], now: Callable[[], int]
) -> Signed:
    """Sign in on another machine: `show` gets an address and a code to type there, `wait` sleeps. Errors: `login`."""
    with _told("The sign-in did not succeed", provider.issuer), _client(provider) as oauth:
        if not provider.device:
            raise ValueError("it offers no sign-in by code")
        asked = {"client_id": provider.client, "scope": SCOPE}
        said = _read(httpx.post(provider.device, data=asked, timeout=TIMEOUT_S), _Device)
        show(said.verification_uri_complete or said.verification_uri, said.user_code)
        token = _polled(provider, oauth, said, wait)
        return Signed(verified(provider, _published(provider), token, now()), str(token.get("id_token")))


def vouched(issuer: str, client: str, id_token: str, now: int) -> Claims:
    """The claims of an id_token that somebody brings who signed in elsewhere, minutes ago. Errors: `login`.

    What the provider publishes is asked for once a minute at most, whoever knocks.
    """
    with _told("The sign-in did not succeed", issuer):
        claims = verified(*_lately(issuer, client, now // 60), {"id_token": id_token}, now)
        if not isinstance(claims.get("iat"), int | float) or now - claims["iat"] > FRESH_S:
            raise ValueError(f"the sign-in is more than {FRESH_S // 60} minutes old")
        return claims


@lru_cache(4)
def _lately(issuer: str, client: str, minute: int) -> tuple[Provider, KeySet]:
    provider = discover(issuer, client)
    return provider, _published(provider)


def _published(provider: Provider) -> KeySet:
    return KeySet.import_key_set({"keys": _read(httpx.get(provider.keys, timeout=TIMEOUT_S), _Keys).keys})


def verified(provider: Provider, keys: KeySet, token: Claims, now: int, nonce: str = "") -> Claims:
    """The claims of an id_token, once signature, issuer, audience, time and nonce are right.

    Raises JoseError, AuthlibBaseError or ValueError for anything else.
    """
    read = jwt.decode(str(token.get("id_token")), keys, algorithms=ALGORITHMS)
    wanted = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client},
    }
    params = {"nonce": nonce, "client_id": provider.client, "access_token": token.get("access_token")}
    CodeIDToken(read.claims, read.header, wanted, params).validate(now, LEEWAY_S)
    return read.claims


def _read(answer: httpx.Response, form: type[Form]) -> Form:
    """A provider's JSON document, in the form its standard gives it."""
    return msgspec.json.decode(answer.raise_for_status().content, type=form)


def _client(provider: Provider, address: str = "") -> OAuth2Client:
    """A public client: it proves itself by PKCE or by the device code, not by a secret."""
    return OAuth2Client(
        provider.client,
        token_endpoint_auth_method="none",  # noqa: S106 - the name of a method, not a password
        code_challenge_method="S256",
        scope=SCOPE,
        redirect_uri=address or None,
        timeout=TIMEOUT_S,
    )


def _polled(provider: Provider, oauth: OAuth2Client, said: _Device, wait: Callable[[float], object]) -> Claims:
    """Ask until the person has typed the code, as slowly as the provider wants."""
    pause, waited = said.interval, 0.0
    while waited < min(said.expires_in, PATIENCE_S):
        wait(pause)
        waited += max(pause, 1.0)
        try:
            return _traded(oauth, provider, said.device_code)
        except OAuthError as error:
            if error.error not in ("authorization_pending", "slow_down"):
                raise
            pause += 5 if error.error == "slow_down" else 0
    raise TimeoutError("nobody typed the code in time")


def _traded(oauth: OAuth2Client, provider: Provider, code: str) -> Claims:
    return dict(oauth.fetch_token(provider.token, grant_type=DEVICE, device_code=code, client_id=provider.client))


class _Loopback(HTTPServer):
    """Waits for the browser to come back; `query` is what it brought."""

    query: Mapping[str, list[str]] | None = None


class _Handler(BaseHTTPRequestHandler):
    server: _Loopback

    def do_GET(self) -> None:
        """Take what the browser brings to the one address; anything else (a favicon) is not it."""
        found = urlsplit(self.path)
        self.send_response(200 if found.path == "/callback" else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if found.path == "/callback":
            self.wfile.write(_THANKS)
            self.server.query = parse_qs(found.query)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the server calls
        """Nothing: the address holds a code."""


@contextmanager
def _loopback() -> Iterator[tuple[_Loopback, str]]:
    with _Loopback(("127.0.0.1", 0), _Handler) as server:
        server.timeout = 1.0
        yield server, f"http://127.0.0.1:{server.server_port}/callback"


def _answer(server: _Loopback, state: str) -> str:
    """The code the browser brought back for this attempt."""
    for _ in range(int(PATIENCE_S)):
        server.handle_request()
        if server.query is not None:
            break
    query = {name: values[0] for name, values in (server.query or {}).items()}
    if "error" in query:
        raise ValueError(f"it answered {query['error']}: {query.get('error_description', 'no reason given')}")
    if not query:
        raise TimeoutError("nobody came back from the browser in time")
    if not hmac.compare_digest(query.get("state", ""), state):
        raise ValueError("the browser brought the answer to another sign-in")
    return query.get("code", "")


@contextmanager
def _told(what: str, issuer: str) -> Iterator[None]:
    """Whatever goes wrong with a provider, in words; a token or code is never part of them."""
    try:
        yield
    except (httpx.HTTPError, AuthlibBaseError, JoseError, msgspec.DecodeError, ValueError, OSError) as error:
        why = f"{issuer}: {type(error).__name__}: {error}."
        do = "Check ai.gateway.login of the accord, then sign in again."
        raise DetenteError(what, why, do, code="login") from error
