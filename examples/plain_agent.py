"""A small agent in plain Python: orders, refunds, tickets; its model is a script, so it runs anywhere.

python examples/plain_agent.py                                        # without a server: tells nobody, works the same
TRIMTAB_URL=http://127.0.0.1:4318 TRIMTAB_KEY=tt_... python examples/plain_agent.py
"""
# ruff: noqa: INP001, T201 - a program, not a package, and it talks

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import trimtab

ORDERS: dict[str, dict[str, Any]] = {
    "o-1": {"user": "ann", "eur": 30, "paid": True},
    "o-2": {"user": "bob", "eur": 900, "paid": True},
    "o-3": {"user": "ann", "eur": 12, "paid": False},
}
MOST_EUR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the model said: a tool to call, or an answer."""

    tool: str = ""
    order: str = ""
    answer: str = ""


def model(messages: list[dict[str, Any]]) -> Reply:
    """A model that always does the sensible thing; yours is a call over the network."""
    order = messages[0]["content"].split()[-1]
    results = [message for message in messages if message["role"] == "tool"]
    with trimtab.step("llm", model="gpt-5", provider="openai", input=messages) as m:
        if not results:
            reply = Reply(tool="look_up", order=order)
        elif "error" in results[-1]["content"]:
            reply = Reply(answer="I could not do that.")
        elif len(results) == 1:
            reply = Reply(tool="refund", order=order)
        else:
            reply = Reply(answer="Your money is on its way.")
        m.usage(input=100 + 20 * len(messages), output=10)
        m.set(finish="tool_calls" if reply.tool else "stop", output=reply.tool or reply.answer)
    return reply


def look_up(order: str) -> dict[str, Any]:
    """The order and its parcels, asked for side by side."""
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(trimtab.carry(ask_store), ["orders", "parcels"], [order, order])
    return next(iter(found))


@trimtab.traced("retrieve")
def ask_store(table: str, order: str) -> dict[str, Any]:
    """One table of the shop."""
    return dict(ORDERS[order]) if table == "orders" else {"parcel": order}


def refund(order: str) -> dict[str, Any]:
    """Hand over to the agent of the payments, which runs elsewhere: headers say whose work it goes on with."""
    with trimtab.step("agent", "front_desk", handoff="payments"):
        return payments(trimtab.inject(), order)


def payments(headers: Mapping[str, str], order: str) -> dict[str, Any]:
    """The other agent, as it would serve a request."""
    with trimtab.session(headers=headers, agent="payments"), trimtab.step("tool", "pay_back"):
        if not ORDERS[order]["paid"]:
            raise ValueError(f"{order} was never paid")
        return {"paid_back_eur": ORDERS[order]["eur"]}


TOOLS = {"look_up": look_up, "refund": refund}


def call(reply: Reply) -> str:
    """Call a tool; an exception becomes what the model is told, and the step says that it failed."""
    try:
        with trimtab.step("tool", reply.tool, input={"order": reply.order}) as m:
            found = TOOLS[reply.tool](reply.order)
            m.set(output=found)
    except (KeyError, ValueError) as error:
        return f"error: {error}"
    return json.dumps(found)


def serve(user: str, order: str) -> str:
    """One task of one user, from the question to its outcome."""
    with trimtab.session(user=user, tenant="shop", intent="refund") as s:
        with trimtab.step("guardrail", "own_orders_only"):
            allowed = ORDERS.get(order, {"user": user})["user"] == user
        if not allowed:
            s.outcome("refused", reason="the order is somebody else's")
            return "That is not your order."
        if order in ORDERS and ORDERS[order]["eur"] > MOST_EUR:
            s.outcome("escalated", reason="deliberate")
            s.ticket("refund", reason=f"more than {MOST_EUR} EUR")
            return "A colleague will look at it."
        messages: list[dict[str, Any]] = [{"role": "user", "content": f"refund {order}"}]
        while not (reply := model(messages)).answer:
            messages.append({"role": "tool", "content": call(reply)})
        done = "error" not in messages[-1]["content"]
        s.outcome("success" if done else "failure")
        s.score("steps", len(messages), method="count v1")
        s.feedback(1 if done else 0)
        return reply.answer


def main() -> None:
    """Serve a few users."""
    trimtab.init(agent="support")
    for user, order in (("ann", "o-1"), ("ann", "o-2"), ("bob", "o-2"), ("ann", "o-3"), ("eve", "o-9")):
        print(user, order, serve(user, order))


if __name__ == "__main__":
    main()
