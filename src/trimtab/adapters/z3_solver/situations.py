"""A model of Z3 as facts that can be replayed: as plain as the question allows."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, cast

import z3

from trimtab.adapters.z3_solver.space import FLAGS, REALS, TEXTS, WHOLES, Path, Space, unescaped
from trimtab.adapters.z3_solver.values import BOOL, LIST, MAPPING, NUMBER, TEXT, Term, some, written, yes
from trimtab.vocabulary.contract import Contract, Facts, SessionState, told
from trimtab.vocabulary.contract.ports import DAY_NS

NOW_NS = 1_700_000_000_000_000_000
MUCH = 10**6
MORE = "an_argument_not_listed"
PLAIN = (TEXT, NUMBER, BOOL)
FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "email": "ann@example.com",
    "uri": "https://example.com/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
SAMPLES: Mapping[str, Any] = {"object": {}, "boolean": True, "integer": 1, "number": 1, "null": None}


def preferences(space: Space) -> Iterator[Term]:
    """What makes a situation plain, the most telling first."""
    yield from (z3.Not(term) for term in space.sources.values())
    yield from (z3.Not(term) for key, term in space.free.items() if key.endswith(" more"))
    yield from (z3.Not(term) for key, term in space.free.items() if key.startswith("called "))
    for name in (*FLAGS, *TEXTS, *WHOLES, *REALS):
        term = space.free.get(f"session.{name}")
        if term is not None:
            yield (
                z3.Not(term) if name in FLAGS else term == (written("s") if name == "id" else plain_of(name))
            )
    yield from (term == 0 for term in space.spent.values())
    for path, value in space.values.items():
        if len(path) > 1:
            there = space.present[path]
            yield z3.Not(there)
            yield z3.Implies(there, some(*(value.is_(kind) for kind in PLAIN)))
            yield from numbers(value.number, value.whole)
            yield value.text == written("x")
            yield z3.InRe(value.text, z3.Plus(z3.Range("a", "z")))
    for term in space.spent.values():
        yield from numbers(term, z3.IsInt(term))


def plain_of(name: str) -> Term:
    """A session's field as it begins."""
    return written("") if name in TEXTS else 0


def numbers(term: Term, whole: Term) -> Iterator[Term]:
    """Small, whole, or at least with few places."""
    yield yes(term <= MUCH, term >= -MUCH)
    yield whole
    for places in (10, 100, 10_000):
        yield z3.IsInt(term * places)


def situations(space: Space, model: Any, contract: Contract, tool: str) -> Iterator[Facts]:
    """The facts that a model stands for; then the same with texts and lists that the input schema asks for."""
    args = cast("dict[str, Any]", plain(space, model, ("args",)))
    state = session(space, model)
    refused = {argument for (_, argument, _), term in space.sources.items() if z3.is_true(known(model, term))}
    but = {one.split(".")[0].removesuffix("[]") for one in refused}
    facts = Facts(
        tool=tool,
        args=args,
        session=state,
        results=cast("dict[str, Any]", plain(space, model, ("facts",))),
        spent=spent(space, model, state.id),
        now_ns=NOW_NS,
    )
    for given in (args, suited(contract, tool, args)):
        yield replace(facts, args=given, provenance=told(contract, tool, given, but=but))


def known(model: Any, term: Term) -> Any:
    """A term's value."""
    return model.eval(term, model_completion=True)


def plain(space: Space, model: Any, path: Path) -> Any:
    """A value of args or facts."""
    value = space.value(path)
    match known(model, value.kind).as_long():
        case kind if kind == MAPPING:
            below = [one for one in space.values if len(one) == len(path) + 1 and one[:-1] == path]
            found = {
                one[-1]: plain(space, model, one)
                for one in below
                if z3.is_true(known(model, space.present[one]))
            }
            more = space.free.get(f"{'/'.join(path)} more")
            return found | ({MORE: "x"} if more is not None and z3.is_true(known(model, more)) else {})
        case kind if kind == NUMBER:
            return amount(known(model, value.number), whole=z3.is_true(known(model, value.whole)))
        case kind if kind == TEXT:
            return unescaped(known(model, value.text).as_string())
        case kind if kind == BOOL:
            return z3.is_true(known(model, value.truth))
        case kind:
            return [] if kind == LIST else None


def amount(term: Any, *, whole: bool = False) -> Any:
    """A number; one that no fraction is becomes one that is near."""
    exact: Fraction = (term.approx(20) if z3.is_algebraic_value(term) else term).as_fraction()
    return int(exact) if whole else float(exact)


def session(space: Space, model: Any) -> SessionState:
    """The session's state."""
    found: dict[str, Any] = {"id": "s"}
    for name in (*FLAGS, *TEXTS, *WHOLES, *REALS):
        term = space.free.get(f"session.{name}")
        if term is None:
            continue
        value = known(model, term)
        if name in FLAGS:
            found[name] = z3.is_true(value)
        elif name in TEXTS:
            found[name] = unescaped(value.as_string())
        else:
            found[name] = amount(value, whole=name in WHOLES)
    called = (key.removeprefix("called ") for key in space.free if key.startswith("called "))
    seen = frozenset(one for one in called if z3.is_true(known(model, space.called(one))))
    return SessionState(**found, called=seen)


def spent(space: Space, model: Any, session_id: str) -> dict[str, float]:
    """What is spent before the call, by the budget's key."""
    found: dict[str, float] = {}
    for (scope, agent, measure), term in space.spent.items():
        used = float(amount(known(model, term)))
        where = session_id if scope == "session" else str(NOW_NS // DAY_NS)
        if used:
            found[f"{scope}/{agent}/{where}/{measure}"] = used
    return found


def suited(contract: Contract, tool: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments whose texts and lists have the form that the input schema and the hosts ask for."""
    known_tool = contract.tools.get(tool)
    document = known_tool.input.document if known_tool and known_tool.input else True
    properties: dict[str, Any] = document.get("properties", {}) if isinstance(document, dict) else {}
    found = dict(args)
    for name, value in args.items():
        schema = properties.get(name)
        if isinstance(schema, dict) and isinstance(value, str | list):
            found[name] = sample(cast("dict[str, Any]", schema), value)
    for argument in known_tool.arguments if known_tool else ():
        if argument.hosts and argument.name in found:
            found[argument.name] = f"https://{argument.hosts[0].removeprefix('*.')}/"
    return found


def sample(schema: dict[str, Any], value: Any) -> Any:
    """A value of a schema that says more of texts and lists than Z3 was told; else the one that was found."""
    for name in ("examples", "enum"):
        if schema.get(name) and ({"pattern", "format"} & set(schema)):
            return schema[name][0]
    if "format" in schema:
        return FORMATS.get(schema["format"], value)
    if schema.get("type") == "array":
        item = schema.get("items")
        first = sample(cast("dict[str, Any]", item), None) if isinstance(item, dict) else "x"
        return [first] * int(schema.get("minItems", 0))
    return SAMPLES.get(str(schema.get("type")), "x") if value is None else value
