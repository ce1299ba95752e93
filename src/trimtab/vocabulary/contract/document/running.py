"""How a tool is run: time, retries, breaker, bounds, and what stands in for it."""

from trimtab.vocabulary.contract.document.place import Place, number_of, whole_of
from trimtab.vocabulary.contract.model import EFFECTS, Breaker, Fallback, Retry, Running
from trimtab.vocabulary.document import Node, plain


def running_of(place: Place, name: str, tool: Node) -> Running:
    """How one tool is run."""
    plan = Running()
    given = tool.get("fallback")
    return Running(
        timeout_s=above_zero(place, tool.get("timeout"), plan.timeout_s),
        retry=retry_of(place, tool.get("retry")),
        breaker=breaker_of(place, tool.get("breaker")),
        at_once=whole_of(tool.get("atOnce")),
        per_s=number_of(tool.get("perSecond")),
        fallbacks=tuple(fallback(place, name, tool, one) for one in (given.items if given else [])),
    )


def above_zero(place: Place, node: Node | None, otherwise: float) -> float:
    """A length of time that is not nothing."""
    found = place.seconds(node, otherwise)
    if node and found <= 0:
        place.problems.add(node, f"{node.text} is no time at all", "30s")
    return found


def retry_of(place: Place, node: Node | None) -> Retry:
    """When an attempt may follow another."""
    plan = Retry()
    if node is None:
        return plan
    first, most = (
        place.seconds(node.get("backoff"), plan.backoff_s),
        place.seconds(node.get("most"), plan.most_s),
    )
    if first > most:
        place.problems.add(
            node, f"the first wait of {first:g} s is above the longest of {most:g} s", "most: 20s"
        )
    budget = number_of(node.get("budget"))
    return Retry(
        attempts=whole_of(node.get("attempts")) or plan.attempts,
        backoff_s=first,
        most_s=most,
        budget=plan.budget if budget is None else budget,
    )


def breaker_of(place: Place, node: Node | None) -> Breaker:
    """When calls stop for a while."""
    plan = Breaker()
    if node is None:
        return plan
    window = whole_of(node.get("window")) or plan.window
    minimum = whole_of(node.get("minimum")) or min(plan.minimum, window)
    if minimum > window:
        place.problems.add(node, f"minimum {minimum} is above the window of {window}", f"minimum: {window}")
    return Breaker(
        failures=number_of(node.get("failures")) or plan.failures,
        window=window,
        minimum=minimum,
        open_s=above_zero(place, node.get("open"), plan.open_s),
    )


def fallback(place: Place, name: str, tool: Node, node: Node) -> Fallback:
    """What stands in; another tool may do no more to the world, and only what was read can be kept."""
    effect = tool.words("effect")
    if other := node.get("tool"):
        instead = place.tool(other, itself=name)
        known = place.tools.get(instead)
        theirs = known.words("effect") if known else ""
        if theirs in EFFECTS and effect in EFFECTS and EFFECTS.index(theirs) > EFFECTS.index(effect):
            place.problems.add(
                other, f"{instead} is {theirs}, {name} only {effect}", "a tool that does no more to the world"
            )
        return Fallback(kind="tool", tool=instead)
    if age := node.get("cache"):
        if effect != "read":
            place.problems.add(age, f"{name} is {effect}; only reads are kept", "human: true")
        return Fallback(kind="cache", age_s=place.seconds(age, 0))
    if "answer" in node.fields:
        return Fallback(kind="answer", answer=plain(node.fields["answer"]))
    return Fallback(kind="human")
