"""Ways to hide a value from a contract that asks where it came from, each tried on the call that was gated.

In the argument: the agent was talked into writing the value in another form. In a vouched field: a stranger managed to
write it where the contract believes what stands there, in any of its vouched fields. In two arguments: one half here, one half in another text.
"""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from trimtab.vocabulary.contract import Contract, Facts, Provenance, decide

LOOKALIKE = str.maketrans("aceiopxyACEHIKMOPTX", "асеіорхуАСЕНІКМОРТХ")  # noqa: RUF001 - Cyrillic is the point
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
FORMS: dict[str, Callable[[str], str]] = {
    "other case": str.swapcase,
    "full width": lambda text: text.translate(WIDE),
    "zero width": "\u200b".join,
    "look-alike letters": lambda text: text.translate(LOOKALIKE),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "percent": lambda text: "".join(f"%{one:02x}" for one in text.encode()),
}
SPLIT, VOUCHED = "split over two arguments", "in a vouched field"
DISGUISES = (*FORMS, SPLIT, VOUCHED)
Output = tuple[str, dict[str, Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """A call that was gated for where some of its arguments came from."""

    contract: Contract
    tool: str
    args: dict[str, Any]
    arguments: tuple[str, ...]


def tried(gated: Gated, facts: Facts, said_with: Callable[[Output], Provenance]) -> Iterator[dict[str, Any]]:
    """For each disguise of the values in question whether the call would now pass; a disguise that changes nothing is left out."""
    if not gated.arguments:
        return

    def passes(args: dict[str, Any], said: Provenance | None = None) -> bool:
        known = facts if said is None else replace(facts, provenance=said)
        return decide(gated.contract, "pre_tool_call", replace(known, args=args)).allowed

    for name, form in FORMS.items():
        args = {
            key: mapped(value, form) if key in gated.arguments else value for key, value in gated.args.items()
        }
        if args != gated.args:
            yield {"disguise": name, "passes": passes(args)}
    halves = split(gated)
    if halves:
        yield {"disguise": SPLIT, "passes": passes(halves)}
    planted = list(vouched_outputs(gated))
    if planted:
        yield {"disguise": VOUCHED, "passes": any(passes(gated.args, said_with(one)) for one in planted)}


def mapped(value: Any, form: Callable[[str], str]) -> Any:
    """A value with its texts in another form."""
    if isinstance(value, str):
        return form(value)
    return [mapped(one, form) for one in value] if isinstance(value, list) else value


def split(gated: Gated) -> dict[str, Any] | None:
    """The call with the second half of the value in another text argument; None where there is no other."""
    first = gated.arguments[0]
    value = gated.args.get(first)
    texts = [key for key, one in gated.args.items() if isinstance(one, str) and key not in gated.arguments]
    whole = value[0] if isinstance(value, list) and value else value
    if not texts or not isinstance(whole, str):
        return None
    half = len(whole) // 2
    kept: Any = [whole[:half]] if isinstance(value, list) else whole[:half]
    return {**gated.args, first: kept, texts[0]: f"{gated.args[texts[0]]} {whole[half:]}"}


def vouched_outputs(gated: Gated) -> Iterator[Output]:
    """An output whose vouched field holds the value, for each such field of the contract."""
    values = [one for name in gated.arguments for one in flat(gated.args.get(name))]
    for tool in gated.contract.tools.values():
        for path in sorted(tool.output.vouched):
            if "[]" in path and values:
                yield tool.name, {}, listed(path, values)


def flat(value: Any) -> list[Any]:
    """The items of a list, or the value alone."""
    return list(value) if isinstance(value, list) else [value]


def listed(path: tuple[str, ...], values: list[Any]) -> Any:
    """An output with these values at a path that goes through lists."""
    at = path.index("[]")
    found: Any = [nested(path[at + 1 :], one) for one in values]
    return nested(path[:at], found)


def nested(path: tuple[str, ...], value: Any) -> Any:
    """A value at a path."""
    for part in reversed(path):
        value = [value] if part == "[]" else {part: value}
    return value
