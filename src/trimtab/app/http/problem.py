"""Errors as RFC 9457 problem details, in one place."""

from collections.abc import Mapping

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


def problem(error: TrimtabError) -> Response:
    """The error as application/problem+json."""
    body = {"type": "about:blank", "title": error.code, "status": error.status, "detail": error.message}
    if error.hint:
        body["hint"] = error.hint
    return Response(
        orjson.dumps(body), error.status, headers_of(error), media_type="application/problem+json"
    )


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; integers beyond 64 bits and UUIDs become text."""
    return Response(orjson.dumps(value, default=str), status, headers, media_type="application/json")
