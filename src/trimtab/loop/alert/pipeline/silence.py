"""What is silenced by a person: alerts that match, for a time, with a reason."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from trimtab.loop.alert.match import holds, matches
from trimtab.loop.alert.model import Alert
from trimtab.loop.alert.records import Silence
from trimtab.vocabulary.kernel import Conflict, Invalid

Phase = Literal["pending", "active", "expired"]
MAX_MATCHERS = 50


def silenced(silences: Iterable[Silence], alert: Alert, now_ns: int) -> str:
    """The id of a silence that covers an alert now; empty where none does."""
    for one in silences:
        active = one.project == alert.project and one.starts_ns <= now_ns < one.ends_ns
        if active and matches(one.matchers, alert.labels):
            return one.id
    return ""


def check_silence(silence: Silence) -> Silence:
    """The same silence; raises `Invalid` for one that would silence everything, or that nobody answers for."""
    if not silence.matchers or all(holds(one, {}) for one in silence.matchers):
        raise Invalid("matchers: every alert would match", hint='name at least one label, as alertname="X"')
    if len(silence.matchers) > MAX_MATCHERS:
        raise Invalid(f"matchers: {len(silence.matchers)} of them", hint=f"at most {MAX_MATCHERS}")
    if silence.starts_ns >= silence.ends_ns:
        raise Invalid("ends: not later than starts", hint="a silence has an end after its start")
    for name, value in (("author", silence.author), ("comment", silence.comment)):
        if not value.strip():
            raise Invalid(f"{name} is missing", hint="say who wants silence, and why")
    return silence


def expire(silence: Silence, now_ns: int) -> Silence:
    """The silence with its end now; raises `Conflict` when it is over already."""
    if silence.ends_ns <= now_ns:
        raise Conflict(f"silence {silence.id} is over", hint="make a new one")
    return replace(silence, starts_ns=min(silence.starts_ns, now_ns), ends_ns=now_ns)


def phase(silence: Silence, now_ns: int) -> Phase:
    """Whether it is to come, holds, or is over."""
    if now_ns < silence.starts_ns:
        return "pending"
    return "active" if now_ns < silence.ends_ns else "expired"
