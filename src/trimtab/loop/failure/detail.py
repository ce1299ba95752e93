"""One group of failures: what it is, where it shows, and which cohorts it concentrates in."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from trimtab.loop.failure.classify import Row
from trimtab.loop.failure.cohorts import concentrations
from trimtab.loop.failure.courses import failed_steps
from trimtab.loop.failure.fingerprint import FINGERPRINT_VERSION, sign_step
from trimtab.loop.failure.groups import Looked, look
from trimtab.loop.failure.model import Occurrence, Signature
from trimtab.loop.failure.taxonomy import taxonomy
from trimtab.loop.store import Analytics, Scope
from trimtab.vocabulary.kernel import Invalid, Missing

EXAMPLES = 10
TOLD = ("trace_id", "span_id", "agent", "kind", "tool", "error_type", "error_class", "error_message")


def open_group(analytics: Analytics, scope: Scope, now_ns: int, fingerprint: str) -> dict[str, Any]:
    """A group of sessions that failed, else of steps; a unique beginning of its fingerprint will do.

    Raises `Missing` where the scope has none of this name, `Invalid` where it has several.
    """
    looked, signature = find_group(analytics, scope, now_ns, fingerprint)
    return detail(analytics, scope, looked, signature)


def sessions_in_group(analytics: Analytics, scope: Scope, now_ns: int, fingerprint: str) -> list[str]:
    """The sessions of a scope that show a failure, named as for `open_group`."""
    looked, signature = find_group(analytics, scope, now_ns, fingerprint)
    return [
        one.session
        for one in looked.found
        if one.signature.fingerprint == signature.fingerprint and one.closed_ns >= looked.window.counted_ns
    ]


def find_group(analytics: Analytics, scope: Scope, now_ns: int, fingerprint: str) -> tuple[Looked, Signature]:
    """What was looked at to find a failure, and its signature; raises as `open_group`."""
    for by_step in (False, True):
        looked = look(analytics, scope, now_ns, by_step=by_step)
        signature = named(looked.found, fingerprint)
        if signature is not None:
            return looked, signature
    hint = "`trimtab failures` lists them, `trimtab failures --steps` those of steps"
    raise Missing(f"no such failure in this scope: {fingerprint!r}", hint=hint)


def named(found: Sequence[Occurrence], fingerprint: str) -> Signature | None:
    """The signature of this fingerprint, or the only one whose fingerprint begins so."""
    signatures = {o.signature.fingerprint: o.signature for o in found}
    like = sorted(name for name in signatures if fingerprint and name.startswith(fingerprint))
    if len(like) > 1:
        raise Invalid(
            f"{fingerprint} begins {len(like)} fingerprints", hint=f"give more of it: {', '.join(like[:5])}"
        )
    return signatures[like[0]] if like else None


def detail(analytics: Analytics, scope: Scope, looked: Looked, signature: Signature) -> dict[str, Any]:
    """All that is known of one group."""
    members = [o for o in looked.found if o.signature.fingerprint == signature.fingerprint]
    inside = [o for o in members if o.closed_ns >= looked.window.counted_ns]
    group = next((g for g in looked.groups if g.fingerprint == signature.fingerprint), None)
    agents = sorted({o.agent for o in members})
    cohorts = concentrations(analytics, scope, [o.session for o in inside], agents)
    category = taxonomy().categories[signature.blamed.category]
    return {
        "taxonomy": taxonomy().version,
        "fingerprints": FINGERPRINT_VERSION,
        "since_ns": scope.since_ns,
        "until_ns": looked.window.until_ns,
        "truncated": looked.window.seen_ns is not None,
        "fingerprint": signature.fingerprint,
        "parts": signature.parts,
        "title": signature.title,
        "meaning": category.meaning,
        "group": asdict(group) if group else None,
        "cohorts": [asdict(one) for one in cohorts],
        "sessions": examples(analytics, scope.project, looked, signature, members[-EXAMPLES:]),
    }


def examples(
    analytics: Analytics, project: str, looked: Looked, signature: Signature, members: Sequence[Occurrence]
) -> list[dict[str, Any]]:
    """The latest sessions that show a failure, the latest first."""
    names = {o.session for o in members}
    rows = [row for row in looked.sessions if row["session"] in names]
    steps = failed_steps(analytics, project, rows)
    return [example(o, steps.get(o.session, []), signature) for o in reversed(members)]


def example(of: Occurrence, steps: Sequence[Row], signature: Signature) -> dict[str, Any]:
    """A session that shows the failure, with the step that failed, None where no error tells of it."""
    failed = next((step for step in steps if shows(step, signature)), None)
    return {
        "session": of.session,
        "closed_ns": of.closed_ns,
        "user": of.user,
        "release": of.release,
        "cost_nusd": of.cost_nusd,
        "took_ns": of.took_ns,
        "failed": of.failed,
        "step": {name: failed[name] for name in TOLD} if failed else None,
    }


def shows(step: Row, signature: Signature) -> bool:
    """Whether a step ended with the error of a signature."""
    return sign_step(step, taxonomy()).fingerprint == signature.fingerprint
