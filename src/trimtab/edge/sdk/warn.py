"""Nothing of ours raises into the agent: a fault is told once in the log, and the agent goes on."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
MAX_REMEMBERED = 200
told: set[str] = set()


def warn_once(message: str, about: str = "") -> None:
    """Log a warning; the second of its kind (`about`, else its words) is silent."""
    key = about or message
    if key in told or len(told) >= MAX_REMEMBERED:
        return
    told.add(key)
    try:
        import logging  # noqa: PLC0415 - costs 5 ms, and is needed when something went wrong

        logging.getLogger("trimtab").warning("trimtab: %s", message)
    except Exception:  # noqa: BLE001, S110 - a broken handler of the user's must not reach the agent
        pass


def forget() -> None:
    """Let every warning be told again."""
    told.clear()


def safe(otherwise: Callable[[], Any]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function that never raises an `Exception`: it warns once and gives `otherwise()`."""

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except Exception as error:  # noqa: BLE001 - the promise of this module
                name = getattr(function, "__qualname__", "?")
                warn_once(f"{name}: {type(error).__name__}: {str(error)[:300]}", f"{name} {type(error)}")
                return otherwise()

        return guarded

    return wrap


def nothing() -> None:
    """What a call gives that failed and has nothing to give."""
