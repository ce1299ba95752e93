"""May the agent do this now? Pure: the same contract, point and facts give the same decision.

In enforce mode whatever goes wrong is a deny. In observe mode nothing is blocked or changed; `would` says what would
have been. A tool whose mode is off is not looked at.
"""

from trimtab.vocabulary.contract.decision.after import check_after, check_output, hide
from trimtab.vocabulary.contract.decision.before import STAGES, check_approval, stages_of
from trimtab.vocabulary.contract.decision.call import Call
from trimtab.vocabulary.contract.decision.model import Decision, Facts, Need, Reason
from trimtab.vocabulary.contract.decision.points import check_point
from trimtab.vocabulary.contract.model import POINTS, VERDICTS, Contract, Mode, Point, Tool, Verdict

RANK = {verdict: rank for rank, verdict in enumerate(VERDICTS)}


def decide(contract: Contract, point: Point, facts: Facts) -> Decision:
    """What follows at a point: allow, warn, transform, ask or deny, with reasons; it never raises."""
    tool = contract.tools.get(facts.tool) if point in ("pre_tool_call", "post_tool_call") else None
    mode = tool.mode if tool else contract.mode
    if mode == "off":
        return Decision(
            point=point,
            verdict="allow",
            would="allow",
            mode=mode,
            tool=facts.tool,
            effect=tool.effect if tool else None,
        )
    try:
        if point == "pre_tool_call":
            found = before_tool(contract, facts, tool, mode)
        elif point == "post_tool_call":
            found = after_tool(contract, facts, tool, mode)
        else:
            found = elsewhere(contract, point, facts, mode)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in a policy is a deny
        found = failed(point, facts, tool, mode, error)
    return observed(found) if mode == "observe" else found


def elsewhere(contract: Contract, point: Point, facts: Facts, mode: Mode) -> Decision:
    """What enforcing says at a point that is no tool call."""
    if point not in POINTS:
        raise ValueError(f"there is no point {point!r}")
    reasons, text = check_point(contract, point, facts)
    reasons += facts.advice
    verdict = strictest(reasons)
    return Decision(
        point=point,
        verdict=verdict,
        would=verdict,
        mode=mode,
        reasons=tuple(reasons),
        text=text,
    )


def strictest(reasons: list[Reason]) -> Verdict:
    """The strictest verdict of some reasons."""
    if not reasons:
        return "allow"
    return max((one.verdict for one in reasons), key=RANK.__getitem__)


def before_tool(contract: Contract, facts: Facts, tool: Tool | None, mode: Mode) -> Decision:
    """What follows before a tool call; a tool that is not listed counts as able to do anything."""
    call = Call(
        contract=contract,
        tool=tool or Tool(name=facts.tool, effect="irreversible", egress=True, mode=mode),
        facts=facts,
        args=facts.args,
    )
    if tool is None:
        said = f"the contract does not list {facts.tool!r}"
        call.add("unlisted", contract.unlisted, said, hint="use a listed tool, or add it to the contract")
    need: Need | None = None
    grants: tuple[str, ...] = ()
    for stage in STAGES if tool is None else stages_of(contract, tool):
        if call.denied:
            break
        stage(call)
    if facts.advice:
        call.reasons += facts.advice
        call.denied = strictest(call.reasons) == "deny"
    if not call.denied and (call.reasons or call.tool.approval is not None):
        need, grants = check_approval(call)
    verdict = strictest(call.reasons)
    return Decision(
        point="pre_tool_call",
        verdict=verdict,
        would=verdict,
        mode=mode,
        tool=call.tool.name,
        effect=call.tool.effect,
        reasons=tuple(call.reasons),
        args=None if call.args is facts.args else call.args,
        need=need,
        reservations=() if verdict == "deny" else tuple(call.reservations),
        grants=grants,
    )


def after_tool(contract: Contract, facts: Facts, tool: Tool | None, mode: Mode) -> Decision:
    """What follows after a tool call; of a tool that is not listed nothing is known."""
    if tool is None:
        return unknown_after(facts, mode)
    if nothing_to_say(tool, facts):
        return passed(contract, tool, mode)
    call = Call(contract=contract, tool=tool, facts=facts, args=facts.args)
    check_output(call)
    if not call.denied:
        check_after(call)
    call.reasons += facts.advice
    result = None if strictest(call.reasons) == "deny" else hide(call)
    verdict = strictest(call.reasons)
    return Decision(
        point="post_tool_call",
        verdict=verdict,
        would=verdict,
        mode=mode,
        tool=tool.name,
        effect=tool.effect,
        reasons=tuple(call.reasons),
        result=result,
    )


def unknown_after(facts: Facts, mode: Mode) -> Decision:
    """The decision about a result of a tool that is not listed: what others say of it."""
    verdict = strictest(list(facts.advice))
    return Decision(
        point="post_tool_call",
        verdict=verdict,
        would=verdict,
        mode=mode,
        tool=facts.tool,
        reasons=facts.advice,
    )


def passed(contract: Contract, tool: Tool, mode: Mode) -> Decision:
    """The decision of most results, the same for all of them."""
    found: Decision | None = contract.passed.get(tool.name)
    if found is None:
        found = contract.passed[tool.name] = Decision(
            point="post_tool_call",
            verdict="allow",
            would="allow",
            mode=mode,
            tool=tool.name,
            effect=tool.effect,
        )
    return found


def nothing_to_say(tool: Tool, facts: Facts) -> bool:
    """Whether a result is as good as most are: of the right shape, and nothing more is asked of it."""
    output = tool.output
    return not (tool.after or output.hidden or facts.advice) and (
        facts.keeps_schema or output.schema is None or output.schema.fits(facts.result)
    )


def failed(point: Point, facts: Facts, tool: Tool | None, mode: Mode, error: Exception) -> Decision:
    """The decision that could not be made: a deny."""
    reason = Reason(
        code="error",
        verdict="deny",
        message=f"the contract could not be applied: {type(error).__name__}: {error}"[:400],
        hint=getattr(error, "hint", "") or "correct the contract, or what it was asked about",
    )
    return Decision(
        point=point,
        verdict="deny",
        would="deny",
        mode=mode,
        tool=facts.tool,
        effect=tool.effect if tool else None,
        reasons=(reason,),
    )


def observed(found: Decision) -> Decision:
    """The decision of observe mode: allow, nothing changed or used up; reasons stay, and reservations are counted."""
    return Decision(
        point=found.point,
        verdict="allow",
        would=found.would,
        mode="observe",
        tool=found.tool,
        effect=found.effect,
        reasons=found.reasons,
        reservations=found.reservations,
    )
