"""A session in which every argument comes from a source that the contract accepts."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from trimtab.vocabulary.contract.model import Contract, Vouch
from trimtab.vocabulary.contract.provenance import Provenance
from trimtab.vocabulary.contract.provenance.origins import leaves


def told(contract: Contract, tool: str, args: Mapping[str, Any], *, but: Collection[str] = ()) -> Provenance:
    """What was said and read so that each argument is accepted; nobody said those named in `but`."""
    said = Provenance()
    known = contract.tools.get(tool)
    spoken = {name: value for name, value in args.items() if name not in but}
    for value in spoken.values():
        for _, leaf in leaves(value):
            said.hear("user", str(leaf))
    for argument in known.arguments if known else ():
        name = argument.name.split(".")[0].removesuffix("[]")
        if name in spoken:
            for vouch in (*argument.vouches, *argument.links):
                tell(contract, said, vouch, spoken[name])
    return said


def tell(contract: Contract, said: Provenance, vouch: Vouch, value: Any) -> None:
    """Have a source say a value."""
    for _, leaf in leaves(value):
        if vouch.source == "system":
            said.hear("system", str(leaf))
        for name, path in fields_of(contract, vouch):
            tool = contract.tools[name]
            trusted = replace(tool, output=replace(tool.output, trusted=True, sensitive=False))
            said.read(trusted, nested(path, leaf))


def fields_of(contract: Contract, vouch: Vouch) -> list[tuple[str, tuple[str, ...]]]:
    """The fields of outputs that a source stands for: tool and path."""
    if vouch.source == "field":
        return [(vouch.tool, vouch.path)]
    if vouch.source != "vouched":
        return []
    return [(tool.name, path) for tool in contract.tools.values() for path in sorted(tool.output.vouched)][:1]


def nested(path: tuple[str, ...], value: Any) -> Any:
    """A value at a path."""
    for part in reversed(path):
        value = [value] if part == "[]" else {part: value}
    return value
