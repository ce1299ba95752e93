"""The identity provider port by OpenID Connect."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from trimtab.adapters.oidc.documents import ACCEPT, Documents, document_of
from trimtab.adapters.oidc.token import refused, verify
from trimtab.loop.access import Claims, Trip
from trimtab.loop.alert import Request
from trimtab.loop.alert.ports import Web
from trimtab.vocabulary.kernel import Clock, Invalid, TrimtabError, Unavailable

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """How the issuer knows this server; a client without a secret is a public one."""

    issuer: str
    id: str
    secret: str = field(default="", repr=False)
    scopes: str = "openid profile email"


class OidcProvider:
    """One issuer. Safe in threads; nothing is asked of it before somebody signs in."""

    def __init__(self, client: Client, web: Web, clock: Clock) -> None:
        """Check what was configured; raises `Invalid`."""
        try:
            import jwt  # noqa: F401 # pyright: ignore[reportUnusedImport]
            from cryptography import x509  # noqa: F401 # pyright: ignore[reportUnusedImport]
        except ImportError as error:
            raise Invalid(
                "sign-in by OpenID Connect needs the package pyjwt[crypto]",
                hint="pip install 'trimtab[oidc]'",
            ) from error
        where = urlsplit(client.issuer)
        if where.scheme not in {"https", "http"} or not where.hostname or where.query or where.fragment:
            raise Invalid(
                f"TRIMTAB_OIDC_ISSUER={client.issuer[:200]!r} is not an address of an issuer",
                hint="for example https://login.example/realms/main",
            )
        if not client.id:
            raise Invalid("TRIMTAB_OIDC_CLIENT_ID is missing", hint="the issuer gives one to each client")
        self._client, self._web, self._clock = client, web, clock
        self._documents = Documents(client.issuer, web, clock)

    def departure(self, trip: Trip, back: str) -> str:
        """The address that a browser is sent to."""
        scopes = self._client.scopes.split()
        asked = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": back,
            "scope": " ".join(["openid", *(one for one in scopes if one != "openid")]),
            "state": trip.state,
            "nonce": trip.nonce,
            "code_challenge": trip.challenge,
            "code_challenge_method": "S256",
        }
        return with_query(str(self._documents.configuration()["authorization_endpoint"]), asked)

    def arrival(self, trip: Trip, code: str, back: str) -> Claims:
        """Turn the code into a token, over a connection of our own, and check it."""
        known = self._documents.configuration()
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": trip.verifier,
        }
        headers = {**ACCEPT, "content-type": "application/x-www-form-urlencoded"}
        methods = known.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if self._client.secret and "client_secret_basic" in methods:
            pair = f"{quote_plus(self._client.id)}:{quote_plus(self._client.secret)}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            asked["client_id"] = self._client.id
            if self._client.secret:
                asked["client_secret"] = self._client.secret
        answer = self._web.send(
            Request(url=str(known["token_endpoint"]), body=urlencode(asked).encode(), headers=headers)
        )
        if answer.status == 0 or answer.status >= 500:
            raise Unavailable(
                "the issuer does not answer", hint="sign in again", code="issuer_down", retry_after_s=5
            )
        try:
            token = document_of(answer).get("id_token")
        except ValueError as error:  # the answer may hold what must not be told on
            raise refused(f"it does not take the code (status {answer.status})") from error
        now_s = self._clock.now_ns() // SECOND_NS
        said = verify(token, self._documents, self._client.id, trip.nonce, now_s)
        return Claims(issuer=self._client.issuer, subject=str(said["sub"]), said=said)

    def farewell(self, back: str) -> str:
        """The address at which one signs out there, "" where the issuer names none."""
        where = self._documents.configuration().get("end_session_endpoint")
        asked = {"client_id": self._client.id, "post_logout_redirect_uri": back}
        return with_query(str(where), asked) if where else ""

    def check(self) -> str:
        """`ok`, or why nobody can sign in there now."""
        try:
            self._documents.keys()
        except TrimtabError as error:
            return self._documents.trouble() or error.message
        return self._documents.trouble() or "ok"


def with_query(address: str, asked: Mapping[str, Any]) -> str:
    """An address with more in its query."""
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"
