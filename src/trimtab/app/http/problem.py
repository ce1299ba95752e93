"""Errors as RFC 9457 problem details, in one place."""

from collections.abc import Mapping, Sequence
from typing import cast

import orjson
from starlette.responses import Response

from trimtab.vocabulary.kernel import TrimtabError, Unavailable


def headers_of(error: TrimtabError) -> dict[str, str]:
    """Retry-After where a retry makes sense, WWW-Authenticate where a key is missing."""
    found: dict[str, str] = {}
    if isinstance(error, Unavailable):
        found["Retry-After"] = str(error.retry_after_s)
    if error.status == 401:
        found["WWW-Authenticate"] = "Bearer"
    return found


def problem(
    error: TrimtabError, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The error as application/problem+json; with the status of HTTP itself where that says more."""
    status = status or error.status
    body = {"type": "about:blank", "title": error.code, "status": status, "detail": error.message}
    if error.hint:
        body["hint"] = error.hint
    named = headers_of(error) | dict(headers or {})
    return Response(orjson.dumps(storable(body)), status, named, media_type="application/problem+json")


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; integers beyond 64 bits, UUIDs and keys that are no texts become text."""
    try:
        raw = orjson.dumps(value, default=str)
    except TypeError:
        raw = orjson.dumps(storable(value), default=str)
    return Response(raw, status, headers, media_type="application/json")


def storable(value: object) -> object:
    """The same value in what JSON can carry."""
    if isinstance(value, dict):
        return {text_of(k): storable(v) for k, v in cast("dict[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in cast("Sequence[object]", value)]
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 64:
        return str(value)
    return value


def text_of(value: object) -> str:
    """A value as text that is valid UTF-8."""
    return str(value).encode("utf-8", "replace").decode()
