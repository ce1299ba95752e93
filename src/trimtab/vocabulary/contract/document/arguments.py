"""What is asked of single arguments: where they may come from, and within which bounds."""

from trimtab.vocabulary.contract.document.place import Place, number_of, path_of, texts_of
from trimtab.vocabulary.contract.model import Argument, Vouch
from trimtab.vocabulary.document import Node, nearest

WORDS = ("user", "system", "model", "vouched", "named", "trusted")


def arguments_of(place: Place, tool: Node) -> tuple[Argument, ...]:
    """The arguments that a tool's contract speaks of."""
    given = tool.get("arguments")
    found = [argument(place, tool, name, node) for name, node in (given.fields if given else {}).items()]
    return tuple(found)


def argument(place: Place, tool: Node, name: str, node: Node) -> Argument:
    """What is asked of one argument."""
    schema = tool.get("input")
    place.check_argument(node, path_of(name)[0], schema)
    minimum, maximum = number_of(node.get("min")), number_of(node.get("max"))
    if minimum is not None and maximum is not None and minimum > maximum:
        place.problems.add(node.fields["min"], f"min {minimum:g} is above max {maximum:g}", "min: 0")
    fixed = node.get("fixed")
    if fixed and ("." in name or "[]" in name):
        place.problems.add(
            fixed, "only a whole argument can be fixed", f"{name.split('.', maxsplit=1)[0]}: {{fixed: ...}}"
        )
    otherwise = node.get("otherwise")
    return Argument(
        name=name,
        vouches=vouches(place, node.get("from")),
        links=vouches(place, node.get("links")),
        hosts=texts_of(node.get("hosts")),
        minimum=minimum,
        maximum=maximum,
        fixed=place.condition(fixed, "args", "session", "facts", arguments=schema) if fixed else None,
        otherwise=None if otherwise is None else "ask" if otherwise.text == "ask" else "deny",
    )


def vouches(place: Place, node: Node | None) -> tuple[Vouch, ...]:
    """The places that a value may come from."""
    found = [vouch(place, one) for one in (node.items if node else [])]
    return tuple(one for one in found if one)


def vouch(place: Place, node: Node) -> Vouch | None:
    """One place: a word, or a field that a tool vouches for."""
    match node.text:
        case "user" | "system" | "model" | "vouched" | "named" | "trusted" as word:
            return Vouch(source=word)
        case _:
            return vouched_field(place, node)


def vouched_field(place: Place, node: Node) -> Vouch | None:
    """A field of a tool's output; the longest name of a tool that fits is the tool's."""
    owners = [name for name in place.tools if node.text.startswith(name + ".")]
    if not owners:
        known = [*WORDS, *(f"{name}.<field>" for name in place.tools)]
        place.problems.add(node, f"{node.text!r} is no source", nearest(node.text, known))
        return None
    owner = max(owners, key=len)
    path = node.text.removeprefix(owner + ".")
    given = place.tools[owner].get("output", "vouched")
    if path not in texts_of(given):
        hint = f"output: {{vouched: [{path}]}} in {owner}"
        place.problems.add(node, f"{owner} does not vouch for {path}", hint)
    return Vouch(source="field", tool=owner, path=path_of(path))
