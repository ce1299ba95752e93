"""The moment by which everything must be done: absolute, carried from session to step to tool to subprocess."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from trimtab.vocabulary.kernel import Clock

CURRENT: ContextVar[int | None] = ContextVar("trimtab_deadline_ns", default=None)
HEADER = "x-trimtab-deadline-ms"
VARIABLE = "TRIMTAB_DEADLINE_MS"
RESERVE_S = 0.05
"""Seconds kept for telling the caller."""


@contextmanager
def within(seconds: float, clock: Clock) -> Generator[int]:
    """Everything inside is done within `seconds`, or by the deadline that already holds if that is earlier."""
    ends_ns = clock.now_ns() + int(seconds * 1e9)
    outer = CURRENT.get()
    token = CURRENT.set(ends_ns if outer is None else min(outer, ends_ns))
    try:
        yield CURRENT.get() or ends_ns
    finally:
        CURRENT.reset(token)


def remaining_s(clock: Clock) -> float | None:
    """Seconds that are left; None without a deadline."""
    ends_ns = CURRENT.get()
    return None if ends_ns is None else (ends_ns - clock.now_ns()) / 1e9


def carried() -> dict[str, str]:
    """The deadline as a header for a request; {} without one."""
    ends_ns = CURRENT.get()
    return {} if ends_ns is None else {HEADER: str(ends_ns // 1_000_000)}


def environment() -> dict[str, str]:
    """The deadline as a variable for a subprocess; {} without one."""
    ends_ns = CURRENT.get()
    return {} if ends_ns is None else {VARIABLE: str(ends_ns // 1_000_000)}


def received(headers: Mapping[str, str]) -> int | None:
    """The deadline of a request or environment, in nanoseconds since the epoch; None without one that is readable."""
    for name, value in headers.items():
        if name.lower() == HEADER or name == VARIABLE:
            return int(value) * 1_000_000 if value.isascii() and value.isdigit() and len(value) < 16 else None
    return None
