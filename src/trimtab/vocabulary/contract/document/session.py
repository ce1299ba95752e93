"""What a contract says beyond single tools: limits of a session, flows, checks, intents, reasons, objectives."""

from typing import Literal, cast
from urllib.parse import urlsplit

from trimtab.vocabulary.contract.document.arguments import vouches
from trimtab.vocabulary.contract.document.place import Place, number_of, texts_of, whole_of
from trimtab.vocabulary.contract.model import (
    Answer,
    Check,
    Escalation,
    Filter,
    Filtered,
    Flow,
    Intent,
    Point,
    Promise,
    Remote,
    SessionLimits,
)
from trimtab.vocabulary.document import Node, nearest

FROM = ("untrusted", "sensitive")
TO = ("egress", "write", "irreversible")
SEEN_AT = {
    "agent_startup": ("session",),
    "input": ("text", "session"),
    "pre_model_call": ("text", "session", "model"),
    "post_model_call": ("text", "session", "model"),
    "output": ("text", "session"),
    "agent_shutdown": ("session",),
}


def items(spec: Node, name: str) -> list[Node]:
    """The items of a list; none where there is no list."""
    found = spec.get(name)
    return found.items if found else []


def session_limits(place: Place, spec: Node) -> SessionLimits:
    """What one session may do in all."""
    node = spec.get("session")
    if node is None:
        return SessionLimits()
    duration = node.get("duration")
    return SessionLimits(
        calls=whole_of(node.get("calls")),
        writes=whole_of(node.get("writes")),
        irreversible=whole_of(node.get("irreversible")),
        cost_usd=number_of(node.get("costUsd")),
        tokens=whole_of(node.get("tokens")),
        duration_s=place.seconds(duration, 0) if duration else None,
    )


def flows_of(place: Place, spec: Node) -> tuple[Flow, ...]:
    """What may not follow what."""
    found: list[Flow] = []
    for node in items(spec, "flows"):
        for side, words in (("from", FROM), ("to", TO)):
            known = (*words, *place.tools)
            one = node.fields[side]
            if one.text not in known:
                place.problems.add(one, f"{side} is {one.text!r}", nearest(one.text, known))
        verdict = node.words("then")
        found.append(
            Flow(
                before=node.words("from"),
                then=node.words("to"),
                verdict="warn" if verdict == "warn" else "ask" if verdict == "ask" else "deny",
            )
        )
    return tuple(found)


def checks_of(place: Place, spec: Node) -> tuple[Check, ...]:
    """Conditions at the points that are no tool call."""
    found: list[Check] = []
    for node in items(spec, "checks"):
        point, verdict = node.words("at"), node.words("then")
        when = place.condition(node.fields["when"], *SEEN_AT[point])
        if (verdict == "transform") != ("replacement" in node.fields):
            place.problems.add(
                node, "transform has a replacement, and nothing else has", "replacement: '...'"
            )
        if verdict == "transform" and "text" not in SEEN_AT[point]:
            place.problems.add(node, f"there is no text at {point}", "then: deny")
        if when:
            found.append(
                Check(
                    point=cast("Point", point),
                    when=when,
                    verdict="transform"
                    if verdict == "transform"
                    else "warn"
                    if verdict == "warn"
                    else "ask"
                    if verdict == "ask"
                    else "deny",
                    message=node.words("message"),
                    replacement=node.words("replacement"),
                )
            )
    return tuple(found)


def answer_of(place: Place, spec: Node) -> Answer | None:
    """Where values in the answer may come from."""
    node = spec.get("answer")
    if node is None:
        return None
    return Answer(
        links=vouches(place, node.get("links")),
        names=vouches(place, node.get("names")),
        verdict=cast("Literal['warn', 'transform', 'ask', 'deny']", node.words("then") or "transform"),
    )


def remote_of(place: Place, spec: Node) -> Remote | None:
    """Who else is asked before each call."""
    decision = spec.get("decision")
    node = decision.get("opa") if decision else None
    if node is None:
        return None
    url = node.fields["url"]
    if wrong := wrong_address(url.text):
        place.problems.add(url, wrong, "https://opa.example.com, or http://127.0.0.1:8181")
    return Remote(
        url=url.text.rstrip("/"),
        path=node.words("path").strip("/"),
        timeout_s=place.seconds(node.get("timeout"), 1.0),
    )


def wrong_address(url: str) -> str:
    """What is wrong with an address, "" for nothing: in the clear only to this machine, and never with a password in it."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return f"{url!r} is no address"
    if parts.scheme not in ("http", "https") or not host or port == 0 or parts.query or parts.fragment:
        return f"{url!r} is no address"
    if parts.username is not None or parts.password is not None:
        return "an address with a password in it"
    if parts.scheme == "http" and host not in ("127.0.0.1", "::1", "localhost"):
        return "in the clear to another machine"
    return ""


def filter_of(spec: Node) -> Filter:
    """What follows where secrets and personal data go out."""
    node = spec.get("output")
    if node is None:
        return Filter()
    return Filter(
        secrets=cast("Filtered", node.words("secrets") or "off"),
        personal=cast("Filtered", node.words("personal") or "off"),
    )


def intents_of(place: Place, spec: Node) -> dict[str, Intent]:
    """What users come for."""
    given = spec.get("intents")
    found: dict[str, Intent] = {}
    for name, node in (given.fields if given else {}).items():
        tools = node.get("tools")
        for one in tools.items if tools else []:
            place.tool(one)
        found[name] = Intent(
            name=name,
            description=node.words("description"),
            tools=texts_of(tools) if tools else None,
        )
    return found


def escalations_of(place: Place, spec: Node) -> tuple[Escalation, ...]:
    """Reasons to hand over to people, each once."""
    nodes = items(spec, "escalation")
    once(place, [node.fields["name"] for node in nodes])
    return tuple(
        Escalation(
            name=node.words("name"),
            kind="deliberate" if node.words("kind") == "deliberate" else "defect",
            description=node.words("description"),
        )
        for node in nodes
    )


def promises_of(place: Place, spec: Node) -> tuple[Promise, ...]:
    """The objectives that the agent starts with, one per indicator."""
    nodes = items(spec, "slo")
    once(place, [node.fields["indicator"] for node in nodes])
    return tuple(
        Promise(
            indicator=node.words("indicator"),
            target=number_of(node.get("target")) or 0.0,
            window=node.words("window") or "28d",
        )
        for node in nodes
    )


def once(place: Place, nodes: list[Node]) -> None:
    """Note what stands twice."""
    seen: dict[str, int] = {}
    for node in nodes:
        if node.text in seen:
            said = f"{node.text!r} stands twice, first in line {seen[node.text]}"
            place.problems.add(node, said, "leave one of them out")
        seen.setdefault(node.text, node.line)
