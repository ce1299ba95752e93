"""What is told of a session of hooks: a turn of the user, the calls in it, decisions; all of a turn is one trace."""

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trimtab.edge.sdk.hooks.replay import Open, Replayed
from trimtab.edge.sdk.hooks.wire import Event
from trimtab.edge.sdk.lineage.context import SAMPLED, Lineage, Place
from trimtab.edge.sdk.runtime import Runtime
from trimtab.edge.sdk.span import Span
from trimtab.edge.sdk.steps import begin
from trimtab.edge.sdk.warn import nothing, safe
from trimtab.edge.sdk.words import ENDS, NAMED, attribute_of

if TYPE_CHECKING:
    from trimtab.vocabulary.contract import Decision

STATUS = "trimtab.contract.status"
Words = Mapping[str, Any]


class Teller:
    """Tells steps to whoever listens; nobody for None. It never raises."""

    def __init__(self, runtime: Runtime | None, lineage: Lineage) -> None:
        """Know whose steps they are."""
        self._runtime, self._lineage = runtime, lineage

    def ids(self) -> tuple[str, str]:
        """The ids of a turn: of its trace and of its step."""
        return secrets.token_hex(16), secrets.token_hex(8)

    @safe(nothing)
    def decided(self, known: Replayed, point: str, decision: "Decision", words: Words) -> None:
        """A decision that is not about a tool."""
        span = self._begin(known, "guardrail", point)
        if span is not None:
            if not decision.allowed:
                span.fail(decision.reasons[-1].code, decision.reasons[-1].message)
            self._end(span, words)

    @safe(nothing)
    def refused(self, known: Replayed, event: Event, decision: "Decision", words: Words) -> None:
        """A call that was not let through."""
        span = self._begin(known, "tool", event.tool)
        if span is not None:
            reason = decision.reasons[-1]
            span.fail(reason.code, reason.message)
            self._end(span, {**words, **given(event.args), STATUS: "refused"})

    @safe(nothing)
    def called(
        self, known: Replayed, event: Event, began: Open | None, after: "Decision | None", value: Any
    ) -> None:
        """A call that happened, from its beginning, where that was seen."""
        span = self._begin(known, "tool", event.tool)
        if span is None:
            return
        words: dict[str, Any] = {
            **(began.told if began else {}),
            **given(event.args),
            attribute_of("tool", "call_id"): event.text("tool_use_id") or None,
        }
        if began is not None:
            span.start_ns = began.began_ns
        if after is None:
            span.fail("tool_failed", event.text("error"))
            words[STATUS] = "failed"
        else:
            words |= {STATUS: "succeeded", attribute_of("tool", "output"): value}
            if after.reasons:
                words["trimtab.contract.after"] = ",".join(dict.fromkeys(one.code for one in after.reasons))
        self._end(span, words)

    @safe(nothing)
    def answered(self, known: Replayed, text: str, now_ns: int) -> None:
        """The turn, once it is answered."""
        turn, runtime = known.turn, self._runtime
        if turn is None or runtime is None:
            return
        place = Place(turn.trace_id, turn.span_id, SAMPLED, "", self._lineage)
        span = Span("agent", self._lineage.agent, place, "", born=runtime.generation, now_ns=turn.began_ns)
        span.tell(NAMED["agent"], self._lineage.agent)
        span.tell(attribute_of("agent", "input"), turn.prompt)
        span.tell(attribute_of("agent", "output"), text or None)
        span.end(now_ns)
        runtime.hand_on(span)

    @safe(nothing)
    def note(self, known: Replayed, event: Event) -> None:
        """An event about which nothing is decided: a notification, a compaction, the end of a sub-agent."""
        kind = "agent" if event.name == "SubagentStop" else "other"
        name = event.text("agent_type") if kind == "agent" else event.name
        span = self._begin(known, kind, name)
        if span is not None:
            said = event.text("last_assistant_message") or event.text("message") or event.text("trigger")
            self._end(span, {attribute_of(kind, "output"): said or None})

    @safe(nothing)
    def ended(self, known: Replayed, event: Event) -> None:
        """The end of the session, and of the calls that nobody saw happen."""
        for one in known.calls.values():
            span = self._begin(known, "tool", one.tool)
            if span is not None:
                span.start_ns = one.began_ns
                status = "waiting" if one.asked else "unknown"
                span.fail(status, "nobody saw it happen")
                self._end(span, {**one.told, **given(one.args), STATUS: status})
        span = self._begin(known, "agent", self._lineage.agent)
        if span is not None:
            self._end(span, {ENDS: True, "claude_code.end": event.text("reason") or None})

    def _begin(self, known: Replayed, kind: str, name: str) -> Span | None:
        runtime, turn = self._runtime, known.turn
        if runtime is None:
            return None
        above = Place(turn.trace_id, turn.span_id, SAMPLED, "", self._lineage) if turn else None
        return begin(runtime, kind, name, above, self._lineage)

    def _end(self, span: Span, words: Words) -> None:
        runtime = self._runtime
        if runtime is not None:
            for word, value in words.items():
                span.tell(word, value)
            span.end(runtime.clock.now_ns())
            runtime.hand_on(span)


def given(args: Words) -> dict[str, Any]:
    """The arguments of a call."""
    return {attribute_of("tool", "input"): dict(args)}
