"""The questions after a tool call: does the result keep to its schema and conditions, and what of it stays hidden."""

from collections.abc import Mapping
from typing import Any, cast

from trimtab.vocabulary.contract.decision.call import Call

MASK = "[hidden]"


def check_output(call: Call) -> None:
    """Note a result that does not keep to its schema."""
    schema = call.tool.output.schema
    if schema is None or schema.fits(call.facts.result):
        return
    for violation in schema.violations(call.facts.result):
        name = ".".join(str(part) for part in violation.path)
        call.add("output_schema", "deny", violation.message, argument=name, hint="the tool has changed")


def check_after(call: Call) -> None:
    """Note conditions that the result does not keep."""
    for condition in call.tool.after:
        if not call.holds(condition.holds):
            call.add("post", condition.otherwise, condition.message or f"not so: {condition.holds.text}")


def hide(call: Call) -> Any:
    """The result with its hidden fields masked; None where there are none."""
    if not call.tool.output.hidden:
        return None
    found = masked(call.facts.result, call.tool.output.hidden, ())
    if found == call.facts.result:
        return None
    names = sorted(".".join(path).replace(".[]", "[]") for path in call.tool.output.hidden)
    call.add("hidden", "transform", f"{', '.join(names)} masked")
    return found


def masked(value: Any, hidden: frozenset[tuple[str, ...]], path: tuple[str, ...]) -> Any:
    """A value with what stands at the hidden paths replaced."""
    if path in hidden:
        return MASK
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {name: masked(one, hidden, (*path, name)) for name, one in fields.items()}
    if isinstance(value, list):
        return [masked(one, hidden, (*path, "[]")) for one in cast("list[Any]", value)]
    return value
