"""Secrets and personal data in what goes out: the answer, and arguments of tools by which data can leave.

The engine is that of the server's door. It is loaded when a contract first asks for it: compiling its rules takes some milliseconds.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from trimtab.vocabulary.contract.decision.call import Call
from trimtab.vocabulary.contract.decision.model import Decision, Reason
from trimtab.vocabulary.contract.model import Contract, Filter, Filtered

if TYPE_CHECKING:
    from trimtab.vocabulary.redaction import Stream, TextRedactor

Kind = Literal["secret", "personal"]
CODES: dict[Kind, str] = {"secret": "secrets", "personal": "personal"}
HINTS: dict[Kind, str] = {"secret": "leave the secret out", "personal": "leave what tells of a person out"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The rules of some kinds, ready, and the kind of each."""

    redactor: "TextRedactor"
    kinds: dict[str, Kind]


@lru_cache(maxsize=4)
def engine_of(kinds: frozenset[Kind]) -> Engine:
    """The rules of these kinds; of both, those of the door."""
    from trimtab.vocabulary.redaction import (  # noqa: PLC0415 - loaded with the first contract that asks
        SENSITIVE_KEY,
        RedactionPolicy,
        TextRedactor,
        rule_book,
    )

    known: dict[str, Kind] = {SENSITIVE_KEY: "secret"}
    for rule in rule_book().rules:
        known[rule.id] = rule.kind
    others = {name for name, kind in known.items() if kind not in kinds}
    policy = RedactionPolicy(disabled_rules=RedactionPolicy().disabled_rules | others)
    return Engine(redactor=TextRedactor(policy), kinds=known)


def groups_of(asked: Filter, *, sparing: bool = False) -> list[tuple[Filtered, frozenset[Kind]]]:
    """The kinds to look for by what follows; with `sparing`, secrets alone."""
    asked_of: tuple[tuple[Kind, Filtered], ...] = (
        ("secret", asked.secrets),
        ("personal", "off" if sparing else asked.personal),
    )
    wanted: dict[Filtered, set[Kind]] = {}
    for kind, follows in asked_of:
        if follows != "off":
            wanted.setdefault(follows, set()).add(kind)
    return [(follows, frozenset(kinds)) for follows, kinds in wanted.items()]


def cleaned(asked: Filter, value: Any, where: str, *, sparing: bool = False) -> tuple[Any, list[Reason]]:
    """A plain value without what shall be masked, and what speaks against the rest."""
    reasons: list[Reason] = []
    for follows, kinds in groups_of(asked, sparing=sparing):
        engine = engine_of(kinds)
        hits: Counter[str] = Counter()
        found = engine.redactor.value(value, hits)
        reasons += reasons_of(follows, hits, engine, kinds, where)
        if follows == "mask":
            value = found
    return value, reasons


def reasons_of(
    follows: Filtered, hits: Counter[str], engine: Engine, kinds: Iterable[Kind], where: str
) -> list[Reason]:
    """What was found, in words, by kind; the values themselves are never told."""
    reasons: list[Reason] = []
    for kind in sorted(kinds):
        names = [name for name in sorted(hits) if engine.kinds.get(name, kind) == kind]
        if not names:
            continue
        verdict = "transform" if follows == "mask" else "deny" if follows == "deny" else "warn"
        done = "is masked" if follows == "mask" else "stands"
        message = f"{', '.join(names)} {done} in {where}"
        hint = HINTS[kind] if follows == "deny" else ""
        reasons.append(Reason(code=CODES[kind], verdict=verdict, message=message, hint=hint))
    return reasons


def check_leaks(call: Call) -> None:
    """Note secrets and personal data in the arguments of a tool by which data can leave, and mask what shall be.

    An argument of which the contract says where it comes from may name a person; a secret it may not hold.
    """
    if not (call.tool.egress and call.contract.filter.on):
        return
    spared = {
        one.name.split(".")[0].removesuffix("[]")
        for one in call.tool.arguments
        if one.vouches or one.fixed is not None
    }
    changed = dict(call.args)
    for name, value in call.args.items():
        found, reasons = cleaned(call.contract.filter, {name: value}, name, sparing=name in spared)
        for one in reasons:
            call.add(one.code, one.verdict, one.message, argument=name, hint=one.hint)
        if isinstance(found, dict) and name in found:
            changed[name] = found[name]
    if any(changed[name] is not value for name, value in call.args.items()):
        call.args, call.known = changed, None


def stream_of(asked: Filter) -> "Stream | None":
    """What masks an answer that comes in pieces, where nothing but masking is asked for."""
    groups = groups_of(asked)
    if [follows for follows, _ in groups] != ["mask"]:
        return None
    from trimtab.vocabulary.redaction import Stream  # noqa: PLC0415 - loaded with the first contract that asks

    return Stream(engine_of(groups[0][1]).redactor)


def masked_stream(contract: Contract, stream: "Stream") -> Decision:
    """The decision about an answer that came in pieces, all of them masked."""
    kinds = groups_of(contract.filter)[0][1]
    reasons = reasons_of("mask", stream.hits, engine_of(kinds), kinds, "the answer")
    verdict = "transform" if reasons else "allow"
    return Decision(
        point="output", verdict=verdict, would=verdict, mode=contract.mode, reasons=tuple(reasons)
    )
