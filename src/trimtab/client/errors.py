"""What a server may answer instead of what was asked for, as the problem details say it (RFC 9457).

ApiError
├── Invalid        400, 422   the input is wrong
├── Unauthorised   401        nobody is known by this key
├── Refused        403        understood, but not allowed
├── Missing        404        what is named is not there, or belongs to another project
├── Conflict       409        it has changed, is taken, or is under way
├── TooLarge       413
├── TooMany        429        asked too often, also after waiting
└── Unavailable    503, none  not now, or no answer at all
"""

from collections.abc import Mapping
from typing import Any, cast


class ApiError(Exception):
    """`code` is stable, `message` says what is wrong, `hint` what to do; `status` is 0 where nobody answered."""

    def __init__(
        self, message: str, *, code: str = "", hint: str = "", status: int = 0, retry_after_s: float = 0.0
    ) -> None:
        """Say what is wrong."""
        super().__init__(f"{message} ({hint})" if hint else message)
        self.message, self.code, self.hint = message, code, hint
        self.status, self.retry_after_s = status, retry_after_s


class Invalid(ApiError):
    """The input is wrong."""


class Unauthorised(ApiError):
    """Nobody is known by this key."""


class Refused(ApiError):
    """Understood, but not allowed."""


class Missing(ApiError):
    """What is named is not there, or belongs to another project."""


class Conflict(ApiError):
    """It has changed, it is taken, or the same request is under way."""


class TooLarge(ApiError):
    """More than the server takes at once."""


class TooMany(ApiError):
    """Asked too often."""


class Unavailable(ApiError):
    """Not now, or no answer at all."""


BY_STATUS: Mapping[int, type[ApiError]] = {
    400: Invalid,
    401: Unauthorised,
    403: Refused,
    404: Missing,
    409: Conflict,
    413: TooLarge,
    422: Invalid,
    429: TooMany,
    503: Unavailable,
}


def error_of(status: int, body: object, retry_after_s: float) -> ApiError:
    """The error that an answer is."""
    said = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    return BY_STATUS.get(status, ApiError)(
        str(said.get("detail") or f"HTTP {status}"),
        code=str(said.get("title") or ""),
        hint=str(said.get("hint") or ""),
        status=status,
        retry_after_s=retry_after_s,
    )
