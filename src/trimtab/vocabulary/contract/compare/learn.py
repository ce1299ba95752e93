"""What recorded sessions show: how often a tool is called, and where its arguments came from."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from trimtab.vocabulary.contract.compare.recorded import RecordedSession
from trimtab.vocabulary.contract.model import Vouch
from trimtab.vocabulary.contract.provenance import Provenance, key_of
from trimtab.vocabulary.contract.provenance.origins import leaves

USER = (Vouch(source="user"),)
SYSTEM = (Vouch(source="system"),)
Field = tuple[str, tuple[str, ...]]
MIN_KEY = 2
"""Shorter values equal too much by chance to show where they came from."""


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was seen of one argument: how often, and how often each source had said it."""

    times: int = 0
    sources: Counter[str] = field(default_factory=Counter[str])
    unexplained: int = 0


@dataclass(slots=True, kw_only=True)
class Learned:
    """What was seen of one tool; `most` is the most calls in one session."""

    times: int = 0
    sessions: int = 0
    most: int = 0
    arguments: dict[str, Seen] = field(default_factory=dict[str, Seen])


def learn(sessions: Iterable[RecordedSession]) -> dict[str, Learned]:
    """What sessions show, by tool."""
    found: dict[str, Learned] = {}
    for session in sessions:
        learn_session(found, session)
    return found


def learn_session(found: dict[str, Learned], session: RecordedSession) -> None:
    """Add what one session shows."""
    said = Provenance()
    for text in session.user:
        said.hear("user", text)
    for text in session.system:
        said.hear("system", text)
    outputs: dict[str, set[Field]] = {}
    counts = Counter(call.tool for call in session.calls)
    for tool, count in counts.items():
        learned = found.setdefault(tool, Learned())
        learned.sessions += 1
        learned.times += count
        learned.most = max(learned.most, count)
    for call in session.calls:
        for name, value in call.args.items():
            learn_argument(found[call.tool].arguments.setdefault(name, Seen()), value, said, outputs)
        if not call.failed:
            for path, leaf in leaves(call.result):
                key = key_of(leaf)
                if path and len(key) >= MIN_KEY:
                    outputs.setdefault(key, set()).add((call.tool, path))


def learn_argument(seen: Seen, value: Any, said: Provenance, outputs: dict[str, set[Field]]) -> None:
    """Add where the values of one argument came from."""
    for _, leaf in leaves(value):
        if leaf is None or isinstance(leaf, bool):
            continue
        seen.times += 1
        sources = [
            name for name, vouches in (("user", USER), ("system", SYSTEM)) if said.accepts(leaf, vouches)
        ]
        if not sources:
            sources = [written(*one) for one in outputs.get(key_of(leaf), ())]
        seen.sources.update(sources)
        seen.unexplained += not sources


def written(tool: str, path: tuple[str, ...]) -> str:
    """A field as contracts write it."""
    return ".".join((tool, *path)).replace(".[]", "[]")
