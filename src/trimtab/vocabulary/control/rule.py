"""The written rule by which many directives become one set of orders. `docs/control.md` has it as a table."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from trimtab.vocabulary.control.directive import LEVELS, Direction, Directive, Owner, direction

RANK: tuple[Owner, ...] = ("person", "budget", "mitigation", "release")
"""Who chooses what runs, the last first: a release owns pins and splits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One thing that holds for an agent, until when, and the directives that want it."""

    what: str
    until_ns: int
    owner: Owner
    reason: str
    ids: tuple[str, ...]

    @property
    def direction(self) -> Direction:
        """Whether it takes something from agents, gives them something, or chooses what they run."""
        return direction(self.what)


def compose(directives: Iterable[Directive], agent: str, environment: str, now_ns: int) -> tuple[Order, ...]:
    """What holds for an agent in an environment now; the order of the directives makes no difference."""
    standing = {one.id: one for one in directives if one.stands(now_ns) and one.is_about(agent, environment)}
    narrowing = lowest([one for one in standing.values() if one.direction == "narrow"])
    widening = [one for one in standing.values() if one.direction == "widen"]
    taken = frozenset(one.what for one in narrowing)
    free = [one for one in widening if not is_contradicted(one.what, taken)]
    choices = chosen([one for one in standing.values() if one.direction == "choose"])
    return tuple(sorted(merged([*narrowing, *free, *choices]), key=lambda one: one.what))


def lowest(narrowing: Collection[Directive]) -> list[Directive]:
    """All that narrows; of levels of autonomy only the lowest."""
    wanted = {one.what for one in narrowing}
    level = next((f"autonomy:{one}" for one in LEVELS if f"autonomy:{one}" in wanted), "")
    return [one for one in narrowing if not one.what.startswith("autonomy:") or one.what == level]


def is_contradicted(what: str, narrowing: Collection[str]) -> bool:
    """Whether something narrower stands against what widens.

    To observe would let everything through that another directive takes away. To ask nobody about a tool contradicts
    that people be asked about writes, and that this tool be off.
    """
    kind, _, tool = what.partition(":")
    if kind == "observe":
        return bool(narrowing)
    against = {"ask_writes", f"tool_off:{tool}", "autonomy:careful", "autonomy:supervised"}
    return bool(against & set(narrowing))


def chosen(choices: Iterable[Directive]) -> list[Directive]:
    """One choice of each kind: the release's, else by rank; of one rank the latest, then the larger id."""
    found: dict[str, Directive] = {}
    for one in sorted(choices, key=lambda one: (RANK.index(one.owner), one.from_ns, one.id)):
        found[one.what.partition(":")[0]] = one
    return list(found.values())


def merged(directives: Iterable[Directive]) -> list[Order]:
    """One order for equal wishes; it holds as long as the longest of them."""
    found: dict[str, list[Directive]] = {}
    for one in sorted(directives, key=lambda one: (one.until_ns, one.id)):
        found.setdefault(one.what, []).append(one)
    return [
        Order(
            what=what,
            until_ns=wishes[-1].until_ns,
            owner=wishes[-1].owner,
            reason=wishes[-1].reason,
            ids=tuple(sorted(one.id for one in wishes)),
        )
        for what, wishes in found.items()
    ]
