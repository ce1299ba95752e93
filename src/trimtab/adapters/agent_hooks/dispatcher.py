"""A contract as the policy engine of the Agent Control Specification's runtime."""

from collections.abc import Mapping
from typing import Any

from trimtab.adapters.agent_hooks.interceptor import SPOKEN, Contracted, Wire

Given = Mapping[str, Any]


class Dispatcher:
    """`AgentControl.from_native(manifest, policy_dispatcher=Dispatcher(Contracted(contract)))`, for policies of the type `custom`.

    The snapshot names the session as `session.id`; without one all calls are one session's.
    """

    def __init__(self, contracted: Contracted) -> None:
        """Decide as this contract does."""
        self._contracted = contracted

    def evaluate(self, invocation: Given) -> Wire:
        """The verdict about one intervention point; whatever it raises the runtime makes a deny."""
        verdict = self._contracted.intercept(context_of(invocation["input"]))
        if verdict["decision"] == "transform":
            return {"decision": "transform", "transform": {**verdict["transform"], "path": "$policy_target"}}
        if verdict["decision"] == "deny":
            word = "escalate" if "approval" in verdict else "deny"
            return {"decision": word, "reason": verdict["reason"], "message": verdict["message"]}
        warnings = verdict.get("warnings")
        return {"decision": "warn", **warnings[0]} if warnings else {"decision": "allow"}


def context_of(given: Given) -> dict[str, Any]:
    """What is asked about, in the words of agent-hooks."""
    point, snapshot, value = given["intervention_point"], given["snapshot"], given["policy_target"]["value"]
    found: dict[str, Any] = {
        "interception_point": point,
        "session": {"id": str((snapshot.get("session") or {}).get("id") or "-")},
    }
    name = str((given.get("tool") or {}).get("name") or "")
    if point == "pre_tool_call":
        found["tool_call"] = {"name": name, "args": value}
    elif point == "post_tool_call":
        called: Given = snapshot.get("tool_call") or {}
        found["tool_call"] = {"name": name, "args": called.get("args") or {}}
        found["tool_result"] = {"value": value}
    elif point == "pre_model_call":
        found["messages"] = [{"role": "user", "content": str(value)}]
    elif point in SPOKEN:
        found[SPOKEN[point]] = {"content": str(value)}
    return found
