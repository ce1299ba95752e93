"""Values that are worth trying: those that the two contracts speak of, and their neighbours."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

from trimtab.vocabulary.contract.expression import Expression, constants, paths
from trimtab.vocabulary.contract.model import Contract, Tool

MOST = 24
"""Values that are tried of one argument."""


def expressions_of(tool: Tool) -> Iterator[Expression]:
    """The conditions of a tool that matter before a call."""
    for condition in tool.before:
        yield condition.holds
    if tool.approval and tool.approval.when:
        yield tool.approval.when
    for argument in tool.arguments:
        if argument.fixed:
            yield argument.fixed


def numbers_of(tools: Iterable[Tool]) -> list[float]:
    """The numbers that tools speak of, in conditions, bounds and budgets, each with its neighbours."""
    found: set[float] = {0.0, 1.0}
    for tool in tools:
        for expression in expressions_of(tool):
            found |= {float(one) for one in constants(expression) if isinstance(one, int | Decimal)}
        for argument in tool.arguments:
            found |= {one for one in (argument.minimum, argument.maximum) if one is not None}
        for limit in tool.limits:
            found |= set(limit.sums.values())
    return sorted({near for one in found for near in (one - 1, one, one + 1)})


def texts_of(tools: Iterable[Tool]) -> list[str]:
    """The texts that tools speak of."""
    found: set[str] = {"x"}
    for tool in tools:
        for expression in expressions_of(tool):
            found |= {one for one in constants(expression) if isinstance(one, str)}
        for argument in tool.arguments:
            found |= {f"https://{one.removeprefix('*.')}/" for one in argument.hosts}
    return sorted(found)


def argument_pools(tools: list[Tool]) -> dict[str, list[Any]]:
    """For each argument that tools speak of, the values to try; the first fits best."""
    pools: dict[str, list[Any]] = {}
    for tool in tools:
        for name, schema in properties_of(tool).items():
            pools.setdefault(name, []).extend(values_of(schema, tools))
        for argument in tool.arguments:
            pool = pools.setdefault(argument.name.split(".")[0].removesuffix("[]"), [])
            pool += ["see https://a-link.example/"] if argument.links else []
        for expression in expressions_of(tool):
            for path in paths(expression):
                if path[0] == "args" and len(path) > 1:
                    pools.setdefault(path[1], [])
    numbers: list[Any] = numbers_of(tools)
    texts: list[Any] = texts_of(tools)
    return {name: distinct(found or [*texts, *numbers])[:MOST] for name, found in pools.items()}


def properties_of(tool: Tool) -> Mapping[str, Any]:
    """The arguments that a tool's input schema names, with their schemas."""
    document = tool.input.document if tool.input else True
    return cast("Mapping[str, Any]", document.get("properties", {})) if isinstance(document, dict) else {}


def required_of(tools: Iterable[Tool]) -> set[str]:
    """The arguments that some tool's input schema demands."""
    found: set[str] = set()
    for tool in tools:
        document = tool.input.document if tool.input else True
        if isinstance(document, dict):
            found |= set(cast("list[str]", document.get("required", [])))
    return found


def values_of(schema: Any, tools: list[Tool]) -> list[Any]:
    """Values of one argument by its schema; also some that do not fit it."""
    if not isinstance(schema, dict):
        return [*texts_of(tools)]
    known = cast("dict[str, Any]", schema)
    if "const" in known or "enum" in known:
        return [*([known["const"]] if "const" in known else known["enum"]), "x"]
    numbers = sorted({*numbers_of(tools), *bounds(known)}, key=abs)
    match known.get("type"):
        case "integer":
            found: list[Any] = [int(one) for one in numbers]
        case "number":
            found = [*numbers]
        case "boolean":
            found = [False, True]
        case "array":
            found = [*([one] for one in values_of(known.get("items"), tools)), []]
        case "object":
            found = [{}]
        case _:
            found = [*texts_of(tools), *lengths(known)]
    return found


def bounds(schema: Mapping[str, Any]) -> Iterator[float]:
    """A schema's bounds of a number, and their neighbours."""
    for name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        if isinstance(schema.get(name), int | float):
            yield from (schema[name] - 1, schema[name], schema[name] + 1)


def lengths(schema: Mapping[str, Any]) -> Iterator[str]:
    """Texts as long as a schema allows, and one more."""
    for name in ("minLength", "maxLength"):
        length = schema.get(name)
        if isinstance(length, int) and length <= 10_000:
            yield from ("x" * length, "x" * (length + 1))


def results_pools(contracts: Iterable[Contract], name: str) -> dict[tuple[str, ...], list[Any]]:
    """For each fact that a tool's conditions ask for, the values to try."""
    tools = [one.tools[name] for one in contracts if name in one.tools]
    values: list[Any] = [1e9, *texts_of(tools), *numbers_of(tools), True, False]
    return {
        path[1:]: values
        for tool in tools
        for expression in expressions_of(tool)
        for path in paths(expression)
        if path[0] == "facts" and len(path) > 2
    }


def distinct(values: Iterable[Any]) -> list[Any]:
    """Values without those that are there already."""
    found: dict[str, Any] = {}
    for one in values:
        found.setdefault(f"{type(one).__name__}{one!r}", one)
    return list(found.values())
