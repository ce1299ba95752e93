"""What is learned about a session, now or long after it: outcomes, scores, feedback, tickets, labels."""

import math
from typing import Any

from trimtab.edge.sdk.ports import Fact
from trimtab.edge.sdk.runtime import HELD
from trimtab.edge.sdk.span import text_of
from trimtab.edge.sdk.warn import nothing, safe, warn_once
from trimtab.edge.sdk.words import OUTCOMES, SOURCES, wrong_word

MAX_FACT = 2000


class About:
    """A session by its id; each call appends a fact. With `id` of yours a fact said again changes nothing."""

    __slots__ = ("id",)

    def __init__(self, session: object) -> None:
        """Name the session."""
        self.id = text_of(session)

    @safe(nothing)
    def outcome(self, word: str, reason: str = "", *, source: str = "app", id: str = "") -> None:  # noqa: A002
        """Say what became of it: success, failure, refused, escalated, abandoned or unknown."""
        if word not in OUTCOMES:
            warn_once(wrong_word("the outcome", word, OUTCOMES))
            return
        self._keep("outcome", source, id, {"label": word, "reason": reason})

    @safe(nothing)
    def feedback(self, value: float, reason: str = "", *, source: str = "human", id: str = "") -> None:  # noqa: A002
        """Say how content the user was: 1 or 0, stars, whatever number you always use."""
        self._keep("feedback", source, id, {"value": value, "reason": reason})

    @safe(nothing)
    def score(self, name: str, value: float, *, method: str = "", source: str = "app", id: str = "") -> None:  # noqa: A002
        """Say what was measured; `method` names the evaluator and its version, results of two are never mixed."""
        self._keep("score", source, id, {"name": name, "value": value, "method": method})

    @safe(nothing)
    def ticket(self, label: str, reason: str = "", *, source: str = "ticket", id: str = "") -> None:  # noqa: A002
        """Say that somebody had to open a ticket, and of what sort."""
        self._keep("ticket", source, id, {"label": label, "reason": reason})

    @safe(nothing)
    def label(self, name: str, label: str, *, source: str = "human", id: str = "") -> None:  # noqa: A002
        """Say a word about it."""
        self._keep("label", source, id, {"name": name, "label": label})

    def _keep(self, kind: str, source: str, given: str, said: dict[str, Any]) -> None:
        runtime = HELD.runtime
        if runtime is None:
            return
        if source not in SOURCES:
            warn_once(wrong_word("the source", source, SOURCES))
            return
        if not self.id:
            warn_once(f"a {kind} without a session is not kept")
            return
        told = {name: value if name == "value" else text_of(value, MAX_FACT) for name, value in said.items()}
        if "value" in told:
            value = told["value"]
            if not isinstance(value, int | float) or not math.isfinite(value):
                warn_once(f"the value {str(value)[:60]!r} of a {kind} is no number: it is not kept")
                return
            told["value"] = float(value)
        fact: Fact = {
            "id": text_of(given, MAX_FACT) or runtime.new_id(16),
            "kind": kind,
            "source": source,
            "session": self.id,
            "time": runtime.clock.now_ns() / 1e9,
        }
        runtime.keep(fact | {name: value for name, value in told.items() if value != ""})


@safe(lambda: About(""))
def about(session: object) -> About:
    """A session of which more became known, by its id, in any process."""
    return About(session)
