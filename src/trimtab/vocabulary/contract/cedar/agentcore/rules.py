"""The rules of one tool, as a gateway of AgentCore can know them: it sees the caller and the arguments, no session."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from trimtab.vocabulary.contract.cedar.conditions import (
    NEVER,
    Conditions,
    Inexpressible,
    Pair,
    Ref,
    negated,
)
from trimtab.vocabulary.contract.cedar.rules import Asked, Rule, Rules, Told, args_type
from trimtab.vocabulary.contract.cedar.text import quoted
from trimtab.vocabulary.contract.cedar.types import STRING, CedarType
from trimtab.vocabulary.contract.expression import syntax
from trimtab.vocabulary.contract.model import Argument, Contract, Tool

SESSION = "session"
TOKEN_FIELDS = ("tenant", "user", "intent")
"""What of a session a claim of the token can say."""


@dataclass(slots=True)
class Unsaid(Told):
    """What the gateway cannot say: it never holds there, unless its kind is kept elsewhere."""

    elsewhere: frozenset[str] = field(default_factory=frozenset[str])

    def pair(self, name: str, asked: Asked) -> Pair:
        """Neither true nor false; true where others keep it."""
        self.checks.setdefault(name, asked)
        return Pair("true", "false") if asked.kind in self.elsewhere else NEVER


class OfCaller(Conditions):
    """Conditions over the arguments and the caller; `claims` are the claims of the token by field of the session."""

    def __init__(self, roots: Mapping[str, Ref], claims: Mapping[str, str]) -> None:
        """Know these claims."""
        super().__init__(roots)
        self.claims = claims

    def select(self, tree: syntax.Select) -> Pair:
        """A field as a truth, or whether it is there; those of a session always are."""
        if tree.test and tree.of == syntax.Name(SESSION):
            return Pair("true", "false")
        return super().select(tree)

    def ref(self, tree: syntax.Tree) -> Ref:
        """A value that is read; raises `Inexpressible` where the gateway is not told of it."""
        if isinstance(tree, syntax.Name) and tree.name not in self.roots:
            raise Inexpressible(f"a gateway knows no {tree.name}")
        return super().ref(tree)

    def field(self, ref: Ref, name: str) -> Ref:
        """A field of a value; of the session, what the token says."""
        if ref.text != SESSION:
            return super().field(ref, name)
        claim = self.claims.get(name)
        if claim:
            return Ref(f"principal.getTag({quoted(claim)})", (f"principal.hasTag({quoted(claim)})",), STRING)
        if name == "user":
            return Ref("principal.id", (), STRING)
        raise Inexpressible(f"a gateway knows no session.{name}")


class GatewayRules(Rules):
    """The rules of one tool; what the gateway cannot say denies, and is noted."""

    def __init__(self, contract: Contract, tool: Tool, unsaid: Unsaid, claims: Mapping[str, str]) -> None:
        """Read one tool of a contract."""
        super().__init__(contract, tool, unsaid)
        self.roots = {
            "args": Ref("context.input", (), args_type(tool)),
            SESSION: Ref(SESSION, (), CedarType("record")),
        }
        self.conditions = OfCaller(self.roots, claims)

    def all(self) -> Iterator[Rule]:
        """Every rule; a fixed argument must be what it is fixed to, for nobody replaces it there."""
        if self.contract.remote:
            yield Rule("remote", "deny", self.unknown("remote", Asked(kind="remote", why="OPA is asked")))
        for argument in self.tool.arguments:
            if argument.fixed is not None:
                yield Rule(f"fixed: {argument.name}", "deny", self.unfixed(argument, argument.fixed))
        yield from super().all()

    def unfixed(self, argument: Argument, fixed: syntax.Expression) -> str:
        """When an argument is not what it is fixed to."""
        tree: syntax.Tree = syntax.Name("args")
        for part in argument.name.split("."):
            tree = syntax.Select(tree, part)
        try:
            return negated(self.conditions.compared("==", tree, fixed.tree).true)
        except Inexpressible as error:
            why = f"{argument.name} is set to {fixed.text}; {error}"
            return self.unknown(f"fixed {argument.name}", Asked(kind="fixed", why=why))

    def meant(self, intent: str) -> str:
        """When the user may have come for something."""
        asked_for = syntax.Select(syntax.Name(SESSION), "intent")
        try:
            return negated(self.conditions.compared("==", asked_for, syntax.Literal(intent)).false)
        except Inexpressible as error:
            why = f"not for who comes for {intent}; {error}"
            return self.unknown(f"intent {intent}", Asked(kind="session", why=why))

    def seen(self, before: str) -> str:
        """When a session may have seen or called something: always."""
        why = f"not after {before} in one session; a gateway knows none"
        return self.unknown(f"after {before}", Asked(kind="session", why=why))

    def unknown(self, name: str, asked: Asked) -> str:
        """When something may not be so: always, unless others keep it."""
        return negated(self.told.pair(name, asked).true)
