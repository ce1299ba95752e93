"""The key of a unit of work: the same for every attempt, agent, process and restart that mean the same work."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from trimtab.vocabulary.contract import Idempotency
from trimtab.vocabulary.kernel import Invalid


def canonical(value: Any) -> str:
    """A value of JSON in one spelling; raises `Invalid` where it is none."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Invalid(f"arguments are no JSON: {error}", hint="plain values only") from error


def fingerprint_of(args: Mapping[str, Any]) -> str:
    """What tells two calls apart that have the same key."""
    return hashlib.sha256(canonical(dict(args)).encode()).hexdigest()


def key_of_work(
    secret: bytes, scope: tuple[str, str, str, str], args: Mapping[str, Any], plan: Idempotency | None
) -> str:
    """HMAC-SHA256 of tenant, session, unit, tool and the arguments that make the work; all of them without a plan.

    Raises `Invalid` where one of these arguments is missing: a key must mean something.
    """
    if plan is None:
        meant: Any = dict(args)
    else:
        meant = {path: value_at(args, path) for path in plan.key}
        missing = [path for path, value in meant.items() if value is None]
        if missing:
            raise Invalid(
                f"the key of the work needs {', '.join(missing)}",
                hint="call again with it",
                code="key_missing",
            )
    return hmac.new(secret, canonical([*scope, meant]).encode(), hashlib.sha256).hexdigest()


def value_at(args: Mapping[str, Any], path: str) -> Any:
    """An argument by its path; None where it is absent."""
    at: Any = args
    for part in path.split("."):
        at = at.get(part) if isinstance(at, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return at  # pyright: ignore[reportUnknownVariableType]
