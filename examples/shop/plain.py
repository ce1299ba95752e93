"""The support agent in plain Python.

python examples/shop/plain.py        # TRIMTAB_URL and TRIMTAB_KEY say where it tells what it does; without them it tells nobody
"""
# ruff: noqa: INP001, T201 - a program, and it talks

import json
from collections.abc import Callable
from typing import Any

from shop import CONTRACT, MODEL, PROMPT, QUESTIONS, Move, Shop, next_move

import trimtab


def tools_of(shop: Shop) -> dict[str, Callable[..., Any]]:
    """The shop's functions as tools: how each is called stands in the contract."""
    return {
        name: trimtab.tool(name)(getattr(shop, name))
        for name in ("orders_get", "refund", "refund_cancel", "ticket_open")
    }


def ask(s: trimtab.Session, question: str, results: list[tuple[str, str]]) -> Move:
    """Ask the model; yours is a call over the network."""
    s.before_model(results[-1][1] if results else question, MODEL)
    with trimtab.step(
        "llm", model=MODEL, provider="script", input=[{"role": "user", "content": question}]
    ) as m:
        move = next_move(question, results)
        m.usage(input=move.input_tokens, output=move.output_tokens)
        m.set(finish="tool_call" if move.tool else "stop", output=move.tool or move.answer)
    s.after_model(move.answer, MODEL)
    return move


def serve(shop: Shop, question: str, user: str = "ann") -> str:
    """One task of one user."""
    tools = tools_of(shop)
    with trimtab.session(user=user, tenant="shop") as s:
        s.system(PROMPT)
        results: list[tuple[str, str]] = []
        asked = s.input(question)
        while not (move := ask(s, asked, results)).answer:
            try:
                found = json.dumps(tools[move.tool](**move.args))
            except trimtab.Stopped as stopped:
                found = stopped.message
            results.append((move.tool, found))
        s.outcome("success" if shop.refunds else "escalated" if shop.tickets else "failure")
        return s.output(move.answer)


def main() -> None:
    """Serve a few customers."""
    trimtab.init(contract=CONTRACT, ledger=False)
    for question in QUESTIONS:
        shop = Shop(down=1)
        print(f"{question} -> {serve(shop, question)}")
        print(f"    paid back {shop.refunds}, tickets {shop.tickets}")


if __name__ == "__main__":
    main()
