"""The questions before a tool call, in their order; the first reason to deny ends them.

unknown tool, what goes out, schema, effect and overlay, sources, flows, suspicions, conditions, budgets, approval
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from trimtab.vocabulary.contract.decision.budget import DAY_NS, Reservation, overdrawn, reservations_of
from trimtab.vocabulary.contract.decision.call import Call
from trimtab.vocabulary.contract.decision.leaks import check_leaks
from trimtab.vocabulary.contract.decision.model import Need, digest_of_args
from trimtab.vocabulary.contract.decision.sources import check_sources
from trimtab.vocabulary.contract.model import Approval, Contract, SessionLimits, Tool

UNLIMITED = SessionLimits()
ASKED = Approval(not_requester=False)
"""What a gate asks for where the tool's contract says nothing: one yes, also of the user."""


def fix_arguments(call: Call) -> None:
    """Set the arguments that the contract fixes."""
    fixed: dict[str, Any] = {}
    for argument in call.tool.arguments:
        if argument.fixed is not None:
            value = call.value(argument.fixed)
            fixed[argument.name] = float(value) if isinstance(value, Decimal) else value
    changed = {name: value for name, value in fixed.items() if differs(call.args, name, value)}
    if changed:
        call.args = {**call.args, **changed}
        call.known = None
        for name in sorted(changed):
            call.add("fixed", "transform", f"{name} is set by the contract", argument=name)


def differs(args: Mapping[str, Any], name: str, value: Any) -> bool:
    """Whether an argument is not, or not exactly, the value it must have."""
    return name not in args or type(args[name]) is not type(value) or args[name] != value


def check_input(call: Call) -> None:
    """Note arguments that do not keep to the input schema."""
    schema = call.tool.input
    if schema is None or schema.fits(call.args if isinstance(call.args, dict) else dict(call.args)):
        return
    for violation in schema.violations(dict(call.args)):
        name = ".".join(str(part) for part in violation.path)
        call.add(
            "input_schema",
            "deny",
            violation.message,
            argument=name,
            hint="correct the arguments and call again",
        )


def check_effect(call: Call) -> None:
    """Note a tool that an overlay took away, and one that the user's intent does not need."""
    if call.tool.withdrawn:
        call.add(
            "withdrawn",
            "deny",
            f"{call.tool.name} is switched off by {call.tool.withdrawn}",
            hint="go on without it, or hand over to a human",
        )
    intent = call.contract.intents.get(call.facts.session.intent)
    if intent and intent.tools is not None and call.tool.name not in intent.tools:
        call.add("intent", call.contract.gate, f"{intent.name} does not need {call.tool.name}")


def check_flows(call: Call) -> None:
    """Note what may not follow what was read before."""
    tool = call.tool
    kinds = {tool.name, *(["egress"] if tool.egress else []), *(["write"] if tool.writes else [])}
    if tool.effect == "irreversible":
        kinds.add("irreversible")
    for flow in call.contract.flows:
        if flow.then in kinds and happened(call, flow.before):
            call.add("flow", flow.verdict, f"{flow.then} after {flow.before}")
    rule = call.contract.rule_of_two
    if rule != "off" and (tool.writes or tool.egress) and call.tainted and call.sensitive:
        call.add(
            "rule_of_two",
            rule,
            "the session has read what strangers can write and what is sensitive, and now writes or sends",
        )


def check_suspected(call: Call) -> None:
    """Note that an output which seemed to give orders was read before this writes or sends."""
    verdict, seen = call.contract.on_suspected, call.facts.session.suspected
    if verdict in ("off", "label") or not seen or not (call.tool.writes or call.tool.egress):
        return
    call.add("suspected", verdict, f"{call.tool.name} after an output that seems to give orders: {seen}")


def happened(call: Call, before: str) -> bool:
    """Whether the session has done this."""
    if before == "untrusted":
        return call.tainted
    return call.sensitive if before == "sensitive" else before in call.facts.session.called


def check_conditions(call: Call) -> None:
    """Note conditions that do not hold."""
    for condition in call.tool.before:
        if not call.holds(condition.holds):
            call.add("pre", condition.otherwise, condition.message or f"not so: {condition.holds.text}")


def check_budgets(call: Call) -> None:
    """Note budgets that this call would overdraw, and what it reserves of the others."""
    facts = call.facts
    agent = call.contract.agent
    scopes = {
        "session": f"session/{agent}/{facts.session.id}",
        "day": f"day/{agent}/{facts.now_ns // DAY_NS}",
    }
    wanted = [*session_reservations(call, scopes["session"])]
    if call.tool.limits:
        wanted += reservations_of(call.tool, call.args, scopes, facts.now_ns)
    for one in wanted:
        if overdrawn(facts.spent.get(one.key, 0.0), one.amount, one.most):
            call.add(
                "budget",
                "deny",
                f"{one.key} has {one.most:g}, and {facts.spent.get(one.key, 0.0):g} is spent",
                hint="stop here, or hand over to a human",
            )
    call.reservations = wanted
    spent = call.contract.limits
    for name, used, most in (
        ("cost_usd", facts.session.cost_usd, spent.cost_usd),
        ("tokens", facts.session.tokens, spent.tokens),
        ("seconds", facts.session.seconds, spent.duration_s),
    ):
        if most is not None and used >= most:
            call.add("budget", "deny", f"the session has used {used:g} {name} of {most:g}")


def session_reservations(call: Call, scope: str) -> list[Reservation]:
    """What a call reserves of the session's own limits; what the session says it did counts as spent."""
    limits, session, tool = call.contract.limits, call.facts.session, call.tool
    found: list[Reservation] = []
    for measure, counts, used, most in (
        ("calls", True, session.calls, limits.calls),
        ("writes", tool.writes, session.writes, limits.writes),
        ("irreversible", tool.effect == "irreversible", session.irreversible, limits.irreversible),
    ):
        if most is None or not counts:
            continue
        if used >= most:
            call.add("budget", "deny", f"the session has made {used} of {most} {measure}")
        found.append(Reservation(key=f"{scope}/{measure}", amount=1.0, most=float(most)))
    return found


def check_approval(call: Call) -> tuple[Need | None, tuple[str, ...]]:
    """Whose yes is needed, and which yeses are used; with enough of them nothing asks any more."""
    approval = call.tool.approval
    required = approval is not None and (approval.when is None or call.holds(approval.when))
    asked = any(one.verdict == "ask" for one in call.reasons)
    if not required and not asked:
        return None, ()
    plan = approval or ASKED
    need = Need(
        tool=call.tool.name,
        args_digest=digest_of_args(call.args),
        contract_digest=call.contract.digest,
        role=plan.role,
        quorum=plan.quorum,
        not_requester=plan.not_requester,
        ttl_s=plan.ttl_s,
    )
    given = granted(call, need)
    if len(given) >= need.quorum:
        call.reasons = [one for one in call.reasons if one.verdict != "ask"]
        return None, tuple(given.values())[: need.quorum]
    if required:
        whose = need.role or "a human"
        call.add(
            "approval", "ask", f"{call.tool.name} needs {need.quorum} yes of {whose}, {len(given)} given"
        )
    return need, ()


def granted(call: Call, need: Need) -> dict[str, str]:
    """The yeses that count: approver -> id; one per person, of the role, in time, for exactly this."""
    now = call.facts.now_ns
    return {
        one.approver: one.id
        for one in call.facts.grants
        if (one.tool, one.args_digest, one.contract_digest)
        == (need.tool, need.args_digest, need.contract_digest)
        and one.approver
        and (not need.role or one.role == need.role)
        and not (need.not_requester and one.approver == call.facts.session.user)
        and 0 <= now - one.granted_ns <= need.ttl_s * 1e9
    }


Stage = Callable[[Call], None]
STAGES: tuple[Stage, ...] = (
    fix_arguments,
    check_leaks,
    check_input,
    check_effect,
    check_sources,
    check_flows,
    check_suspected,
    check_conditions,
    check_budgets,
)


def stages_of(contract: Contract, tool: Tool) -> tuple[Stage, ...]:
    """The questions that this contract has about a tool, in their order; most tools leave most of them out."""
    found: tuple[Stage, ...] | None = contract.stages.get(tool.name)
    if found is None:
        asked: dict[Stage, bool] = {
            fix_arguments: any(one.fixed is not None for one in tool.arguments),
            check_leaks: contract.filter.on and tool.egress,
            check_input: tool.input is not None,
            check_effect: bool(tool.withdrawn or contract.intents),
            check_sources: bool(tool.arguments),
            check_flows: bool(contract.flows)
            or (contract.rule_of_two != "off" and (tool.writes or tool.egress)),
            check_suspected: contract.on_suspected not in ("off", "label") and (tool.writes or tool.egress),
            check_conditions: bool(tool.before),
            check_budgets: bool(tool.limits) or contract.limits != UNLIMITED,
        }
        found = contract.stages[tool.name] = tuple(stage for stage in STAGES if asked[stage])
    return found
