"""What stands before the tools in one run: the contract, what was said, what was decided and which disguises pass."""

from dataclasses import replace
from typing import Any

from bench.dojo.disguise import Gated, tried
from trimtab.vocabulary.contract import Contract, Decision, Facts, Provenance, SessionState, decide


class Guard:
    """A contract in front of one run."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.said = Provenance()
        self.decided: list[dict[str, Any]] = []
        self.tried: list[dict[str, Any]] = []
        self._called: set[str] = set()
        self._read: list[tuple[str, dict[str, Any], Any]] = []
        self._heard: list[str] = []

    def passes(self, name: str, args: dict[str, Any]) -> bool:
        """Whether a call may happen now, without anybody's yes."""
        decision = decide(self.contract, "pre_tool_call", self.facts(name, args))
        self.note(name, decision)
        if decision.allowed:
            self._called.add(name)
        else:
            sources = tuple(one.argument for one in decision.reasons if one.code in ("source", "link"))
            gated = Gated(contract=self.contract, tool=name, args=args, arguments=sources)
            self.tried += tried(gated, self.facts(name, args), self.said_with)
        return decision.allowed

    def lets_say(self, text: str) -> str:
        """What of the answer reaches the user without anybody's yes."""
        decision = decide(self.contract, "output", replace(self.facts("", {}), text=text))
        if decision.reasons:
            self.note("(answer)", decision)
        if not decision.allowed:
            return ""
        return text if decision.text is None else decision.text

    def note(self, name: str, decision: Decision) -> None:
        """Keep what was decided."""
        reasons = [
            {"code": one.code, "argument": one.argument, "message": one.message} for one in decision.reasons
        ]
        self.decided.append({"tool": name, "verdict": decision.verdict, "reasons": reasons})

    def facts(self, name: str, args: dict[str, Any]) -> Facts:
        """What is known before a call."""
        state = SessionState(
            id="run",
            tainted=self.said.tainted,
            sensitive=self.said.sensitive,
            called=frozenset(self._called),
        )
        return Facts(tool=name, args=args, provenance=self.said, session=state)

    def hear(self, source: str, text: str) -> None:
        """Take in what the user said, or the prompt."""
        self.said.hear("system" if source == "system" else "user", text)
        self._heard.append(text if source == "user" else "")

    def reads(self, name: str, args: dict[str, Any], value: Any) -> None:
        """Take in what a tool returned."""
        self.said.read(self.contract.tools.get(name), value, name=name, args=args)
        self._read.append((name, args, value))

    def said_with(self, planted: tuple[str, dict[str, Any], Any]) -> Provenance:
        """What was said, had one more output been read."""
        found = Provenance()
        for text in self._heard:
            found.hear("user", text)
        for name, args, value in [*self._read, planted]:
            found.read(self.contract.tools.get(name), value, name=name, args=args)
        return found
