"""Interceptors of agent-hooks beside a contract, a contract among interceptors, and the kit's own vectors with a contract in them."""
# ruff: noqa: T201 - a program, and it talks

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from agent_control_specification import AgentControl, EnforcementMode
from agent_hooks import AgentContextBuilder, InterceptionEmitter
from agent_hooks.ctk import load_vectors, run_vectors
from agent_hooks.ctk.reference import ReferenceHarness

from trimtab.adapters.agent_hooks import Contracted, Dispatcher, Interceptors
from trimtab.vocabulary.contract import read_contract

TEXT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: shop}
spec:
  mode: enforce
  tools:
    look: {effect: read, output: {hidden: [card]}}
    pay: {effect: irreversible, arguments: {to: {from: [user], otherwise: deny}, n: {max: 5}}, budget: {session: {calls: 2}}}
    send: {effect: irreversible, arguments: {to: {from: [user]}}}
"""
OPEN = "apiVersion: trimtab/v1\nkind: AgentContract\nmetadata: {name: any}\nspec: {mode: observe, tools: {any: {effect: read}}}\n"
told: dict[str, Any] = {}


class Says:
    """An interceptor that says the same at one point."""

    def __init__(self, point: str, verdict: Mapping[str, Any] | Exception) -> None:
        """Know both."""
        self.point, self.verdict = point, verdict

    def intercept(self, context: Mapping[str, Any]) -> Any:
        """Allow elsewhere."""
        if context["interception_point"] != self.point:
            return {"decision": "allow"}
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return dict(self.verdict)


# Theirs beside ours.
def paid(*interceptors: Says, n: int = 1, yes: tuple[str, ...] = ()) -> str:
    """How a payment ends."""
    from trimtab.edge.runtime import Runtime

    runtime = Runtime(
        read_contract(TEXT),
        {"pay": lambda args, _: f"paid {args['n']}"},
        secret=b"s",
        advisers=[Interceptors(interceptors)],
    )
    session = runtime.session("s")
    session.provenance.hear("user", "pay ann")
    outcome = runtime.call(session, "pay", {"to": "ann", "n": n})
    return str(outcome.value) if outcome.status == "succeeded" else f"{outcome.status} {outcome.code}"


at = "pre_tool_call"
told["beside"] = {
    "allow": paid(Says(at, {"decision": "allow"})),
    "warn": paid(Says(at, {"decision": "allow", "warnings": [{"reason": "large"}]})),
    "deny": paid(Says(at, {"decision": "deny", "reason": "no"})),
    "escalate": paid(Says(at, {"decision": "deny", "approval": {}})),
    "strictest": paid(
        Says(at, {"decision": "allow"}),
        Says(at, {"decision": "deny", "approval": {}}),
        Says(at, {"decision": "deny"}),
    ),
    "raises": paid(Says(at, ValueError("x"))),
    "malformed": paid(Says(at, {"decision": "perhaps"})),
    "reserved reason": paid(Says(at, {"decision": "deny", "reason": "host_error:mine"})),
    "transform": paid(Says(at, {"decision": "transform", "transform": {"path": "$target.n", "value": 3}})),
    "transform beyond": paid(
        Says(at, {"decision": "transform", "transform": {"path": "$target.n", "value": 9}})
    ),
    "two transforms": paid(
        *[Says(at, {"decision": "transform", "transform": {"path": "$target.n", "value": k}}) for k in (2, 3)]
    ),
    "transform nowhere": paid(
        Says(at, {"decision": "transform", "transform": {"path": "$target.a.b.c", "value": 1}})
    ),
    "result": paid(
        Says("post_tool_call", {"decision": "transform", "transform": {"path": "$target", "value": "masked"}})
    ),
    "none": paid(),
}
points = ["agent_startup", "input", "pre_model_call", "post_model_call", "output"]
told["points"] = []
for point in points:
    adviser = Interceptors([Says(point, {"decision": "deny", "reason": "no"})])
    from trimtab.edge.runtime import Runtime
    from trimtab.vocabulary.contract import Facts

    runtime = Runtime(read_contract(TEXT), {}, secret=b"s", advisers=[adviser])
    told["points"].append(runtime.decide(point, Facts(text="x")).verdict)


# Ours among theirs.
async def among() -> list[Any]:
    """What a host is told, point by point."""
    emitter = InterceptionEmitter()
    emitter.register(Contracted(read_contract(TEXT)), name="contract")
    b = AgentContextBuilder(agent_id="shop", framework="any", session_id="s")
    look = {"call_id": "1", "name": "look", "args": {}}
    found: list[Any] = []
    for context in (
        b.pre_tool_call(call_id="0", name="pay", args={"to": "ann"}),
        b.input(content="pay ann"),
        b.pre_tool_call(call_id="2", name="pay", args={"to": "ann"}),
        b.pre_tool_call(**look),
        b.post_tool_call(**look, value={"card": "4111", "mail": "eve@evil.example"}),
        b.pre_tool_call(call_id="3", name="send", args={"to": "eve@evil.example"}),
        b.pre_tool_call(call_id="4", name="pay", args={"to": "ann"}),
        b.pre_tool_call(call_id="5", name="pay", args={"to": "ann"}),
        b.pre_tool_call(call_id="6", name="other", args={}),
    ):
        record = await emitter.emit_unchecked(context)
        verdict = record.verdict
        found.append([verdict.decision.value, verdict.reason, verdict.approval is not None])
        if context["interception_point"] == "post_tool_call":
            found[-1].append(context["tool_result"]["value"])
    return found


told["among"] = asyncio.run(among())


# Ours in the runtime of the Agent Control Specification.
POINTS = {
    "input": ("$.input", "user_input"),
    "pre_tool_call": ("$.tool_call.args", "tool_args"),
    "post_tool_call": ("$.result", "tool_result"),
}
MANIFEST = {
    "agent_control_specification_version": "0.3.1-beta",
    "metadata": {"name": "shop"},
    "policies": {"trimtab": {"type": "custom", "adapter": "trimtab"}},
    "tools": {"look": {}, "pay": {}, "send": {}},
    "intervention_points": {
        point: {"policy": {"id": "trimtab"}, "policy_target": path, "policy_target_kind": kind}
        | ({"tool_name_from": "$.tool_call.name"} if "tool" in point else {})
        for point, (path, kind) in POINTS.items()
    },
}


async def controlled() -> list[Any]:
    """What the runtime says, point by point."""
    control = AgentControl.from_native(
        json.dumps(MANIFEST), policy_dispatcher=Dispatcher(Contracted(read_contract(TEXT)))
    )
    found: list[Any] = []
    for point, tool, args, more in (
        ("pre_tool_call", "pay", {"to": "ann"}, {}),
        ("input", "", {}, {"input": "pay ann"}),
        ("pre_tool_call", "pay", {"to": "ann"}, {}),
        ("post_tool_call", "look", {}, {"result": {"card": "4111", "mail": "eve@evil.example"}}),
        ("pre_tool_call", "send", {"to": "eve@evil.example"}, {}),
    ):
        snapshot = {"tool_call": {"name": tool, "args": args}, "session": {"id": "s"}, **more}
        result = await control.evaluate_intervention_point(point, snapshot, EnforcementMode.ENFORCE)
        found.append([result.verdict.decision.value, result.verdict.reason, result.transformed_policy_target])
    return found


told["controlled"] = asyncio.run(controlled())


# The kit's vectors, as they are and with a contract that observes behind the scripted interceptors.
class WithContract(ReferenceHarness):
    """The kit's own host, with a contract in it."""

    def setup(self, scenario: Any, interceptors: list[Any], *rest: Any, **more: Any) -> None:
        """Let a contract intercept, too, where anybody does."""
        more_of_them = [Contracted(read_contract(OPEN))] if interceptors else []
        super().setup(scenario, [*interceptors, *more_of_them], *rest, **more)


def results(host: type[ReferenceHarness]) -> dict[str, list[str]]:
    """Vectors by how they ended."""
    found: dict[str, list[str]] = {}
    for one in run_vectors(host, load_vectors()):
        found.setdefault(one.status, []).append(f"{one.id} {one.failures or one.detail}"[:300])
    return found


told["alone"], told["with"] = results(ReferenceHarness), results(WithContract)
print("TOLD" + json.dumps(told))
