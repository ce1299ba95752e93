"""The fingerprint of a failure: a deterministic key, the same for like failures in every run and release."""

import hashlib
from collections.abc import Sequence

import orjson

from trimtab.loop.failure.classify import Course, Row, shown, what
from trimtab.loop.failure.mask import key_of, template_of
from trimtab.loop.failure.model import Shown, Signature
from trimtab.loop.failure.taxonomy import Taxonomy

FINGERPRINT_VERSION = 1
"""Grows when the same failure would get another key; answers carry it beside the taxonomy's version."""
SAYS = {
    "length": "the last answer was cut at its length",
    "filtered": "the last answer was stopped by a filter",
    "handoff": "handed over to {detail}",
    "loop": "called {detail} again and again",
    "no_answer": "ended after {detail} without an answer",
    "no_tool": "answered without any tool",
    "untold": "no step is left that tells how it went",
    "read_only": "answered without any change, last {detail}",
    "acted": "answered, last change by {detail}",
}


def fingerprint_of(parts: Sequence[str]) -> str:
    """16 hex digits of BLAKE2b over the parts as JSON, so that no part can run into the next."""
    raw = orjson.dumps([FINGERPRINT_VERSION, *(part.encode("utf-8", "replace").decode() for part in parts)])
    return hashlib.blake2b(raw, digest_size=8).hexdigest()


def sign_step(step: Row, taxonomy: Taxonomy) -> Signature:
    """The signature of a step that failed: agent, kind, tool, error class, and the masked message."""
    template = template_of(step["error_message"])
    parts = ("step", step["agent"], step["kind"], step["tool"], step["error_class"], key_of(template))
    return Signature(
        fingerprint=fingerprint_of(parts),
        kind=step["kind"],
        agent=step["agent"],
        title=f"{what(step)}: {template or step['error_type'] or step['error_class'] or 'error'}",
        parts=parts,
        blamed=taxonomy.of_error(step["error_class"], step["kind"]),
    )


def sign_session(agent: str, course: Course, taxonomy: Taxonomy) -> Signature:
    """The signature of a session that failed: of its first lasting error, else of what its steps show.

    Errors that the session got over are not why it failed, and do not name it.
    """
    if course.lasting is not None:
        return sign_step(course.lasting, taxonomy)
    return sign_shown(agent, shown(course), taxonomy)


def sign_shown(agent: str, of: Shown, taxonomy: Taxonomy) -> Signature:
    """The signature of a session by what it shows."""
    parts = ("session", agent, of.sign, of.detail, of.after)
    after = f" after {of.after}" if of.after else ""
    return Signature(
        fingerprint=fingerprint_of(parts),
        kind="session",
        agent=agent,
        title=SAYS[of.sign].format(detail=of.detail) + after,
        parts=parts,
        blamed=taxonomy.of_sign(of.sign),
    )
