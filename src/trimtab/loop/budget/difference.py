"""What applying a set of objectives would change."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, cast

from trimtab.loop.budget.model import Measure, Objective, Span, Window
from trimtab.loop.budget.window import text_of
from trimtab.vocabulary.kernel import Invalid

RECOUNTED = ("measure", "window", "method", "slice", "by")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field before and after, as a person would write it; empty is absent."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An objective that stays, and what is different about it.

    `recounted` says that it counts something else, or in another window: its history before is of another promise. The
    target is `tightened`, `loosened` or neither ("").
    """

    id: str
    fields: tuple[FieldChange, ...]
    recounted: bool
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The difference between the objectives that are applied and those that are given, each in the order of ids."""

    added: tuple[Objective, ...] = ()
    changed: tuple[Change, ...] = ()
    removed: tuple[Objective, ...] = ()
    same: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether applying would change nothing."""
        return not (self.added or self.changed or self.removed)


def plan(applied: Iterable[Objective], given: Iterable[Objective]) -> Plan:
    """What is added, changed, removed and the same; raises `Invalid` for two given objectives of one id."""
    before, after = by_id(applied), by_id(given)
    both = [name for name in after if name in before]
    changed = [change for name in both if (change := change_of(before[name], after[name]))]
    different = {one.id for one in changed}
    return Plan(
        added=tuple(one for name, one in after.items() if name not in before),
        changed=tuple(changed),
        removed=tuple(one for name, one in before.items() if name not in after),
        same=tuple(name for name in both if name not in different),
    )


def by_id(objectives: Iterable[Objective]) -> dict[str, Objective]:
    """Objectives by id, in its order."""
    listed = list(objectives)
    twice = [name for name, times in Counter(one.id for one in listed).items() if times > 1]
    if twice:
        raise Invalid(f"two objectives of the id {twice[0]!r}", hint="another name for one of them")
    return {one.id: one for one in sorted(listed, key=lambda one: one.id)}


def change_of(before: Objective, after: Objective) -> Change | None:
    """What is different between two objectives of one id; None if nothing is."""
    was, will = flat(before), flat(after)
    found = tuple(
        FieldChange(field=name, before=was.get(name, ""), after=will.get(name, ""))
        for name in sorted(was.keys() | will.keys())
        if was.get(name, "") != will.get(name, "")
    )
    if not found:
        return None
    direction = ""
    if before.target != after.target:
        direction = "tightened" if after.target > before.target else "loosened"
    return Change(
        id=after.id,
        fields=found,
        recounted=any(one.field.startswith(RECOUNTED) for one in found),
        target=direction,
    )


def flat(value: object, name: str = "") -> dict[str, str]:
    """Every field of an objective by a dotted name, as text; what is not set is left out."""
    if isinstance(value, Span):
        return {name: text_of(value)}
    if isinstance(value, Objective | Window | Measure):
        whole: Mapping[str, Any] = {one.name: getattr(value, one.name) for one in fields(value)}
    elif isinstance(value, Mapping):
        whole = cast("Mapping[str, Any]", value)
    else:
        text = written(value)
        return {name: text} if text else {}
    found: dict[str, str] = {}
    for key, one in whole.items():
        found |= flat(one, f"{name}.{key}" if name else key)
    return found


def written(value: object) -> str:
    """A value as text; None is empty."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.15g}"
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)
