"""Signing in against a real provider on a socket, right and wrong in every way that matters."""

from collections.abc import Callable, Iterator
from threading import Thread

import httpx
import pytest

from detente.edge import clock
from detente.edge.connectors import oidc
from detente.model.errors import DetenteError
from provider import CLIENT, OTHER, Provider, provider

Break = Callable[[Provider], None]


@pytest.fixture
def issuer() -> Iterator[Provider]:
    with provider() as server:
        yield server


def now() -> int:
    return int(clock.now().timestamp())


def browse(url: str) -> None:
    """A browser: follows the provider back to the loopback address."""
    Thread(target=lambda: httpx.get(url, follow_redirects=True)).start()


def by_browser(issuer: Provider) -> oidc.Claims:
    return oidc.by_browser(oidc.discover(issuer.issuer, CLIENT), browse, now).claims


def by_code(issuer: Provider, waits: list[float], shown: list[str]) -> oidc.Claims:
    found = oidc.discover(issuer.issuer, CLIENT)
    return oidc.by_code(found, lambda url, code: shown.extend((url, code)), waits.append, now).claims


def test_a_browser_brings_verified_claims(issuer: Provider) -> None:
    claims = by_browser(issuer)
    assert (claims["email"], claims["iss"], claims["aud"]) == ("Ann@acme.example", issuer.issuer, CLIENT)
    assert issuer.codes == {}


def test_a_code_typed_elsewhere_does_too_and_nobody_is_hurried(issuer: Provider) -> None:
    waits, shown = list[float](), list[str]()
    assert by_code(issuer, waits, shown)["email"] == "Ann@acme.example"
    assert shown == [f"{issuer.issuer}/go", "WDJB-MJHT"]
    assert waits == [1, 6, 6]


def wrong(**claims: object) -> Break:
    return lambda issuer: issuer.claims.update(claims)


def signed_by_another(issuer: Provider) -> None:
    issuer.signer = OTHER


def not_signed(issuer: Provider) -> None:
    issuer.algorithm = "none"


@pytest.mark.parametrize(
    "break_it",
    [
        pytest.param(wrong(iss="https://evil.example"), id="another issuer"),
        pytest.param(wrong(aud="another-client"), id="for another client"),
        pytest.param(wrong(aud=["another-client", CLIENT], azp="another-client"), id="given to another client"),
        pytest.param(wrong(exp=now() - 120), id="expired"),
        pytest.param(wrong(exp=None), id="without an end"),
        pytest.param(wrong(nbf=now() + 3600), id="not yet"),
        pytest.param(wrong(nonce="of another sign-in"), id="replayed"),
        pytest.param(wrong(nonce=None), id="without a nonce"),
        pytest.param(wrong(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), id="beside another access token"),
        pytest.param(signed_by_another, id="signed by another key"),
        pytest.param(not_signed, id="not signed"),
        pytest.param(lambda issuer: setattr(issuer, "state", "of another"), id="another state"),
        pytest.param(lambda issuer: setattr(issuer, "refusal", "access_denied"), id="refused"),
        pytest.param(lambda issuer: setattr(issuer, "calls_itself", "https://evil.example"), id="another name"),
        pytest.param(lambda issuer: setattr(issuer, "calls_itself", 7), id="no name"),
        pytest.param(lambda issuer: setattr(issuer, "published", [{"kty": "RSA"}]), id="half a key"),
        pytest.param(lambda issuer: setattr(issuer, "published", []), id="no key"),
    ],
)
def test_nothing_else_is_believed(issuer: Provider, break_it: Break) -> None:
    break_it(issuer)
    with pytest.raises(DetenteError) as caught:
        by_browser(issuer)
    assert caught.value.code == "login"
    assert issuer.issuer in caught.value.why


def test_a_small_difference_of_clocks_is_forgiven(issuer: Provider) -> None:
    issuer.claims = {"exp": now() - 20, "iat": now() + 20}
    assert by_browser(issuer)


@pytest.mark.parametrize("refusal", ["access_denied", "expired_token"])
def test_who_says_no_elsewhere_gets_no_key(issuer: Provider, refusal: str) -> None:
    issuer.refusal = refusal
    with pytest.raises(DetenteError, match=refusal):
        by_code(issuer, [], [])


def test_waiting_for_a_code_ends(issuer: Provider) -> None:
    issuer.pending = 10**6
    waits = list[float]()
    with pytest.raises(DetenteError, match="in time"):
        by_code(issuer, waits, [])
    assert sum(waits) < 90


def vouched(issuer: Provider) -> oidc.Claims:
    return oidc.vouched(issuer.issuer, CLIENT, issuer.id_token(), now())


def test_who_signed_in_elsewhere_is_believed_while_it_is_fresh(issuer: Provider) -> None:
    assert vouched(issuer)["email"] == "Ann@acme.example"
    for claims, told in (({"iat": now() - 700}, "10 minutes old"), ({"iat": None}, "iat"), ({"aud": "other"}, "aud")):
        issuer.claims = claims
        with pytest.raises(DetenteError, match=told):
            vouched(issuer)
    issuer.claims, issuer.signer = {}, OTHER
    with pytest.raises(DetenteError, match="BadSignature"):
        vouched(issuer)


def test_the_provider_is_asked_once_a_minute_whoever_knocks(issuer: Provider) -> None:
    minute = now() // 60
    told = [oidc._lately(issuer.issuer, CLIENT, one) for one in (minute, minute, minute + 1)]
    assert told[0] is told[1]
    assert told[1] is not told[2]


def test_no_provider_no_sign_in() -> None:
    with pytest.raises(DetenteError, match="cannot be used") as caught:
        oidc.discover("http://127.0.0.1:9", CLIENT)
    assert caught.value.code == "login"
