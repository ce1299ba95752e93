"""Interceptors of agent-hooks beside a contract, at our eight points; the strictest word counts."""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from agent_hooks import (
    AgentContextBuilder,
    CompositionConfig,
    CompositionProfile,
    InterceptionEmitter,
)
from agent_hooks import (
    Decision as Word,
)

from trimtab.adapters.agent_hooks.interceptor import text_of
from trimtab.edge.runtime import Advice
from trimtab.vocabulary.contract import POINTS, Contract, Decision, Facts, Point, Reason, Verdict

MOST_SESSIONS = 10_000
FRAMEWORK = "trimtab"


class Interceptors:
    """Asks interceptors, each on its own copy of what happens: `trimtab.init(..., advisers=[Interceptors([...])])`.

    A deny that an approval lifts becomes our question to a person. What fails, takes too long or says something else is a no.
    """

    points: frozenset[Point] = frozenset(POINTS)

    def __init__(self, interceptors: Iterable[Any], timeout_s: float = 5.0) -> None:
        """Register them, in this order."""
        self._emitter = InterceptionEmitter(timeout=timeout_s)
        self._emitter.set_composition(CompositionConfig(profile=CompositionProfile.PARALLEL_STRICTEST))
        self._emitter.set_max_records(1)
        for one in interceptors:
            self._emitter.register(one, name=type(one).__name__)
        self._builders: OrderedDict[str, AgentContextBuilder] = OrderedDict()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def advise(self, contract: Contract, point: Point, facts: Facts, decision: Decision) -> Advice:
        """What they say together."""
        del decision
        context = context_of(self._builder(contract, facts), contract, point, facts)
        emitted = self._emitter.emit_unchecked(context)
        record = asyncio.run_coroutine_threadsafe(emitted, self._running()).result()
        return advice_of(record.verdict, point, context)

    def _builder(self, contract: Contract, facts: Facts) -> AgentContextBuilder:
        with self._lock:
            name = facts.session.id or "-"
            found = self._builders.get(name)
            if found is None:
                found = AgentContextBuilder(agent_id=contract.agent, framework=FRAMEWORK, session_id=name)
                self._builders[name] = found
                while len(self._builders) > MOST_SESSIONS:
                    self._builders.popitem(last=False)
            return found

    def _running(self) -> asyncio.AbstractEventLoop:
        """An event loop of its own, so that whoever asks may be in one, or in none."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="trimtab-hooks", daemon=True).start()
            return self._loop


def context_of(build: Any, contract: Contract, point: Point, facts: Facts) -> dict[str, Any]:
    """What is about to happen, as agent-hooks writes it."""
    call: dict[str, Any] = {"call_id": facts.tool, "name": facts.tool, "args": dict(facts.args)}
    model, text = facts.model, facts.text
    if point == "pre_model_call":
        return build.pre_model_call(model_id=model, messages=[{"role": "user", "content": text}])
    if point == "post_model_call":
        return build.post_model_call(model_id=model, content=text, tool_calls=[], finish_reason="stop")
    words: dict[str, dict[str, Any]] = {
        "agent_startup": {"tools_registered": sorted(contract.tools)},
        "input": {"content": text},
        "pre_tool_call": call,
        "post_tool_call": call | {"value": facts.result},
        "output": {"content": text},
        "agent_shutdown": {"reason": "completed"},
    }
    return getattr(build, point)(**words[point])


def advice_of(verdict: Any, point: Point, context: dict[str, Any]) -> Advice:
    """Their verdict as advice."""
    if verdict.decision is Word.DENY:
        word: Verdict = "ask" if verdict.approval is not None and point != "post_tool_call" else "deny"
        said = verdict.message or verdict.reason or "an interceptor says no"
        return Advice(reasons=(reason(word, verdict.reason, said),))
    warned = tuple(
        reason("warn", one.reason, one.message or one.reason or "") for one in verdict.warnings or ()
    )
    if verdict.decision is Word.TRANSFORM:
        return Advice(reasons=warned, replaces=True, replaced=target_of(point, context))
    return Advice(reasons=warned)


def reason(verdict: Verdict, code: str | None, message: str) -> Reason:
    """One word of an interceptor."""
    return Reason(code="advice", verdict=verdict, message=f"{code}: {message}" if code else message)


def target_of(point: Point, context: dict[str, Any]) -> Any:
    """What stands now where an interceptor put something else."""
    if point == "pre_tool_call":
        return context["tool_call"]["args"]
    return context["tool_result"]["value"] if point == "post_tool_call" else text_of(point, context)
