"""What must be true of every call that a contract lets through."""

import re

from trimtab.vocabulary.contract.document.place import Place
from trimtab.vocabulary.contract.expression import Expression, SyntaxFault, parse, paths
from trimtab.vocabulary.contract.model import Invariant
from trimtab.vocabulary.document import Node, nearest

ABOUT = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.:/-]{0,127}):\s+")
WORDS = ("tool", "effect", "writes", "irreversible", "egress", "approved", "tainted", "sensitive")
"""What an invariant may say of a call beyond what conditions know."""
OF_ONE_TOOL = ("args", "day")
ROOTS = (*WORDS, "args", "session", "day", "facts")


def invariants_of(place: Place, spec: Node) -> tuple[Invariant, ...]:
    """The invariants of a contract, in their order."""
    given = spec.get("invariants")
    found = [invariant(place, node) for node in (given.items if given else [])]
    return tuple(one for one in found if one)


def invariant(place: Place, node: Node) -> Invariant | None:
    """One invariant: `tool: condition`, or its parts."""
    written = node.get("holds") or node
    tool, text = node.words("tool"), written.text
    about = ABOUT.match(text) if not node.fields else None
    if about:
        tool, text = about[1], text[about.end() :]
    if tool and tool not in place.tools:
        place.problems.add(node, f"there is no tool {tool!r}", nearest(tool, place.tools))
        return None
    try:
        holds = parse(text, invariant=True)
    except SyntaxFault as error:
        at = error.at + len(written.text) - len(text) + 1
        place.problems.add(written, f"character {at}: {error.message}", error.hint)
        return None
    check_names(place, written, holds, tool)
    return Invariant(holds=holds, tool=tool, message=node.words("message"))


def check_names(place: Place, node: Node, holds: Expression, tool: str) -> None:
    """Note values that are not known where the invariant speaks."""
    schema = place.tools[tool].get("input") if tool else None
    for path in sorted(paths(holds)):
        quantity = "(" in path[-1]
        if not tool and (path[0] in OF_ONE_TOOL or quantity):
            said = f"{'.'.join(path)} is known of one tool only"
            place.problems.add(node, said, f"{next(iter(place.tools))}: {holds.text}")
        elif path[0] in ("session", "day") and quantity:
            name = path[1].removeprefix("sum(").rstrip(")").split(".")[0]
            if path[1] != "count()":
                place.check_argument(node, name, schema)
        elif path[0] == "day":
            place.problems.add(node, f"a day has no {path[-1]}", "day.sum(amount) or day.count()")
        else:
            place.check_path(node, path, ROOTS, schema)
