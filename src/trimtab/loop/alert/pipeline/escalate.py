"""Who is told next while nobody acknowledges: the steps of a policy, each after its delay."""

from collections.abc import Collection
from dataclasses import dataclass

from trimtab.loop.alert.pipeline.fields import (
    Node,
    fields,
    items,
    name_of,
    seconds,
    text,
    unique,
    whole,
    wrong,
)
from trimtab.loop.alert.pipeline.model import Escalation, Routing, Step, Target
from trimtab.loop.alert.pipeline.oncall import on_call

SECOND_NS = 1_000_000_000
MAX_ROUNDS, PAUSE_S = 20, 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """How far an escalation is: steps that were taken in all rounds, and the time of the last (or of the start)."""

    policy: str
    taken: int = 0
    since_ns: int


def climb(routing: Routing, at: Climb, now_ns: int) -> tuple[Climb, list[tuple[int, str]]]:
    """Take the steps that are due: how far it is then, and (number of the step from 1, receiver) for each to tell.

    A step that reaches nobody is followed at once by the next, so that a gap in a rotation delays no page. A policy that the
    document no longer has is at its end.
    """
    policy = routing.escalations.get(at.policy)
    told: list[tuple[int, str]] = []
    if policy is None:
        return at, told
    skipped = False
    while at.taken < len(policy.steps) * policy.rounds:
        step = policy.steps[at.taken % len(policy.steps)]
        due_ns = at.since_ns + wait_ns(policy, at.taken, skipped=skipped)
        if due_ns > now_ns:
            break
        reached = reach(routing, step, now_ns)
        at = Climb(policy=at.policy, taken=at.taken + 1, since_ns=due_ns)
        told += [(at.taken, receiver) for receiver in reached]
        skipped = not reached
    return at, told


def due_at(routing: Routing, at: Climb) -> int | None:
    """When the next step is due, ns since the Unix epoch; None at the end."""
    policy = routing.escalations.get(at.policy)
    if policy is None or at.taken >= len(policy.steps) * policy.rounds:
        return None
    return at.since_ns + wait_ns(policy, at.taken, skipped=False)


def wait_ns(policy: Escalation, taken: int, *, skipped: bool) -> int:
    """How long to wait for the next step; after one that reached nobody only a new round waits."""
    place = taken % len(policy.steps)
    wait_s = 0.0 if skipped else policy.steps[place].after_s
    if taken and place == 0:
        wait_s = max(wait_s, policy.pause_s)
    return int(wait_s * SECOND_NS)


def reach(routing: Routing, step: Step, now_ns: int) -> list[str]:
    """The receivers of a step now, each once."""
    found: list[str] = []
    for target in step.targets:
        if target.receiver:
            found.append(target.receiver)
        else:
            person = on_call(routing.rotations[target.rotation], now_ns)
            found += routing.people[person] if person else ()
    return list(dict.fromkeys(found))


def read_escalations(
    node: Node | None, receivers: Collection[str], rotations: Collection[str]
) -> dict[str, Escalation]:
    """The policies of a document; raises `Invalid` for a target that it does not know."""
    nodes = items(node)
    found: list[Escalation] = []
    for one in nodes:
        given = fields(one, required=("name", "steps"), optional=("rounds", "pause"))
        steps = [read_step(each, receivers, rotations) for each in items(given["steps"])]
        rounds = whole(given["rounds"], 1, MAX_ROUNDS) if "rounds" in given else 1
        pause_s = seconds(given["pause"], least=60) if "pause" in given else PAUSE_S
        found.append(
            Escalation(name=name_of(given["name"]), steps=tuple(steps), rounds=rounds, pause_s=pause_s)
        )
    unique(nodes, [one.name for one in found])
    return {one.name: one for one in found}


def read_step(node: Node, receivers: Collection[str], rotations: Collection[str]) -> Step:
    """One step."""
    given = fields(node, required=("targets",), optional=("after",))
    targets: list[Target] = []
    for one in items(given["targets"]):
        named = fields(one, optional=("receiver", "rotation"))
        if len(named) != 1:
            wrong(one, "not one target", "either receiver: NAME or rotation: NAME")
        (kind, value), *_ = named.items()
        known = receivers if kind == "receiver" else rotations
        if text(value) not in known:
            wrong(value, f"no {kind}: {value.value!r}", f"of {', '.join(sorted(known)) or 'none yet'}")
        targets.append(Target(**{kind: text(value)}))
    return Step(after_s=seconds(given["after"]) if "after" in given else 0.0, targets=tuple(targets))
