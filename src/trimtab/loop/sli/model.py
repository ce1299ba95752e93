"""What an indicator is: a definition in data, and what was measured by it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, cast, get_args

from trimtab.vocabulary.kernel import Invalid

Source = Literal["sessions", "steps", "facts"]
Better = Literal["higher", "lower"]
NAME = re.compile(r"[a-z][a-z0-9_]{1,62}")
CONDITIONS = ("good", "bad", "excluded")
MAX_EXPRESSION = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One indicator. Conditions and values are SQL over the columns of its source.

    It is a ratio of events (`good`, `bad`, `excluded`; what is none of them is unknown), a `value` of each event (its
    mean, or its `quantiles`), or a `sum` for each event that `per` describes. `method` is `outcome` where who told
    the outcome is part of what was measured; of facts it always is. `needs` says what must be reported for it.
    """

    name: str
    of: Source
    title: str = ""
    about: str = ""
    unit: str = "ratio"
    better: Better = "higher"
    where: str = "true"
    good: str = ""
    bad: str = ""
    excluded: str = ""
    value: str = ""
    quantiles: tuple[float, ...] = ()
    sum: str = ""
    per: str = ""
    method: str = ""
    needs: str = ""
    slow: bool = False

    @property
    def shape(self) -> Literal["ratio", "value", "quantiles", "per", "none"]:
        """How it is measured; none where nothing that is stored can tell."""
        if self.good or self.bad:
            return "ratio"
        if self.value:
            return "quantiles" if self.quantiles else "value"
        return "per" if self.sum else "none"


FIELDS = {item.name: item for item in fields(Definition)}
TEXTS = frozenset(FIELDS) - {"quantiles", "slow"}


def definition_of(document: object, place: str) -> Definition:
    """A definition from a document; raises `Invalid`: what is wrong, where, and what to write instead."""
    if not isinstance(document, dict):
        raise Invalid(
            f"{place}: an indicator is a mapping", hint="name: ..., of: sessions, good: ..., bad: ..."
        )
    given = cast("dict[str, Any]", document)
    if unknown := sorted(set(given) - set(FIELDS)):
        raise Invalid(f"{place}: unknown field {unknown[0]!r}", hint=f"known: {', '.join(FIELDS)}")
    for name in ("name", "of"):
        if not given.get(name):
            raise Invalid(f"{place}: {name} is missing", hint="name: refund_success, of: steps")
    place = f"{place}, {given['name']}"
    for name in TEXTS & set(given):
        if not isinstance(given[name], str) or len(given[name]) > MAX_EXPRESSION:
            raise Invalid(f"{place}: {name} is no text", hint=f"at most {MAX_EXPRESSION} characters")
    check_choices(given, place)
    quantiles = given.get("quantiles", ())
    if not isinstance(quantiles, list | tuple) or not all(
        isinstance(q, float) and 0 < q < 1 for q in cast("list[object]", quantiles)
    ):
        raise Invalid(f"{place}: quantiles are numbers between 0 and 1", hint="quantiles: [0.5, 0.95]")
    values: dict[str, Any] = given | {"quantiles": tuple(cast("list[float]", quantiles))}
    found = Definition(**values)
    check_shape(found, place)
    return found


def check_choices(given: Mapping[str, Any], place: str) -> None:
    """Fields that take one of a few words."""
    if not NAME.fullmatch(given["name"]):
        raise Invalid(f"{place}: not a name", hint="small letters, digits and _, for example refund_success")
    for name, words in (("of", get_args(Source)), ("better", get_args(Better)), ("method", ("", "outcome"))):
        if given.get(name, words[0]) not in words:
            raise Invalid(
                f"{place}: {name} is {given[name]!r}", hint=f"one of {', '.join(w for w in words if w)}"
            )
    if not isinstance(given.get("slow", False), bool):
        raise Invalid(f"{place}: slow is yes or no", hint="slow: true")


def check_shape(found: Definition, place: str) -> None:
    """Exactly one way of measuring, and whole."""
    if bool(found.sum) != bool(found.per):
        raise Invalid(
            f"{place}: sum and per belong together", hint="sum: cost_nusd / 1e9, per: outcome = 'success'"
        )
    ways = [bool(found.good or found.bad), bool(found.value), bool(found.sum)]
    if sum(ways) > 1 or (sum(ways) == 0 and not found.needs):
        raise Invalid(
            f"{place}: say how it is measured, in one way", hint="good and bad, or value, or sum and per"
        )
    if bool(found.good) != bool(found.bad):
        raise Invalid(f"{place}: good and bad belong together", hint="an event of neither is unknown")
    if found.method and found.of != "sessions":
        raise Invalid(
            f"{place}: method: outcome is for sessions", hint="facts are always told apart by method"
        )


@dataclass(slots=True, kw_only=True)
class Counts:
    """What one query counted for one definition, one group and one method; `matured` of the events are old enough."""

    events: int = 0
    matured: int = 0
    good: int = 0
    bad: int = 0
    excluded: int = 0
    n: int = 0
    total: float | None = None
    squares: float = 0.0
    per: int = 0
    buckets: dict[int, int] = field(default_factory=dict[int, int])

    @property
    def unknown(self) -> int:
        """Events of which nothing is known."""
        return self.events - self.good - self.bad - self.excluded

    @property
    def mean(self) -> float | None:
        """The mean of the known values, or None without any."""
        return (
            None if not self.n or self.total is None or not math.isfinite(self.total) else self.total / self.n
        )
