"""The tools of a contract, each read from its node."""

from typing import cast

from trimtab.vocabulary.contract.document.arguments import arguments_of
from trimtab.vocabulary.contract.document.place import (
    Place,
    flag_of,
    number_of,
    path_of,
    texts_of,
    whole_of,
)
from trimtab.vocabulary.contract.document.running import running_of
from trimtab.vocabulary.contract.model import (
    EFFECTS,
    Approval,
    Condition,
    Effect,
    Idempotency,
    Limit,
    Mark,
    Mode,
    Output,
    Tool,
    Undo,
    Verification,
)
from trimtab.vocabulary.document import Node

BEFORE = ("args", "session", "facts")
AFTER = (*BEFORE, "result")


def tool_of(place: Place, name: str, node: Node, mode: Mode) -> Tool:
    """One tool; what is wrong is noted."""
    given = node.words("mode")
    return Tool(
        name=name,
        effect=cast("Effect", node.words("effect")),
        mode=cast("Mode", given) if given else mode,
        egress=flag_of(node.get("egress")),
        description=node.words("description"),
        family=node.words("family"),
        scopes=texts_of(node.get("scopes")),
        input=place.schema(node.get("input")),
        output=output_of(place, node.get("output")),
        arguments=arguments_of(place, node),
        before=conditions(place, node, "pre", BEFORE),
        after=conditions(place, node, "post", AFTER),
        idempotency=idempotency_of(place, name, node),
        limits=limits_of(place, node),
        approval=approval_of(place, node),
        undo=undo_of(place, name, node),
        verification=verification_of(place, name, node),
        running=running_of(place, name, node),
    )


def output_of(place: Place, node: Node | None) -> Output:
    """What a tool returns."""
    if node is None:
        return Output()
    mark = node.words("mark")
    return Output(
        schema=place.schema(node.get("schema")),
        trusted=flag_of(node.get("trusted")),
        sensitive=flag_of(node.get("sensitive")),
        vouched=frozenset(path_of(one) for one in texts_of(node.get("vouched"))),
        hidden=frozenset(path_of(one) for one in texts_of(node.get("hidden"))),
        mark=cast("Mark", mark) if mark else None,
    )


def conditions(place: Place, tool: Node, name: str, roots: tuple[str, ...]) -> tuple[Condition, ...]:
    """What must hold before a call, or of its result."""
    found: list[Condition] = []
    given = tool.get(name)
    for node in given.items if given else []:
        written = node.get("holds") if node.fields else node
        held = place.condition(written, *roots, arguments=tool.get("input")) if written else None
        if held:
            word = node.words("otherwise")
            otherwise = "warn" if word == "warn" else "ask" if word == "ask" else "deny"
            found.append(Condition(holds=held, otherwise=otherwise, message=node.words("message")))
    return tuple(found)


def idempotency_of(place: Place, name: str, tool: Node) -> Idempotency | None:
    """What makes two calls the same unit of work; a keyed write must say it."""
    node = tool.get("idempotency")
    if node is None:
        if tool.words("effect") == "keyed_write":
            place.problems.add(
                tool, f"{name} is a keyed_write without a key", "idempotency: {key: [order_id]}"
            )
        return None
    for one in node.fields["key"].items:
        place.check_argument(one, path_of(one.text)[0], tool.get("input"))
    return Idempotency(key=texts_of(node.get("key")), ttl_s=place.seconds(node.get("ttl"), 86_400.0))


def limits_of(place: Place, tool: Node) -> tuple[Limit, ...]:
    """The most that may happen within a session and within a day."""
    budget = tool.get("budget")
    session, day = (limit(place, tool, budget, scope) for scope in ("session", "day"))
    return tuple(one for one in (session, day) if one)


def limit(place: Place, tool: Node, budget: Node | None, scope: str) -> Limit | None:
    """The most that may happen within one scope."""
    node = budget.get(scope) if budget else None
    if node is None:
        return None
    sums: dict[str, float] = {}
    given = node.get("sum")
    for name, one in (given.fields if given else {}).items():
        place.check_argument(one, path_of(name)[0], tool.get("input"))
        sums[name] = number_of(one) or 0.0
    return Limit(
        scope="session" if scope == "session" else "day", calls=whole_of(node.get("calls")), sums=sums
    )


def approval_of(place: Place, tool: Node) -> Approval | None:
    """When people must agree."""
    node = tool.get("approval")
    if node is None:
        return None
    when = node.get("when")
    return Approval(
        when=place.condition(when, *BEFORE, arguments=tool.get("input")) if when else None,
        role=node.words("role"),
        quorum=whole_of(node.get("quorum")) or 1,
        not_requester=flag_of(node.get("notRequester"), otherwise=True),
        ttl_s=place.seconds(node.get("ttl"), 1800.0),
    )


def undo_of(place: Place, name: str, tool: Node) -> Undo | None:
    """The tool that takes an effect back."""
    node = tool.get("undo")
    if node is None:
        return None
    if tool.words("effect") == "read":
        place.problems.add(node, f"{name} only reads; there is nothing to undo", "leave undo out")
    other = place.tool(node.fields["tool"], itself=name)
    values = place.expressions(node.get("arguments"), *AFTER, arguments=tool.get("input"))
    check_given(place, other, node.get("arguments"))
    return Undo(tool=other, arguments=values)


def verification_of(place: Place, name: str, tool: Node) -> Verification | None:
    """The reading tool that shows whether an effect happened."""
    node = tool.get("verify")
    if node is None:
        return None
    other = place.tool(node.fields["tool"], itself=name)
    known = place.tools.get(other)
    effect = known.words("effect") if known else ""
    if effect in EFFECTS and effect != "read":
        place.problems.add(node.fields["tool"], f"{other} is {effect}", "a tool with effect: read")
    happened = place.condition(
        node.fields["happened"], "args", "seen", "session", arguments=tool.get("input")
    )
    values = place.expressions(node.get("arguments"), *BEFORE, arguments=tool.get("input"))
    check_given(place, other, node.get("arguments"))
    return happened and Verification(tool=other, happened=happened, arguments=values)


def check_given(place: Place, other: str, node: Node | None) -> None:
    """Whether another tool takes the arguments it is given."""
    known = place.tools.get(other)
    for name, one in (node.fields if node else {}).items():
        place.check_argument(one, name, known.get("input") if known else None)
