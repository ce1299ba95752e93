"""A call as Cedar is asked about it: what the contract reads, and what the caller checks because Cedar cannot."""

from typing import Any, Literal

from trimtab.vocabulary.contract.cedar.export import CedarExport
from trimtab.vocabulary.contract.cedar.rules import Asked, args_type, facts_types
from trimtab.vocabulary.contract.cedar.types import SESSION, as_cedar
from trimtab.vocabulary.contract.decision import Facts
from trimtab.vocabulary.contract.decision.before import check_budgets, fix_arguments
from trimtab.vocabulary.contract.decision.call import Call
from trimtab.vocabulary.contract.decision.leaks import check_leaks
from trimtab.vocabulary.contract.decision.sources import check_argument, values_at
from trimtab.vocabulary.contract.document.place import facts_name
from trimtab.vocabulary.contract.expression import Fault
from trimtab.vocabulary.contract.model import Tool
from trimtab.vocabulary.kernel import Invalid

Action = Literal["call", "call_without_approval"]
ACTIONS: tuple[Action, ...] = ("call", "call_without_approval")
CODES = {"from": "source", "links": "link", "hosts": "host", "bounds": "bounds"}


def cedar_request(export: CedarExport, facts: Facts, action: Action) -> dict[str, Any]:
    """The question whether a call may happen; raises `Invalid` where Cedar cannot hold a value, which is a deny."""
    contract = export.contract
    listed = contract.tools.get(facts.tool)
    tool = listed or Tool(name=facts.tool, effect="irreversible", egress=True, mode=contract.mode)
    call = Call(contract=contract, tool=tool, facts=facts, args=facts.args)
    context: dict[str, Any] = {"args": {}, "facts": {}, "checked": {}}
    if tool.mode == "enforce":
        fix_arguments(call)
        check_leaks(call)
        if listed:
            context["args"] = {tool.name: as_cedar(call.args, args_type(tool), "args")}
        context["facts"] = results_of(call)
        found = {name: checked(call, one) for name, one in export.told.items() if one.tool in ("", tool.name)}
        context["checked"] = {name: one for name, one in found.items() if one is not None}
    return {
        "principal": {"type": "Agent", "id": contract.agent},
        "action": {"type": "Action", "id": action},
        "resource": {"type": "Tool", "id": facts.tool},
        "context": {**context, "session": session_of(call)},
    }


def checked(call: Call, asked: Asked) -> bool | None:
    """What the caller says of one check; None where a condition has no value."""
    if asked.condition:
        try:
            return call.holds(asked.condition)
        except Fault:
            return None
    fresh = Call(contract=call.contract, tool=call.tool, facts=call.facts, args=call.args)
    if asked.kind == "budget":
        return within_budgets(fresh)
    if asked.kind in ("suspected", "leaks"):
        return not (call.denied if asked.kind == "leaks" else call.facts.session.suspected)
    if asked.kind == "input":
        schema = call.tool.input
        return schema is None or schema.fits(dict(call.args))
    for argument in call.tool.arguments:
        if argument.name == asked.argument:
            for value in values_at(call.args, argument.name.replace("[]", ".[]").split(".")):
                check_argument(fresh, argument, value)
    return all(one.code != CODES[asked.kind] for one in fresh.reasons)


def within_budgets(call: Call) -> bool:
    """Whether no budget is overdrawn."""
    try:
        check_budgets(call)
    except Invalid:
        return False
    return not call.denied


def results_of(call: Call) -> dict[str, Any]:
    """The results that have a type."""
    known = {facts_name(name): one for name, one in facts_types(call.contract).items()}
    return {
        name: as_cedar(value, known[name], f"facts.{name}")
        for name, value in call.facts.results.items()
        if name in known
    }


def session_of(call: Call) -> dict[str, Any]:
    """The session; a decimal with more than four places is left out, and what reads it has no value."""
    names: dict[str, Any] = call.names()["session"]
    found: dict[str, Any] = {"called": sorted(call.facts.session.called)}
    for name, wanted in SESSION.items():
        try:
            found[name] = as_cedar(names[name], wanted, f"session.{name}")
        except Invalid:
            if wanted.kind != "decimal":
                raise
    return found
