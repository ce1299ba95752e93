"""What the analysis of failures speaks of: who is to blame, signatures, groups, turns."""

from dataclasses import dataclass
from typing import Literal

Author = Literal["agent", "tool", "model", "environment", "user"]
"""Whose fault a failure is; only the agent's, the tool's and the model's are ours to mend."""
Status = Literal["new", "regressed", "ongoing", "resolved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blamed:
    """A category of the taxonomy and the author of the fault, None where it is not known."""

    category: str
    author: Author | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What failures of one group have in common, and nothing else: `parts` in a fixed order.

    `fingerprint` is 16 hex digits of a hash over the parts: stable across runs, machines and releases of Python.
    `title` says the same to a person. `kind` is the kind of the step, or "session" for one without an error.
    """

    fingerprint: str
    kind: str
    agent: str
    title: str
    parts: tuple[str, ...]
    blamed: Blamed


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a session shows that failed without an error: a sign, the tool or target of it, the last change before."""

    sign: str
    detail: str = ""
    after: str = ""
