"""From documents to how an SLO alerts, and to what follows when its budget runs low."""

from typing import Any, cast

from trimtab.loop.budget.model import Comparison, Risk
from trimtab.loop.budget.openslo.library import Library
from trimtab.loop.budget.openslo.model import AlertCondition, AlertPolicy, NotificationTarget
from trimtab.loop.budget.policy import Act, ErrorBudgetPolicy, Rule
from trimtab.loop.budget.window import minutes_of, span_of
from trimtab.vocabulary.document import Node, nearest
from trimtab.vocabulary.kernel import Invalid

RISKS = ("low", "medium", "high")
ACTS = ("notify", "require_approval", "freeze_risky_releases", "lower_autonomy")


def alert_policies(library: Library, slo: Node) -> tuple[AlertPolicy, ...]:
    """The alert policies of an SLO."""
    given = slo.get("spec", "alertPolicies")
    found = [alert_policy(library, one) for one in (given.items if given else [])]
    return tuple(one for one in found if one)


def alert_policy(library: Library, node: Node) -> AlertPolicy | None:
    """One alert policy, written in place or named."""
    followed = library.follow("AlertPolicy", "alertPolicyRef", node)
    if not followed:
        return None
    name, spec = followed
    condition = alert_condition(library, spec.fields["conditions"].items[0])
    targets = [target(library, one) for one in spec.fields["notificationTargets"].items]
    if not condition:
        return None
    return AlertPolicy(
        name=name,
        condition=condition,
        targets=tuple(one for one in targets if one),
        when_breaching=truth(spec, "alertWhenBreaching"),
        when_resolved=truth(spec, "alertWhenResolved"),
        when_no_data=truth(spec, "alertWhenNoData"),
        description=spec.words("description"),
    )


def truth(spec: Node, name: str) -> bool:
    """A flag; false unless given."""
    found = spec.get(name)
    return found is not None and found.value is True


def alert_condition(library: Library, node: Node) -> AlertCondition | None:
    """One alert condition, written in place or named."""
    followed = library.follow("AlertCondition", "conditionRef", node)
    if not followed:
        return None
    name, spec = followed
    given = spec.fields["condition"]
    threshold = given.fields["threshold"]
    if not cast("float", threshold.value) > 0:
        library.problems.add(threshold, f"a burn rate of {threshold.text}", "above 0, for example 14.4")
    return AlertCondition(
        name=name,
        severity=spec.words("severity"),
        threshold=float(cast("float", threshold.value)),
        lookback_min=minutes_of(span_of(given.words("lookbackWindow"))),
        after_min=after(library, given),
        op=cast("Comparison", given.words("op") or "gte"),
        description=spec.words("description"),
    )


def after(library: Library, given: Node) -> int:
    """Minutes for which a condition must hold; 0m, the default, is at once."""
    node = given.get("alertAfter")
    if node is None or node.text in ("0m", "0h", "0d", "0"):
        return 0
    try:
        return minutes_of(span_of(node.text))
    except Invalid as error:
        library.problems.add(node, f"alertAfter: {error.message}", "0m, or for example 5m")
        return 0


def target(library: Library, node: Node) -> NotificationTarget | None:
    """One notification target, written in place or named."""
    followed = library.follow("AlertNotificationTarget", "targetRef", node)
    if not followed:
        return None
    name, spec = followed
    return NotificationTarget(name=name, target=spec.words("target"), description=spec.words("description"))


def budget_policy(library: Library, name: str, node: Node) -> ErrorBudgetPolicy:
    """An error budget policy; its rules that are wrong are noted and left out."""
    spec = node.fields["spec"]
    slos = listed(spec, "slos")
    for one in slos:
        if one.text not in library.documents["SLO"]:
            library.problems.add(
                one, f"there is no SLO {one.text!r}", nearest(one.text, library.documents["SLO"])
            )
    rules = [rule(library, one) for one in spec.fields["rules"].items]
    return ErrorBudgetPolicy(
        name=name,
        rules=tuple(one for one in rules if one),
        slos=tuple(one.text for one in slos),
        description=spec.words("description"),
    )


def rule(library: Library, node: Node) -> Rule | None:
    """One rule of an error budget policy."""
    risks, acts = listed(node, "risk"), listed(node, "actions")
    for nodes, known in ((risks, RISKS), (acts, ACTS)):
        for one in nodes:
            if one.text not in known:
                library.problems.add(one, f"{one.text!r} is unknown", nearest(one.text, known))
    consumed, burn = node.get("budgetConsumed"), node.get("burnRate")
    for one in (consumed, burn):
        if one and not 0 < cast("float", one.value) <= 1000:
            library.problems.add(one, f"{one.text} is no threshold", "budgetConsumed: 0.75, or burnRate: 6")
    lookback = node.words("lookbackWindow")
    values: dict[str, Any] = {
        "risks": tuple(cast("Risk", one.text) for one in risks),
        "acts": tuple(cast("Act", one.text) for one in acts),
        "consumed": float(cast("float", consumed.value)) if consumed else None,
        "burn": float(cast("float", burn.value)) if burn else None,
        "lookback_min": minutes_of(span_of(lookback)) if lookback else 0,
    }
    try:
        return Rule(**values)
    except Invalid as error:
        library.problems.add(node, error.message, error.hint)
        return None


def listed(node: Node, name: str) -> list[Node]:
    """The items of a list of texts, or the one that stands alone."""
    found = node.get(name)
    return [] if found is None else found.items or [found]
