"""A rule of the Open Policy Agent as one more decision about each call: https://www.openpolicyagent.org/docs/rest-api."""

import http.client
import json
import ssl
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from trimtab.edge.runtime.advice.asking import Advice
from trimtab.vocabulary.contract import VERDICTS, Contract, Decision, Facts, Point, Reason, Remote, Verdict
from trimtab.vocabulary.kernel import Invalid

LONGEST = 100_000
SHAPE = 'true, or {"verdict": "allow" | "warn" | "ask" | "deny", "message": "why"}'


class Opa:
    """Asks one rule, over a new connection each time; it follows no redirect and uses no proxy."""

    points: frozenset[Point] = frozenset(["pre_tool_call"])

    def __init__(self, remote: Remote) -> None:
        """Know where."""
        self._remote = remote

    def advise(self, contract: Contract, point: Point, facts: Facts, decision: Decision) -> Advice:
        """What the rule says; where it cannot be asked, a no to what changes something or carries data out."""
        try:
            verdict, message = read_answer(self._post(input_of(contract, point, facts, decision)))
        except (OSError, ValueError, http.client.HTTPException, Invalid) as error:
            said = f"the rule {self._remote.path} could not be asked: {type(error).__name__}: {error}"[:400]
            return Advice(reasons=(Reason(code="advice", verdict=otherwise(contract, facts), message=said),))
        if verdict == "allow":
            return Advice()
        said = message or f"the rule {self._remote.path} says {verdict}"
        return Advice(reasons=(Reason(code="advice", verdict=verdict, message=said[:400]),))

    def _post(self, given: Mapping[str, Any]) -> bytes:
        remote = self._remote
        parts = urlsplit(remote.url)
        made: http.client.HTTPConnection
        if parts.scheme == "https":
            made = http.client.HTTPSConnection(
                parts.hostname or "",
                parts.port,
                timeout=remote.timeout_s,
                context=ssl.create_default_context(),
            )
        else:
            made = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=remote.timeout_s)
        try:
            body = json.dumps({"input": given}, default=str)
            made.request(
                "POST", f"{parts.path}/v1/data/{remote.path}", body, {"content-type": "application/json"}
            )
            answer = made.getresponse()
            raw = answer.read(LONGEST + 1)
        finally:
            made.close()
        if answer.status != 200 or len(raw) > LONGEST:
            raise Invalid(
                f"it answered {answer.status} with {len(raw)} bytes", hint="look at the server's log"
            )
        return raw


def otherwise(contract: Contract, facts: Facts) -> Verdict:
    """What counts where nobody answers: a tool that only reads goes on, and it is told."""
    tool = contract.tools.get(facts.tool)
    return "warn" if tool is not None and not (tool.writes or tool.egress) else "deny"


def input_of(contract: Contract, point: Point, facts: Facts, decision: Decision) -> dict[str, Any]:
    """The `input` of the rule: the call, the session, what tools gave, and what the contract says so far."""
    session, tool = facts.session, contract.tools.get(facts.tool)
    return {
        "point": point,
        "agent": contract.agent,
        "contract": contract.digest,
        "mode": decision.mode,
        "tool": facts.tool,
        "effect": decision.effect,
        "egress": tool.egress if tool else True,
        "args": dict(facts.args if decision.args is None else decision.args),
        "facts": dict(facts.results),
        "session": {
            "id": session.id,
            "tenant": session.tenant,
            "user": session.user,
            "intent": session.intent,
            "tainted": session.tainted,
            "sensitive": session.sensitive,
            "calls": session.calls,
            "writes": session.writes,
            "irreversible": session.irreversible,
        },
        "verdict": decision.would,
        "reasons": [{"code": one.code, "verdict": one.verdict} for one in decision.reasons],
    }


def read_answer(raw: bytes) -> tuple[Verdict, str]:
    """The verdict and its words; raises `Invalid` where a rule is not defined, or says something else."""
    found: Any = json.loads(raw)
    answer = cast("dict[str, Any]", found) if isinstance(found, dict) else dict[str, Any]()
    if "result" not in answer:
        raise Invalid("the rule is not defined", hint=SHAPE)
    result: Any = answer["result"]
    if isinstance(result, bool):
        return ("allow" if result else "deny"), ""
    said = cast("dict[str, Any]", result) if isinstance(result, dict) else {"verdict": result}
    verdict = said.get("verdict")
    if verdict not in VERDICTS or verdict == "transform":
        raise Invalid(f"the rule says {json.dumps(result)[:100]}", hint=SHAPE)
    return cast("Verdict", verdict), str(said.get("message") or "")


def advisers_of(contract: Contract) -> tuple[Opa, ...]:
    """Whom the contract wants to be asked."""
    return () if contract.remote is None else (Opa(contract.remote),)
