"""The agent of the demonstration, as anybody would write one: the SDK's sessions, steps and tools, under a contract."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import trimtab
from trimtab.app.demo.customer import Customer
from trimtab.app.demo.model import MODEL, PROVIDER, Move, Script
from trimtab.app.demo.shop import Shop
from trimtab.vocabulary.kernel import VirtualClock

AGENT, TENANT, PROMPT = "shop-support", "demo-shop", "shop-support"
Message = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What the agent runs with: a version of its prompt."""

    version: str
    prompt: str

    @property
    def bundle(self) -> str:
        """The name of the release."""
        return f"shop-{self.version}"


class Agent:
    """Serves one customer after another."""

    def __init__(self, shop: Shop, clock: VirtualClock, dice: Random) -> None:
        """With the tools of a shop."""
        self._shop, self._clock, self._dice = shop, clock, dice
        self._tools: Mapping[str, Callable[..., Any]] = shop.tools()

    def serve(self, customer: Customer, release: Release, name: str) -> tuple[bool, int]:
        """One task from the question to the answer; whether it was done, and how many calls of tools failed."""
        model, errors = Script(release.prompt, self._dice), 0
        messages = [
            {"role": "system", "content": release.prompt},
            {"role": "user", "content": customer.says},
        ]
        done: list[tuple[str, bool]] = []
        with trimtab.session(
            name,
            user=customer.user,
            tenant=TENANT,
            bundle=release.bundle,
            region=customer.region,
            topic=customer.intent,
        ) as s:
            s.input(customer.says)
            while not (move := self._ask(model, customer, release, (messages, done))).answer:
                said, good = self._call(move)
                errors += not good
                done.append((move.tool, good))
                messages.append({"role": "tool", "content": said})
            served = customer.served(self._shop)
            s.outcome("success" if served else "failure", "" if served else reason_of(done))
            s.output(move.answer)
        return served, errors

    def _ask(
        self,
        model: Script,
        customer: Customer,
        release: Release,
        so_far: tuple[list[Message], list[tuple[str, bool]]],
    ) -> Move:
        """Ask the model; yours is a call over the network."""
        messages, done = so_far
        with trimtab.step("llm", model=MODEL, provider=PROVIDER, input=messages) as m:
            self._clock.advance(self._dice.uniform(0.6, 1.8))
            move = model.next_move(customer, done)
            said = move.answer or json.dumps({"tool": move.tool, **move.arguments})
            m.set(
                output=[{"role": "assistant", "content": said}],
                finish="tool_call" if move.tool else "stop",
                **{"gen_ai.prompt.name": PROMPT, "gen_ai.prompt.version": release.version},
            )
            m.usage(input=sum(len(one["content"]) for one in messages) // 4, output=len(said) // 4)
        messages.append({"role": "assistant", "content": said})
        return move

    def _call(self, move: Move) -> tuple[str, bool]:
        """Call a tool; what the model reads of it, and whether it went well."""
        try:
            return json.dumps(self._tools[move.tool](**move.arguments)), True
        except trimtab.Stopped as stopped:
            return stopped.message, False
        except ConnectionError as error:
            return str(error), False


def reason_of(done: list[tuple[str, bool]]) -> str:
    """Why a task was not done."""
    failed = [tool for tool, good in done if not good]
    return f"{failed[0]} failed" if failed else "the customer was told that it is done, and nothing was done"
