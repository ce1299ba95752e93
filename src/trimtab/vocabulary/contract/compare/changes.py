"""What differs between two contracts, part by part: wider, narrower, or not to be told from the part alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from trimtab.vocabulary.contract.model import (
    EFFECTS,
    Answer,
    Approval,
    Argument,
    Condition,
    Contract,
    Limit,
    Remote,
    Tool,
)
from trimtab.vocabulary.contract.schema import Schema

Direction = Literal["wider", "narrower", "unclear"]
MODES = ("off", "observe", "enforce")
GATES = ("off", "warn", "ask", "deny")
FILTERED = ("off", "warn", "mask", "deny")
SUSPECTED = ("off", "label", "warn", "ask", "deny")
GATE_TTL_S = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference: where, from what to what, and whether it alone lets the agent do more."""

    where: str
    before: str
    after: str
    direction: Direction

    def __str__(self) -> str:
        """In one line."""
        return f"{self.direction}: {self.where}: {self.before or 'nothing'} -> {self.after or 'nothing'}"


def changes(old: Contract, new: Contract) -> list[Change]:
    """Every difference that can matter to a decision."""
    return [*contract_changes(old, new), *tools_changes(old, new)]


def contract_changes(old: Contract, new: Contract) -> Iterator[Change]:
    """Differences beyond single tools."""
    yield from stricter("mode", old.mode, new.mode, MODES)
    yield from stricter("unlistedTool", old.unlisted, new.unlisted, GATES)
    yield from stricter("onGate", old.gate, new.gate, GATES)
    yield from stricter("ruleOfTwo", old.rule_of_two, new.rule_of_two, GATES)
    yield from stricter("onSuspected", old.on_suspected, new.on_suspected, SUSPECTED)
    yield from stricter("output.secrets", old.filter.secrets, new.filter.secrets, FILTERED)
    yield from stricter("output.personal", old.filter.personal, new.filter.personal, FILTERED)
    for name in ("calls", "writes", "irreversible", "cost_usd", "tokens", "duration_s"):
        yield from at_most(f"session.{name}", getattr(old.limits, name), getattr(new.limits, name))
    yield from rules(
        "flows",
        {(one.before, one.then): one.verdict for one in old.flows},
        {(one.before, one.then): one.verdict for one in new.flows},
    )
    for point in sorted({one.point for one in (*old.checks, *new.checks)}):
        before, after = ([one for one in each.checks if one.point == point] for each in (old, new))
        yield from rules(
            f"checks.{point}",
            {(one.when.text, one.replacement): one.verdict for one in before if one.verdict != "transform"},
            {(one.when.text, one.replacement): one.verdict for one in after if one.verdict != "transform"},
        )
        yield from unclear(
            f"checks.{point}.transform",
            [(one.when.text, one.replacement) for one in before if one.verdict == "transform"],
            [(one.when.text, one.replacement) for one in after if one.verdict == "transform"],
        )
    yield from answer_changes(old.answer or Answer(), new.answer or Answer())
    yield from remote_changes(old.remote, new.remote)
    for name in sorted({*old.intents, *new.intents}):
        tools = [each.intents[name].tools if name in each.intents else None for each in (old, new)]
        yield from fewer(f"intents.{name}", tools[0], tools[1])


def remote_changes(old: Remote | None, new: Remote | None) -> Iterator[Change]:
    """Somebody else who is asked can only take away; what another one takes away cannot be told."""
    if old == new:
        return
    direction: Direction = "wider" if new is None else "narrower" if old is None else "unclear"
    said = ["" if one is None else f"{one.url} {one.path}" for one in (old, new)]
    yield Change(where="decision.opa", before=said[0], after=said[1], direction=direction)


def answer_changes(old: Answer, new: Answer) -> Iterator[Change]:
    """Differences in where values of the answer may come from."""
    yield from fewer("answer.links", said(old.links), said(new.links))
    yield from fewer("answer.names", said(old.names), said(new.names))
    if (old.links or old.names) and (new.links or new.names):
        yield from unclear("answer.then", old.verdict, new.verdict)


def tools_changes(old: Contract, new: Contract) -> Iterator[Change]:
    """Differences of tools."""
    for name in sorted({*old.tools, *new.tools}):
        before, after = old.tools.get(name), new.tools.get(name)
        if before and after:
            yield from (
                Change(
                    where=f"{name}.{one.where}", before=one.before, after=one.after, direction=one.direction
                )
                for one in tool_changes(before, after)
            )
        elif after:
            yield Change(where=name, before="", after=f"a tool, {after.effect}", direction="wider")
        elif before:
            gone: Direction = "narrower" if new.unlisted == "deny" and new.mode == "enforce" else "unclear"
            yield Change(where=name, before=f"a tool, {before.effect}", after="", direction=gone)


def tool_changes(old: Tool, new: Tool) -> Iterator[Change]:
    """Differences of one tool."""
    yield from stricter("mode", old.mode, new.mode, MODES)
    yield from stricter("effect", old.effect, new.effect, EFFECTS)
    yield from stricter("egress", old.egress, new.egress, (False, True))
    yield from stricter("withdrawn", bool(old.withdrawn), bool(new.withdrawn), (False, True))
    yield from fewer("scopes", old.scopes, new.scopes)
    yield from schemas("input", old.input, new.input)
    yield from schemas("output.schema", old.output.schema, new.output.schema)
    yield from stricter("output.trusted", old.output.trusted, new.output.trusted, (True, False))
    yield from stricter("output.sensitive", old.output.sensitive, new.output.sensitive, (False, True))
    yield from fewer("output.vouched", dotted(old.output.vouched), dotted(new.output.vouched))
    yield from more("output.hidden", dotted(old.output.hidden), dotted(new.output.hidden))
    yield from arguments(old.arguments, new.arguments)
    for where, before, after in (("pre", old.before, new.before), ("post", old.after, new.after)):
        yield from rules(where, conditions(before), conditions(after))
    yield from limits(old.limits, new.limits)
    yield from approvals(old.approval, new.approval)
    if old.idempotency != new.idempotency:
        said = [" ".join(one.key) if one else "" for one in (old.idempotency, new.idempotency)]
        direction: Direction = "unclear" if old.idempotency and new.idempotency else "wider"
        if old.idempotency is None:
            direction = "narrower"
        yield Change(where="idempotency", before=said[0], after=said[1], direction=direction)


def stricter(where: str, old: Any, new: Any, order: Sequence[Any]) -> Iterator[Change]:
    """A word of a row from mild to strict."""
    if old != new:
        direction: Direction = "wider" if order.index(new) < order.index(old) else "narrower"
        yield Change(where=where, before=str(old), after=str(new), direction=direction)


def at_most(where: str, old: float | None, new: float | None) -> Iterator[Change]:
    """An upper bound; none is the widest."""
    if old != new:
        wider = new is None or (old is not None and new > old)
        yield Change(
            where=where,
            before="" if old is None else f"{old:g}",
            after="" if new is None else f"{new:g}",
            direction="wider" if wider else "narrower",
        )


def at_least(where: str, old: float | None, new: float | None) -> Iterator[Change]:
    """A lower bound; none is the widest."""
    for one in at_most(where, None if old is None else -old, None if new is None else -new):
        yield Change(
            where=where,
            before="" if old is None else f"{old:g}",
            after="" if new is None else f"{new:g}",
            direction=one.direction,
        )


def fewer(where: str, old: Sequence[str] | None, new: Sequence[str] | None) -> Iterator[Change]:
    """What is permitted: more of it is wider, and None is everything."""
    if old == new or (old is not None and new is not None and set(old) == set(new)):
        return
    wider = new is None or (old is not None and bool(set(new) - set(old)))
    yield Change(
        where=where, before=listed(old), after=listed(new), direction="wider" if wider else "narrower"
    )


def more(where: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    """What is forbidden: less of it is wider."""
    if set(old) != set(new):
        wider = bool(set(old) - set(new))
        yield Change(
            where=where, before=listed(old), after=listed(new), direction="wider" if wider else "narrower"
        )


def rules(where: str, old: Mapping[Any, str], new: Mapping[Any, str]) -> Iterator[Change]:
    """Rules with the verdict they give: one less, or a milder one, is wider."""
    for rule in sorted({*old, *new}, key=str):
        before, after = old.get(rule, "off"), new.get(rule, "off")
        text = rule if isinstance(rule, str) else " to ".join(str(part) for part in rule if part)
        yield from stricter(f"{where}: {text}", before, after, GATES)


def unclear(where: str, old: Any, new: Any) -> Iterator[Change]:
    """Something whose direction cannot be told from the part alone."""
    if old != new:
        yield Change(where=where, before=str(old)[:80], after=str(new)[:80], direction="unclear")


def schemas(where: str, old: Schema | None, new: Schema | None) -> Iterator[Change]:
    """A schema: none is the widest, and two are compared by trying."""
    if old == new:
        return
    direction: Direction = "wider" if new is None else "narrower" if old is None else "unclear"
    said = ["" if one is None else "a schema" if one is old else "another schema" for one in (old, new)]
    yield Change(where=where, before=said[0], after=said[1], direction=direction)


def conditions(found: Iterable[Condition]) -> dict[str, str]:
    """Conditions and what follows where they do not hold."""
    return {one.holds.text: one.otherwise for one in found}


def arguments(old: Sequence[Argument], new: Sequence[Argument]) -> Iterator[Change]:
    """What is asked of arguments."""
    before, after = ({one.name: one for one in each} for each in (old, new))
    for name in sorted({*before, *after}):
        one, other = before.get(name, Argument(name=name)), after.get(name, Argument(name=name))
        yield from fewer(f"arguments.{name}.from", said(one.vouches), said(other.vouches))
        yield from fewer(f"arguments.{name}.links", said(one.links), said(other.links))
        yield from fewer(f"arguments.{name}.hosts", one.hosts or None, other.hosts or None)
        yield from at_least(f"arguments.{name}.min", one.minimum, other.minimum)
        yield from at_most(f"arguments.{name}.max", one.maximum, other.maximum)
        yield from unclear(
            f"arguments.{name}.fixed", one.fixed and one.fixed.text, other.fixed and other.fixed.text
        )
        yield from unclear(f"arguments.{name}.otherwise", one.otherwise, other.otherwise)


def said(vouches: Iterable[Any]) -> list[str] | None:
    """Sources as they are written; None where every source will do."""
    return [str(one) for one in vouches] or None


def limits(old: Sequence[Limit], new: Sequence[Limit]) -> Iterator[Change]:
    """Budgets by scope and measure."""
    before, after = measures(old), measures(new)
    for name in sorted({*before, *after}):
        yield from at_most(f"budget.{name}", before.get(name), after.get(name))


def measures(found: Iterable[Limit]) -> dict[str, float]:
    """Budgets as one number each."""
    calls = {f"{one.scope}.calls": float(one.calls) for one in found if one.calls is not None}
    return calls | {f"{one.scope}.sum.{name}": most for one in found for name, most in one.sums.items()}


def approvals(old: Approval | None, new: Approval | None) -> Iterator[Change]:
    """Whose yes is needed, and when."""
    if old is None or new is None:
        if old != new:
            lasting = new is not None and new.ttl_s > GATE_TTL_S
            direction: Direction = "wider" if new is None else "unclear" if lasting else "narrower"
            yield Change(
                where="approval",
                before="needed" if old else "",
                after="needed" if new else "",
                direction=direction,
            )
        return
    when = [one.when.text if one.when else "always" for one in (old, new)]
    if when[0] != when[1]:
        way: Direction = "wider" if old.when is None else "narrower" if new.when is None else "unclear"
        yield Change(where="approval.when", before=when[0], after=when[1], direction=way)
    if old.role != new.role:
        role: Direction = "wider" if not new.role else "narrower" if not old.role else "unclear"
        yield Change(where="approval.role", before=old.role, after=new.role, direction=role)
    yield from at_least("approval.quorum", old.quorum, new.quorum)
    yield from at_most("approval.ttl", old.ttl_s, new.ttl_s)
    yield from stricter("approval.notRequester", old.not_requester, new.not_requester, (False, True))


def dotted(found: Iterable[tuple[str, ...]]) -> list[str]:
    """Paths as they are written."""
    return sorted(".".join(path).replace(".[]", "[]") for path in found)


def listed(found: Sequence[str] | None) -> str:
    """Words in a message."""
    return "everything" if found is None else ", ".join(sorted(found))
