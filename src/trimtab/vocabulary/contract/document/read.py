"""A contract's text to its value: everything is right, or everything that is wrong is said."""

import hashlib
from collections.abc import Mapping
from typing import Any, cast

import orjson

from trimtab.vocabulary.contract.document.invariants import invariants_of
from trimtab.vocabulary.contract.document.place import Place, facts_name
from trimtab.vocabulary.contract.document.session import (
    answer_of,
    checks_of,
    escalations_of,
    filter_of,
    flows_of,
    intents_of,
    promises_of,
    remote_of,
    session_limits,
)
from trimtab.vocabulary.contract.document.shape import Path, check_shape
from trimtab.vocabulary.contract.document.tools import tool_of
from trimtab.vocabulary.contract.model import Contract, Mark, Mode, Suspected
from trimtab.vocabulary.document import Node, Problems, plain, read_marked, rejected

START = "apiVersion: trimtab/v1, kind: AgentContract, metadata and spec"
SECTIONS = (
    "session",
    "flows",
    "checks",
    "answer",
    "output",
    "intents",
    "escalation",
    "slo",
    "invariants",
    "decision",
)


def read_contract(
    text: str, *, file: str = "contract.yaml", schemas: Mapping[str, str] | None = None
) -> Contract:
    """The contract that a YAML text states; raises `Rejected` with all its problems.

    `schemas` are the JSON Schemas that it names instead of holding them: file name -> text.
    """
    documents = read_marked(text, file)
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise rejected(file, 1, f"{len(documents)} documents, or one that is no contract", START)
    problems = Problems()
    node = documents[0]
    wrong = check_shape(node, problems)
    if any(not path or path[0] != "spec" or len(path) == 1 for path in wrong):
        problems.stop()
    contract = contract_of(node, wrong, Problems(found=problems.found), schemas or {})
    problems.stop()
    return contract


def contract_of(
    node: Node, wrong: frozenset[Path], problems: Problems, schemas: Mapping[str, str]
) -> Contract:
    """The contract of a document; parts whose shape is wrong are left out, for their problems are noted."""
    spec = without(node.fields["spec"], wrong)
    given = spec.get("tools")
    tools = given.fields if given else {}
    place = Place(problems=problems, tools=tools, schemas=schemas)
    check_names(place)
    mode = cast("Mode", spec.words("mode") or "enforce")
    read = {name: tool_of(place, name, one, mode) for name, one in tools.items() if sound(name, wrong)}
    rule = spec.words("ruleOfTwo")
    return Contract(
        agent=node.words("metadata", "name"),
        owner=node.words("metadata", "owner"),
        description=node.words("metadata", "description"),
        mode=mode,
        unlisted="ask" if spec.words("unlistedTool") == "ask" else "deny",
        gate="deny" if spec.words("onGate") == "deny" else "ask",
        rule_of_two="off" if rule == "off" else "deny" if rule == "deny" else "ask",
        on_suspected=cast("Suspected", spec.words("onSuspected") or "label"),
        mark=cast("Mark", spec.words("mark") or "off"),
        tools=read,
        limits=session_limits(place, spec),
        flows=flows_of(place, spec),
        checks=checks_of(place, spec),
        answer=answer_of(place, spec),
        filter=filter_of(spec),
        intents=intents_of(place, spec),
        escalations=escalations_of(place, spec),
        promises=promises_of(place, spec),
        invariants=invariants_of(place, spec),
        remote=remote_of(place, spec),
        digest=digest_of(plain(node), place.digested),
    )


def without(spec: Node, wrong: frozenset[Path]) -> Node:
    """The spec without the sections whose shape is wrong."""
    broken = {path[1] for path in wrong if len(path) > 1} & set(SECTIONS)
    fields = {name: one for name, one in spec.fields.items() if name not in broken}
    return Node(value=fields, file=spec.file, line=spec.line)


def sound(tool: str, wrong: frozenset[Path]) -> bool:
    """Whether the shape of a tool is right."""
    return not any(path[:3] == ("spec", "tools", tool) for path in wrong)


def check_names(place: Place) -> None:
    """Two tools whose names are the same in conditions cannot be told apart."""
    seen: dict[str, str] = {}
    for name, node in place.tools.items():
        other = seen.setdefault(facts_name(name), name)
        if other != name:
            said = f"{name} and {other} are both facts.{facts_name(name)} in conditions"
            place.problems.add(node, said, "another name for one of them")


def digest_of(document: Any, schemas: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical form: JSON with sorted keys, and the schemas it names."""
    whole = {"contract": document, "schemas": dict(schemas)}
    return hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).hexdigest()
