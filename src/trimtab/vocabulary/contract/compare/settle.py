"""What the parts of two contracts leave open, asked of a solver: does any call get through more easily?

Only what a decision before a tool call rests on is settled so. Where one contract takes a yes that the other would
not, nothing is.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from trimtab.vocabulary.contract.compare.changes import Change
from trimtab.vocabulary.contract.compare.search import Example, ease
from trimtab.vocabulary.contract.decision import Facts, decide
from trimtab.vocabulary.contract.decision.before import ASKED
from trimtab.vocabulary.contract.model import Contract, Tool
from trimtab.vocabulary.contract.ports import OTHER_TOOL, Solver
from trimtab.vocabulary.contract.proof import Counterexample, why_not

OF_TOOLS = re.compile(
    r"input|arguments\..*\.(from|links|hosts|min|max|otherwise)|pre: .*|budget\..*|approval(\.when|\.quorum)?",
    re.DOTALL,
)
OF_ALL = re.compile(r"flows: .*|intents\..*|onGate|ruleOfTwo|unlistedTool", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a solver could say: differences that widen nothing, situations that show the opposite, and what stays open."""

    proved: frozenset[str] = frozenset()
    examples: tuple[Example, ...] = ()
    reasons: tuple[str, ...] = ()


def settle(old: Contract, new: Contract, changes: Iterable[Change], solver: Solver) -> Settled:
    """Settle the differences that are not narrower."""
    open_ones = [one.where for one in changes if one.direction != "narrower"]
    owners = {where: owner(where, {*old.tools, *new.tools}) for where in open_ones}
    askable = {
        where: (
            [tool]
            if tool and OF_TOOLS.fullmatch(part)
            else everything(old, new)
            if not tool and OF_ALL.fullmatch(part)
            else []
        )
        for where, (tool, part) in owners.items()
    }
    names = sorted({name for tools in askable.values() for name in tools})
    found = {name: settle_tool(old, new, name, solver) for name in names}
    certain = {name for name, one in found.items() if one.proved}
    return Settled(
        proved=frozenset(where for where, tools in askable.items() if tools and certain.issuperset(tools)),
        examples=tuple(example for one in found.values() for example in one.examples),
        reasons=(
            *(reason for one in found.values() for reason in one.reasons),
            *(f"{where}: {beyond(owners[where][1])}" for where, tools in askable.items() if not tools),
        ),
    )


def beyond(part: str) -> str:
    """Why a solver is not asked about a difference."""
    if part.startswith("approval."):
        return "which yeses count is not asked of the solver"
    return "it matters beyond the decision before a call"


def owner(where: str, tools: set[str]) -> tuple[str, str]:
    """The tool that a difference is of, "" where it is of the whole contract, and the part."""
    owners = [name for name in tools if where == name or where.startswith(name + ".")]
    tool = max(owners, key=len, default="")
    return tool, where.removeprefix(tool).removeprefix(".") if tool else where


def everything(old: Contract, new: Contract) -> list[str]:
    """Every tool, and one that neither lists."""
    return [*{**old.tools, **new.tools}, OTHER_TOOL]


def settle_tool(old: Contract, new: Contract, name: str, solver: Solver) -> Settled:
    """Whether any call of one tool gets through more easily."""
    old, new = (replace(one, digest="", overlays=()) for one in (old, new))
    unlike = incomparable(old.tools.get(name), new.tools.get(name))
    if unlike:
        return Settled(reasons=(f"{name}: {unlike}",))
    answer = solver.easier(old, new, name)
    if answer.none:
        return Settled(proved=frozenset([name]))
    for facts in answer.candidates:
        example = example_of(old, new, facts)
        if example:
            return Settled(examples=(example,))
    return Settled(reasons=tuple(f"{name}: {one}" for one in why_not(answer)))


def incomparable(old: Tool | None, new: Tool | None) -> str:
    """Why the yeses of two contracts cannot be compared; "" where each that the new one takes satisfies the old one too."""
    before, after = (tool.approval if tool and tool.approval else ASKED for tool in (old, new))
    if before.role not in ("", after.role):
        return "a yes of another role counts"
    if after.ttl_s > before.ttl_s or before.not_requester > after.not_requester:
        return "a yes counts that did not count before"
    fixed = [
        {one.name: one.fixed.text for one in (tool.arguments if tool else ()) if one.fixed}
        for tool in (old, new)
    ]
    return "" if fixed[0] == fixed[1] else "arguments are set to something else"


def example_of(old: Contract, new: Contract, facts: Facts) -> Example | None:
    """A situation that the decisions of both confirm; None where they do not."""
    before, after = decide(old, "pre_tool_call", facts), decide(new, "pre_tool_call", facts)
    if ease(after) >= ease(before):
        return None
    return Example(point="pre_tool_call", facts=facts, before=before, after=after, situation=in_words(facts))


def in_words(facts: Facts) -> str:
    """A situation in one line."""
    parts = Counterexample(facts=facts, approved=False, values={}).situation()
    args = ", ".join(f"{name}={value!r}"[:80] for name, value in facts.args.items())
    state = [f"{name} {value}" for name, value in parts.items() if name != "call"]
    return "; ".join([f"{facts.tool}({args})", *state])
