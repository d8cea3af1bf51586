"""An identity provider on a socket: OpenID Connect with discovery, codes bound by PKCE, device codes and signed id_tokens.

A test makes it wrong in one respect: `claims` go over the right ones (None removes one), `signer` is another key, `algorithm` another way.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from detente.edge import clock

CLIENT = "detente"
PERSON = {"sub": "u-1", "email": "Ann@acme.example", "email_verified": True, "groups": ["/squads/payments", "staff"]}
RSA = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
OTHER = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})


class Provider(ThreadingHTTPServer):
    """What it knows: codes it gave out, with what was asked for them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.calls_itself = self.issuer
        self.codes: dict[str, dict[str, str]] = {}
        self.claims: dict[str, Any] = {}
        self.signer, self.algorithm = RSA, "RS256"
        self.published = [RSA.as_dict(private=False)]
        self.pending, self.refusal, self.state, self.interval = 2, "", "", 1.0

    def id_token(self, nonce: str = "") -> str:
        now = int(clock.now().timestamp())
        claims = (
            {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce} | PERSON | self.claims
        )
        held = {name: value for name, value in claims.items() if value not in (None, "")}
        header = {"alg": self.algorithm, "kid": "k1"}
        if self.algorithm == "none":
            return ".".join([*(encoded(json.dumps(part).encode()) for part in (header, held)), ""])
        return jwt.encode(header, held, self.signer, algorithms=[self.algorithm])


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        found = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(found.query).items()}
        if found.path == "/authorize":
            return self.authorize(asked)
        if found.path == "/keys":
            return self.say({"keys": self.server.published})
        if found.path == "/.well-known/openid-configuration":
            own = self.server.issuer
            paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
            paths |= {"device_authorization_endpoint": "device"}
            return self.say(
                {"issuer": self.server.calls_itself} | {name: f"{own}/{path}" for name, path in paths.items()}
            )
        return self.say({}, 404)

    def authorize(self, asked: dict[str, str]) -> None:
        """The person is signed in already: the browser goes straight back."""
        code, state = token_urlsafe(8), self.server.state or asked["state"]
        self.server.codes[code] = asked
        answer = {"error": self.server.refusal} if self.server.refusal else {"code": code}
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(answer | {'state': state})}")
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = {name: values[0] for name, values in parse_qs(body).items()}
        if self.path == "/device":
            return self.say(
                {
                    "device_code": "d",
                    "user_code": "WDJB-MJHT",
                    "verification_uri": f"{self.server.issuer}/go",
                    "expires_in": 60,
                    "interval": self.server.interval,
                }
            )
        if "device_code" in asked:
            return self.device()
        began = self.server.codes.pop(asked["code"])  # a code works once
        proof = encoded(sha256(asked["code_verifier"].encode()).digest())
        good = proof == began["code_challenge"] and asked["redirect_uri"] == began["redirect_uri"]
        if not good:
            return self.say({"error": "invalid_grant"}, 400)
        return self.give(began.get("nonce", ""))

    def device(self) -> None:
        self.server.pending -= 1
        if self.server.refusal:
            return self.say({"error": self.server.refusal}, 400)
        if self.server.pending >= 0:
            return self.say({"error": "slow_down" if self.server.pending else "authorization_pending"}, 400)
        return self.give()

    def give(self, nonce: str = "") -> None:
        self.say({"access_token": "a", "token_type": "Bearer", "id_token": self.server.id_token(nonce)})

    def say(self, told: Any, status: int = 200) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider that answers until the block ends."""
    with Provider() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
