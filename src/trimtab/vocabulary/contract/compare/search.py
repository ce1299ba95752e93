"""Situations in which the new contract lets through what the old one did not: an own search over the finite parts.

Around a call that fits best, every value and every state is tried alone, then many together, always the same ones.
It finds examples; that it finds none proves nothing.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from trimtab.vocabulary.contract.compare.pools import argument_pools, required_of, results_pools
from trimtab.vocabulary.contract.decision import Decision, Facts, SessionState, decide, explain
from trimtab.vocabulary.contract.decision.budget import DAY_NS, amounts
from trimtab.vocabulary.contract.expression import constants
from trimtab.vocabulary.contract.model import POINTS, Contract, Output, Point, Tool
from trimtab.vocabulary.contract.proof.telling import nested
from trimtab.vocabulary.contract.provenance import Provenance
from trimtab.vocabulary.contract.provenance.origins import leaves

TRIES = 400
WITH_BUDGETS = 100
"""So many situations are also tried with budgets that are spent."""
NOW_NS = 1_700_000_000_000_000_000
SEED = 7
Spent = tuple[str, float]
OTHERS = ("model", "stranger", "vouched", "named", "trusted")
PAGE = "the page that 4711 names"
"""What a user says who points at something."""
GO = ("allow", "warn", "transform")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A situation that the new contract lets through and the old one did not, or not so easily."""

    point: Point
    facts: Facts
    before: Decision
    after: Decision
    situation: str

    def __str__(self) -> str:
        """In a few lines: the situation, and what both say."""
        return f"{self.situation}\n  before: {explain(self.before)}\n  after: {explain(self.after)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One situation, by the choices that make it."""

    args: Mapping[str, Any]
    said_by: str = "user"
    by: tuple[tuple[str, str], ...] = ()
    tainted: bool = False
    sensitive: bool = False
    suspected: str = ""
    called: frozenset[str] = frozenset()
    intent: str = ""
    cost_usd: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    spent: Spent | None = None
    results: tuple[tuple[tuple[str, ...], Any], ...] = ()


def examples(old: Contract, new: Contract) -> list[Example]:
    """An example for each tool and each point at which the new contract is wider, where the search finds one."""
    old, new = (replace(one, digest="", overlays=()) for one in (old, new))
    names = sorted({*old.tools, *new.tools, "a_tool_not_listed"})
    if replace(old, tools={}) == replace(new, tools={}):
        names = [name for name in names if old.tools.get(name) != new.tools.get(name)]
    found = [tool_example(old, new, name) for name in names]
    found += [point_example(old, new, point) for point in POINTS if "tool" not in point]
    return [one for one in found if one]


def ease(decision: Decision) -> float:
    """How easily a call gets through: 0 at once, 1 and more with so many yeses, 100 never."""
    if decision.verdict in GO:
        return 0.0
    return 100.0 if decision.verdict == "deny" else 1.0 + (decision.need.quorum if decision.need else 0)


def tool_example(old: Contract, new: Contract, name: str) -> Example | None:
    """The first situation of a tool call that became easier."""
    for number, one in enumerate(tries(old, new, name)):
        for spent in spending(old, one) if number < WITH_BUDGETS else (None,):
            facts = facts_of(old, name, replace(one, spent=spent))
            before, after = decide(old, "pre_tool_call", facts), decide(new, "pre_tool_call", facts)
            if ease(after) < ease(before):
                return Example(
                    point="pre_tool_call",
                    facts=facts,
                    before=before,
                    after=after,
                    situation=situation(name, replace(one, spent=spent)),
                )
    return None


def tries(old: Contract, new: Contract, name: str) -> Iterator[Try]:
    """Situations of one tool: around a good one each choice alone, then many choices together."""
    tools = [one.tools[name] for one in (old, new) if name in one.tools]
    pools = argument_pools(tools)
    required = required_of(tools)
    results = results_pools((old, new), name)
    best = Try(
        args={key: pool[0] for key, pool in pools.items() if key in required},
        results=tuple((path, pool[0]) for path, pool in results.items()),
    )
    choices = choices_of(old, new, pools, results)
    best = good(new, name, best, choices)
    yield best
    for change in choices:
        yield changed(best, change)
    dice = random.Random(SEED)  # noqa: S311 - the same situations every time
    for _ in range(TRIES if choices else 0):
        one = best
        for change in dice.sample(choices, min(len(choices), dice.randint(2, 5))):
            one = changed(one, change)
        yield one


Choice = tuple[str, Any, Any]


def good(new: Contract, name: str, best: Try, choices: list[Choice]) -> Try:
    """A situation that the new contract lets through, if the best one or one choice away from it there is any."""
    near = [best, *(changed(best, change) for change in choices)]
    through = (one for one in near if not ease(decide(new, "pre_tool_call", facts_of(new, name, one))))
    return next(through, best)


def choices_of(
    old: Contract, new: Contract, pools: Mapping[str, list[Any]], results: Mapping[tuple[str, ...], list[Any]]
) -> list[Choice]:
    """The choices that can be made: kind, key and value."""
    found: list[Choice] = [("args", name, value) for name, pool in pools.items() for value in pool]
    found += [("args", "an_argument_not_listed", "x"), *(("drop", name, None) for name in pools)]
    found += [("results", path, value) for path, pool in results.items() for value in pool]
    found += [("state", "said_by", by) for by in OTHERS]
    sourced = {
        argument.name
        for each in (old, new)
        for tool in each.tools.values()
        for argument in tool.arguments
        if argument.vouches or argument.links
    }
    found += [
        ("by", name, (by, value))
        for name, pool in pools.items()
        if name in sourced
        for by in OTHERS
        for value in pool
    ]
    found += [("state", "tainted", True), ("state", "sensitive", True)]
    found += [("state", "suspected", "another output")]
    used = (
        ("cost_usd", old.limits.cost_usd),
        ("tokens", old.limits.tokens),
        ("seconds", old.limits.duration_s),
    )
    found += [("state", name, most) for name, most in used if most is not None]
    tools = frozenset({*old.tools, *new.tools})
    found += [("state", "called", tools)]
    return found + [("state", "intent", one) for one in sorted({*old.intents, *new.intents})]


def changed(one: Try, choice: Choice) -> Try:
    """A situation with one choice made."""
    kind, key, value = choice
    if kind == "args":
        return replace(one, args={**one.args, key: value})
    if kind == "drop":
        return replace(one, args={name: other for name, other in one.args.items() if name != key})
    if kind == "by":
        who, said = value
        return replace(one, args={**one.args, key: said}, by=tuple({**dict(one.by), key: who}.items()))
    if kind == "results":
        return replace(one, results=tuple({**dict(one.results), key: value}.items()))
    return replace(one, **{key: value})


def spending(old: Contract, one: Try) -> Iterator[Spent | None]:
    """Nothing spent; then each budget of the old contract with nothing left, alone."""
    yield None
    if one.said_by != "user":
        return
    for measure in ("calls", "writes", "irreversible"):
        most = getattr(old.limits, measure)
        if most is not None:
            yield f"session/{old.agent}/s/{measure}", float(most)
    for tool in old.tools.values():
        for limit in tool.limits:
            scope = (
                f"session/{old.agent}/s"
                if limit.scope == "session"
                else f"day/{old.agent}/{NOW_NS // DAY_NS}"
            )
            for measure, _, most in amounts(limit, {}):
                yield f"{scope}/{tool.name}/{measure}", most


def facts_of(old: Contract, name: str, one: Try) -> Facts:
    """The facts of a situation."""
    results: dict[str, Any] = {}
    for path, value in one.results:
        at = results
        for part in path[:-1]:
            at = at.setdefault(part, {})
        at[path[-1]] = value
    return Facts(
        tool=name,
        args=one.args,
        provenance=provenance_of(old, one),
        results=results,
        spent=dict([one.spent] if one.spent else []),
        now_ns=NOW_NS,
        session=SessionState(
            id="s",
            intent=one.intent,
            tainted=one.tainted,
            sensitive=one.sensitive,
            suspected=one.suspected,
            called=one.called,
            cost_usd=one.cost_usd,
            tokens=one.tokens,
            seconds=one.seconds,
        ),
    )


def provenance_of(old: Contract, one: Try) -> Provenance:
    """Who said the arguments in a situation."""
    said = Provenance()
    exceptions = dict(one.by)
    for name, value in one.args.items():
        who = exceptions.get(name, one.said_by)
        if who == "user":
            for _, leaf in leaves(value):
                said.hear("user", str(leaf))
        elif who == "stranger":
            said.read(None, value, name="a stranger")
        elif who == "named":
            said.hear("user", PAGE)
            said.read(None, value, name="a page", args={"at": PAGE})
        elif who == "trusted":
            said.read(Tool(name="own", effect="read", output=Output(trusted=True)), value)
        elif who == "vouched":
            for tool in old.tools.values():
                output = replace(tool.output, trusted=True, sensitive=False)
                for path in tool.output.vouched:
                    said.read(replace(tool, output=output), nested(path, value))
    return said


def situation(name: str, one: Try) -> str:
    """A situation in words."""
    said = {
        "user": "from the user",
        "model": "from nobody",
        "stranger": "from strangers",
        "vouched": "vouched for",
        "named": "from what the user named",
        "trusted": "from what is trusted",
    }
    parts = [
        f"{name}({', '.join(f'{key}={value!r}'[:80] for key, value in one.args.items())})",
        said[one.said_by],
        *(f"{key} {said[who]}" for key, who in one.by if key in one.args),
        "after reading what strangers can write" if one.tainted else "",
        "after reading what is sensitive" if one.sensitive else "",
        "after an output that seems to give orders" if one.suspected else "",
        "after every other tool" if one.called else "",
        f"with the intent {one.intent}" if one.intent else "",
        f"with {one.spent[1]:g} spent of {one.spent[0]}" if one.spent else "",
        f"at {one.cost_usd:g} USD" if one.cost_usd else "",
        f"at {one.tokens} tokens" if one.tokens else "",
        f"after {one.seconds:g} s" if one.seconds else "",
        *(f"where facts.{'.'.join(path)} is {value!r}" for path, value in one.results),
    ]
    return ", ".join(part for part in parts if part)


def point_example(old: Contract, new: Contract, point: Point) -> Example | None:
    """The first text at a point that became easier."""
    checks = [one for each in (old, new) for one in each.checks if one.point == point]
    said = [value for one in checks for value in constants(one.when)]
    texts = ["", *(one for one in said if isinstance(one, str))]
    texts += [
        "x" * int(one + more)
        for one in said
        if not isinstance(one, str) and 0 <= one < 100_000
        for more in (0, 1)
    ]
    for text in texts:
        facts = Facts(text=text, model=text, session=SessionState(id="s"))
        before, after = decide(old, point, facts), decide(new, point, facts)
        if ease(after) < ease(before):
            shown = text if len(text) < 60 else f"{len(text)} characters"
            return Example(
                point=point, facts=facts, before=before, after=after, situation=f"{point}: {shown!r}"
            )
    return None
