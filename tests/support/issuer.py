"""An OpenID provider on this machine: real keys, real codes, PKCE and client secrets checked; it can be told to lie."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

CLIENT, SECRET = "trimtab", "s3cret: of %40 client"
Claims = dict[str, Any]
FORM = "application/x-www-form-urlencoded"


class Signer:
    """A private key with its name, and its public half as a JWK."""

    def __init__(self, algorithm: str, name: str) -> None:
        self.algorithm, self.name = algorithm, name
        makers: dict[str, Callable[[], Any]] = {
            "RS256": lambda: rsa.generate_private_key(65537, 2048),
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
        }
        self.key = makers[algorithm]()

    @property
    def jwk(self) -> dict[str, Any]:
        """The public half, as it is published."""
        made = jwt.get_algorithm_by_name(self.algorithm).to_jwk(self.key.public_key(), as_dict=True)
        return dict(made) | {"kid": self.name, "use": "sig", "alg": self.algorithm}

    @property
    def pem(self) -> bytes:
        """The public half, as a text."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, form)

    def sign(self, claims: Claims) -> str:
        """A token."""
        return jwt.encode(claims, self.key, self.algorithm, headers={"kid": self.name})


@dataclass
class Issuer:
    """What it says of whoever signs in, how it signs, and what was asked of it."""

    now_s: Callable[[], int]
    url: str = ""
    person: Claims = field(default_factory=lambda: {"sub": "1", "preferred_username": "Ada"})
    signers: list[Signer] = field(default_factory=lambda: [Signer("RS256", "k1")])
    lie: Claims = field(default_factory=dict[str, Any])
    make: Callable[[Claims], str] | None = None
    down: bool = False
    method: str = "client_secret_basic"
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    more: Claims = field(default_factory=dict[str, Any])

    def configuration(self) -> Claims:
        """The discovery document."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize?tenant=1",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "end_session_endpoint": f"{self.url}/out",
            "token_endpoint_auth_methods_supported": [self.method],
        } | self.more

    def authorize(self, address: str) -> str:
        """What the provider does once somebody has signed in there: the address that the browser is sent back to."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return (
            f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.url})}"
        )

    def token(self, body: str, authorization: str) -> tuple[int, Claims]:
        """Turn a code into a token, once, for the right client, with the right verifier."""
        asked = {name: values[0] for name, values in parse_qs(body).items()}
        if self.method == "client_secret_basic":
            given = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
            client = [unquote_plus(one) for one in given]
        else:
            client = [asked.get("client_id", ""), asked.get("client_secret", "")]
        if client != [CLIENT, SECRET]:
            return 401, {"error": "invalid_client"}
        known = self.codes.pop(asked.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(asked["code_verifier"].encode()).digest())
        if (
            known is None
            or known["redirect_uri"] != asked["redirect_uri"]
            or known["code_challenge"] != challenge.rstrip(b"=").decode()
        ):
            return 400, {"error": "invalid_grant"}
        now_s = self.now_s()
        claims = {"iss": self.url, "aud": CLIENT, "exp": now_s + 300, "iat": now_s, "nonce": known["nonce"]}
        claims |= self.person | self.lie
        claims = {name: value for name, value in claims.items() if value is not None}
        return 200, {
            "access_token": "x",
            "token_type": "Bearer",
            "id_token": (self.make or self.signers[0].sign)(claims),
        }

    def answer(self, path: str, body: str, authorization: str) -> tuple[int, Claims]:
        """What is answered."""
        self.asked.append(path)
        if self.down:
            return 500, {"error": "an internal text"}
        if path == "/token":
            return self.token(body, authorization)
        if path == "/jwks":
            return 200, {"keys": [one.jwk for one in self.signers]}
        return 200, self.configuration()


@contextmanager
def issuing(now_s: Callable[[], int]) -> Generator[Issuer]:
    """A provider that runs for as long as the block does."""
    issuer = Issuer(now_s)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            status, found = issuer.answer(self.path, body, self.headers.get("authorization") or "")
            text = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
