"""How well groups of failures agree with the classes that tau-bench's own tasks tell: purity, beside what knows nothing."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.trajectories import RECORDS, classes
from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.loop.failure.groups import look
from trimtab.loop.ingest import FixedPrices, Rules, decode_entry
from trimtab.loop.ingest.imports import IMPORTERS, Tally
from trimtab.loop.store import Batch, ClosePolicy, Entry, Scope
from trimtab.vocabulary.kernel import SystemClock, wilson
from trimtab.vocabulary.trace import Step, fact_from_json

SHUFFLES = 1000
NOW_NS = SystemClock().now_ns()


def purity(groups: Iterable[Sequence[str]]) -> float:
    """The share of members that are of their group's most frequent class (Manning, Introduction to IR, 16.3)."""
    members = [Counter(group) for group in groups]
    return sum(max(one.values()) for one in members) / sum(one.total() for one in members)


def shuffled(groups: Sequence[Sequence[str]]) -> float:
    """The mean purity of groups of the same sizes whose members are drawn by lot."""
    drawn, lot = [name for group in groups for name in group], random.Random(0)
    found = 0.0
    for _ in range(SHUFFLES):
        lot.shuffle(drawn)
        rest = iter(drawn)
        found += purity([[next(rest) for _ in group] for group in groups])
    return found / SHUFFLES


def stored() -> DuckdbAnalytics:
    """The runs as the product stores them."""
    analytics = DuckdbAnalytics(None, SystemClock(), ClosePolicy())
    for position, piece in enumerate(IMPORTERS["tau-bench"](RECORDS, Tally()), start=1):
        steps: list[Step] = []
        if piece.signal == "traces":
            entry = Entry(
                project="p", signal="traces", received_ns=NOW_NS, body=piece.body, items=0, position=position
            )
            steps = decode_entry(entry, Rules(prices=FixedPrices())).steps
        facts = [replace(fact_from_json("p", row, NOW_NS), body=position) for row in piece.facts]
        batch = Batch(steps=steps, facts=facts, position=position, received_ns={position: NOW_NS})
        analytics.apply(batch)
    return analytics


def groups_of(labels: Mapping[str, str]) -> dict[str, list[str]]:
    """The classes of the failed sessions in each group, by its fingerprint and title."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in look(stored(), Scope(project="p"), NOW_NS).found:
        found[f"{one.signature.fingerprint} {one.signature.title}"].append(labels[one.session])
    return found


def measure() -> dict[str, Any]:
    """The purity of the groups of all failed runs, and of what knows nothing."""
    labels = classes()
    groups = groups_of(labels)
    members = list(groups.values())
    n = len(labels)
    return {
        "sessions": sum(map(len, members)),
        "labelled": n,
        "number": len(groups),
        "of the groups": purity(members),
        "interval": wilson(round(purity(members) * n), n),
        "all in one": purity([list(labels.values())]),
        "each its own": purity([name] for name in labels.values()),
        "same sizes, by lot": shuffled(members),
        "largest": dict(
            sorted(((k, Counter(v)) for k, v in groups.items()), key=lambda one: -one[1].total())[:8]
        ),
    }
