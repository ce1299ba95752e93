"""Checks an ID token as OpenID Connect Core 3.1.3.7 asks: first who signed it, then for whom, for what and for when."""

import hmac
from collections.abc import Mapping
from typing import Any, cast

import orjson

from trimtab.adapters.oidc.documents import Documents
from trimtab.vocabulary.kernel import Unauthorised

Json = Mapping[str, Any]
SHAPES = {
    "RS256": {"kty": "RSA"},
    "ES256": {"kty": "EC", "crv": "P-256"},
    "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
}
"""The signatures that are taken, and the key of each: never none, never one that is made with a shared secret."""
SKEW_S, OLDEST_S = 60, 600
LONGEST = 65_536
MOST_SUBJECT = 255


def refused(why: str) -> Unauthorised:
    """What is raised for a token that is not taken."""
    return Unauthorised(
        f"the answer of the issuer is not taken: {why}",
        hint="sign in again; the audit log has the reason",
        code="token",
    )


def verify(token: object, documents: Documents, client_id: str, nonce: str, now_s: int) -> Json:
    """The claims of a token; raises `Unauthorised` where anything is wrong with it."""
    if not isinstance(token, str) or not token or len(token) > LONGEST:
        raise refused("it has no ID token")
    claims = signed(token, documents)
    check_place(claims, documents.issuer, client_id)
    check_time(claims, now_s)
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise refused("the nonce is that of another sign-in")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MOST_SUBJECT or not subject.isprintable():
        raise refused("it names no subject")
    return claims


def signed(token: str, documents: Documents) -> Json:
    """What a key of the issuer has signed."""
    import jwt

    door = jwt.PyJWS(list(SHAPES), {"enforce_minimum_key_length": True})
    try:
        header = door.get_unverified_header(token)
        algorithm, name = str(header.get("alg")), header.get("kid")
        if algorithm not in SHAPES:
            raise refused(f"it is signed by {algorithm[:20]!r}")
        key = key_of(documents, algorithm, name)
        payload = door.decode(token, jwt.PyJWK(dict(key), algorithm), [algorithm])
        found: object = orjson.loads(payload)
    except (jwt.PyJWTError, ValueError) as error:
        raise refused(f"{type(error).__name__}: the signature is not of the issuer") from error
    if not isinstance(found, dict):
        raise refused("it holds no claims")
    return cast("Json", found)


def key_of(documents: Documents, algorithm: str, name: object) -> Json:
    """The key of a name; where it is not known, the issuer may have changed its keys, and is asked once."""
    for unknown in (False, True):
        fitting = [one for one in documents.keys(unknown=unknown) if fits(one, algorithm)]
        named = [one for one in fitting if one.get("kid") == name] if name is not None else fitting
        if len(named) == 1:
            return named[0]
    raise refused("its key is not one of the issuer")


def fits(key: Json, algorithm: str) -> bool:
    """Whether a key is for this kind of signature."""
    shape = SHAPES[algorithm]
    return (
        all(key.get(name) == value for name, value in shape.items())
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    )


def check_place(claims: Json, issuer: str, client_id: str) -> None:
    """It must be of this issuer and for this client alone."""
    if claims.get("iss") != issuer:
        raise refused(f"it is of the issuer {str(claims.get('iss'))[:100]!r}")
    given = claims.get("aud")
    audience: list[object] = cast("list[object]", given) if isinstance(given, list) else [given]
    if client_id not in audience:
        raise refused("it is for another client")
    party = claims.get("azp")
    if (len(audience) > 1 or party is not None) and party != client_id:
        raise refused("it was given to another client")


def check_time(claims: Json, now_s: int) -> None:
    """It must hold now, and be new."""
    ends, made, begins = (claims.get(name) for name in ("exp", "iat", "nbf"))
    if not is_time(ends) or not is_time(made) or not (begins is None or is_time(begins)):
        raise refused("its times are missing")
    if now_s >= float(ends or 0) + SKEW_S:
        raise refused("it has expired")
    if not -SKEW_S <= now_s - float(made or 0) <= OLDEST_S:
        raise refused("it was not made just now")
    if begins is not None and now_s < float(begins) - SKEW_S:
        raise refused("it does not hold yet")


def is_time(given: object) -> bool:
    """Whether it is seconds since 1970."""
    return isinstance(given, int | float) and not isinstance(given, bool)
