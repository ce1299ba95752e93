"""What passes through the door, and what is left of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Signal = Literal["traces", "logs", "metrics"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redacted:
    """A body that may be written, and how often each rule hit on the way."""

    body: bytes
    hits: Mapping[str, int]
