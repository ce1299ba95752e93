"""One process that measures a tool call under a contract beside what others put around one; it prints JSON.

Microseconds of CPU for each call, the least of seven rounds, all around the same tool that does nothing.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import cedarpy
import jsonschema
import pybreaker
import stamina
import tenacity

from trimtab.edge.runtime import File, Runtime, SqliteLedger
from trimtab.vocabulary.contract import Contract, Facts, Provenance, SessionState, decide, read_contract

ROUNDS, CALLS = 7, int(sys.argv[1])
INPUT = {
    "type": "object",
    "properties": {
        "order": {"type": "string", "pattern": "^o-[0-9]+$"},
        "account": {"type": "string", "maxLength": 40},
        "amount": {"type": "number", "minimum": 0},
        "note": {"type": "string"},
        "urgent": {"type": "boolean"},
    },
    "required": ["order", "account"],
    "additionalProperties": False,
}
OUTPUT = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
ARGS = {"order": "o-1", "account": "ACC-1", "amount": 12.5, "note": "as agreed", "urgent": False}
RESULT = {"id": "o-1", "total": 12.5}
CONTRACT = f"""
apiVersion: trimtab/v1
kind: AgentContract
metadata: {{name: bench}}
spec:
  tools:
    look: {{effect: read, input: {json.dumps(INPUT)}, output: {{schema: {json.dumps(OUTPUT)}, trusted: true}}}}
    strange: {{effect: read, input: {json.dumps(INPUT)}, output: {{schema: {json.dumps(OUTPUT)}}}}}
    pay:
      effect: keyed_write
      input: {json.dumps(INPUT)}
      arguments: {{order: {{from: [user]}}, amount: {{max: 500}}}}
      pre: ["args.amount <= 100"]
      idempotency: {{key: [order]}}
      budget: {{session: {{calls: 100000000}}}}
"""
POLICY = """
permit(principal, action == Action::"look", resource);
permit(principal, action == Action::"pay", resource) when { context.amount <= 500 && context.vouched };
forbid(principal, action == Action::"pay", resource) unless { context.amount <= 100 };
"""


async def tool(args: Any, context: Any) -> Any:  # noqa: ARG001 - as the runtime calls it
    """Nothing."""
    return RESULT


async def bare() -> Any:
    """The same without arguments."""
    return RESULT


async def spent(call: Callable[[], Awaitable[Any]]) -> float:
    """Microseconds of CPU for one call."""
    found: list[float] = []
    for _ in range(ROUNDS):
        begun = time.process_time_ns()
        for _ in range(CALLS):
            await call()
        found.append((time.process_time_ns() - begun) / CALLS / 1e3)
    return min(found)


def spent_in(call: Callable[[], Any]) -> float:
    """Microseconds of CPU for one call that is not asynchronous."""

    async def called() -> Any:
        return call()

    return asyncio.run(spent(called))


def peers() -> dict[str, float]:
    """What others cost, one by one, and the usual stack of them."""
    decorated = tenacity.retry(
        stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_random_exponential(max=2)
    )(bare)
    patient = stamina.retry(on=OSError, attempts=3)(bare)
    breaker = pybreaker.CircuitBreaker(fail_max=5)
    before, after = jsonschema.Draft202012Validator(INPUT), jsonschema.Draft202012Validator(OUTPUT)

    async def stack() -> Any:
        before.validate(ARGS)
        with breaker.calling():
            found = await asyncio.wait_for(decorated(), 30)
        after.validate(found)
        return found

    async def timed() -> Any:
        return await asyncio.wait_for(bare(), 30)

    return {
        "bare": asyncio.run(spent(bare)),
        "tenacity": asyncio.run(spent(decorated)),
        "stamina": asyncio.run(spent(patient)),
        "pybreaker": spent_in(lambda: breaker.call(lambda: RESULT)),
        "jsonschema": spent_in(lambda: before.validate(ARGS)),
        "wait_for": asyncio.run(spent(timed)),
        "stack": asyncio.run(spent(stack)),
    }


def pipeline(contract: Contract, name: str) -> float:
    """A read through the whole pipeline."""
    runtime = Runtime(contract, {"look": tool, "strange": tool}, secret=b"bench")
    session = runtime.session("s-1", user="ann")
    return asyncio.run(spent(lambda: runtime.acall(session, name, ARGS)))


def decision(contract: Contract) -> dict[str, float]:
    """The decision alone: about a read, about a write with a source, a condition and a budget, and what Cedar's costs."""
    said = Provenance()
    said.hear("user", "please pay o-1")
    state = SessionState(id="s-1", user="ann")
    read = Facts(tool="look", args=ARGS, session=state, provenance=said, now_ns=1)
    write = Facts(tool="pay", args=ARGS, session=state, provenance=said, now_ns=1)
    if not decide(contract, "pre_tool_call", write).allowed:
        raise RuntimeError("the write is not allowed, so nothing was measured")
    policies, entities = cedarpy.PolicySet.from_str(POLICY), cedarpy.Entities.from_json_str("[]")
    request = {
        "principal": 'User::"ann"',
        "action": 'Action::"pay"',
        "resource": 'Tool::"pay"',
        "context": {"amount": 12, "vouched": True},
    }
    if cedarpy.is_authorized(request, policies, entities).decision != cedarpy.Decision.Allow:
        raise RuntimeError("Cedar does not allow it, so nothing was measured")
    return {
        "decide_read": spent_in(lambda: decide(contract, "pre_tool_call", read)),
        "decide_write": spent_in(lambda: decide(contract, "pre_tool_call", write)),
        "cedarpy": spent_in(lambda: cedarpy.is_authorized(request, policies, entities)),
    }


def durable(contract: Contract, writes: int) -> dict[str, float]:
    """Writes with their ledger in a file, and a bare fsync on the same disk; wall-clock microseconds, the median."""
    with tempfile.TemporaryDirectory(prefix="bench-edge-") as name:
        runtime = Runtime(
            contract, {"pay": tool}, secret=b"bench", ledger=SqliteLedger(File(Path(name) / "ledger.db"))
        )
        session = runtime.session("s-1", user="ann")
        session.provenance.hear("user", " ".join(f"o-{number}" for number in range(writes)))
        took: list[int] = []

        async def pay() -> None:
            for number in range(writes):
                begun = time.perf_counter_ns()
                done = await runtime.acall(session, "pay", {**ARGS, "order": f"o-{number}"})
                took.append(time.perf_counter_ns() - begun)
                if done.status != "succeeded":
                    raise RuntimeError(done.message)

        asyncio.run(pay())
        synced: list[int] = []
        with Path(name, "file").open("wb", buffering=0) as file:
            for _ in range(writes):
                begun = time.perf_counter_ns()
                file.write(b"x" * 200)
                os.fsync(file.fileno())
                synced.append(time.perf_counter_ns() - begun)
    return {"write": sorted(took)[writes // 2] / 1e3, "fsync": sorted(synced)[writes // 2] / 1e3}


def main() -> None:
    """Measure everything, once."""
    contract = read_contract(CONTRACT)
    found = peers()
    found |= {"pipeline": pipeline(contract, "look"), "pipeline_untrusted": pipeline(contract, "strange")}
    found |= decision(contract) | durable(contract, 200)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
